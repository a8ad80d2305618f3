"""docs/guide.md, pasted into one shell: from an annotated service account to the AWS CLI's caller identity. Then the same chain on a
real apiserver with one link broken at a time, and the apiserver's keys as `irsa issuer` has them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from .harness.control_plane import ControlPlane
from .harness.ports import free_ports
from .harness.sts import ACCOUNT, role_arn, trust_policy

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide.md"
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What IAM registers has no port, so it cannot be the apiserver's own address.
ISSUER = "https://oidc.example.test/guide"


SUBJECT = "system:serviceaccount:shop:cart"


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster", issuer=ISSUER)
        cls.addClassCleanup(cls.cluster.close)
        cls.programs = cls.directory / "bin"
        cls.programs.mkdir()
        (cls.programs / "irsa").symlink_to(pathlib.Path(os.environ["IRSA_BINARY"]).resolve())
        kubectl = cls.programs / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nexec "{os.environ["IRSA_TESTBED"]}" kubectl "$@"\n')
        kubectl.chmod(0o755)

    def paste(self, text):
        """Runs a shell in a directory of its own, and gives what it wrote."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(KUBECONFIG=str(self.cluster.kubeconfig), HOME=str(self.directory), AWS_EC2_METADATA_DISABLED="true",
                           PATH=f"{self.programs}:{os.environ['PATH']}")
        with tempfile.TemporaryDirectory(dir=self.directory) as work:
            # Monitor mode, as a terminal has it, for the job that the guide ends.
            done = subprocess.run(["bash", "-em", "-c", text], cwd=work, env=environment, text=True, capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_the_guide_leads_to_credentials_and_finds_the_broken_link(self):
        for tool in ("aws", "curl", "jq"):
            if shutil.which(tool) is None:
                self.skipTest(f"the guide uses {tool}, which is not here")
        blocks = FENCED.findall(GUIDE.read_text())
        self.assertGreater(len(blocks), 7)
        port = free_ports(1)[0]
        out = self.paste("\n".join(["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *blocks]).replace("8090", str(port)))
        self.assertIn("AWS_ROLE_ARN=arn:aws:iam::111122223333:role/shop-cart\n", out)
        self.assertIn("arn:aws:sts::111122223333:assumed-role/shop-cart/", out)
        self.assertIn("allowed: STS would issue credentials\n", out)
        self.assertIn("refused at subject: AccessDenied\n", out)

    def irsa(self, *arguments, stdin=None, statuses=(0, 1)):
        done = subprocess.run([os.environ["IRSA_BINARY"], *map(str, arguments)], input=stdin, text=True, capture_output=True, timeout=60)
        self.assertIn(done.returncode, statuses, done.stderr)
        return done

    def first_failure(self, annotations=None, options=(), provider=None, **role):
        """The check that decides, and STS's error, for the service account links/cart; all as it should be but for what is given."""
        provider = {"issuer": ISSUER, "account": ACCOUNT, "jwks": "jwks.json", "clientIds": ["sts.amazonaws.com"], **(provider or {})}
        role = {"arn": role_arn("links-cart"), "trustPolicy": trust_policy(ISSUER, "system:serviceaccount:links:cart"), **role}
        config = self.directory / "links" / "sts.yaml"
        config.write_text(json.dumps({"providers": [provider], "roles": [role]}))
        annotations = {"eks.amazonaws.com/role-arn": role_arn("links-cart"), **(annotations or {})}
        self.cluster.kubectl("apply", "-f", "-", stdin={
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "cart", "namespace": "links", "annotations": annotations}})
        done = self.irsa("explain", "--kubeconfig", self.cluster.kubeconfig, "--namespace", "links", "--service-account", "cart",
                         "--provider", config, "-o", "json", *options)
        report = json.loads(done.stdout)
        self.assertEqual(report["verdict"], "refused" if done.returncode else "allowed")
        failed = [check for check in report["checks"] if check["result"] == "fail"]
        return (failed[0]["name"], failed[0]["stsError"]["code"]) if failed else None

    def test_explain_names_the_link_that_is_broken(self):
        links = self.directory / "links"
        links.mkdir()
        self.cluster.kubectl("create", "namespace", "links")
        keys = json.loads(self.cluster.kubectl("get", "--raw", "/openid/v1/jwks").out)
        (links / "jwks.json").write_text(json.dumps(keys))
        (links / "none.json").write_text('{"keys": []}')
        policy = trust_policy(ISSUER, "system:serviceaccount:links:cart")
        elsewhere = json.loads(json.dumps(policy).replace("oidc-provider/oidc", "oidc-provider/oidc2"))
        self.assertIsNone(self.first_failure())
        broken = {
            "the key is not published": ({"provider": {"jwks": "none.json"}}, "signature", "InvalidIdentityToken"),
            "the issuer has a slash too many": ({"provider": {"issuer": ISSUER + "/"}}, "issuer", "InvalidIdentityToken"),
            "the provider is in another account": ({"provider": {"account": "444455556666"}}, "issuer", "InvalidIdentityToken"),
            "the provider has another client id": ({"provider": {"clientIds": ["vault"]}}, "audience", "InvalidIdentityToken"),
            "the account wants another audience": ({"annotations": {"eks.amazonaws.com/audience": "vault"}}, "audience",
                                                   "InvalidIdentityToken"),
            "the token has expired": ({"options": ["--at", "2200-01-01T00:00:00Z"]}, "expiry", "ExpiredTokenException"),
            "the policy is for another account": ({"trustPolicy": trust_policy(ISSUER, SUBJECT)}, "subject", "AccessDenied"),
            "the policy takes * literally": ({"trustPolicy": trust_policy(ISSUER, "system:serviceaccount:links:*")}, "subject",
                                             "AccessDenied"),
            "the policy allows another action": ({"trustPolicy": trust_policy(ISSUER, SUBJECT, "sts:AssumeRole")}, "trust-policy",
                                                 "AccessDenied"),
            "the policy trusts another provider": ({"trustPolicy": elsewhere}, "trust-policy", "AccessDenied"),
            "there is no such role": ({"arn": role_arn("other")}, "trust-policy", "AccessDenied"),
        }
        for name, (change, check, code) in broken.items():
            with self.subTest(name):
                self.assertEqual(self.first_failure(**change), (check, code))

    def test_explain_needs_nothing_but_the_cluster_and_the_policy(self):
        self.cluster.kubectl("create", "namespace", "bare")
        self.cluster.kubectl("create", "serviceaccount", "cart", "--namespace", "bare")
        account = ["explain", "--kubeconfig", self.cluster.kubeconfig, "--namespace", "bare", "--service-account", "cart",
                   "--trust-policy", "-"]
        policy = json.dumps(trust_policy(ISSUER, "system:serviceaccount:bare:cart"))
        without_role = self.irsa(*account, stdin=policy)
        self.assertEqual(without_role.returncode, 1)
        self.assertIn("service account bare/cart has no annotation eks.amazonaws.com/role-arn", without_role.stderr)
        self.cluster.kubectl("annotate", "serviceaccount", "cart", "--namespace", "bare", "eks.amazonaws.com/role-arn=" + role_arn("bare"))
        done = self.irsa(*account, stdin=policy)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("allowed: STS would issue credentials\n", done.stdout)

    def test_issuer_publishes_what_the_apiserver_does(self):
        public_key = self.cluster.pki.path("sa.pub")
        ours = json.loads(self.irsa("issuer", "jwks", "--key", public_key).stdout)
        self.assertEqual(ours, json.loads(self.cluster.kubectl("get", "--raw", "/openid/v1/jwks").out))
        document = json.loads(self.cluster.kubectl("get", "--raw", "/.well-known/openid-configuration").out)
        printed = json.loads(self.irsa("issuer", "discovery", "--issuer", ISSUER, "--jwks-uri", document["jwks_uri"],
                                       "--key", public_key).stdout)
        self.assertEqual({name: printed[name] for name in document}, document)

    def test_rotate_tells_the_step_of_a_live_cluster(self):
        new_key = self.directory / "new.pub"
        subprocess.run(f"openssl genrsa 2048 | openssl rsa -pubout -out {new_key}", shell=True, check=True, capture_output=True)
        published = self.directory / "published.json"
        published.write_text(self.cluster.kubectl("get", "--raw", "/openid/v1/jwks").out)
        token = self.cluster.kubectl("create", "token", "default", "--namespace", "default").out
        done = self.irsa("issuer", "rotate", "--current", self.cluster.pki.path("sa.pub"), "--next", new_key, "--check",
                         "--jwks", published, "--token", "-", "-o", "json", stdin=token)
        self.assertEqual(json.loads(done.stdout)["stage"], "publish", done.stderr)


if __name__ == "__main__":
    unittest.main()
