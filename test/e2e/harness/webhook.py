"""irsa processes beside the control plane."""
import base64
import json
import pathlib
import subprocess
import urllib.request

from .process import Process
from .waiting import wait_until


class Webhook:
    """One `irsa serve` on loopback with a certificate of its own; ready after construction."""

    def __init__(self, binary, directory, *flags):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        certificates = self.directory / "certs"
        subprocess.run([str(binary), "certs", "--dir", str(certificates)], check=True, capture_output=True)
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
        self.url = f"https://127.0.0.1:{ready['port']}"
        self.metrics_url = f"http://127.0.0.1:{ready['metrics_port']}"

    def log_line(self, message):
        """The last line with that message, as its fields; None while there is none."""
        found = None
        for line in self.process.log().splitlines():
            fields = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
            if fields.get("msg") == message:
                found = fields
        return found

    def metric(self, series):
        """A value by its series as /metrics writes it: irsa_identities, or name{label="value"}."""
        with urllib.request.urlopen(f"{self.metrics_url}/metrics", timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                name, _, value = line.rpartition(" ")
                if name == series:
                    return float(value)
        return None

    def close(self):
        return self.process.stop()


def webhook_configuration(name, url, ca_bundle, failure_policy="Fail"):
    """A MutatingWebhookConfiguration for pods, reached by URL."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{
            "name": f"{name}.irsa.dev", "clientConfig": {"url": f"{url}/mutate", "caBundle": ca_bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            "failurePolicy": failure_policy, "sideEffects": "None", "timeoutSeconds": 10, "matchPolicy": "Equivalent",
            "reinvocationPolicy": "IfNeeded", "admissionReviewVersions": ["v1"]}]}
