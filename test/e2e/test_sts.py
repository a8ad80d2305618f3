"""AWS's own clients against `irsa sts`, each by its default chain, with nothing but what the webhook gives a pod and the
endpoint's address."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from .harness import aws_clients
from .harness.connect_proxy import ConnectProxy
from .harness.issuer import Issuer
from .harness.pki import Pki
from .harness.sts import ACCOUNT, ADMINISTRATOR, OTHER_ACCOUNT, Sts, chained_policy, role_arn, trust_policy

ISSUER = "https://oidc.example.test/id/ABC"
UNREACHABLE = "https://unreachable.example.test"
SUBJECT = "system:serviceaccount:shop:cart"
EXTERNAL_ID = "shop:1"


class World:
    """One STS for all tests: an issuer with a role that trusts it, and all that can be wrong with either."""

    def __init__(self, directory):
        self.directory = directory
        self.issuer = Issuer(directory / "issuer", ISSUER)
        self.stranger = Issuer(directory / "stranger", ISSUER, key_id=self.issuer.key_id)
        self.unreachable = Issuer(directory / "unreachable", UNREACHABLE)
        (directory / "keys.json").write_text(self.issuer.jwks())
        client_ids = ["sts.amazonaws.com"]
        self.config = {
            "providers": [
                {"issuer": ISSUER, "account": ACCOUNT, "jwks": str(directory / "keys.json"), "clientIds": client_ids},
                {"issuer": UNREACHABLE, "account": ACCOUNT, "jwks": "no-such-file.json", "clientIds": client_ids}],
            "roles": [
                {"arn": role_arn("reader"), "trustPolicy": trust_policy(ISSUER, SUBJECT)},
                {"arn": role_arn("misspelt"), "trustPolicy": trust_policy(ISSUER, SUBJECT, action="sts:AssumeRole")},
                {"arn": role_arn("elsewhere"), "trustPolicy": trust_policy(UNREACHABLE, SUBJECT)},
                {"arn": role_arn("writer", OTHER_ACCOUNT), "trustPolicy": chained_policy(role_arn("reader"), EXTERNAL_ID)}],
            "iam": {"administrators": [ADMINISTRATOR]}}
        self.sts = Sts(os.environ["IRSA_BINARY"], directory, self.config)

    def environment(self, token, role="reader"):
        """A pod's variables, for a token file of its own."""
        handle, path = tempfile.mkstemp(dir=self.directory, prefix="token-")
        with os.fdopen(handle, "w") as file:
            file.write(token)
        return {"AWS_ROLE_ARN": role_arn(role), "AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_REGION": "eu-central-1",
                "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": self.sts.url}

    def profile(self, external_id=EXTERNAL_ID):
        """The variables of a program that chains roles by its configuration file: the token's, then the writer's in the other account."""
        variables = self.good()
        handle, path = tempfile.mkstemp(dir=self.directory, prefix="config-")
        with os.fdopen(handle, "w") as file:
            file.write(f"[profile reader]\nrole_arn = {variables.pop('AWS_ROLE_ARN')}\nrole_session_name = cart\n"
                       f"web_identity_token_file = {variables.pop('AWS_WEB_IDENTITY_TOKEN_FILE')}\n"
                       f"[profile writer]\nrole_arn = {role_arn('writer', OTHER_ACCOUNT)}\nrole_session_name = chained\n"
                       f"source_profile = reader\nexternal_id = {external_id}\n")
        return {**variables, "AWS_CONFIG_FILE": path, "AWS_PROFILE": "writer"}

    def good(self):
        return self.environment(self.issuer.token("shop", "cart"))

    @contextlib.contextmanager
    def sts_of_its_own(self):
        """The variables to call it by, and its process: once it has ended, its log is whole."""
        with contextlib.closing(Sts(os.environ["IRSA_BINARY"], tempfile.mkdtemp(dir=self.directory), self.config)) as sts:
            yield {"AWS_ENDPOINT_URL_STS": sts.url}, sts.process

    def failures(self):
        """name: (variables, the error code AWS documents, the check that fails)."""
        token = self.issuer.token
        return {
            "signature": (self.environment(self.stranger.token("shop", "cart")), "InvalidIdentityToken", "signature"),
            "keys": (self.environment(self.unreachable.token("shop", "cart"), "elsewhere"), "IDPCommunicationError", "signature"),
            "issuer": (self.environment(token("shop", "cart", iss=ISSUER + "/")), "InvalidIdentityToken", "issuer"),
            "audience": (self.environment(token("shop", "cart", aud=["vault"])), "InvalidIdentityToken", "audience"),
            "expiry": (self.environment(token("shop", "cart", exp=int(time.time()) - 300)), "ExpiredTokenException", "expiry"),
            "subject": (self.environment(token("shop", "till")), "AccessDenied", "subject"),
            "trust policy": (self.environment(token("shop", "cart"), "misspelt"), "AccessDenied", "trust-policy")}


