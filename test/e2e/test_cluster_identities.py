"""Identities that `irsa serve` follows in a real cluster: service accounts that come, change and go, and the ConfigMap."""
import base64
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from .harness.control_plane import ControlPlane
from .harness.objects import PREFIX, ROLE, ROLE_ANNOTATION, assert_identified, assert_untouched, has_identity, identity_volumes, pod, service_account
from .harness.process import Process
from .harness.rest import RestClient
from .harness.waiting import wait_until
from .harness.webhook import Webhook, webhook_configuration

OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
CONFIG_MAP = "pod-identity-webhook"
LOST, FOUND = "not up to date with the apiserver, retrying", "up to date with the apiserver again"
# What a change may take until the next pod shows it, on a machine that does much else: it takes milliseconds by itself.
PROMPT_S = 5


def readiness(metrics_url):
    """The status and text of /readyz?verbose."""
    try:
        with urllib.request.urlopen(f"{metrics_url}/readyz?verbose", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


class ClusterIdentities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.cluster = ControlPlane(os.environ["IRSA_TESTBED"], cls.directory / "cluster")
        cls.addClassCleanup(cls.cluster.close)
        for namespace in ("irsa-system", "team-a"):
            cls.cluster.kubectl("create", "namespace", namespace)
        cls.webhook = Webhook(os.environ["IRSA_BINARY"], cls.directory / "webhook", f"--kubeconfig={cls.cluster.kubeconfig}",
                              "--watch-config-map", "--namespace=irsa-system")
        cls.addClassCleanup(cls.webhook.close)
        cls.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}), service_account("plain"),
                  webhook_configuration("irsa", cls.webhook.url, cls.webhook.ca_bundle))
        # The configuration reaches the apiserver through an informer: a dry run tells when it has.
        wait_until(lambda: has_identity(cls.dry_run("my-app")), "the webhook in use")

    @classmethod
    def apply(cls, *objects):
        return cls.cluster.kubectl("apply", "-f", "-", stdin=list(objects))

    @classmethod
    def dry_run(cls, account):
        manifest = pod("probe", account)
        return json.loads(cls.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=manifest).out)

    def assert_soon(self, account, role):
        """Pods of the account get the role, or nothing when it is None, at most PROMPT_S after now."""
        deadline = time.monotonic() + PROMPT_S
        while True:
            asked = time.monotonic()
            stored = self.dry_run(account)
            if has_identity(stored, role) if role else not identity_volumes(stored):
                return
            self.assertLess(asked, deadline, f"pods of {account} do not get {role}")

    def config_map(self, config):
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP, "namespace": "irsa-system"},
                    "data": {"config": config if isinstance(config, str) else json.dumps(config)}})

    def restart_apiserver(self):
        """irsa watches accounts and ConfigMap again when this returns, and has said so."""
        def found(path):
            return len([line for line in self.webhook.process.log_lines(FOUND) if line["path"] == path])
        paths = ("/api/v1/serviceaccounts", "/api/v1/namespaces/irsa-system/configmaps")
        before = [found(path) for path in paths]
        self.cluster.apiserver.kill()
        self.cluster.start_apiserver()
        # A watch that can go on from its last event says so at the next one. Without these, that would be a bookmark, within a minute.
        self.apply(service_account("restarts", {"example.com/at": str(time.monotonic())}))
        self.config_map({})
        self.cluster.kubectl("delete", "configmap", CONFIG_MAP, "-n", "irsa-system")
        wait_until(lambda: all(found(path) > count for path, count in zip(paths, before)), "both watches at work again")

    def test_pods_get_the_roles_of_their_accounts(self):
        assert_identified(self, self.dry_run("my-app"))
        assert_untouched(self, self.dry_run("plain"))
        accounts = json.loads(self.cluster.kubectl("get", "serviceaccounts", "-A", "-o", "json").out)["items"]
        wait_until(lambda: self.webhook.metric("irsa_identities") == len(accounts), "all accounts known")

    def test_changes_show_in_the_next_pod(self):
        self.apply(service_account("changing", {ROLE_ANNOTATION: ROLE}))
        self.assert_soon("changing", ROLE)
        self.cluster.kubectl("annotate", "serviceaccount", "changing", "-n", "team-a", "--overwrite", f"{ROLE_ANNOTATION}={OTHER_ROLE}")
        self.assert_soon("changing", OTHER_ROLE)
        self.cluster.kubectl("annotate", "serviceaccount", "changing", "-n", "team-a", f"{ROLE_ANNOTATION}-")
        self.assert_soon("changing", None)

    def test_an_account_deleted_and_recreated_has_its_new_role(self):
        self.apply(service_account("phoenix", {ROLE_ANNOTATION: ROLE}))
        self.assert_soon("phoenix", ROLE)
        self.cluster.kubectl("delete", "serviceaccount", "phoenix", "-n", "team-a")
        self.apply(service_account("phoenix", {ROLE_ANNOTATION: OTHER_ROLE}))
        self.assert_soon("phoenix", OTHER_ROLE)

    def test_a_pod_right_behind_its_account_has_its_identity(self):
        api = RestClient(self.cluster)
        self.addCleanup(api.close)
        unidentified = []
        for i in range(200):
            name = f"pair-{i}"
            created = [api.create(each) for each in (service_account(name, {ROLE_ANNOTATION: ROLE}), pod(name, name))]
            self.assertEqual([status for status, _ in created], [201, 201], created)
            if not has_identity(created[1][1]):
                unidentified.append(name)
        self.assertEqual(unidentified, [])

    def test_config_map(self):
        self.addCleanup(self.cluster.kubectl, "delete", "configmap", CONFIG_MAP, "-n", "irsa-system", "--ignore-not-found")
        self.apply(service_account("mapped"), service_account("anywhere"),
                   service_account("annotated", {ROLE_ANNOTATION: ROLE}))
        skipped = self.webhook.metric("irsa_config_map_entries_skipped_total")
        self.config_map({
            "team-a/mapped": {"RoleARN": ROLE, "Audience": "other"}, "*/anywhere": {"RoleARN": OTHER_ROLE},
            "team-a/annotated": {"RoleARN": OTHER_ROLE}, "without-a-slash": {"RoleARN": ROLE}, "team-a/plain": {"RoleARN": 7}})
        self.assert_soon("mapped", ROLE)
        assert_identified(self, self.dry_run("mapped"), audience="other")
        assert_identified(self, self.dry_run("anywhere"), role=OTHER_ROLE)
        assert_identified(self, self.dry_run("annotated"))
        assert_untouched(self, self.dry_run("plain"))
        # A page of metrics may be a moment old.
        wait_until(lambda: self.webhook.metric("irsa_config_map_entries_skipped_total") >= skipped + 2, "the skipped entries counted")
        self.assertEqual(self.webhook.metric("irsa_config_map_entries_skipped_total"), skipped + 2)
        wait_until(lambda: "without-a-slash" in self.webhook.process.log(), "the log naming the skipped entry")

        self.config_map("{broken")
        wait_until(lambda: self.webhook.metric('irsa_reload_failures_total{what="config-map"}') == 1, "the broken document noticed")
        self.assert_soon("mapped", ROLE)
        self.cluster.kubectl("delete", "configmap", CONFIG_MAP, "-n", "irsa-system")
        self.assert_soon("mapped", None)

    def test_identities_of_the_config_map_become_annotations(self):
        self.addCleanup(self.cluster.kubectl, "delete", "configmap", CONFIG_MAP, "-n", "irsa-system", "--ignore-not-found")
        self.apply(service_account("moved"), service_account("own", {ROLE_ANNOTATION: ROLE}))
        audience = "it's $(id)"
        self.config_map({"team-a/own": {"RoleARN": OTHER_ROLE}, "team-a/moved": {"RoleARN": ROLE, "Audience": audience}})
        manifest = self.cluster.kubectl("get", "configmap", CONFIG_MAP, "-n", "irsa-system", "-o", "yaml").out
        commands = subprocess.run([os.environ["IRSA_BINARY"], "annotate", "--config-map=-"], input=manifest, check=True,
                                  capture_output=True, text=True).stdout
        kubectl = self.directory / "bin" / "kubectl"
        kubectl.parent.mkdir()
        kubectl.write_text('#!/bin/sh\nexec "$IRSA_TESTBED" kubectl "$@"\n')
        kubectl.chmod(0o755)
        environment = dict(os.environ, KUBECONFIG=str(self.cluster.kubeconfig), PATH=f"{kubectl.parent}:{os.environ['PATH']}")
        done = subprocess.run(["sh"], input=commands, env=environment, capture_output=True, text=True)
        self.assertIn("already has a value", done.stderr, "an account's own role stays")
        self.cluster.kubectl("delete", "configmap", CONFIG_MAP, "-n", "irsa-system")
        annotations = {name: self.cluster.get("serviceaccount", name, "team-a")["metadata"]["annotations"] for name in ("moved", "own")}
        self.assertEqual(annotations["own"][ROLE_ANNOTATION], ROLE)
        self.assertEqual(annotations["moved"], annotations["moved"] | {ROLE_ANNOTATION: ROLE, f"{PREFIX}/audience": audience})
        self.assert_soon("moved", ROLE)
        assert_identified(self, self.dry_run("moved"), audience=audience)

    def test_it_catches_up_after_the_apiserver_was_gone(self):
        self.apply(service_account("before", {ROLE_ANNOTATION: ROLE}))
        lost, found = (len(self.webhook.process.log_lines(message)) for message in (LOST, FOUND))
        self.cluster.apiserver.kill()
        self.webhook.process.wait_log_line(LOST, after=lost)
        self.assertEqual(readiness(self.webhook.metrics_url)[0], 200, "what is known is still served")
        age = self.webhook.metric("irsa_sync_age_seconds")
        wait_until(lambda: self.webhook.metric("irsa_sync_age_seconds") > age, "the age growing")
        self.cluster.start_apiserver()
        self.apply(service_account("after", {ROLE_ANNOTATION: OTHER_ROLE}),
                   service_account("before", {ROLE_ANNOTATION: OTHER_ROLE}))
        # irsa waits for up to 5 s twice: until it calls again, and when it has heard that its last event is too old.
        wait_until(lambda: has_identity(self.dry_run("before"), OTHER_ROLE), "the change seen", 30)
        assert_identified(self, self.dry_run("after"), role=OTHER_ROLE)
        self.webhook.process.wait_log_line(FOUND, after=found)

    def review(self, account):
        """The status, headers and response to the review of that account's pod, straight from irsa: while etcd stands still the
        apiserver would not get as far."""
        request = {"uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "namespace": "team-a",
                   "resource": {"group": "", "version": "v1", "resource": "pods"}, "object": pod("x", account)}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
        posted = urllib.request.Request(f"{self.webhook.url}/mutate?timeout=10s", body.encode(), {"Content-Type": "application/json"})
        trust = ssl.create_default_context(cadata=base64.b64decode(self.webhook.ca_bundle).decode())
        try:
            with urllib.request.urlopen(posted, context=trust, timeout=10) as answer:
                return answer.status, answer.headers, json.load(answer)["response"]
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, None

    def test_while_etcd_is_paused_it_says_what_it_does_not_know_and_then_catches_up(self):
        self.apply(service_account("frozen", {ROLE_ANNOTATION: ROLE}))
        self.assert_soon("frozen", ROLE)
        unavailable = 'irsa_admission_requests_total{outcome="unavailable"}'
        before = self.webhook.metric(unavailable)
        rejected = len(self.webhook.process.log_lines("review rejected"))
        self.cluster.etcd.signal(signal.SIGSTOP)
        try:
            status, _, response = self.review("frozen")
            self.assertEqual((status, response.get("patchType")), (200, "JSONPatch"), "what is known is still served")
            status, headers, _ = self.review("unheard-of")
            self.assertEqual((status, headers["Retry-After"]), (503, "1"))
            wait_until(lambda: self.webhook.metric(unavailable) >= before + 1, "the rejected review counted")
            self.assertEqual(self.webhook.metric(unavailable), before + 1)
            self.assertIn("team-a/unheard-of", self.webhook.process.wait_log_line("review rejected", after=rejected)["reason"])
            self.assertEqual(readiness(self.webhook.metrics_url)[0], 200)
            age = self.webhook.metric("irsa_sync_age_seconds")
            wait_until(lambda: self.webhook.metric("irsa_sync_age_seconds") > age, "the age growing")
        finally:
            self.cluster.etcd.signal(signal.SIGCONT)
        wait_until(lambda: self.cluster.kubectl("annotate", "serviceaccount", "frozen", "-n", "team-a", "--overwrite",
                                                f"{ROLE_ANNOTATION}={OTHER_ROLE}", check=False).status == 0, "etcd at work again")
        self.assert_soon("frozen", OTHER_ROLE)

    def test_descriptors_stay_the_same_over_restarts(self):
        self.restart_apiserver()
        self.assert_soon("my-app", ROLE)
        before = self.webhook.metric("process_open_fds")
        for _ in range(3):
            self.restart_apiserver()
            self.assert_soon("my-app", ROLE)
        wait_until(lambda: self.webhook.metric("process_open_fds") <= before + 2, "no more descriptors than before")


