"""`--client-ca` with a real kube-apiserver that shows a certificate, as docs/certificates.md has it configured."""
import json
import os
import pathlib
import ssl
import tempfile
import unittest
import urllib.request

from .harness.cluster_source import ClusterSource
from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, install, route
from .harness.objects import ROLE, ROLE_ANNOTATION, has_identity, pod, service_account
from .harness.pki import Pki
from .harness.ports import free_ports
from .harness.rendering import NAMESPACE
from .harness.waiting import wait_until
from .harness.webhook import CertificateFiles, Server

IRSA = os.environ["IRSA_BINARY"]
PLUGINS = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")


def write_admission_configuration(directory, user, pki, client):
    """The path of one that has the apiserver show the client's certificate to the webhooks of that name."""
    clients = directory / "irsa-client.json"
    clients.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "users": [
        {"name": user, "user": {"client-certificate": pki.path(f"{client}.crt"), "client-key": pki.path(f"{client}.key")}}]}))
    webhooks = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration", "kubeConfigFile": str(clients)}
    path = directory / "admission.json"
    path.write_text(json.dumps({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
                                "plugins": [{"name": plugin, "configuration": webhooks} for plugin in PLUGINS]}))
    return path


class ClientCertificate(unittest.TestCase):
    def test_the_apiserver_gets_in_and_nobody_else(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        pki = Pki(directory / "clients")
        pki.leaf("apiserver", "/CN=kube-apiserver", "clientAuth")
        # The user is named for the Service; with its port, as that is not 443 here.
        port, = free_ports(1)
        admission = write_admission_configuration(directory, f"{NAME}.{NAMESPACE}.svc:{port}", pki, "apiserver")
        cluster = ControlPlane(os.environ["IRSA_TESTBED"], directory / "cluster",
                               apiserver_flags=[f"--admission-control-config-file={admission}"])
        self.addCleanup(cluster.close)
        install(cluster)
        cluster.kubectl("create", "namespace", "team-a")
        certificate = CertificateFiles(IRSA, directory / "certs", (NAME, NAMESPACE))
        source = ClusterSource(cluster, directory / "credentials", NAME, NAMESPACE)
        irsa = Server(IRSA, directory / "irsa", *certificate.flags, *source.flags, f"--port={port}", f"--client-ca={pki.path('ca.crt')}")
        self.addCleanup(irsa.close)
        route(cluster, port, certificate.ca_bundle)
        irsa.wait_ready()
        source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: has_identity(cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

        trust = ssl.create_default_context(cafile=directory / "certs" / "ca.crt")
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"{irsa.url}/healthz", context=trust, timeout=10)
        trust.load_cert_chain(pki.path("apiserver.crt"), pki.path("apiserver.key"))
        with urllib.request.urlopen(f"{irsa.url}/healthz", context=trust, timeout=10) as answer:
            self.assertEqual(answer.status, 200)


if __name__ == "__main__":
    unittest.main()