_world = None


def setUpModule():
    global _world
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    _world = World(pathlib.Path(directory.name))
    unittest.addModuleCleanup(_world.sts.close)


class ClientTests:
    """What holds for every client; a subclass says how to get it."""

    # What an error is called where the client does not show the code itself.
    names = {}

    @staticmethod
    def make():
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.client = cls.missing = None
        try:
            cls.client = cls.make()
        except aws_clients.Missing as missing:
            cls.missing = str(missing)

    def setUp(self):
        if self.missing:
            self.skipTest(self.missing)

    def test_caller_is_the_assumed_role(self):
        identity = self.client.call(self.home, _world.good())
        self.assertRegex(identity["arn"], f"^arn:aws:sts::{ACCOUNT}:assumed-role/reader/.{{2,64}}$")
        self.assertEqual(identity["account"], ACCOUNT)

    def test_assumes_a_role_of_another_account_by_its_profile(self):
        identity = self.client.call(self.home, _world.profile())
        self.assertEqual(identity, {"arn": f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/writer/chained", "account": OTHER_ACCOUNT})

    def test_each_failed_check_has_its_error_code(self):
        # Two at a time: SDKs repeat a call that failed, after a pause.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            calls = {name: (pool.submit(self.client.call, self.home, variables), code)
                     for name, (variables, code, _) in _world.failures().items()}
        for name, (call, code) in calls.items():
            with self.subTest(name):
                self.assertEqual(call.result(), {"code": self.names.get(code, code)})


class AwsCli(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.aws_cli)

    def aws(self, variables, *arguments):
        return subprocess.run([*aws_clients.aws_command(), "sts", *arguments, "--output", "json"], cwd=self.home, text=True,
                              capture_output=True, timeout=90, env={"PATH": os.environ["PATH"], "HOME": str(self.home), **variables})

    def assume(self, variables, *arguments, role=role_arn("writer", OTHER_ACCOUNT), external_id=EXTERNAL_ID):
        """What `aws sts assume-role` prints; with its credentials, the variables of a program that uses them."""
        done = self.aws(variables, "assume-role", "--role-arn", role, "--role-session-name", "chained", "--external-id", external_id, *arguments)
        if done.returncode != 0:
            return done.stderr, None
        answer = json.loads(done.stdout)
        keys = answer["Credentials"]
        return answer, {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                        "AWS_SESSION_TOKEN": keys["SessionToken"], "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
                        "AWS_ENDPOINT_URL_STS": _world.sts.url}

    def test_assume_role_with_a_tokens_credentials(self):
        answer, variables = self.assume(_world.good())
        self.assertIsNotNone(variables, answer)
        arn = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/writer/chained"
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], arn)
        self.assertEqual(self.client.call(self.home, variables), {"arn": arn, "account": OTHER_ACCOUNT})
        refused, _ = self.assume(variables)
        self.assertIn(f"(AccessDenied) when calling the AssumeRole operation: User: {arn} is not authorized to perform: "
                      f"sts:AssumeRole on resource: {role_arn('writer', OTHER_ACCOUNT)}", refused)

    def test_assume_role_is_refused(self):
        administrator = {**_world.good(), "AWS_ACCESS_KEY_ID": ADMINISTRATOR["accessKeyId"], "AWS_SECRET_ACCESS_KEY": ADMINISTRATOR["secretAccessKey"]}
        for name, variables, arguments, options, message in (
                ("external id", _world.good(), (), {"external_id": "other"}, "(AccessDenied)"),
                ("role", _world.good(), (), {"role": role_arn("missing", OTHER_ACCOUNT)}, "(AccessDenied)"),
                ("tag", _world.good(), ("--tags", "Key=team,Value=shop"), {}, "perform: sts:TagSession"),
                ("principal", administrator, (), {}, f"User: arn:aws:iam::{ACCOUNT}:user/{ADMINISTRATOR['accessKeyId']} is not authorized"),
                ("duration", _world.good(), ("--duration-seconds", "3601"), {}, "1 hour session limit for roles assumed by role chaining")):
            with self.subTest(name):
                error, credentials = self.assume(variables, *arguments, **options)
                self.assertIsNone(credentials, error)
                self.assertIn(message, error)

    def test_refused_caller_is_logged(self):
        with _world.sts_of_its_own() as (endpoint, process):
            self.assume({**_world.good(), **endpoint}, external_id="other")
        line, = process.log_lines("role refused")
        self.assertRegex(line["caller"], f"^arn:aws:sts::{ACCOUNT}:assumed-role/reader/")
        self.assertIn('StringEquals on "sts:ExternalId" is not met: the policy has "shop:1", the request has "other"', line["detail"])


