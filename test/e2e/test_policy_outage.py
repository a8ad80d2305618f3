"""Identity while no irsa runs, while it keeps dying, and without its webhook: the identity policy with guard and record."""
import json
import threading
import time
import unittest

from .harness.guarded import DENY, GUARD, GuardedCluster
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, has_identity, identity_volumes, pod, service_account, with_role
from .harness.policy import POLICY, histogram
from .harness.rest import RestClient
from .harness.waiting import wait_until

POLICY_SECONDS = "apiserver_mutating_admission_policy_check_duration_seconds"
WEBHOOK_SECONDS = "apiserver_admission_webhook_admission_duration_seconds"
POLICY_COMPONENT, ONLY = "components/policy", "components/policy-only"


def deployment(name, account, replicas):
    template = {"metadata": {"labels": {"app": name}}, "spec": pod("x", account)["spec"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "team-a"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}}


class Fallback(GuardedCluster):
    """Policy and webhook together. The guard refuses, so that a pod without its identity would be no pod."""

    components = (GUARD, DENY, POLICY_COMPONENT)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apply(with_role("app"), service_account("plain"))

    def setUp(self):
        self.addCleanup(self.bring_back)

    def test_a_thousand_pods_while_nobody_runs(self):
        self.replicas.kill_all()
        self.apply(*[deployment(f"web-{number}", "app", 20) for number in range(5)])
        answers = [self.api.create(pod(f"bare-{number}", "app")) for number in range(900)]
        self.assertEqual([answer for status, answer in answers if status != 201], [])

        def stored():
            found = json.loads(self.cluster.kubectl("get", "pods", "-n", "team-a", "-o", "json").out)["items"]
            return found if len(found) >= 1000 else None
        for each in wait_until(stored, "the Deployments' pods", 120):
            assert_identified(self, each)

    def test_two_thousand_pods_while_irsa_keeps_dying(self):
        answers, deaths = [], 0

        def create(writer):
            client = RestClient(self.cluster)
            for number in range(500):
                answers.append(client.create(pod(f"pod-{writer}-{number}", "app")))
            client.close()
        writers = [threading.Thread(target=create, args=(writer,)) for writer in range(4)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            self.replicas.kill_all()
            deaths += 1
            self.replicas.start_another()
            served = len(answers)
            wait_until(lambda: len(answers) > served + 50 or not any(writer.is_alive() for writer in writers), "pods with irsa there")
        for writer in writers:
            writer.join()
        self.assertGreater(deaths, 5)
        self.assertEqual(len(answers), 2000)
        self.assertEqual([answer for status, answer in answers if status != 201], [])
        self.assertEqual([answer["metadata"]["name"] for _, answer in answers
                          if not has_identity(answer) or len(identity_volumes(answer)) != 1], [])

    def test_latency_beside_the_webhooks(self):
        """Prints what docs/performance.md has: kube-apiserver's own metrics, for the same pods each way."""
        rows = [("policy, then webhook", *self.measure())]
        self.replicas.kill_all()
        rows.append(("policy, nobody running", *self.measure()))
        self.bring_back()
        bindings = [self.cluster.get("mutatingadmissionpolicybinding", name) for name in (POLICY, f"{POLICY}-open")]
        self.cluster.kubectl("delete", "mutatingadmissionpolicybinding", POLICY, f"{POLICY}-open")
        for binding in bindings:
            for field in ("resourceVersion", "uid", "creationTimestamp", "generation"):
                del binding["metadata"][field]
        # Cleaned up last first: whoever comes next finds the policy in use again.
        self.addCleanup(self.evaluated_after, lambda count: count > 0)
        self.addCleanup(self.cluster.kubectl, "apply", "-f", "-", stdin=bindings)
        self.evaluated_after(lambda count: count == 0)
        rows.append(("webhook alone", *self.measure()))
        rows.append(("no identity", *self.measure(account="plain")))
        for name, request, policy, webhook in rows:
            print(f"| {name} | {policy:.2f} | {webhook:.2f} | {request:.2f} |")
        policy, webhook = ([row[column] for row in rows] for column in (2, 3))
        self.assertEqual([each > 0 for each in policy], [True, True, False, False])
        self.assertGreater(min(webhook[0], webhook[2]), 0)

    def evaluated_after(self, is_so):
        """Waits until a dry run adds so many evaluations of the policy."""
        def count():
            before = histogram(self.metrics(), POLICY_SECONDS, policy=POLICY)[0]
            self.dry_run(pod("x", "app"))
            return histogram(self.metrics(), POLICY_SECONDS, policy=POLICY)[0] - before
        wait_until(lambda: is_so(count()), "the policy's bindings")

    def measure(self, account="app", pods=200):
        """Milliseconds for a pod: the request, in the policy, in the webhook."""
        def spent():
            metrics = self.metrics()
            return [histogram(metrics, POLICY_SECONDS, policy=POLICY)[1], histogram(metrics, WEBHOOK_SECONDS, name="pod-identity.irsa.dev")[1]]
        self.dry_run(pod("warm", account))
        before, started = spent(), time.monotonic()
        for number in range(pods):
            self.assertTrue(self.dry_run(pod(f"measured-{number}", account))[0])
        elapsed = time.monotonic() - started
        return [seconds * 1000 / pods for seconds in (elapsed, *(after - before for after, before in zip(spent(), before)))]

    def metrics(self):
        return self.cluster.kubectl("get", "--raw", "/metrics").out


class Only(GuardedCluster):
    """No webhook for pods, and `irsa controller` for the record. The guard only warns, so that a pod without its identity
    would be seen."""

    components = (GUARD, POLICY_COMPONENT, ONLY)

    def test_account_and_pod_as_close_as_it_gets_300_times(self):
        """The record is written, and the policy has seen it, before the account is admitted. In the first namespace there
        is no map before."""
        without = []
        for number in range(300):
            name, namespace = f"close-{number}", "team-b" if number < 150 else "team-a"
            self.assertEqual(self.api.create(with_role(name, namespace))[0], 201)
            status, created = self.api.create(pod(name, name, namespace))
            self.assertEqual(status, 201, created)
            if not has_identity(created):
                without.append(number)
        self.assertEqual(without, [])

    def test_people_are_told_as_ever(self):
        self.assertEqual(self.cluster.kubectl("get", "mutatingwebhookconfigurations", "-o", "name").out, "")
        self.assertIn(f"will run as {ROLE}", self.apply(deployment("told", "probe", 0)).err)
        self.assertIn("did you mean role-arn?", self.apply(service_account("misspelt", {"eks.amazonaws.com/role-arm": ROLE})).err)

    def test_a_role_that_changes_shows_in_the_next_pods(self):
        self.apply(with_role("changing"))
        other = "arn:aws:iam::111122223333:role/other"
        for number, role in enumerate((other, ROLE)):
            self.assertEqual(self.api.annotate("changing", {ROLE_ANNOTATION: role})[0], 200)
            assert_identified(self, self.api.create(pod(f"changing-{number}", "changing"))[1], role)

    def test_a_role_that_is_taken_away_is_no_longer_given(self):
        """Its pods are admitted as those of any account, and the guard has nothing to say of them."""
        self.apply(with_role("former"))
        assert_identified(self, self.api.create(pod("former-0", "former"))[1])
        self.cluster.kubectl("annotate", "serviceaccount", "former", "-n", "team-a", f"{ROLE_ANNOTATION}-")

        def created():
            status, answer = self.api.request("POST", "/api/v1/namespaces/team-a/pods?dryRun=All", pod("probe", "former"))
            self.assertEqual(status, 201, answer)
            return answer
        # The leader takes the entry out, a moment after.
        wait_until(lambda: not has_identity(created()), "the role gone from new pods")
        done = self.apply(pod("former-1", "former"))
        self.assertEqual(done.err, "")
        stored = self.cluster.get("pod", "former-1", "team-a")
        self.assertFalse(has_identity(stored))
        self.assertEqual(identity_volumes(stored), [])

    def test_what_the_policy_leaves_the_guard_names(self):
        left = pod("left", "probe")
        left["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": '"other"'}
        self.assertIn("would start without it", self.apply(left).err)


if __name__ == "__main__":
    unittest.main()
