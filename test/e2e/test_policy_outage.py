"""Identity while no irsa runs, while it keeps dying, and without its webhook: the identity policy with the guard."""
import concurrent.futures
import json
import os
import threading
import time
import unittest

from .harness.guarded import ADVICE, DENY, GUARD, GuardedCluster, message
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, has_identity, identity_volumes, pod, service_account, with_role
from .harness.policy import ACCOUNT_LABEL, POLICY, PolicyInstallation, histogram
from .harness.rendering import kustomize
from .harness.rest import RestClient
from .harness.waiting import wait_until

POLICY_SECONDS = "apiserver_mutating_admission_policy_check_duration_seconds"
WEBHOOK_SECONDS = "apiserver_admission_webhook_admission_duration_seconds"
POLICY_COMPONENT, ONLY = "components/policy", "components/policy-only"
WRITERS, PODS_EACH, MOST_PODS_EACH, DEATHS = 4, 500, 5000, 6


def deployment(name, account, replicas):
    template = {"metadata": {"labels": {"app": name}}, "spec": pod("x", account)["spec"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "team-a"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}}


class Fallback(GuardedCluster):
    """Policy and webhook together. The guard refuses, so that a pod without its identity would be no pod."""

    components = (ADVICE, GUARD, DENY, POLICY_COMPONENT)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apply(with_role("app"), service_account("plain"))
        cls.replicas.kill_all()
        wait_until(lambda: cls.gets(pod("x", "app")), "the policy in use")
        cls.bring_back()

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
        answers, deaths, enough = [], 0, threading.Event()

        def create(writer):
            client = RestClient(self.cluster)
            number = 0
            while number < PODS_EACH or (number < MOST_PODS_EACH and not enough.is_set()):
                answers.append(client.create(pod(f"pod-{writer}-{number}", "app")))
                number += 1
            client.close()
            return number
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(create, writer) for writer in range(WRITERS)]
            have_ended = lambda: all(writer.done() for writer in writers)
            try:
                while not have_ended():
                    self.replicas.kill_all()
                    deaths += 1
                    self.replicas.start_another()
                    served = len(answers)
                    wait_until(lambda: len(answers) > served + 50 or have_ended(), "pods with irsa there")
                    if deaths >= DEATHS:
                        enough.set()
            finally:
                enough.set()
            written = [writer.result() for writer in writers]
        self.assertGreaterEqual(deaths, DEATHS)
        self.assertGreaterEqual(min(written), PODS_EACH)
        self.assertEqual(len(answers), sum(written))
        self.assertEqual([answer for status, answer in answers if status != 201], [])
        self.assertEqual([answer["metadata"]["name"] for _, answer in answers
                          if not has_identity(answer) or len(identity_volumes(answer)) != 1], [])

    @unittest.skipUnless(os.environ.get("IRSA_SLOW"), "measures, for two minutes: scripts/e2e --slow runs it")
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
    """No webhook for pods, and `irsa controller` for the words. The guard only warns, so that a pod without its identity would
    be seen."""

    components = (ADVICE, GUARD, POLICY_COMPONENT, ONLY)

    def test_people_are_told_as_ever(self):
        self.assertEqual(self.cluster.kubectl("get", "mutatingwebhookconfigurations", "-o", "name").out, "")
        self.assertIn(f"will run as {ROLE}", self.apply(deployment("told", "probe", 0)).err)
        self.assertIn("did you mean role-arn?", self.apply(service_account("misspelt", {"eks.amazonaws.com/role-arm": ROLE})).err)

    def test_what_the_policy_leaves_the_guard_names(self):
        left = pod("left", "probe")
        left["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": '"other"'}
        wait_until(lambda: "Warning: Validation failed" in self.apply(left, flags=("--dry-run=server",)).err, "the guard in use")
        self.assertIn(message("probe", explanation="the identity policy cannot serve this pod, which will never be admitted as it is: "
                                                   "its annotation eks.amazonaws.com/skip-containers has quotes, line breaks or over "
                                                   "1999 characters; write plain names with commas between them."), self.apply(left).err)