class NotReady(unittest.TestCase):
    def test_it_is_not_ready_without_the_right_to_list(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cluster = ControlPlane(os.environ["IRSA_TESTBED"], directory / "cluster")
        self.addCleanup(cluster.close)
        cluster.kubectl("create", "serviceaccount", "nobody")
        token = cluster.kubectl("create", "token", "nobody").out.strip()
        kubeconfig = directory / "kubeconfig"
        kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "t",
            "clusters": [{"name": "t", "cluster": {"server": cluster.url, "certificate-authority": cluster.pki.path("ca.crt")}}],
            "users": [{"name": "nobody", "user": {"token": token}}],
            "contexts": [{"name": "t", "context": {"cluster": "t", "user": "nobody"}}]}))
        binary = os.environ["IRSA_BINARY"]
        subprocess.run([binary, "certs", "--dir", str(directory / "certs")], check=True, capture_output=True)
        irsa = Process("irsa serve", [
            binary, "serve", "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1", "--metrics-port=0",
            f"--tls-cert={directory}/certs/tls.crt", f"--tls-key={directory}/certs/tls.key", "--shutdown-delay=0s", "--log-format=json",
            f"--kubeconfig={kubeconfig}"], directory / "serve.log")
        self.addCleanup(irsa.stop)

        url = f"http://127.0.0.1:{irsa.wait_log_line('listening')['metrics_port']}"
        status, text = wait_until(lambda: (lambda seen: seen if "is forbidden" in seen[1] else None)(readiness(url)),
                                  "the reason on /readyz")
        self.assertEqual(status, 503)
        self.assertIn("[-]identities failed: service accounts have not been listed yet", text)
        self.assertIn('resource "serviceaccounts" in API group', text)


if __name__ == "__main__":
    unittest.main()
