"""irsa with the service accounts of a cluster, as two replicas with the rights that deploy/ grants."""
import concurrent.futures
import json
import os
import pathlib
import signal
import tempfile
import unittest

from .harness.balancer import Balancer, SilentPort
from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, install
from .harness.identity_source import ClusterSource
from .harness.objects import (ROLE, ROLE_ANNOTATION, assert_identified, assert_untouched, containers, env, has_identity, pod,
                              service_account)
from .harness.rendering import NAMESPACE, write_overlay
from .harness.replicas import Replicas
from .harness.waiting import wait_until
from .harness.webhook import CertificateFiles, Server, knows_flag

TESTBED, IRSA = os.environ["IRSA_TESTBED"], os.environ["IRSA_BINARY"]
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
IN_ONE_APPLY = 200
# Within which a change must show in the next pod.
SOON_S = 1


class WithReplicas(unittest.TestCase):
    """Two replicas, whose certificate is in files."""

    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(TESTBED, cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        cls.install()
        cls.cluster.kubectl("create", "namespace", "team-a")
        cls.certificate = CertificateFiles(IRSA, cls.directory / "certs", (NAME, NAMESPACE))
        cls.source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.replicas = Replicas(cls.cluster, cls.directory, lambda directory: cls.start(directory, cls.source), 2, cls.certificate.ca_bundle)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        cls.source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    @classmethod
    def install(cls):
        install(cls.cluster)

    @classmethod
    def start(cls, directory, source):
        return Server(IRSA, directory, *cls.certificate.flags, *source.flags, *cls.FLAGS)

    def role_of_next_pod(self, account):
        return env(containers(self.cluster.dry_run(pod("next", account)))[0]).get("AWS_ROLE_ARN")

    def wait_for_role(self, account, role, timeout_s=SOON_S):
        wait_until(lambda: self.role_of_next_pod(account) == role, f"the next pod of {account} with {role}", timeout_s)

    def set_policy(self, policy):
        self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p", json.dumps(
            [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": policy}]))


@unittest.skipUnless(knows_flag(IRSA, "--kubeconfig"), "this irsa does not read service accounts from a cluster")
class Accounts(WithReplicas):
    def test_account_in_the_same_apply_just_before_its_pod(self):
        without = []
        for number in range(IN_ONE_APPLY):
            name = f"fresh-{number}"
            created = self.cluster.kubectl("apply", "-o", "json", "-f", "-", stdin=[
                service_account(name, {ROLE_ANNOTATION: ROLE}), pod(name, name)])
            if not has_identity(json.loads(created.out)["items"][1]):
                without.append(name)
        self.assertEqual(without, [])

    def test_annotation_changed_and_removed(self):
        self.source.apply(service_account("changing", {ROLE_ANNOTATION: ROLE}))
        self.wait_for_role("changing", ROLE)
        self.source.apply(service_account("changing", {ROLE_ANNOTATION: OTHER_ROLE}))
        self.wait_for_role("changing", OTHER_ROLE)
        self.source.apply(service_account("changing"))
        self.wait_for_role("changing", None)

    def test_account_deleted_and_created_again(self):
        self.source.apply(service_account("returning", {ROLE_ANNOTATION: ROLE}))
        self.wait_for_role("returning", ROLE)
        self.cluster.kubectl("delete", "serviceaccount", "returning", "-n", "team-a")
        self.source.apply(service_account("returning", {ROLE_ANNOTATION: OTHER_ROLE}))
        self.wait_for_role("returning", OTHER_ROLE)

    def test_other_accounts_pods_are_untouched(self):
        self.source.apply(service_account("plain"))
        for account in ("default", "plain"):
            assert_untouched(self, self.cluster.dry_run(pod("other", account)))

    def test_every_account_is_counted(self):
        def accounts():
            return len(json.loads(self.cluster.kubectl("get", "serviceaccounts", "-A", "-o", "json").out)["items"])
        for replica in self.replicas.all:
            wait_until(lambda replica=replica: replica.metric("irsa_identities") == accounts(), "every account in the index", 10)


@unittest.skipUnless(knows_flag(IRSA, "--kubeconfig"), "this irsa does not read service accounts from a cluster")
class Interruptions(WithReplicas):
    """No pod passes without its identity while replicas come, go or know nothing yet; and all of it ends well."""

    # Long enough for some pods to be created meanwhile.
    FLAGS = ("--shutdown-delay=500ms",)

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
        gate = Balancer(silence.port)
        self.addCleanup(gate.close)
        behind_gate = ClusterSource(self.cluster, self.directory / "gated", NAME, NAMESPACE, gate.port)
        unsynced = self.start(self.directory / "unsynced", behind_gate)
        self.addCleanup(unsynced.close)
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

    def test_a_watch_that_is_cut_is_taken_up_again(self):
        gate = Balancer(self.cluster.port)
        self.addCleanup(gate.close)
        cut_off = self.start(self.directory / "cut-off", ClusterSource(self.cluster, self.directory / "cut", NAME, NAMESPACE, gate.port))
        self.addCleanup(cut_off.close)
        cut_off.wait_ready()
        accounts = cut_off.metric("irsa_identities")
        gate.cut()
        self.source.apply(service_account("after-the-cut", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: cut_off.metric("irsa_identities") > accounts, "the account created after the cut", 30)
        self.assertTrue(cut_off.is_ready())

    def test_an_apiserver_that_is_killed_and_comes_back(self):
        self.cluster.apiserver.kill()
        for replica in self.replicas.all:
            # What it knows is still right as far as anybody can tell.
            self.assertTrue(replica.is_ready())
        self.cluster.start_apiserver()
        self.source.apply(service_account("after-the-kill", {ROLE_ANNOTATION: ROLE}))
        self.wait_for_role("after-the-kill", ROLE, 30)
        self.source.apply(service_account("after-the-kill", {ROLE_ANNOTATION: OTHER_ROLE}))
        self.wait_for_role("after-the-kill", OTHER_ROLE, 30)
        self.assertGreater(self.replicas.all[0].total("irsa_kube_requests_total"), 0)

    def test_an_etcd_that_pauses(self):
        self.cluster.etcd.signal(signal.SIGSTOP)
        try:
            for replica in self.replicas.all:
                self.assertTrue(replica.is_ready())
        finally:
            self.cluster.etcd.signal(signal.SIGCONT)
        self.source.apply(service_account("after-the-pause", {ROLE_ANNOTATION: ROLE}))
        self.wait_for_role("after-the-pause", ROLE, 30)


@unittest.skipUnless(knows_flag(IRSA, "--watch-config-map"), "this irsa reads no ConfigMap")
class ConfigMap(WithReplicas):
    FLAGS = ("--watch-config-map", f"--namespace={NAMESPACE}")

    @classmethod
    def install(cls):
        """With the right to read the one ConfigMap, which the default leaves out."""
        cls.cluster.kubectl("apply", "-k", str(write_overlay(cls.directory / "overlay", ["components/config-map"])))

    def write(self, entries):
        config = entries if isinstance(entries, str) else json.dumps(entries)
        self.cluster.kubectl("apply", "-f", "-", stdin={
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pod-identity-webhook", "namespace": NAMESPACE}, "data": {"config": config}})

    def test_good_and_broken_entries(self):
        self.source.apply(service_account("by-map"), service_account("by-both", {ROLE_ANNOTATION: ROLE}), service_account("not-named"))
        self.write({"team-a/by-map": {"RoleARN": OTHER_ROLE}, "team-a/by-both": {"RoleARN": OTHER_ROLE},
                    "no-slash": {"RoleARN": ROLE}, "team-a/broken": 7})
        self.wait_for_role("by-map", OTHER_ROLE, 10)
        self.assertEqual(self.role_of_next_pod("by-both"), ROLE)
        self.assertEqual(self.role_of_next_pod("not-named"), None)
        # The last good state stays while the whole of it cannot be read.
        self.write("{")
        wait_until(lambda: all(replica.total("irsa_reload_failures_total") > 0 for replica in self.replicas.all), "the failure counted", 10)
        self.assertEqual(self.role_of_next_pod("by-map"), OTHER_ROLE)
        self.write({"team-a/by-map": {"RoleARN": ROLE}})
        self.wait_for_role("by-map", ROLE, 10)


if __name__ == "__main__":
    unittest.main()