class Boto3(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.boto3)

    def test_each_refusal_is_logged_with_its_check(self):
        failures = _world.failures().values()
        with _world.sts_of_its_own() as (endpoint, process):
            for variables, _, _ in failures:
                self.client.call(self.home, {**variables, **endpoint})
        lines = process.log_lines("role refused")
        # Each once: boto3 repeats a call when the keys were out of reach.
        self.assertEqual(list(dict.fromkeys((line["check"], line["code"]) for line in lines)),
                         [(check, code) for _, code, check in failures])
        self.assertNotIn("", [line["fix"] for line in lines])

    def test_token_file_may_end_with_a_line_end(self):
        variables = _world.environment(_world.issuer.token("shop", "cart") + "\n")
        self.assertEqual(self.client.call(self.home, variables)["account"], ACCOUNT)

    def test_presigned_url_may_be_posted(self):
        """As generate_presigned_url has it unless told otherwise: all in the URL, neither body nor content type."""
        url = aws_clients.boto3_presigner().call(self.home, _world.good(), "POST")["url"]
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        self.addCleanup(connection.close)
        connection.request("POST", f"{address.path or '/'}?{address.query}")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "text/xml"))
        self.assertIn(f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/reader/", answer.read().decode())

    def test_presigned_url_is_answered_once_it_is_whole(self):
        url = aws_clients.boto3_presigner().call(self.home, _world.good())["url"]
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertIn(f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/reader/", answer.read().decode())
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url + "0", timeout=10)
        with refused.exception as answer:
            self.assertEqual(answer.status, 400)
            self.assertIn("<Code>IncompleteSignature</Code>", answer.read().decode())

    def test_https(self):
        certificates = _world.directory / "certs"
        subprocess.run([os.environ["IRSA_BINARY"], "certs", "--dir", certificates], check=True, capture_output=True)
        sts = Sts(os.environ["IRSA_BINARY"], _world.directory / "https", _world.config,
                  f"--tls-cert={certificates}/tls.crt", f"--tls-key={certificates}/tls.key")
        self.addCleanup(sts.close)
        self.assertTrue(sts.url.startswith("https://"))
        variables = {**_world.good(), "AWS_ENDPOINT_URL_STS": sts.url, "AWS_CA_BUNDLE": f"{certificates}/ca.crt"}
        self.assertEqual(self.client.call(self.home, variables)["account"], ACCOUNT)

    def test_no_token_is_logged(self):
        accepted = _world.good()
        refused, _, _ = _world.failures()["trust policy"]
        with _world.sts_of_its_own() as (endpoint, process):
            for variables in (accepted, refused):
                self.client.call(self.home, {**variables, **endpoint})
        self.assertIn("role refused", process.log())
        for variables in (accepted, refused):
            token = pathlib.Path(variables["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text()
            self.assertNotIn(token.rpartition(".")[2], process.log())


class Go(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.go)

    def test_presigned_url_has_no_expiry(self):
        url = aws_clients.go_presigner().call(self.home, _world.good())["url"]
        self.assertNotIn("X-Amz-Expires", url)
        request = urllib.request.Request(url, headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            result = json.load(answer)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
        self.assertEqual(result["Account"], ACCOUNT)


REGISTERED = "https://oidc.example.test/id/REGISTERED"


class Setup(unittest.TestCase):
    """A cluster's issuer and a role are registered with the commands of AWS's guide, and with the calls that Terraform's resources make;
    then a token gets credentials."""

    def setUp(self):
        try:
            self.aws, self.setup = aws_clients.aws_command(), aws_clients.boto3_setup()
        except aws_clients.Missing as missing:
            self.skipTest(str(missing))
        self.home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.issuer = Issuer(self.home / "issuer", REGISTERED)
        (self.home / "keys.json").write_text(self.issuer.jwks())
        self.start()
        self.variables = {"AWS_ACCESS_KEY_ID": ADMINISTRATOR["accessKeyId"], "AWS_SECRET_ACCESS_KEY": ADMINISTRATOR["secretAccessKey"],
                          "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": self.sts.url}

    def start(self):
        (self.home / "sts.log").unlink(missing_ok=True)  # of the process before, whose port is in it
        self.sts = Sts(os.environ["IRSA_BINARY"], self.home, {"iam": {
            "administrators": [ADMINISTRATOR], "state": "iam.json", "keys": [{"issuer": REGISTERED, "jwks": "keys.json"}]}})
        self.addCleanup(self.sts.close)

    def run_aws(self, *arguments, **variables):
        return subprocess.run([*self.aws, *arguments, "--output", "json"], cwd=self.home, text=True, capture_output=True, timeout=90,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.home), **self.variables, **variables})

    def call(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def assume(self):
        token = self.home / "token"
        token.write_text(self.issuer.token("shop", "cart"))
        return aws_clients.boto3().call(self.home, {
            "AWS_ROLE_ARN": role_arn("cart"), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": self.sts.url})

    def test_commands_of_the_guide(self):
        policy = json.dumps(trust_policy(REGISTERED, SUBJECT))
        provider = self.call("iam", "create-open-id-connect-provider", "--url", REGISTERED, "--client-id-list", "sts.amazonaws.com")
        self.assertEqual(provider["OpenIDConnectProviderArn"], f"arn:aws:iam::{ACCOUNT}:oidc-provider/{REGISTERED.removeprefix('https://')}")
        role = self.call("iam", "create-role", "--role-name", "cart", "--assume-role-policy-document", policy)["Role"]
        self.assertEqual((role["Arn"], role["AssumeRolePolicyDocument"]), (role_arn("cart"), json.loads(policy)))
        self.call("iam", "attach-role-policy", "--role-name", "cart", "--policy-arn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        self.assertEqual(self.call("sts", "get-caller-identity")["Account"], ACCOUNT)
        self.assertEqual(self.assume()["account"], ACCOUNT)
        # What is registered outlives the process.
        self.sts.close()
        self.start()
        self.assertEqual(self.assume()["account"], ACCOUNT)

    def test_errors_have_their_codes(self):
        for arguments, code in (
                (("get-role", "--role-name", "nobody"), "NoSuchEntity"),
                (("create-role", "--role-name", "r", "--assume-role-policy-document", "{}"), "MalformedPolicyDocument"),
                (("create-open-id-connect-provider", "--url", "https://kubernetes.default.svc"), "InvalidInput")):
            done = self.run_aws("iam", *arguments)
            self.assertIn(f"({code})", done.stderr)
        done = self.run_aws("iam", "list-roles", AWS_SECRET_ACCESS_KEY="guessed")
        self.assertIn("(SignatureDoesNotMatch)", done.stderr)

    def test_calls_of_terraform(self):
        """Creation, refresh, update and deletion of aws_iam_openid_connect_provider, aws_iam_role and its attachments."""
        outcome = self.setup.call(self.home, self.variables, REGISTERED, json.dumps(trust_policy(REGISTERED, SUBJECT)))
        self.assertEqual(outcome, {"client_ids": ["sts.amazonaws.com", "vault"], "tags": {"team": "shop"}, "policy": trust_policy(REGISTERED, SUBJECT),
                                   "attached": ["AmazonS3ReadOnlyAccess"], "duration": 7200, "left": 0})


class JavaScript(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.javascript)


class Java(ClientTests, unittest.TestCase):
    make = staticmethod(aws_clients.java)


class Authenticator(unittest.TestCase):
    """aws-iam-authenticator's server verifies tokens, its own client's and those of `aws eks get-token`. Both insist on
    STS's name and on https; a proxy brings them here."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.missing = None
        try:
            cls.authenticator = aws_clients.aws_iam_authenticator()
        except aws_clients.Missing as missing:
            cls.missing = str(missing)
            return
        pki = Pki(cls.home / "pki")
        pki.leaf("sts", "/CN=sts", "serverAuth", "DNS:sts.eu-central-1.amazonaws.com,DNS:sts.amazonaws.com")
        sts = Sts(os.environ["IRSA_BINARY"], cls.home / "sts", _world.config, f"--tls-cert={pki.path('sts.crt')}",
                  f"--tls-key={pki.path('sts.key')}")
        cls.addClassCleanup(sts.close)
        cls.proxy = cls.enterClassContext(ConnectProxy(target=int(sts.url.rpartition(":")[2])))
        cls.trust = {"HTTPS_PROXY": cls.proxy.url, "AWS_CA_BUNDLE": pki.path("ca.crt"), "SSL_CERT_FILE": pki.path("ca.crt"),
                     "AWS_STS_REGIONAL_ENDPOINTS": "regional"}

    def setUp(self):
        if self.missing:
            self.skipTest(self.missing)
        self.variables = {**_world.good(), **self.trust}
        del self.variables["AWS_ENDPOINT_URL_STS"]

    def verify(self, token, cluster="cluster-1"):
        return self.authenticator.call(self.home, {**self.trust, "AWS_REGION": "eu-central-1"}, "verify", cluster, token)

    def assert_verified(self, token):
        identity = self.verify(token)
        self.assertEqual((identity.get("role"), identity.get("account")), (role_arn("reader"), ACCOUNT), identity)
        self.assertRegex(identity["arn"], f"^arn:aws:sts::{ACCOUNT}:assumed-role/reader/{re.escape(identity['session'])}$")
        self.assertIn("sts.eu-central-1.amazonaws.com:443", self.proxy.asked)

    def test_verifies_its_own_clients_token(self):
        token = self.authenticator.call(self.home, self.variables, "token", "cluster-1")["token"]
        self.assert_verified(token)

    def test_verifies_the_token_of_aws_eks_get_token(self):
        self.assert_verified(aws_clients.eks_get_token().call(self.home, self.variables, "cluster-1")["token"])

    def test_refuses_another_clusters_token(self):
        token = self.authenticator.call(self.home, self.variables, "token", "cluster-1")["token"]
        error = self.verify(token, "cluster-2")["error"]
        self.assertRegex(error, r"expected 200, got 403\).*SignatureDoesNotMatch")


if __name__ == "__main__":
    unittest.main()
