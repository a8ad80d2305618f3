"""irsa processes beside the control plane."""
import base64
import json
import pathlib
import subprocess
import urllib.request

from .process import Process
from .waiting import wait_until


class Webhook:
    """One `irsa serve` on loopback with a certificate of its own; ready after construction.

    The certificate is for localhost and, when `service` names one as (name, namespace), for that Service.
    """

    def __init__(self, binary, directory, *flags, service=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        certificates = self.directory / "certs"
        names = ["--dns=localhost", "--ip=127.0.0.1"]
        if service:
            names += [f"--service={service[0]}", f"--namespace={service[1]}"]
        subprocess.run([str(binary), "certs", "--dir", str(certificates), *names], check=True, capture_output=True)
        self.ca_bundle = base64.b64encode((certificates / "ca.crt").read_bytes()).decode()
        self.process = Process("irsa serve", [
            str(binary), "serve", "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1", "--metrics-port=0",
            f"--tls-cert={certificates}/tls.crt", f"--tls-key={certificates}/tls.key", "--shutdown-delay=0s", "--log-format=json",
            *flags], self.directory / "serve.log")
        try:
            ready = wait_until(lambda: self.process.check_alive() and self.log_line("ready"), "irsa serve ready")
        except BaseException:
            self.process.stop()
            raise
        self.port = int(ready["port"])
        self.url = f"https://127.0.0.1:{self.port}"
        self.metrics_url = f"http://127.0.0.1:{ready['metrics_port']}"

    def log_line(self, message):
        """The last line with that message, as its fields; None while there is none."""
        found = None
        for line in self.process.log().splitlines():
            fields = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
            if fields.get("msg") == message:
                found = fields
        return found

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


def webhook_configuration(name, url, ca_bundle, failure_policy="Fail", entry=None):
    """A MutatingWebhookConfiguration for pods, reached by URL; `entry` is the name of its one webhook."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{
            "name": entry or f"{name}.irsa.dev", "clientConfig": {"url": f"{url}/mutate", "caBundle": ca_bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            "failurePolicy": failure_policy, "sideEffects": "None", "timeoutSeconds": 10, "matchPolicy": "Equivalent",
            "reinvocationPolicy": "IfNeeded", "admissionReviewVersions": ["v1"]}]}
