"""irsa audit and irsa explain with the kubeconfigs that people have: exec plug-ins, proxies, several files. What kubectl takes, irsa does."""
import base64
import contextlib
import http.server
import json
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from .harness import aws_clients
from .harness.connect_proxy import ConnectProxy
from .harness.control_plane import ControlPlane
from .harness.issuer import Issuer
from .harness.objects import with_role
from .harness.sts import ACCOUNT, Sts, role_arn, trust_policy
from .harness.waiting import wait_until

IRSA = os.environ["IRSA_BINARY"]
V1, V1BETA1 = (f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1"))
# One that IAM takes, so that explain gets to the end.
ISSUER = "https://oidc.cluster.test"
EKS_ISSUER = "https://oidc.example.test/id/ABC"

# Appends what it was told to a file, then answers as its variables say: STATUS is a file with the status to write, BAD_FIRST the number
# of runs that get a token nobody knows.
PLUGIN = """#!/usr/bin/env python3
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
with open(os.environ["RUNS"], "a") as runs:
    runs.write(json.dumps({"info": info, "arguments": sys.argv[1:], "descriptors": sorted(os.listdir("/proc/self/fd"), key=int)[:-2]}) + "\\n")
if os.environ.get("CODE"):
    print("Code: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != os.environ["CODE"]:
        sys.exit("wrong code")
if os.environ.get("FAIL"):
    sys.exit(os.environ["FAIL"])
status = json.load(open(os.environ["STATUS"]))
if len(open(os.environ["RUNS"]).readlines()) <= int(os.environ.get("BAD_FIRST", "0")):
    status = {"token": "unknown"}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""


class Kubeconfig(unittest.TestCase):
    """A cluster, and kubeconfigs for it that differ in their user or cluster."""

    apiserver_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster", issuer=ISSUER, apiserver_flags=cls.apiserver_flags)
        cls.addClassCleanup(cls.cluster.close)
        # The reports that are compared count the accounts.
        wait_until(lambda: cls.namespaces_with_accounts() >= {"default", "kube-node-lease", "kube-public", "kube-system"},
                   "the default service accounts")

    @classmethod
    def namespaces_with_accounts(cls):
        found = cls.cluster.kubectl("get", "serviceaccounts", "-A", "--field-selector=metadata.name=default", "-o", "json").out
        return {account["metadata"]["namespace"] for account in json.loads(found)["items"]}

    def setUp(self):
        self.own = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.runs = self.own / "runs"
        self.runs.touch()

    def write(self, name, user, **cluster):
        """A kubeconfig's path, the admin's but for these fields."""
        config = json.loads(self.cluster.kubeconfig.read_text())
        config["users"][0]["user"] = user
        config["clusters"][0]["cluster"].update(cluster)
        path = self.own / name
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path

    def irsa(self, *arguments, kubeconfig=None, **variables):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.own), **variables}
        if kubeconfig:
            environment["KUBECONFIG"] = str(kubeconfig)
        return subprocess.run([IRSA, *arguments], env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)

    def audit(self, kubeconfig, **variables):
        """What irsa audit finds."""
        done = self.irsa("audit", "-o", "json", kubeconfig=kubeconfig, **variables)
        self.assertNotEqual(done.stdout, "", done.stderr)
        return json.loads(done.stdout)

    def refusal(self, kubeconfig, **variables):
        done = self.irsa("audit", kubeconfig=kubeconfig, **variables)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        return done.stderr

    def assert_same_as_admins(self, kubeconfig, **variables):
        """The report, which is nothing where the log-in is refused."""
        self.assertEqual(self.audit(kubeconfig, **variables), self.audit(self.cluster.kubeconfig))


class ExecPlugins(Kubeconfig):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.kubectl("create", "serviceaccount", "auditor", "-n", "default")
        cls.cluster.kubectl("create", "clusterrolebinding", "auditor", "--clusterrole=cluster-admin", "--serviceaccount=default:auditor")
        cls.token = cls.cluster.kubectl("create", "token", "auditor", "-n", "default").out.strip()
        user = "--as=system:serviceaccount:default:auditor"
        wait_until(lambda: cls.cluster.kubectl("auth", "can-i", "*", "*", "--all-namespaces", user, check=False).out.strip() == "yes",
                   "the auditor's rights in use")

    def plugin(self, api_version=V1, status=None, cluster=None, name="kubeconfig", interactive_mode="Never", command="bin/plugin", **env):
        """A kubeconfig whose user has nothing but an exec plug-in."""
        program = self.own / "bin" / "plugin"
        program.parent.mkdir(exist_ok=True)
        program.write_text(PLUGIN)
        program.chmod(0o700)
        (self.own / "status").write_text(json.dumps(status or {"token": self.token}))
        variables = {"RUNS": str(self.runs), "STATUS": str(self.own / "status"), **env}
        return self.write(name, {"exec": {
            "apiVersion": api_version, "command": command, "args": ["get-token", "a b", "$HOME"], "provideClusterInfo": True,
            "env": [{"name": key, "value": value} for key, value in variables.items()], "interactiveMode": interactive_mode,
            "installHint": "Install it with: make install-plugin"}}, **cluster or {})

    def calls(self):
        return [json.loads(line) for line in self.runs.read_text().splitlines()]

    def assert_kubectl_takes(self, kubeconfig, user):
        found = self.cluster.kubectl("auth", "whoami", "-o", "json", "--kubeconfig", str(kubeconfig)).out
        self.assertEqual(json.loads(found)["status"]["userInfo"]["username"], user)

    def test_a_token(self):
        for version in (V1, V1BETA1):
            with self.subTest(version):
                self.runs.write_text("")
                kubeconfig = self.plugin(version)
                self.assert_same_as_admins(kubeconfig)
                call, = self.calls()
                self.assertEqual(call["arguments"], ["get-token", "a b", "$HOME"])
                self.assertEqual(call["descriptors"], ["0", "1", "2"])
                self.assertEqual(call["info"], {"apiVersion": version, "kind": "ExecCredential", "spec": {
                    "interactive": False, "cluster": {"server": self.cluster.url,
                                                      "certificate-authority-data": self.cluster.pki.base64("ca.crt")}}})
                self.assert_kubectl_takes(kubeconfig, "system:serviceaccount:default:auditor")
                # But for a field of Go's encoder, kubectl tells the plug-in the same.
                told = self.calls()[-1]["info"]
                self.assertIsNone(told["spec"]["cluster"].pop("config", None))
                self.assertEqual(told, call["info"])

    def test_a_client_certificate(self):
        pki = self.cluster.pki
        status = {"clientCertificateData": (pki.directory / "admin.crt").read_text(),
                  "clientKeyData": (pki.directory / "admin.key").read_text()}
        kubeconfig = self.plugin(status=status)
        self.assert_same_as_admins(kubeconfig)
        self.assert_kubectl_takes(kubeconfig, "admin")

    def test_a_token_that_has_expired_by_this_clock(self):
        self.assert_same_as_admins(self.plugin(status={"token": self.token, "expirationTimestamp": "2020-01-01T00:00:00Z"}))

    def test_what_the_apiserver_refuses_is_renewed_once(self):
        self.assert_same_as_admins(self.plugin(BAD_FIRST="1"))
        self.assertEqual(len(self.calls()), 2)
        self.runs.write_text("")
        done = self.irsa("audit", kubeconfig=self.plugin(BAD_FIRST="100"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("401", done.stdout + done.stderr)
        self.assertEqual(len(self.calls()), 2)

    def test_explain(self):
        self.cluster.kubectl("create", "--validate=false", "-f", "-", stdin=[with_role("app", "default", role_arn("reader"))])
        policy = self.own / "policy.json"
        policy.write_text(json.dumps(trust_policy(ISSUER, "system:serviceaccount:default:app")))
        done = self.irsa("explain", "--namespace", "default", "--service-account", "app", "--trust-policy", str(policy),
                         kubeconfig=self.plugin())
        self.assertEqual(len(self.calls()), 1, done.stderr)
        self.assertIn("arn:aws:iam::111122223333:role/reader", done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_code_is_asked_for_at_the_terminal(self):
        kubeconfig = self.plugin(interactive_mode="Always", CODE="123456")
        self.assertIn("standard input is not a terminal", self.refusal(kubeconfig))
        self.assertEqual(self.calls(), [])
        for mode in ("Always", "IfAvailable"):
            with self.subTest(mode):
                kubeconfig = self.plugin(interactive_mode=mode, CODE="123456")
                ours, theirs = pty.openpty()
                os.write(ours, b"123456\n")
                done = subprocess.run([IRSA, "audit", "-o", "json", "--kubeconfig", str(kubeconfig)], text=True, capture_output=True,
                                      stdin=theirs, timeout=120)
                os.close(ours)
                os.close(theirs)
                self.assertIn("Code: ", done.stderr)
                self.assertEqual(json.loads(done.stdout), self.audit(self.cluster.kubeconfig))
                self.assertTrue(self.calls()[-1]["info"]["spec"]["interactive"])

    def test_a_plugin_that_fails(self):
        message = self.refusal(self.plugin(FAIL="the session has ended: log in again"))
        self.assertIn("the session has ended: log in again\n", message)
        self.assertRegex(message, r'exec plug-in ".*/bin/plugin" failed with exit status 1')
        message = self.refusal(self.plugin(command="no-such-plugin"))
        self.assertIn('exec plug-in "no-such-plugin": program "no-such-plugin" not found in PATH', message)
        self.assertIn("Install it with: make install-plugin", message)

    def test_serve_runs_none(self):
        done = self.irsa("serve", "--kubeconfig", str(self.plugin()), "--tls-cert=none", "--tls-key=none")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("irsa serve does not run exec plug-ins", done.stderr)
        self.assertEqual(self.calls(), [])

    def test_several_files(self):
        whole = self.plugin()
        for name in ("empty", "second-empty"):
            (self.own / name).touch()
        self.assert_same_as_admins(f"{self.own}/none::{self.own}/empty:{whole}:{self.own}/second-empty:")

    def test_a_proxy(self):
        with ConnectProxy() as proxy:
            kubeconfig = self.plugin(cluster={"proxy-url": proxy.url})
            self.assert_same_as_admins(kubeconfig)
            self.assertNotEqual(proxy.asked, [])
            self.assertEqual(self.calls()[0]["info"]["spec"]["cluster"]["proxy-url"], proxy.url)
            self.assert_kubectl_takes(kubeconfig, "system:serviceaccount:default:auditor")
        self.assertIn(f"the proxy {proxy.url}: cannot connect", self.irsa("audit", kubeconfig=kubeconfig).stderr)
        with ConnectProxy(credentials="joe:s@same/") as proxy:
            with_password = proxy.url.replace("://", "://joe:s%40same%2F@")
            self.assert_same_as_admins(self.plugin(cluster={"proxy-url": with_password}))
            message = self.irsa("audit", kubeconfig=self.plugin(cluster={"proxy-url": proxy.url.replace("://", "://joe:sesame@")})).stderr
            self.assertIn(f"the proxy {proxy.url}: it refused the connection with status 407", message)
            self.assertNotIn("sesame", message)

    def test_the_environments_proxy(self):
        # No proxy of the environment is for 127.0.0.1. The name is one that only the proxy knows.
        cluster = {"server": f"https://kubernetes.test:{self.cluster.port}", "tls-server-name": "localhost"}
        with ConnectProxy(target=self.cluster.port) as proxy:
            kubeconfig = self.plugin(cluster=cluster)
            self.assert_same_as_admins(kubeconfig, HTTPS_PROXY=proxy.url)
            self.assert_same_as_admins(kubeconfig, https_proxy=proxy.url.removeprefix("http://"), NO_PROXY="other.test,10.0.0.0/8")
            count = len(proxy.asked)
            done = self.irsa("audit", kubeconfig=kubeconfig, HTTPS_PROXY=proxy.url, no_proxy=".example,.test")
            self.assertIn("cannot look up its name", done.stderr)
            self.assert_same_as_admins(self.plugin(), HTTPS_PROXY=proxy.url)
            self.assertEqual(len(proxy.asked), count)
        message = self.irsa("audit", kubeconfig=self.plugin(cluster=cluster), HTTPS_PROXY="socks5://joe:sesame@127.0.0.1:1").stderr
        self.assertIn("the proxy of HTTPS_PROXY: socks5 proxies are not supported", message)
        self.assertNotIn("sesame", message)


class _Authenticator(http.server.BaseHTTPRequestHandler):
    """What EKS's apiserver asks: whose token is it? A presigned request to STS, which is made."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = review["spec"]["token"].removeprefix("k8s-aws-v1.")
        status = {"authenticated": False}
        with contextlib.suppress(urllib.error.URLError, ValueError):
            url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
            answer = urllib.request.urlopen(urllib.request.Request(url, headers={"x-k8s-aws-id": "prod"}), timeout=30).read().decode()
            arn = re.search(r"arn:aws:sts::\d+:assumed-role/[\w+=,.@/-]+", answer)[0]
            status = {"authenticated": True, "user": {"username": arn, "groups": ["system:masters"]}}
        body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class EksGetToken(Kubeconfig):
    """The log-in of EKS: aws eks get-token with credentials of irsa sts, and an apiserver that asks irsa sts whose token it is."""

    @classmethod
    def setUpClass(cls):
        files = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Authenticator)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        (files / "authenticator").write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "w", "users": [{"name": "w", "user": {}}],
            "clusters": [{"name": "w", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "contexts": [{"name": "w", "context": {"cluster": "w", "user": "w"}}]}))
        cls.apiserver_flags = (f"--authentication-token-webhook-config-file={files}/authenticator",
                               "--authentication-token-webhook-version=v1")
        cls.aws = aws_clients.aws_command()
        super().setUpClass()
        issuer = Issuer(cls.directory / "issuer", EKS_ISSUER)
        (cls.directory / "keys.json").write_text(issuer.jwks())
        cls.sts = Sts(IRSA, cls.directory, {
            "providers": [{"issuer": EKS_ISSUER, "account": ACCOUNT, "jwks": str(cls.directory / "keys.json"),
                           "clientIds": ["sts.amazonaws.com"]}],
            "roles": [{"arn": role_arn("reader"), "trustPolicy": trust_policy(EKS_ISSUER, "system:serviceaccount:shop:cart")}]})
        cls.addClassCleanup(cls.sts.close)
        (cls.directory / "token").write_text(issuer.token("shop", "cart"))

    def test_aws_eks_get_token(self):
        program, *arguments = self.aws
        variables = {"AWS_ROLE_ARN": role_arn("reader"), "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.directory / "token"),
                     "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": self.sts.url}
        # As aws eks update-kubeconfig writes it.
        kubeconfig = self.write("kubeconfig", {"exec": {
            "apiVersion": V1BETA1, "command": program,
            "args": [*arguments, "eks", "get-token", "--cluster-name", "prod", "--output", "json"],
            "env": [{"name": key, "value": value} for key, value in variables.items()],
            "interactiveMode": "IfAvailable", "provideClusterInfo": False}})
        self.assert_same_as_admins(kubeconfig)
        whoami = self.cluster.kubectl("auth", "whoami", "-o", "json", "--kubeconfig", str(kubeconfig)).out
        self.assertRegex(json.loads(whoami)["status"]["userInfo"]["username"], rf"^arn:aws:sts::{ACCOUNT}:assumed-role/reader/")
