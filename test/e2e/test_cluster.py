"""irsa as its Deployment runs it: service accounts from the cluster, certificates by itself, two replicas behind a balancer."""
import base64
import json
import os
import pathlib
import ssl
import tempfile
import unittest

from .harness.balancer import Balancer
from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, install, route, start_replica
from .harness.identity_source import ClusterSource
from .harness.objects import (ROLE, ROLE_ANNOTATION, assert_identified, assert_untouched, containers, env, has_identity, pod,
                              service_account)
from .harness.rendering import NAMESPACE
from .harness.waiting import wait_until
from .harness.webhook import knows_flag

TESTBED, IRSA = os.environ["IRSA_TESTBED"], os.environ["IRSA_BINARY"]
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
IN_ONE_APPLY = 200
# In which a change must show in pods.
SOON_S = 1


def needs_a_cluster_source(test_class):
    """Until `irsa serve` has both: this binary may be older than these tests."""
    missing = [flag for flag in ("--kubeconfig", "--tls-self-managed") if not knows_flag(IRSA, flag)]
    return unittest.skipIf(missing, f"this irsa serves without {' and '.join(missing)}")(test_class)


class Replicas:
    """The processes of the Deployment, behind one port."""

    def __init__(self, cluster, directory, source, count):
        self._cluster, self._directory, self._source, self._started = cluster, directory, source, 0
        self.all = [self._start() for _ in range(count)]
        self.balancer = Balancer(*self.ports())
        route(cluster, self.balancer.port)

    def _start(self):
        self._started += 1
        return start_replica(self._cluster, IRSA, self._directory / f"replica-{self._started}", *self._source.flags)

    def ports(self):
        return [replica.port for replica in self.all]

    def wait_ready(self):
        for replica in self.all:
            wait_until(lambda replica=replica: replica.process.check_alive() and replica.is_ready(), "a replica ready")

    def replace_first(self):
        """As a rolling update: the new one is there before the old one goes."""
        new, old = self._start(), self.all.pop(0)
        self.all.append(new)
        self.balancer.send_to(*self.ports())
        return old.close()

    def close(self):
        for replica in self.all:
            replica.close()
        self.balancer.close()


class WithReplicas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(TESTBED, cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        install(cls.cluster)
        cls.source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        # At once, on a cluster that has no Secret yet.
        cls.replicas = Replicas(cls.cluster, cls.directory, cls.source, 2)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        cls.cluster.kubectl("create", "namespace", "team-a")
        cls.source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}))
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    def role_of_next_pod(self, account):
        return env(containers(self.cluster.dry_run(pod("next", account)))[0]).get("AWS_ROLE_ARN")

    def wait_for_role(self, account, role):
        wait_until(lambda: self.role_of_next_pod(account) == role, f"the next pod with {role}", SOON_S)

    def ca_bundles(self):
        entries = self.cluster.get("mutatingwebhookconfiguration", NAME)["webhooks"]
        return [entry["clientConfig"].get("caBundle") for entry in entries]


@needs_a_cluster_source
class Identities(WithReplicas):
    def test_account_in_the_same_apply_just_before_its_pod(self):
        without = []
        for number in range(IN_ONE_APPLY):
            name = f"fresh-{number}"
            created = self.cluster.kubectl("apply", "-o", "json", "-f", "-", stdin=[
                service_account(name, {ROLE_ANNOTATION: ROLE}), pod(name, name)])
            stored = json.loads(created.out)["items"][1]
            if not has_identity(stored):
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

    def test_replicas_replaced_while_pods_are_created(self):
        for policy in ("Ignore", "Fail"):
            with self.subTest(policy):
                self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p", json.dumps(
                    [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": policy}]))
                for round_number in range(4):
                    self.assertEqual(self.replicas.replace_first(), 0)
                    for number in range(10):
                        name = f"during-{policy.lower()}-{round_number}-{number}"
                        created = self.cluster.kubectl("create", "-o", "json", "-f", "-", stdin=pod(name, "my-app"))
                        assert_identified(self, json.loads(created.out))

    def test_other_accounts_pods_are_untouched(self):
        self.source.apply(service_account("plain"))
        for account in ("default", "plain"):
            assert_untouched(self, self.cluster.dry_run(pod("other", account)))

    def test_every_account_is_counted(self):
        accounts = json.loads(self.cluster.kubectl("get", "serviceaccounts", "-A", "-o", "json").out)["items"]
        for replica in self.replicas.all:
            wait_until(lambda replica=replica: replica.metric("irsa_identities") == len(accounts), "every account in the index", 10)


@needs_a_cluster_source
class Certificates(WithReplicas):
    def secret(self):
        return self.cluster.get("secret", "irsa-tls", NAMESPACE)["data"]

    def served(self, replica):
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", replica.port)))

    def test_replicas_that_start_at_once_agree_on_one_ca(self):
        data = self.secret()
        self.assertEqual(set(self.ca_bundles()), {data["ca.crt"]})
        pair = ssl.PEM_cert_to_DER_cert(base64.b64decode(data["tls.crt"]).decode())
        for replica in self.replicas.all:
            wait_until(lambda replica=replica: self.served(replica) == pair, "the shared certificate served")

    def test_ca_bundle_that_somebody_overwrote_is_put_right(self):
        right = self.ca_bundles()
        wrong = self.cluster.pki.base64("ca.crt")
        self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p", json.dumps(
            [{"op": "replace", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": wrong} for index, _ in enumerate(right)]))
        wait_until(lambda: self.ca_bundles() == right, "the caBundle as it was", 30)
        wait_until(lambda: has_identity(self.cluster.dry_run(pod("after", "my-app"))), "the webhook called again")


if __name__ == "__main__":
    unittest.main()
