"""Two replicas behind a balancer, with the rights that deploy/ grants: whatever happens to them, no pod passes without its identity.

test_cluster_identities.py has what one of them makes of a cluster's service accounts.
"""
import concurrent.futures
import json
import os
import pathlib
import tempfile
import unittest

from .harness.balancer import Balancer, SilentPort
from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, install
from .harness.cluster_source import ClusterSource
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, has_identity, pod, service_account
from .harness.rendering import NAMESPACE
from .harness.replicas import Replicas
from .harness.waiting import wait_until
from .harness.webhook import CertificateFiles, Server

TESTBED, IRSA = os.environ["IRSA_TESTBED"], os.environ["IRSA_BINARY"]


class BehindABalancer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(TESTBED, cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        install(cls.cluster)
        cls.cluster.kubectl("create", "namespace", "team-a")
        # Of files: a replica that cannot reach the apiserver has to be able to serve.
        cls.certificate = CertificateFiles(IRSA, cls.directory / "certs", (NAME, NAMESPACE))
        source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.replicas = Replicas(cls.cluster, cls.directory, lambda directory: cls.start(directory, source), 2, cls.certificate.ca_bundle)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    @classmethod
    def start(cls, directory, source):
        # A delay in which some pods are created while a replica is being stopped: enough for the apiserver to use the connections that it
        # has, and so be told of the end.
        return Server(IRSA, directory, *cls.certificate.flags, *source.flags, "--shutdown-delay=2s")

    def through_a_gate(self, name, *ports):
        """A replica that reaches the apiserver through a balancer of the test's, and that balancer."""
        gate = Balancer(*ports)
        self.addCleanup(gate.close)
        replica = self.start(self.directory / name, ClusterSource(self.cluster, self.directory / f"to-{name}", NAME, NAMESPACE, gate.port))
        self.addCleanup(replica.close)
        return replica, gate

    def set_policy(self, policy):
        self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p", json.dumps(
            [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": policy}]))

    def create_pods(self, prefix, count):
        for number in range(count):
            created = self.cluster.kubectl("create", "-o", "json", "-f", "-", stdin=pod(f"{prefix}-{number}", "my-app"))
            assert_identified(self, json.loads(created.out))

    def test_replicas_replaced_while_pods_are_created(self):
        for policy in ("Ignore", "Fail"):
            with self.subTest(policy):
                self.set_policy(policy)
                for turn in range(4):
                    with concurrent.futures.ThreadPoolExecutor(1) as pool:
                        creating = pool.submit(self.create_pods, f"replaced-{policy.lower()}-{turn}", 10)
                        self.assertEqual(self.replicas.replace_first(), 0)
                        creating.result()

    def test_a_replica_that_is_not_synced_is_asked_and_passes_nobody(self):
        silence = SilentPort()
        self.addCleanup(silence.close)
        unsynced, gate = self.through_a_gate("unsynced", silence.port)
        self.addCleanup(self.replicas.lead_to_all)
        for policy in ("Ignore", "Fail"):
            with self.subTest(policy):
                self.set_policy(policy)
                for number in range(5):
                    # It is the one to be asked first, on a new connection, since apiservers keep those that they have.
                    self.replicas.lead_to_all(first=unsynced)
                    self.create_pods(f"unsynced-{policy.lower()}-{number}", 1)
        self.assertGreaterEqual(unsynced.metric('irsa_admission_requests_total{outcome="unavailable"}'), 10)
        self.assertFalse(unsynced.is_ready())
        gate.send_to(self.cluster.port)
        gate.cut()
        unsynced.wait_ready()

    def test_a_connection_to_the_apiserver_that_is_cut_is_taken_up_again(self):
        replica, gate = self.through_a_gate("cut-off", self.cluster.port)
        replica.wait_ready()
        accounts = replica.metric("irsa_identities")
        gate.cut()
        self.cluster.kubectl("apply", "-f", "-", stdin=service_account("after-the-cut", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: replica.metric("irsa_identities") > accounts, "the account created after the cut", 30)
        self.assertTrue(replica.is_ready())


if __name__ == "__main__":
    unittest.main()
