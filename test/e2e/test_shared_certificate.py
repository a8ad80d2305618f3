"""irsa as its Deployment runs it, flags and all: replicas that make, share and have trusted one certificate."""
import base64
import json
import os
import pathlib
import ssl
import tempfile
import unittest

from .harness.control_plane import ControlPlane
from .harness.creators import CREATORS, Creators
from .harness.deployed import NAME, install, start_replica
from .harness.cluster_source import ClusterSource
from .harness.objects import ROLE, ROLE_ANNOTATION, has_identity, pod, service_account
from .harness.rendering import NAMESPACE
from .harness.replicas import Replicas
from .harness.waiting import wait_until

TESTBED, IRSA = os.environ["IRSA_TESTBED"], os.environ["IRSA_BINARY"]


class SharedCertificate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(TESTBED, cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        install(cls.cluster)
        cls.cluster.kubectl("create", "namespace", "team-a")
        source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        # At once, in a namespace that has no Secret yet.
        cls.replicas = Replicas(cls.cluster, cls.directory,
                                lambda directory: start_replica(cls.cluster, IRSA, directory, *source.flags), 2)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        source.apply(service_account("app", {ROLE_ANNOTATION: ROLE}))
        cls.wait_until_called()
        # Until then one that lost may write over the other's.
        wait_until(lambda: cls.all_serve(cls.secret()), "the shared certificate served by both")
        cls.written_at_the_start = wait_until(cls.count_written, "the log saying who wrote the secret")

    @classmethod
    def count_written(cls):
        return sum(replica.process.log().count("certificates written to the shared secret") for replica in cls.replicas.all)

    @classmethod
    def wait_until_called(cls):
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "app"))), "the webhook in use")

    @classmethod
    def secret(cls):
        return cls.cluster.get("secret", "irsa-tls", NAMESPACE)["data"]

    def ca_bundles(self):
        entries = self.cluster.get("mutatingwebhookconfiguration", NAME)["webhooks"]
        return [entry["clientConfig"].get("caBundle") for entry in entries]

    @classmethod
    def all_serve(cls, secret):
        pair = ssl.PEM_cert_to_DER_cert(base64.b64decode(secret["tls.crt"]).decode().split("-----END CERTIFICATE-----")[0] +
                                        "-----END CERTIFICATE-----")
        served = [ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", replica.port))) for replica in cls.replicas.all]
        return all(certificate == pair for certificate in served)

    def test_replicas_that_start_at_once_agree_on_one_ca(self):
        secret = self.secret()
        self.assertEqual(len(set(self.ca_bundles())), 1)
        self.assertIn(base64.b64decode(secret["ca.crt"]).strip(), base64.b64decode(self.ca_bundles()[0]))
        wait_until(lambda: self.all_serve(self.secret()), "the shared certificate served by both")
        # Neither wrote over the other's: that would be a second CA, trusted by nobody for a while.
        self.assertEqual(self.written_at_the_start, 1)

    def test_a_ca_bundle_that_somebody_overwrote_is_put_right(self):
        right = self.ca_bundles()
        wrong = self.cluster.pki.base64("ca.crt")
        self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p", json.dumps(
            [{"op": "replace", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": wrong} for index, _ in enumerate(right)]))
        wait_until(lambda: self.ca_bundles() == right, "the caBundle as it was", 30)
        self.wait_until_called()

    def test_a_new_certificate_under_a_stream_of_pods_loses_none(self):
        old = self.secret()
        creators = Creators(self.cluster, "streamed", "team-a")

        def new_certificate_is_served():
            found = self.cluster.kubectl("get", "secret", "irsa-tls", "-n", NAMESPACE, "-o", "json", check=False)
            data = json.loads(found.out).get("data", {}) if found.status == 0 else {}
            return data.get("tls.crt", old["tls.crt"]) != old["tls.crt"] and self.all_serve(data)
        try:
            wait_until(creators.created, "pods created with the old certificate")
            self.cluster.kubectl("delete", "secret", "irsa-tls", "-n", NAMESPACE)
            wait_until(new_certificate_is_served, "a new certificate served by both", 120)
            before = len(creators.created())
            wait_until(lambda: len(creators.created()) > before + CREATORS, "pods created with the new certificate")
        finally:
            creators.stop()
        self.assertEqual(creators.refused(), [])
        self.assertEqual([stored["metadata"]["name"] for stored in creators.created() if not has_identity(stored)], [])


if __name__ == "__main__":
    unittest.main()
