"""Several roles of one service account: AWS's own clients with the profiles of a pod that a real apiserver stored, whose
files a test makes as the kubelet would."""
import json
import os
import pathlib
import re
import tempfile
import unittest

from .harness import aws_clients
from .harness.control_plane import ControlPlane
from .harness.objects import PREFIX, env, pod, service_account
from .harness.pod_identity_agent import PodIdentityAgent
from .harness.sts import ACCOUNT, OTHER_ACCOUNT, Sts, chained_policy, role_arn, trust_policy
from .harness.waiting import wait_until
from .harness.webhook import Webhook, webhook_configuration

ISSUER = "https://oidc.example.test/id/ABC"
SUBJECT = "system:serviceaccount:shop:cart"
AGENTS_AUDIENCE = "pods.eks.amazonaws.com"
AUDIT = role_arn("audit", OTHER_ACCOUNT)
CONFIG = f"{PREFIX}/aws-config"
ROLES = f"billing={role_arn('billing')}, audit={AUDIT} from billing\nreports={role_arn('reports')} from default"


class World:
    """A control plane with irsa serve, and an STS that knows its tokens."""

    def __init__(self, directory, cleanup):
        self.directory = directory
        self.cluster = ControlPlane(os.environ["IRSA_TESTBED"], directory / "cluster", ISSUER)
        cleanup(self.cluster.close)
        (directory / "keys.json").write_text(self.cluster.kubectl("get", "--raw", "/openid/v1/jwks").out)
        by_token = trust_policy(ISSUER, SUBJECT)
        self.sts = Sts(os.environ["IRSA_BINARY"], directory / "sts", {
            "providers": [{"issuer": ISSUER, "account": ACCOUNT, "jwks": str(directory / "keys.json"), "clientIds": ["sts.amazonaws.com", AGENTS_AUDIENCE]}],
            "roles": [{"arn": role_arn("reader"), "trustPolicy": by_token},
                      {"arn": role_arn("associated"), "trustPolicy": json.loads(json.dumps(by_token).replace("sts.amazonaws.com", AGENTS_AUDIENCE).replace(":cart", ":agent"))},
                      {"arn": role_arn("billing"), "trustPolicy": {**by_token, "Statement": by_token["Statement"] + chained_policy(role_arn("associated"))["Statement"]}},
                      {"arn": role_arn("reports"), "trustPolicy": {**chained_policy(role_arn("reader")), "Statement": [
                          *chained_policy(role_arn("reader"))["Statement"], *chained_policy(role_arn("associated"))["Statement"]]}},
                      {"arn": AUDIT, "trustPolicy": chained_policy(role_arn("billing"))}]})
        cleanup(self.sts.close)
        self.agent = PodIdentityAgent(self.sts.url, {("shop", "agent"): role_arn("associated")})
        cleanup(self.agent.close)
        accounts = [service_account("cart", {f"{PREFIX}/role-arn": role_arn("reader"), f"{PREFIX}/profiles": ROLES}, "shop"),
                    service_account("agent", {f"{PREFIX}/pod-identity": "true", f"{PREFIX}/profiles": ROLES}, "shop"),
                    service_account("wrong", {f"{PREFIX}/role-arn": role_arn("reader"), f"{PREFIX}/profiles": f"a=x, b={AUDIT} from a"}, "shop")]
        file = directory / "accounts.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": accounts}))
        self.tokens = {"cart": directory / "web", "agent": directory / "agent"}
        webhook = Webhook(os.environ["IRSA_BINARY"], directory / "webhook", f"--service-accounts={file}", "--aws-default-region=eu-central-1",
                          f"--token-mount-path={self.tokens['cart']}", f"--container-credentials-token-mount-path={self.tokens['agent']}",
                          f"--container-credentials-full-uri={self.agent.url}")
        cleanup(webhook.close)
        self.cluster.kubectl("create", "namespace", "shop")
        self.cluster.kubectl("apply", "-f", "-", stdin=accounts)
        self.cluster.kubectl("apply", "-f", "-", stdin=webhook_configuration("irsa", webhook.url, webhook.ca_bundle))
        wait_until(lambda: "AWS_ROLE_ARN" in env(self.cluster.dry_run(pod("probe", "cart", "shop"))["spec"]["containers"][0]), "the webhook in use")
        self.variables = {account: self.start(account) for account in self.tokens}

    def start(self, account):
        """The variables of a pod's container, its files made."""
        self.cluster.kubectl("create", "-f", "-", stdin=pod(account, account, "shop"))
        stored = self.cluster.get("pod", account, "shop")
        container = stored["spec"]["containers"][0]
        directory = self.tokens[account]
        directory.mkdir()
        volume, = (mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == str(directory))
        sources, = (each["projected"]["sources"] for each in stored["spec"]["volumes"] if each["name"] == volume)
        for source in sources:
            token = source.get("serviceAccountToken")
            if token:
                text = self.cluster.kubectl("create", "token", account, "-n", "shop", f"--audience={token['audience']}", "--duration=1h").out.strip()
                (directory / token["path"]).write_text(text)
            for item in source.get("downwardAPI", {}).get("items", []):
                annotation = re.fullmatch(r"metadata\.annotations\['(.+)'\]", item["fieldRef"]["fieldPath"])[1]
                (directory / item["path"]).write_text(stored["metadata"]["annotations"][annotation])
        return {**env(container), "AWS_ENDPOINT_URL_STS": self.sts.url}


