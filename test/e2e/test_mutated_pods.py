"""AWS's own clients in pods as `irsa mutate` makes them, with no variable but those: EKS Pod Identity, and what an account's
annotations say of its SDKs."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from .harness import aws_clients
from .harness.issuer import Issuer
from .harness.pod_identity_agent import PodIdentityAgent
from .harness.sts import ACCOUNT, Sts, role_arn, trust_policy

ISSUER = "https://oidc.example.test/id/ABC"
SUBJECT = "system:serviceaccount:shop:cart"
AUDIENCE = "pods.eks.amazonaws.com"
PREFIX = "eks.amazonaws.com"
POD = "cart-5d4f8c7b9-x2x4z"


class World:
    """One STS and one agent for all tests."""

    def __init__(self, directory):
        self.directory = directory
        self.issuer = Issuer(directory / "issuer", ISSUER)
        (directory / "keys.json").write_text(self.issuer.jwks())
        for_agent = json.loads(json.dumps(trust_policy(ISSUER, SUBJECT)).replace("sts.amazonaws.com", AUDIENCE))
        self.sts = Sts(os.environ["IRSA_BINARY"], directory, {
            "providers": [{"issuer": ISSUER, "account": ACCOUNT, "jwks": str(directory / "keys.json"),
                           "clientIds": ["sts.amazonaws.com", AUDIENCE]}],
            "roles": [{"arn": role_arn("reader"), "trustPolicy": trust_policy(ISSUER, SUBJECT)},
                      {"arn": role_arn("associated"), "trustPolicy": for_agent}]})
        self.agent = PodIdentityAgent(self.sts.url, {("shop", "cart"): role_arn("associated")})

    def close(self):
        self.agent.close()
        self.sts.close()

    def environment(self, annotations, flags=(), account="cart"):
        """The variables of a container whose account has these annotations, with the token mounted, as the kubelet makes them."""
        tokens = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
        objects = [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": account, "namespace": "shop", "annotations": {f"{PREFIX}/{name}": value for name, value in annotations.items()}}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD, "namespace": "shop"},
             "spec": {"serviceAccountName": account, "containers": [{"name": "app", "image": "app"}]}}]
        done = subprocess.run(
            [os.environ["IRSA_BINARY"], "mutate", "--filename=-", "--output=json", "--aws-default-region=eu-central-1",
             f"--token-mount-path={tokens}", f"--container-credentials-token-mount-path={tokens}",
             f"--container-credentials-full-uri={self.agent.url}", *flags],
            input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), text=True, capture_output=True, check=True, timeout=60)
        pod = json.loads(done.stdout)["items"][1]
        token, = (source["serviceAccountToken"] for volume in pod["spec"]["volumes"] for source in volume["projected"]["sources"])
        (tokens / token["path"]).write_text(self.issuer.token("shop", account, aud=[token["audience"]]))
        variables = {}
        for variable in pod["spec"]["containers"][0]["env"]:
            source = variable.get("valueFrom")
            value = POD if source == {"fieldRef": {"fieldPath": "metadata.name"}} else variable["value"]
            variables[variable["name"]] = re.sub(r"\$\(([A-Z_]+)\)", lambda name: variables[name[1]], value)
        return {**variables, "AWS_ENDPOINT_URL_STS": self.sts.url}


_world = None


def setUpModule():
    global _world
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    _world = World(pathlib.Path(directory.name))
    unittest.addModuleCleanup(_world.close)


class ClientTests(aws_clients.ClientTests):
    def caller(self, annotations, flags=()):
        return self.client.call(self.home, _world.environment(annotations, flags))["arn"]

    def test_pod_identity(self):
        """By the agent's association, whatever the account's role."""
        self.assertEqual(self.caller({"pod-identity": "true", "role-arn": role_arn("reader")}),
                         f"arn:aws:sts::{ACCOUNT}:assumed-role/associated/eks-test")

    def test_session_name(self):
        annotations = {"role-arn": role_arn("reader"), "role-session-name": "{namespace}.{service-account}@{pod}"}
        self.assertEqual(self.caller(annotations), f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/shop.cart@{POD}")

    def test_composed_role(self):
        flags = ["--compose-role-arn", "--aws-partition=aws", f"--aws-account-id={ACCOUNT}"]
        self.assertRegex(self.caller({"role-arn": "reader", "region": "us-east-2"}, flags), f"^arn:aws:sts::{ACCOUNT}:assumed-role/reader/.")


class AwsCli(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.aws_cli)


class Boto3(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.boto3)

    def test_pod_identity_needs_an_association(self):
        variables = _world.environment({"pod-identity": "true"}, account="till")
        with self.assertRaisesRegex(AssertionError, "404|ResourceNotFoundException"):
            self.client.call(self.home, variables)


class Go(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.go)


class JavaScript(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.javascript)


class Java(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.java)
