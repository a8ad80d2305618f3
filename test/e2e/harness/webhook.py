"""irsa processes beside the control plane."""
import base64
import pathlib
import subprocess
import urllib.error
import urllib.request

from .process import Process
from .waiting import wait_until


class Server:
    """One `irsa serve`, or another command that serves, on loopback with these flags, its output in directory/serve.log.

    Has its ports after construction, though it may not be ready: with service accounts from a cluster that takes a moment.
    """

    def __init__(self, binary, directory, *flags, command="serve"):
        # Of a flag given twice the last one counts.
        self._command = [str(binary), command, "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1",
                         "--metrics-port=0", "--shutdown-delay=0s", "--log-format=json", *flags]
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = Process(f"irsa {command}", self._command, self.directory / "serve.log")
        try:
            line = self.process.wait_log_line("listening")
        except BaseException:
            self.process.stop()
            raise
        self.port = int(line["port"])
        self.url = f"https://127.0.0.1:{self.port}"
        self.metrics_url = f"http://127.0.0.1:{line['metrics_port']}"

    def wait_ready(self):
        wait_until(lambda: self.process.check_alive() and self.is_ready(), f"{self.process.name} ready")
        return self

    def is_ready(self):
        """/readyz; False also while it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.metrics_url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def metrics(self):
        """Every series as /metrics writes it, irsa_identities or name{label="value"}, with its value."""
        with urllib.request.urlopen(f"{self.metrics_url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}

    def metric(self, series):
        return self.metrics().get(series)

    def total(self, name):
        """The sum over a metric's labels."""
        return sum(value for series, value in self.metrics().items() if series.split("{")[0] == name)

    def close(self):
        return self.process.stop()


class CertificateFiles:
    """A certificate of `irsa certs`, for localhost and, when `service` names one as (name, namespace), for that."""

    def __init__(self, binary, directory, service=None):
        directory = pathlib.Path(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        names = ["--dns=localhost", "--ip=127.0.0.1"]
        if service:
            names += [f"--service={service[0]}", f"--namespace={service[1]}"]
        subprocess.run([str(binary), "certs", "--dir", str(directory), *names], check=True, capture_output=True)
        self.ca_bundle = base64.b64encode((directory / "ca.crt").read_bytes()).decode()
        self.flags = [f"--tls-cert={directory}/tls.crt", f"--tls-key={directory}/tls.key"]


class Webhook(Server):
    """One with a certificate of its own, ready after construction."""

    def __init__(self, binary, directory, *flags, service=None):
        certificate = CertificateFiles(binary, pathlib.Path(directory) / "certs", service)
        self.ca_bundle = certificate.ca_bundle
        super().__init__(binary, directory, *certificate.flags, *flags)
        try:
            self.wait_ready()
        except BaseException:
            self.close()
            raise


def webhook_configuration(name, url, ca_bundle, failure_policy="Fail", entry=None):
    """A MutatingWebhookConfiguration for pods, reached by URL; `entry` is the name of its one webhook."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{
            "name": entry or f"{name}.irsa.dev", "clientConfig": {"url": f"{url}/mutate", "caBundle": ca_bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            "failurePolicy": failure_policy, "sideEffects": "None", "timeoutSeconds": 10, "matchPolicy": "Equivalent",
            "reinvocationPolicy": "IfNeeded", "admissionReviewVersions": ["v1"]}]}
