"""Pods through a real kube-apiserver and `irsa serve` with its file of service accounts."""
import json
import os
import pathlib
import tempfile
import unittest

from .harness.control_plane import ControlPlane
from .harness.waiting import wait_until
from .harness.webhook import Webhook, webhook_configuration

ROLE = "arn:aws:iam::111122223333:role/my-app"
TOKEN_DIRECTORY = "/var/run/secrets/eks.amazonaws.com/serviceaccount"


def service_account(name, annotations=None):
    return {"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": "team-a", "annotations": annotations or {}}}


def pod(name, account, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "team-a"},
            "spec": {"serviceAccountName": account, "containers": [{"name": "app", "image": "registry.example.com/app:1"}], **spec}}


def env(container):
    return {variable["name"]: variable.get("value") for variable in container.get("env", [])}


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
        wait_until(lambda: cls.has_identity(cls.dry_run(pod("probe", "my-app"))), "the webhook in use")

    @classmethod
    def dry_run(cls, manifest):
        return json.loads(cls.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=manifest).out)

    @staticmethod
    def has_identity(stored):
        return all(env(c).get("AWS_ROLE_ARN") == ROLE for c in stored["spec"]["containers"])

    def assert_identified(self, stored):
        containers = stored["spec"]["containers"] + stored["spec"].get("initContainers", [])
        for container in containers:
            self.assertEqual(env(container).get("AWS_ROLE_ARN"), ROLE)
            self.assertEqual(env(container).get("AWS_WEB_IDENTITY_TOKEN_FILE"), f"{TOKEN_DIRECTORY}/token")
            mount = [m for m in container["volumeMounts"] if m["name"] == "aws-iam-token"]
            self.assertEqual(mount, [{"name": "aws-iam-token", "mountPath": TOKEN_DIRECTORY, "readOnly": True}])
        volume = [v for v in stored["spec"]["volumes"] if v["name"] == "aws-iam-token"]
        self.assertEqual(volume, [{"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [{
            "serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}}]}}])

    def test_stored_pod_has_its_identity(self):
        init = [{"name": "init", "image": "registry.example.com/init:1"},
                {"name": "sidecar", "image": "registry.example.com/sidecar:1", "restartPolicy": "Always"}]
        self.cluster.kubectl("create", "-f", "-", stdin=pod("stored", "my-app", initContainers=init))
        self.assert_identified(self.cluster.get("pod", "stored", "team-a"))

    def test_pod_of_an_account_without_a_role_is_untouched(self):
        self.cluster.kubectl("create", "-f", "-", stdin=pod("untouched", "plain"))
        stored = self.cluster.get("pod", "untouched", "team-a")
        self.assertNotIn("env", stored["spec"]["containers"][0])
        self.assertEqual([v["name"] for v in stored["spec"]["volumes"] if v["name"] == "aws-iam-token"], [])

    def test_generated_name_and_dry_run(self):
        manifest = pod("x", "my-app")
        manifest["metadata"] = {"generateName": "generated-", "namespace": "team-a"}
        self.assert_identified(self.dry_run(manifest))

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
            self.assert_identified(stored)

    def test_changed_file_shows_in_the_next_pods(self):
        changed = self.accounts + [service_account("late", {"eks.amazonaws.com/role-arn": ROLE})]
        self.cluster.kubectl("apply", "-f", "-", stdin=changed[-1])
        self.file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": changed}))
        wait_until(lambda: self.has_identity(self.dry_run(pod("late", "late"))), "the account added to the file", 10)


if __name__ == "__main__":
    unittest.main()
