"""Pods through a real kube-apiserver and `irsa serve` with its file of service accounts."""
import json
import os
import pathlib
import tempfile
import unittest

from .harness.control_plane import ControlPlane
from .harness.objects import ROLE, assert_identified, assert_untouched, has_identity, pod, service_account
from .harness.waiting import wait_until
from .harness.webhook import Webhook, webhook_configuration


class Admission(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        cls.accounts = [service_account("my-app", {"eks.amazonaws.com/role-arn": ROLE}), service_account("plain"),
                        service_account("misspelt", {"eks.amazonaws.com/role-arm": ROLE})]
        cls.file = cls.directory / "accounts.json"
        cls.file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": cls.accounts}))
        cls.webhook = Webhook(os.environ["IRSA_BINARY"], cls.directory / "webhook", f"--service-accounts={cls.file}")
        cls.addClassCleanup(cls.webhook.close)
        cls.cluster.kubectl("create", "namespace", "team-a")
        cls.cluster.kubectl("apply", "-f", "-", stdin=cls.accounts)
        cls.cluster.kubectl("apply", "-f", "-", stdin=webhook_configuration("irsa", cls.webhook.url, cls.webhook.ca_bundle))
        # The configuration reaches the apiserver through an informer: a dry run tells when it has.
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    def test_stored_pod_has_its_identity(self):
        init = [{"name": "init", "image": "registry.example.com/init:1"},
                {"name": "sidecar", "image": "registry.example.com/sidecar:1", "restartPolicy": "Always"}]
        self.cluster.kubectl("create", "-f", "-", stdin=pod("stored", "my-app", initContainers=init))
        assert_identified(self, self.cluster.get("pod", "stored", "team-a"))

    def test_pod_of_an_account_without_a_role_is_untouched(self):
        self.cluster.kubectl("create", "-f", "-", stdin=pod("untouched", "plain"))
        assert_untouched(self, self.cluster.get("pod", "untouched", "team-a"))

    def test_generated_name_and_dry_run(self):
        manifest = pod("x", "my-app")
        manifest["metadata"] = {"generateName": "generated-", "namespace": "team-a"}
        assert_identified(self, self.cluster.dry_run(manifest))

    def test_warning_of_a_misspelt_annotation_is_in_kubectls_output(self):
        created = self.cluster.kubectl("create", "-f", "-", stdin=pod("misspelt", "misspelt"))
        self.assertIn("Warning:", created.err)
        self.assertIn("eks.amazonaws.com/role-arm", created.err)

    def test_pods_of_a_deployment(self):
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("x", "my-app")["spec"]}
        self.cluster.kubectl("create", "-f", "-", stdin={
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "team-a"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}})

        def pods():
            return json.loads(self.cluster.kubectl("get", "pods", "-n", "team-a", "-l", "app=web", "-o", "json").out)["items"]
        for stored in wait_until(lambda: pods() if len(pods()) == 3 else None, "3 pods of the Deployment"):
            assert_identified(self, stored)

    def test_changed_file_shows_in_the_next_pods(self):
        changed = self.accounts + [service_account("late", {"eks.amazonaws.com/role-arn": ROLE})]
        self.cluster.kubectl("apply", "-f", "-", stdin=changed[-1])
        self.file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": changed}))
        wait_until(lambda: has_identity(self.cluster.dry_run(pod("late", "late"))), "the account added to the file", 10)


if __name__ == "__main__":
    unittest.main()
