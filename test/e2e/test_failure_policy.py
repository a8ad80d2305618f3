"""What kube-apiserver does when a webhook does not answer as it should, under both policies: the table of docs/deploying.md.

The webhook is a scripted one; the same cases are what irsa's own answers are chosen for.
"""
import base64
import os
import pathlib
import tempfile
import time
import unittest

from .harness.control_plane import ControlPlane
from .harness.ports import free_ports
from .harness.scripted_webhook import Answer, ScriptedWebhook, unavailable
from .harness.waiting import wait_until

TIMEOUT_S = 3
# Where nothing waits for the end of it: a busy machine takes seconds for every call.
LONGEST_TIMEOUT_S = 30
ADMITTED, REFUSED = "admitted", "refused"


def pod(case):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "default", "labels": {"case": case}},
            "spec": {"containers": [{"name": "app", "image": "registry.example.com/app:1"}]}}


def entry(case, policy, url, ca_bundle, timeout_s):
    """A webhook for the pods with that label alone, so that all cases can be there at once."""
    return {"name": f"{case}.irsa.test", "clientConfig": {"url": f"{url}/mutate", "caBundle": ca_bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            "objectSelector": {"matchLabels": {"case": case}}, "failurePolicy": policy, "sideEffects": "None",
            "timeoutSeconds": timeout_s, "admissionReviewVersions": ["v1"]}


class FailurePolicy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        cls.webhook = ScriptedWebhook(os.environ["IRSA_BINARY"], cls.directory / "certs")
        cls.addClassCleanup(cls.webhook.close)
        closed = f"https://127.0.0.1:{free_ports(1)[0]}"
        ca_bundle = base64.b64encode(cls.webhook.ca_certificate.read_bytes()).decode()
        cls.cluster.kubectl("apply", "-f", "-", stdin={
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "scripted"},
            "webhooks": [entry(f"{name}-{policy.lower()}", policy, *rest) for policy in ("Ignore", "Fail") for name, *rest in (
                ("hasty", cls.webhook.url, ca_bundle, TIMEOUT_S), ("patient", cls.webhook.url, ca_bundle, LONGEST_TIMEOUT_S),
                ("closed", closed, ca_bundle, LONGEST_TIMEOUT_S),
                ("other-ca", cls.webhook.url, cls.cluster.pki.base64("ca.crt"), LONGEST_TIMEOUT_S))]})
        # All entries arrive together; the one that always refuses tells when.
        wait_until(lambda: cls.create("closed-fail")[0] == REFUSED, "the configuration in use")

    @classmethod
    def create(cls, case):
        """The outcome, kubectl's message, and the seconds that it took."""
        started = time.monotonic()
        created = cls.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=pod(case), check=False)
        return ADMITTED if created.status == 0 else REFUSED, created.err, time.monotonic() - started

    def assert_outcomes(self, script, under_ignore, under_fail, calls, case="patient"):
        """`calls` is the number of them, or the least and the most."""
        least, most = calls if isinstance(calls, tuple) else (calls, calls)
        for policy, expected in (("ignore", under_ignore), ("fail", under_fail)):
            with self.subTest(policy):
                self.webhook.play(*script)
                outcome, message, _ = self.create(f"{case}-{policy}")
                self.assertEqual(outcome, expected, message)
                self.assertTrue(least <= self.webhook.calls <= most, f"{self.webhook.calls} calls")

    def test_a_bare_503_is_called_once(self):
        self.assert_outcomes([unavailable()], ADMITTED, REFUSED, 1)

    def test_an_error_500_is_called_once(self):
        self.assert_outcomes([Answer(500)], ADMITTED, REFUSED, 1)

    def test_503_with_retry_after_is_called_again_until_it_answers(self):
        self.assert_outcomes([unavailable("1"), unavailable("1"), Answer()], ADMITTED, ADMITTED, 3)

    def test_503_with_retry_after_for_good_is_given_up_at_the_time_out(self):
        self.assert_outcomes([unavailable("1")], ADMITTED, REFUSED, (2, TIMEOUT_S + 1), case="hasty")

    def test_no_answer_takes_the_whole_time_out(self):
        for policy, expected in (("ignore", ADMITTED), ("fail", REFUSED)):
            with self.subTest(policy):
                self.webhook.play(Answer(hang=True))
                outcome, message, seconds = self.create(f"hasty-{policy}")
                self.assertEqual(outcome, expected, message)
                self.assertGreaterEqual(seconds, TIMEOUT_S)
                self.assertEqual(self.webhook.calls, 1)

    def test_a_refused_connection_is_given_up_at_once(self):
        for policy, expected in (("ignore", ADMITTED), ("fail", REFUSED)):
            with self.subTest(policy):
                outcome, message, seconds = self.create(f"closed-{policy}")
                self.assertEqual(outcome, expected, message)
                self.assertLess(seconds, LONGEST_TIMEOUT_S)
        self.assertIn('failed calling webhook "closed-fail.irsa.test"', message)
        self.assertIn("connection refused", message)
        # Where an operator sees what Ignore let pass.
        metrics = self.cluster.kubectl("get", "--raw", "/metrics").out
        self.assertIn('apiserver_admission_webhook_fail_open_count{name="closed-ignore.irsa.test",type="admit"}', metrics)

    def test_a_certificate_of_another_ca_is_a_failed_call(self):
        for policy, expected in (("ignore", ADMITTED), ("fail", REFUSED)):
            with self.subTest(policy):
                outcome, message, seconds = self.create(f"other-ca-{policy}")
                self.assertEqual(outcome, expected, message)
                self.assertLess(seconds, LONGEST_TIMEOUT_S)
        self.assertIn("certificate signed by unknown authority", message)

    def test_an_answer_that_is_no_review_is_a_failed_call(self):
        self.assert_outcomes([Answer(response={"uid": "another"})], ADMITTED, REFUSED, 1)

    def test_a_refusal_is_no_failure_and_no_policy_turns_it_round(self):
        self.assert_outcomes([Answer(response={"allowed": False, "status": {"code": 400, "message": "no"}})], REFUSED, REFUSED, 1)


if __name__ == "__main__":
    unittest.main()
