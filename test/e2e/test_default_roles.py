"""Default roles of namespaces: irsa in a real cluster, and the guard and the identity policy beside it."""
import json
import os

from .harness.guarded import ADVICE, DENY, GUARD, GuardedCluster
from .harness.objects import PREFIX, ROLE, assert_identified, assert_untouched, has_identity, pod, service_account, with_role
from .harness.policy import OfflineMutation, PolicyCluster, comparable
from .harness.waiting import wait_until

DEFAULT_ROLE = "components/default-role"
ANNOTATION = f"{PREFIX}/default-role-arn"
TEAM_ROLE = "arn:aws:iam::111122223333:role/team"
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"


def namespace(name, role=None, **annotations):
    given = {ANNOTATION: role, **annotations} if role else annotations
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": given}}


class Webhook(GuardedCluster):
    """What the replicas may read is what the component grants them."""

    components = (DEFAULT_ROLE, ADVICE, GUARD, DENY)

    def stored(self, account, place="team-b"):
        return json.loads(self.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=pod("x", account, place)).out)

    def test_accounts_without_a_role_have_their_namespaces(self):
        self.apply(namespace("team-b", TEAM_ROLE), service_account("plain", namespace="team-b"), with_role("own", "team-b"),
                   service_account("elsewhere"))
        wait_until(lambda: self.gets(pod("x", "plain", "team-b"), TEAM_ROLE), "the namespace's role")
        assert_identified(self, self.stored("plain"), TEAM_ROLE)
        assert_identified(self, self.stored("own"), ROLE)
        assert_untouched(self, self.stored("elsewhere", "team-a"))
        said = self.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "team-b"}, "spec": {
            "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod("x", "plain")["spec"]}}}).err
        self.assertIn(f"will run as {TEAM_ROLE}", said)
        self.apply(namespace("team-b", OTHER_ROLE))
        wait_until(lambda: self.gets(pod("x", "plain", "team-b"), OTHER_ROLE), "the namespace's new role")
        self.cluster.kubectl("annotate", "namespace", "team-b", f"{ANNOTATION}-")
        wait_until(lambda: self.gets(pod("x", "plain", "team-b"), None), "no role of the namespace")
        assert_untouched(self, self.stored("plain"))

    def test_a_pod_right_behind_its_namespace(self):
        """As soon as the apiserver takes pods there, that is, once the namespace has the account."""
        unidentified = []
        for number in range(20):
            place = f"new-{number}"
            self.apply(namespace(place, TEAM_ROLE), service_account("app", namespace=place), pod("app", "app", place))
            if not has_identity(self.cluster.get("pod", "app", place), TEAM_ROLE):
                unidentified.append(place)
        self.assertEqual(unidentified, [])

    def test_the_guard_knows_the_role_while_no_irsa_runs(self):
        self.apply(namespace("guarded", TEAM_ROLE), service_account("app", namespace="guarded"), service_account("plain"))
        self.replicas.kill_all()
        self.addCleanup(self.bring_back)
        wait_until(lambda: not self.dry_run(pod("x", "app", "guarded"))[0], "the guard in use")
        self.assertIn(f"service account guarded/app has the role {TEAM_ROLE}, the default of its namespace, but container app would start without it",
                      self.dry_run(pod("x", "app", "guarded"))[1])
        self.assertTrue(self.dry_run(pod("x", "plain"))[0])


class Policy(PolicyCluster):
    """It makes of a pod what irsa makes of it. No irsa runs."""

    components = (DEFAULT_ROLE, GUARD, "components/policy")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.remove_webhooks()

    def test_same_as_irsa(self):
        self.apply(namespace("team-b", TEAM_ROLE))
        accounts = [service_account("plain", namespace="team-b"), with_role("own", "team-b"), service_account("plain"),
                    service_account("long", {f"{PREFIX}/role-arn": "x" * 2049}, "team-b"),
                    service_account("empty", {f"{PREFIX}/role-arn": ""}, "team-b"),
                    service_account("terms", {f"{PREFIX}/audience": "a", f"{PREFIX}/region": "us-east-2", f"{PREFIX}/token-expiration": "900",
                                              f"{PREFIX}/role-session-name": "{pod}", f"{PREFIX}/skip-containers": "log"}, "team-b")]
        self.apply(*accounts)
        file = self.directory / "accounts.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*accounts, namespace("team-b", TEAM_ROLE)]}))
        mutation = OfflineMutation(os.environ["IRSA_BINARY"], file, ["--default-role"])
        # The account that was applied last.
        wait_until(lambda: self.gets(pod("x", "terms", "team-b"), TEAM_ROLE), "the policy in use")
        for account in accounts:
            manifest = pod("x", account["metadata"]["name"], account["metadata"]["namespace"])
            stored = self.create(manifest)
            expected, = mutation.pods([manifest])
            self.assertEqual(roles(stored), roles(expected), account["metadata"]["name"])
            again, = mutation.pods([stored])
            self.assertEqual(comparable(again), comparable(stored), account["metadata"]["name"])
        self.assertEqual(self.failed_checks(), [])

    def test_off_by_default(self):
        self.apply(namespace("team-c", TEAM_ROLE), service_account("plain", namespace="team-c"))
        wait_until(lambda: self.gets(pod("x", "plain", "team-c"), TEAM_ROLE), "the policy in use")
        self.use_policy({"default-role": "false"})
        self.addCleanup(self.use_policy)
        wait_until(lambda: not has_identity(self.create(pod("x", "plain", "team-c")), TEAM_ROLE), "the other policy in use")
        assert_untouched(self, self.create(pod("x", "plain", "team-c")))


def roles(manifest):
    return [variable.get("value") for container in manifest["spec"]["containers"] for variable in container.get("env", [])]