class NothingRuns(PolicyInstallation):
    """`kubectl apply -k deploy/kustomize/policy`, and no irsa anywhere."""

    def created(self, name, account):
        status, answer = self.api.create(pod(name, account))
        self.assertEqual(status, 201, answer)
        return answer

    def follows(self, account, role):
        """A change reaches the policies some milliseconds behind its answer; until then the pod is as before, or refused."""
        wait_until(lambda: self.gets(pod("x", account), role), f"{account} with {role or 'no role'}")

    def test_is_policies_and_nothing_else(self):
        kinds = {document["kind"] for document in kustomize(os.environ["IRSA_TESTBED"], installation="policy").values()}
        self.assertEqual(kinds, {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
                                 "MutatingAdmissionPolicyBinding"})

    def test_a_role_that_is_given_changed_and_taken_away(self):
        other = "arn:aws:iam::111122223333:role/other"
        self.apply(service_account("changing"))
        self.follows("changing", None)
        for role in (ROLE, other):
            self.assertEqual(self.api.annotate("changing", {ROLE_ANNOTATION: role})[0], 200)
            self.follows("changing", role)
        self.assertEqual(self.api.annotate("changing", {ROLE_ANNOTATION: None})[0], 200)
        self.follows("changing", None)
        self.assertEqual(self.apply(pod("changed", "changing")).err, "")

    def test_an_account_that_is_deleted_and_made_anew(self):
        for role in (ROLE, "arn:aws:iam::111122223333:role/other"):
            self.apply(with_role("again", role=role))
            self.follows("again", role)
            self.cluster.kubectl("delete", "serviceaccount", "again", "-n", "team-a")

    def test_deployments_right_behind_their_accounts(self):
        for number in range(50):
            self.apply(with_role(f"deployed-{number}"), deployment(f"deployed-{number}", f"deployed-{number}", 2))

        def stored():
            found = json.loads(self.cluster.kubectl("get", "pods", "-n", "team-a", "-o", "json").out)["items"]
            found = [each for each in found if each["metadata"]["name"].startswith("deployed-")]
            return found if len(found) == 100 else None
        for each in wait_until(stored, "the Deployments' pods", 120):
            assert_identified(self, each)

    def test_a_pod_that_it_cannot_serve_is_refused_with_the_reason(self):
        self.follows("probe", ROLE)
        for annotations, spec, reason in (
                ({"skip-containers": '"other"'}, {}, "its annotation eks.amazonaws.com/skip-containers has quotes"),
                ({"token-expiration": "-" + "1" * 19}, {}, "its annotation eks.amazonaws.com/token-expiration is not a number of seconds"),
                ({}, {"containers": [{"name": f"c{number}", "image": "a"} for number in range(201)]}, "it has over 200 containers"),
                ({}, {"containers": [{"name": "c", "image": "a", "env": [{"name": f"X{place}"} for place in range(20001)]}]},
                 "its containers have over 20000 environment variables")):
            made = pod("x", "probe", **spec)
            made["metadata"]["annotations"] = {f"eks.amazonaws.com/{key}": value for key, value in annotations.items()}
            status, answer = self.api.create(made)
            self.assertEqual(status, 403, reason)
            self.assertIn(f"which will never be admitted as it is: {reason}", answer["message"])

    def test_profiles_that_it_cannot_give_are_the_reason(self):
        self.follows("probe", ROLE)
        self.apply(with_role("several", profiles=f"other={ROLE}"))
        reason = "which will never be admitted as it is: its service account has the annotation eks.amazonaws.com/profiles, which needs irsa serve"
        wait_until(lambda: reason in self.answer_to(pod("x", "several"))[1].get("message", ""), "the account in use")

    def test_an_apiserver_that_starts_anew_gives_every_pod_its_identity(self):
        self.follows("probe", ROLE)
        for restart in range(2):
            self.cluster.restart_apiserver()
            self.api.close()  # and the next request makes a new connection
            self.assertTrue(all(has_identity(self.created(f"restart-{restart}-{number}", "probe")) for number in range(100)))


class LargeNamespaces(PolicyInstallation):
    """The label on accounts with a role, and the selector that uses it."""

    components = (ACCOUNT_LABEL, "components/account-selector")

    def labels(self, name):
        return self.cluster.get("serviceaccount", name, "team-a")["metadata"].get("labels", {})

    def test_label_follows_the_annotation(self):
        self.apply(with_role("labelled"), service_account("plain"), service_account("empty", {ROLE_ANNOTATION: ""}))
        self.assertEqual([self.labels(name) for name in ("labelled", "plain", "empty")], [{"irsa.dev/role": "true"}, {}, {}])
        # Nobody takes it away from an account with a role, or gives it to another one.
        self.cluster.kubectl("label", "serviceaccount", "labelled", "-n", "team-a", "irsa.dev/role-", "mine=yes")
        self.cluster.kubectl("label", "serviceaccount", "plain", "-n", "team-a", "irsa.dev/role=true", "mine=yes")
        self.cluster.kubectl("label", "serviceaccount", "labelled", "-n", "team-a", "--overwrite", "irsa.dev/role=false")
        self.assertEqual([self.labels(name) for name in ("labelled", "plain")], [{"irsa.dev/role": "true", "mine": "yes"}, {"mine": "yes"}])
        self.api.annotate("labelled", {ROLE_ANNOTATION: None})
        self.api.annotate("plain", {ROLE_ANNOTATION: ROLE})
        self.assertEqual([self.labels(name) for name in ("labelled", "plain")], [{"mine": "yes"}, {"irsa.dev/role": "true", "mine": "yes"}])

    def test_accounts_that_were_there_before_are_labelled_by_the_documented_command(self):
        policies = ("mutatingadmissionpolicybinding", "irsa-account-label")
        binding = self.cluster.get(*policies)
        self.cluster.kubectl("delete", *policies)
        wait_until(lambda: not self.label_of(with_role("x")), "the binding gone")
        self.apply(with_role("older"))
        for field in ("resourceVersion", "uid", "creationTimestamp", "generation"):
            del binding["metadata"][field]
        self.apply(binding)
        wait_until(lambda: self.label_of(with_role("x")), "the binding back")
        self.assertEqual(self.labels("older"), {})
        accounts = self.cluster.kubectl("get", "serviceaccounts", "--all-namespaces", "-o", "yaml").out
        self.cluster.kubectl("replace", "-f", "-", stdin=accounts)
        self.assertEqual(self.labels("older"), {"irsa.dev/role": "true"})
        wait_until(lambda: self.gets(pod("x", "older")), "the account in use")


if __name__ == "__main__":
    unittest.main()