_world = None


def setUpModule():
    global _world
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    _world = World(pathlib.Path(directory.name), unittest.addModuleCleanup)


class Pods(unittest.TestCase):
    def test_stored_pod_carries_the_file(self):
        stored = _world.cluster.get("pod", "cart", "shop")
        directory = _world.tokens["cart"]
        token = f"web_identity_token_file = {directory}/token\n"
        self.assertEqual(stored["metadata"]["annotations"][CONFIG], (
            f"[default]\nrole_arn = {role_arn('reader')}\n{token}\n[profile billing]\nrole_arn = {role_arn('billing')}\n{token}\n"
            f"[profile audit]\nrole_arn = {AUDIT}\nsource_profile = billing\n\n"
            f"[profile reports]\nrole_arn = {role_arn('reports')}\nsource_profile = default\n"))
        self.assertEqual(env(stored["spec"]["containers"][0])["AWS_CONFIG_FILE"], f"{directory}/config")

    def test_another_file_stays(self):
        made = pod("own", "cart", "shop")
        made["metadata"]["annotations"] = {CONFIG: "[default]"}
        done = _world.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=made)
        self.assertEqual(json.loads(done.out)["metadata"]["annotations"][CONFIG], "[default]")
        self.assertIn(f"Warning: annotation {CONFIG} is kept, but the service account has other profiles", done.err)

    def test_broken_entries_are_named(self):
        done = _world.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=pod("wrong", "wrong", "shop"))
        self.assertNotIn("annotations", json.loads(done.out)["metadata"])
        for text in ('"a=x" is not NAME=arn:aws:iam::ACCOUNT:role/NAME; left out', '"b from a" names a profile that does not exist; left out'):
            self.assertIn(f"Warning: {PREFIX}/profiles {text}", done.err)


class ClientTests(aws_clients.ClientTests):
    # Of billing, which has a token, and audit, which has a source: whether AWS_PROFILE chooses it beside AWS_ROLE_ARN.
    by_variable = (False, False)

    @staticmethod
    def choose(profile):
        """The arguments and variables that choose a profile."""
        return [profile], {}

    def assert_caller(self, pod_name, profile, account, role):
        self.assert_role(pod_name, *(self.choose(profile) if profile else ([], {})), account, role)

    def assert_role(self, pod_name, arguments, variables, account, role):
        identity = self.client.call(self.home, {**_world.variables[pod_name], **variables}, *arguments)
        self.assertRegex(identity.get("arn", str(identity)), f"^arn:aws:sts::{account}:assumed-role/{role}/.")

    def test_a_token_for_each_role(self):
        self.assert_caller("cart", None, ACCOUNT, "reader")
        self.assert_caller("cart", "default", ACCOUNT, "reader")
        self.assert_caller("cart", "billing", ACCOUNT, "billing")

    def test_a_role_by_another(self):
        self.assert_caller("cart", "audit", OTHER_ACCOUNT, "audit")
        self.assert_caller("cart", "reports", ACCOUNT, "reports")

    def test_roles_by_the_agents(self):
        self.assert_caller("agent", None, ACCOUNT, "associated")
        self.assert_caller("agent", "billing", ACCOUNT, "billing")
        self.assert_caller("agent", "audit", OTHER_ACCOUNT, "audit")
        self.assert_caller("agent", "reports", ACCOUNT, "reports")

    def test_what_the_variable_does(self):
        """docs/annotations.md and docs/features.md say so."""
        for (profile, account), follows in zip((("billing", ACCOUNT), ("audit", OTHER_ACCOUNT)), self.by_variable):
            expected = (account, profile) if follows else (ACCOUNT, "reader")
            self.assert_role("cart", [], {"AWS_PROFILE": profile}, *expected)


class AwsCli(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.aws_cli)
    by_variable = (False, True)

    @staticmethod
    def choose(profile):
        return ["--profile", profile], {}


class Boto3(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.boto3)
    by_variable = (False, True)


class Go(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.go)


class JavaScript(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.javascript)
    by_variable = (True, True)

    @staticmethod
    def choose(profile):
        return [], {"AWS_PROFILE": profile}

    def test_a_containers_own_role_stays(self):
        """Although this SDK looks into the file first: irsa gives such a container none."""
        made = pod("own", "cart", "shop")
        made["spec"]["containers"][0]["env"] = [{"name": "AWS_ROLE_ARN", "value": role_arn("billing")}]
        given = env(_world.cluster.dry_run(made)["spec"]["containers"][0])
        self.assertNotIn("AWS_CONFIG_FILE", given)
        self.assertEqual(given["AWS_WEB_IDENTITY_TOKEN_FILE"], _world.variables["cart"]["AWS_WEB_IDENTITY_TOKEN_FILE"])
        identity = self.client.call(self.home, {**given, "AWS_ENDPOINT_URL_STS": _world.sts.url})
        self.assertRegex(identity.get("arn", str(identity)), f"^arn:aws:sts::{ACCOUNT}:assumed-role/billing/.")


if __name__ == "__main__":
    unittest.main()
