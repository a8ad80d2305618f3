"""What containers get from ConfigMaps by envFrom, in a real cluster: irsa leaves it alone where it is told to."""
from .harness.guarded import ADVICE, DENY, GUARD, GuardedCluster
from .harness.objects import ROLE, env, pod, service_account, with_role
from .harness.policy import PolicyCluster
from .harness.rendering import NAMESPACE
from .harness.waiting import wait_until

COMPONENT = "components/respect-env-from"
NAMES = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"]
REGION = ["AWS_DEFAULT_REGION", "AWS_REGION"]


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "team-a"}, "data": data}


def pod_from(*sources, account="app"):
    manifest = pod("x", account)
    manifest["spec"]["containers"][0]["envFrom"] = list(sources)
    return manifest


def from_config_map(name, **more):
    return {"configMapRef": {"name": name}, **more}


class Webhook(GuardedCluster):
    """What the replicas may read is what the component grants them."""

    components = (COMPONENT, ADVICE, GUARD, DENY)
    replica_flags = ("--aws-default-region=eu-central-1",)

    def container(self, manifest):
        status, answer = self.api.request("POST", "/api/v1/namespaces/team-a/pods?dryRun=All", manifest)
        self.assertEqual(status, 201, answer)
        return answer["spec"]["containers"][0]

    def names(self, manifest):
        return sorted(env(self.container(manifest)))

    def test_a_region_of_a_config_map_stays(self):
        self.apply(with_role("app"), config_map("region", AWS_REGION="us-east-2"), config_map("prefixed", REGION="us-east-2"), config_map("other", HOME="/"))
        wait_until(lambda: self.gets(pod_from()), "the account in use")
        self.assertEqual(self.names(pod_from()), sorted(NAMES + REGION))
        for source in (from_config_map("region"), from_config_map("prefixed", prefix="AWS_")):
            # One that is not read within half a second does not count, and is read again a second later.
            wait_until(lambda: self.names(pod_from(source)) == NAMES, f"no region beside {source}")
        self.assertEqual(self.names(pod_from(from_config_map("other"))), sorted(NAMES + REGION))
        self.assertEqual(self.names(pod_from(from_config_map("missing"), {"secretRef": {"name": "missing"}})), sorted(NAMES + REGION))

    def test_a_role_of_a_config_map_passes_the_guard(self):
        self.apply(with_role("app"), config_map("role", AWS_ROLE_ARN="arn:aws:iam::111122223333:role/theirs"))
        wait_until(lambda: self.gets(pod_from()), "the account in use")

        def reference():
            variables = {variable["name"]: variable for variable in self.container(pod_from(from_config_map("role")))["env"]}
            return variables["AWS_ROLE_ARN"].get("valueFrom")
        self.assertEqual(wait_until(reference, "the ConfigMap read"),
                         {"configMapKeyRef": {"name": "role", "key": "AWS_ROLE_ARN", "optional": True}})

    def test_what_irsa_may_not_read_is_said_and_overridden(self):
        self.apply(with_role("app"), config_map("hidden", AWS_REGION="us-east-2"))
        rules = self.cluster.get("clusterrole", "irsa")["rules"]
        without = [rule for rule in rules if rule["resources"] != ["configmaps"]]
        self.assertNotEqual(rules, without)
        self.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "irsa"}, "rules": without})
        self.addCleanup(self.apply, {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "irsa"}, "rules": rules})

        def said():
            return self.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=pod_from(from_config_map("hidden"))).err
        warning = 'container "app" has envFrom ConfigMap "hidden", not read; irsa overrides its variables'
        wait_until(lambda: warning in said(), "the right to be gone")
        self.assertEqual(self.names(pod_from(from_config_map("hidden"))), sorted(NAMES + REGION))

    def test_no_secret_may_be_read(self):
        user = f"--as=system:serviceaccount:{NAMESPACE}:irsa"
        for verb, resource, answer in (("get", "configmaps", "yes"), ("list", "configmaps", "no"), ("get", "secrets", "no")):
            self.assertEqual(self.cluster.kubectl("auth", "can-i", verb, resource, user, "-n", "team-a", check=False).out.strip(), answer, (verb, resource))


class Policy(PolicyCluster):
    """It cannot read ConfigMaps, and leaves such pods to the webhook."""

    components = (COMPONENT, GUARD, "components/policy")

    def test_leaves_pods_with_a_config_map(self):
        self.remove_webhooks()
        self.apply(with_role("app"), service_account("plain"), config_map("region", AWS_REGION="us-east-2"))
        wait_until(lambda: env(self.create(pod_from())["spec"]["containers"][0]).get("AWS_ROLE_ARN") == ROLE, "the policy in use")
        self.assertNotIn("env", self.create(pod_from(from_config_map("region")))["spec"]["containers"][0])
        self.assertIn("AWS_ROLE_ARN", env(self.create(pod_from({"secretRef": {"name": "s"}}))["spec"]["containers"][0]))
        self.assertEqual(self.failed_checks(), [])
