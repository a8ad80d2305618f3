"""The leader of two replicas, which keeps the record of identities right, whatever becomes of it or of the record."""
import concurrent.futures
import json
import signal
import unittest

from .harness.guarded import DENY, GUARD, GuardedCluster
from .harness.objects import ROLE, ROLE_ANNOTATION, service_account, with_role
from .harness.rendering import NAMESPACE
from .harness.rest import RestClient
from .harness.waiting import wait_until

OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
# The lease's duration, the next look at it, and a machine that has other things to do.
TAKEN_OVER_S = 30
MANY = 2000


class RecordLeader(GuardedCluster):
    components = (GUARD, DENY, "components/config-map")
    replica_count = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader()

    def setUp(self):
        self.addCleanup(self.bring_back)

    @classmethod
    def leader(cls):
        """The replica that leads, once there is just one."""
        def leading():
            found = [replica for replica in cls.replicas.all if replica.metric("irsa_record_leader")]
            return found[0] if len(found) == 1 else None
        return wait_until(leading, "a leader", TAKEN_OVER_S)

    def holder(self):
        return self.cluster.get("lease", "irsa", NAMESPACE)["spec"].get("holderIdentity") or ""

    def roles(self, namespace):
        """Of the record, by account."""
        return {account: entry["roleArn"] for account, entry in self.api.entries(namespace).items()}

    def await_roles(self, namespace, expected, timeout_s=30):
        try:
            wait_until(lambda: self.roles(namespace) == expected, "the record", timeout_s)
        finally:
            self.assertEqual(self.roles(namespace), expected)

    def await_settled(self, namespace, accounts):
        """The leader has looked and found nothing to do."""
        def settled():
            found = self.api.record(namespace)
            return found if found and found.get("status") == {
                "accounts": accounts, "observedGeneration": found["metadata"]["generation"]} else None
        return wait_until(settled, f"the status of {accounts} accounts in {namespace}")

    def delete_map(self, namespace):
        status, answer = self.api.request("DELETE", f"/apis/irsa.dev/v1alpha1/namespaces/{namespace}/identitymaps/identities")
        self.assertEqual(status, 200, answer)

    def create_many(self, namespace):
        """MANY accounts with a role where the guard is off, so that the leader alone records them."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"irsa.dev/guard": "off"}}})

        def create(part):
            client = RestClient(self.cluster)
            answers = [client.create(with_role(f"app-{number}", namespace))[0] for number in range(part, MANY, 4)]
            client.close()
            return set(answers)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.assertEqual(set().union(*pool.map(create, range(4))), {201})
        return {f"app-{number}": ROLE for number in range(MANY)}

    def test_a_deleted_map_of_many_accounts_comes_back_and_then_rests(self):
        everyone = self.create_many("many")
        self.await_roles("many", everyone)
        self.await_settled("many", MANY)
        self.delete_map("many")
        self.await_roles("many", everyone)
        version = self.await_settled("many", MANY)["metadata"]["resourceVersion"]
        self.apply(with_role("app", "team-b"))
        self.await_settled("team-b", 1)
        written = self.leader().total("irsa_record_writes_total")
        # Reaches the leader and comes to the same: so that the leader has looked, there is something in another namespace.
        self.assertEqual(self.api.annotate("app-1", {"eks.amazonaws.com/audience": "sts.amazonaws.com"}, "many")[0], 200)
        self.delete_map("team-b")
        self.await_roles("team-b", {"app": ROLE})
        self.await_settled("team-b", 1)
        self.assertEqual(self.api.record("many")["metadata"]["resourceVersion"], version)
        self.assertEqual(self.leader().total("irsa_record_writes_total"), written + 2)

    def test_a_leader_killed_in_the_middle_of_a_change(self):
        everyone = self.create_many("killed")
        self.await_roles("killed", everyone)
        first, holder = self.leader(), self.holder()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            creating = pool.submit(self.create_one_after_another, "team-a", 40)
            self.delete_map("killed")
            first.process.kill()
            self.replicas.all.remove(first)
            admitted = creating.result()
        # While a replica is dead an account may be refused; none is admitted that is not on record.
        self.assertEqual(admitted - set(self.roles("team-a")), set())
        self.await_roles("killed", everyone)
        self.assertIsNot(self.leader(), first)
        self.assertNotEqual(self.holder(), holder)

    def create_one_after_another(self, namespace, count):
        client = RestClient(self.cluster)
        created = {f"during-{number}" for number in range(count) if client.create(with_role(f"during-{number}", namespace))[0] == 201}
        client.close()
        return created

    def test_two_leaders_for_a_moment(self):
        everyone = self.create_many("paused")
        self.await_roles("paused", everyone)
        paused = self.leader()
        self.delete_map("paused")
        paused.process.signal(signal.SIGSTOP)
        others = [replica for replica in self.replicas.all if replica is not paused]
        self.replicas.balancer.send_to(*(replica.port for replica in others))
        self.replicas.balancer.cut()
        try:
            wait_until(lambda: others[0].metric("irsa_record_leader"), "another leader", TAKEN_OVER_S)
            self.await_roles("paused", everyone)
            # So that every entry has been agreed with once, and is put right soon.
            self.await_settled("paused", MANY)
            # What the paused one knows is wrong by now.
            self.assertEqual(self.api.annotate("app-0", {ROLE_ANNOTATION: OTHER_ROLE}, "paused")[0], 200)
            self.cluster.kubectl("delete", "serviceaccount", "app-1", "-n", "paused")
            everyone["app-0"] = OTHER_ROLE
            del everyone["app-1"]
            self.await_roles("paused", everyone)
            self.delete_map("paused")
        finally:
            paused.process.signal(signal.SIGCONT)
            self.replicas.lead_to_all()
        self.await_roles("paused", everyone)
        wait_until(lambda: paused.log_line("not leading any more"), "the paused leader's end")
        self.assertIs(self.leader(), others[0])
        self.await_settled("paused", MANY - 1)
        self.assertEqual(self.roles("paused"), everyone)

    def test_one_that_is_told_to_stop_gives_the_lead_away(self):
        first, holder = self.leader(), self.holder()
        self.replicas.all.remove(first)
        self.assertEqual(first.close(), 0)
        # Not when the lease ends, but at the other's next look.
        wait_until(lambda: self.holder() not in (holder, ""), "another holder", 6)
        self.assertIsNot(self.leader(), first)

    def test_a_map_edited_by_hand(self):
        self.cluster.kubectl("create", "namespace", "edited")
        self.apply(*(with_role(name, "edited") for name in ("kept", "removed", "changed", "deleted", "unannotated")))
        right = dict.fromkeys(("kept", "removed", "changed", "deleted", "unannotated"), ROLE)
        self.await_roles("edited", right)
        self.await_settled("edited", 5)
        entry = self.api.entries("edited")["kept"]
        self.cluster.kubectl("patch", "identitymap", "identities", "-n", "edited", "--type=merge", "-p", json.dumps({"spec": {"accounts": {
            "removed": None, "changed": {**entry, "roleArn": OTHER_ROLE}, "nobody": entry}}}))
        # What is missing comes back at once; an entry that says something else might be ahead of its account.
        self.await_roles("edited", {**right, "changed": OTHER_ROLE, "nobody": ROLE})
        self.cluster.kubectl("delete", "serviceaccount", "deleted", "-n", "edited")
        self.assertEqual(self.api.annotate("unannotated", {ROLE_ANNOTATION: None}, "edited")[0], 200)
        self.await_roles("edited", {"kept": ROLE, "removed": ROLE, "changed": OTHER_ROLE, "nobody": ROLE})
        self.await_roles("edited", {"kept": ROLE, "removed": ROLE, "changed": ROLE}, 90)
        self.await_settled("edited", 3)
        shown = self.cluster.kubectl("get", "identitymaps", "-n", "edited").out.split()
        self.assertEqual(shown[:5], ["NAME", "ACCOUNTS", "GENERATION", "RECONCILED", "AGE"])
        self.assertEqual(shown[5:7], ["identities", "3"])
        self.assertEqual(shown[7], shown[8])

    def test_namespaces_that_go_trouble_nobody(self):
        for number in range(3):
            namespace = f"going-{number}"
            self.cluster.kubectl("create", "namespace", namespace)
            self.apply(*(with_role(f"app-{each}", namespace) for each in range(20)))
        self.cluster.kubectl("delete", "namespace", "going-0", "going-1", "going-2", "--timeout=60s")
        self.assertEqual([replica.log_line("the record could not be kept right, trying again") for replica in self.replicas.all], [None, None])
        self.assertEqual([replica.metric('irsa_record_writes_total{result="failed"}') for replica in self.replicas.all], [0, 0])

    def test_identities_from_the_config_map_are_recorded_too(self):
        self.cluster.kubectl("create", "namespace", "mapped")
        self.apply(service_account("by-name", namespace="mapped"), service_account("by-star", namespace="mapped"),
                   with_role("own", "mapped"), service_account("none", namespace="mapped"))
        self.put_config_map({"mapped/by-name": OTHER_ROLE, "*/by-star": OTHER_ROLE, "mapped/own": OTHER_ROLE, "mapped/absent": OTHER_ROLE})
        self.await_roles("mapped", {"by-name": OTHER_ROLE, "by-star": OTHER_ROLE, "own": ROLE})
        # An entry that the leader has not seen yet might be written ahead, and would wait for longer.
        self.await_settled("mapped", 3)
        self.put_config_map({"mapped/by-name": OTHER_ROLE})
        self.await_roles("mapped", {"by-name": OTHER_ROLE, "own": ROLE})

    def put_config_map(self, roles):
        config = {key: {"RoleARN": role} for key, role in roles.items()}
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pod-identity-webhook", "namespace": NAMESPACE},
                    "data": {"config": json.dumps(config)}})


if __name__ == "__main__":
    unittest.main()
