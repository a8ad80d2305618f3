"""deploy/kustomize and deploy/helm make the same objects; the chart refuses values that it does not know. No cluster."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from .harness.rendering import CHART, helm_refusal, helm_template, kustomize

HELM = os.environ["IRSA_HELM"]
TESTBED = os.environ["IRSA_TESTBED"]


def deployment_args(objects):
    return objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"][0]["args"]


def entries(objects):
    return objects["MutatingWebhookConfiguration/irsa"]["webhooks"]


class SameObjects(unittest.TestCase):
    def setUp(self):
        self.maxDiff = None
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def assert_same(self, components, *values):
        from_kustomize = kustomize(TESTBED, components, self.directory / "overlay").normalized()
        from_helm = helm_template(HELM, "namespace.create=true", *values).normalized()
        self.assertEqual(sorted(from_kustomize), sorted(from_helm))
        for name in from_kustomize:
            self.assertEqual(from_kustomize[name], from_helm[name], name)

    def test_by_default(self):
        self.assert_same([])

    def test_the_namespace_is_helms_own_to_make_unless_told(self):
        objects = helm_template(HELM).normalized()
        self.assertEqual(set(kustomize(TESTBED).normalized()) - set(objects), {"Namespace/irsa-system"})

    def test_with_cert_manager(self):
        self.assert_same(["components/cert-manager"], 'tls.mode="certManager"')

    def test_failing_closed(self):
        self.assert_same(["components/fail-closed"], 'webhook.failurePolicy="Fail"')

    def test_with_a_config_map(self):
        self.assert_same(["components/config-map"], "configMap.enabled=true")

    def test_with_default_roles(self):
        self.assert_same(["components/default-role", "components/guard", "components/policy"], "mutation.defaultRole=true", 'guard.action="warn"',
                         'mode="fallback"')
        self.assertIn("cannot be combined", helm_refusal(HELM, "mutation.defaultRole=true", 'guard.action="warn"',
                                                           'guard.accountSelector={"matchLabels": {"irsa.dev/role": "true"}}'))

    def test_with_env_from(self):
        self.assert_same(["components/respect-env-from", "components/guard", "components/policy"], "mutation.respectEnvFrom=true",
                         'guard.action="warn"', 'mode="fallback"')

    def test_with_advice(self):
        self.assert_same(["components/advice"], "advice.enabled=true")

    def test_with_a_guard_that_warns(self):
        self.assert_same(["components/guard"], 'guard.action="warn"')

    def test_with_a_guard_that_refuses(self):
        self.assert_same(["components/guard", "components/guard-deny"], 'guard.action="deny"')

    def test_with_the_identity_policy(self):
        self.assert_same(["components/guard", "components/policy"], 'guard.action="warn"', 'mode="fallback"')

    def test_with_the_identity_policy_only(self):
        self.assert_same(["components/advice", "components/guard", "components/guard-deny", "components/policy", "components/policy-only"],
                         'guard.action="deny"', 'mode="only"')
        self.assert_same(["components/advice", "components/guard", "components/policy", "components/cert-manager", "components/policy-only"],
                         'guard.action="warn"', 'mode="only"', 'tls.mode="certManager"')

    def test_with_nothing_to_run(self):
        self.assertEqual(kustomize(TESTBED, installation="policy").normalized(), helm_template(HELM, 'mode="policy"').normalized())

    def test_with_an_account_selector(self):
        label, selector = "components/account-label", "components/account-selector"
        given = 'guard.accountSelector={"matchLabels": {"irsa.dev/role": "true"}}'
        self.assert_same(["components/guard", "components/policy", label, selector], 'guard.action="warn"', 'mode="fallback"',
                         "accountLabel.enabled=true", given)
        self.assertEqual(kustomize(TESTBED, [label, selector], self.directory / "overlay", "policy").normalized(),
                         helm_template(HELM, 'mode="policy"', "accountLabel.enabled=true", given).normalized())

    def test_for_the_prometheus_operator(self):
        self.assert_same(["../prometheus"], "serviceMonitor.enabled=true", "prometheusRule.enabled=true")

    def test_with_every_component_at_once(self):
        self.assert_same(["components/default-role", "components/respect-env-from", "components/advice", "components/guard", "components/guard-deny", "components/cert-manager",
                          "components/fail-closed", "components/config-map", "../prometheus"],
                         "mutation.defaultRole=true", "mutation.respectEnvFrom=true", "advice.enabled=true", 'guard.action="deny"', 'tls.mode="certManager"', 'webhook.failurePolicy="Fail"', "configMap.enabled=true",
                         "serviceMonitor.enabled=true", "prometheusRule.enabled=true")


class WebhookEntries(unittest.TestCase):
    def test_nothing_collides_with_the_webhook_that_eks_manages(self):
        objects = kustomize(TESTBED)
        self.assertEqual([name for name in objects if "pod-identity-webhook" in name], [])
        refusal = helm_refusal(HELM, 'fullnameOverride="pod-identity-webhook"')
        self.assertIn("name of EKS's managed webhook", refusal)

    def test_own_namespace_and_skip_label_are_left_out(self):
        objects = helm_template(HELM, 'fullnameOverride="irsa"', release="a", namespace="elsewhere")
        first, second = (entry["namespaceSelector"]["matchExpressions"] for entry in entries(objects))
        self.assertEqual(first, [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["elsewhere", "kube-system"]}])
        self.assertEqual(second, [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["kube-system"]}])
        for entry in entries(objects):
            self.assertEqual(entry["objectSelector"]["matchExpressions"],
                             [{"key": "eks.amazonaws.com/skip-pod-identity-webhook", "operator": "DoesNotExist"}])

    def test_in_its_own_namespace_alone_there_is_nothing_to_leave_open(self):
        objects = helm_template(HELM, 'fullnameOverride="irsa"', namespace="kube-system")
        self.assertEqual([entry["name"] for entry in entries(objects)], ["pod-identity.irsa.dev"])

    def test_policy_is_all_that_failing_closed_changes(self):
        closed, opened = entries(helm_template(HELM, 'webhook.failurePolicy="Fail"'))
        closed["failurePolicy"] = "Ignore"
        self.assertEqual([closed, opened], entries(helm_template(HELM)))

    def test_entries_that_fail_closed_and_open_share_no_namespace(self):
        objects = helm_template(HELM, 'webhook.failurePolicy="Fail"', 'webhook.openNamespaces=["kube-system","cni"]',
                                'webhook.excludedNamespaces=["cni","other"]')
        closed, opened = entries(objects)
        self.assertEqual(closed["failurePolicy"], "Fail")
        self.assertEqual(closed["namespaceSelector"]["matchExpressions"][0]["values"], ["irsa-system", "cni", "other", "kube-system"])
        self.assertEqual(opened["failurePolicy"], "Ignore")
        self.assertEqual(opened["namespaceSelector"]["matchExpressions"][0],
                         {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["kube-system"]})

    def test_no_open_namespaces_is_one_entry(self):
        self.assertEqual(len(entries(helm_template(HELM, 'webhook.failurePolicy="Fail"', "webhook.openNamespaces=[]"))), 1)

    def test_given_ca_stands_in_every_entry(self):
        objects = helm_template(HELM, 'tls.mode="secret"', 'tls.caBundle="QUJD"', 'webhook.failurePolicy="Fail"')
        self.assertEqual([entry["clientConfig"]["caBundle"] for entry in entries(objects)], ["QUJD", "QUJD"])


class Times(unittest.TestCase):
    """They fit together as docs/reliability.md derives them."""

    # In seconds. What kube-proxy takes to write its rules, and what a container runtime may take to end a container.
    KUBE_PROXY, RUNTIME = 1, 5

    def test_of_replicas_that_end_or_hang(self):
        binary = subprocess.run([os.environ["IRSA_BINARY"], "serve", "--help"], check=True, text=True, capture_output=True).stdout
        delay, timeout = (int(re.search(rf"--shutdown-{name} DURATION[^(]*\(default: (\d+)s\)", binary)[1]) for name in ("delay", "timeout"))
        for objects in (kustomize(TESTBED), helm_template(HELM)):
            pod = objects["Deployment/irsa"]["spec"]["template"]["spec"]
            container, = pod["containers"]
            self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], 2 * delay + timeout + self.RUNTIME)
            readiness, liveness = container["readinessProbe"], container["livenessProbe"]
            unready_after = readiness["periodSeconds"] + readiness["failureThreshold"] * max(readiness["periodSeconds"], readiness["timeoutSeconds"])
            # While it is not ready and serves, the probes notice, and then kube-proxy.
            self.assertGreaterEqual(delay, (readiness["failureThreshold"] + 1) * readiness["periodSeconds"] + self.KUBE_PROXY)
            for entry in entries(objects):
                self.assertEqual(entry["timeoutSeconds"], 10)
                self.assertGreaterEqual(timeout, entry["timeoutSeconds"])
                self.assertGreater(entry["timeoutSeconds"], unready_after + self.KUBE_PROXY)
            # A hanging replica is out of use long before it is killed.
            killed_after = (liveness["failureThreshold"] - 1) * liveness["periodSeconds"] + liveness["timeoutSeconds"]
            self.assertGreater(killed_after, 2 * (unready_after + self.KUBE_PROXY))


class Guard(unittest.TestCase):
    def test_only_who_advises_has_a_lease(self):
        def leases(objects):
            return [name for name, found in objects.items() for rule in found.get("rules") or [] if "leases" in rule.get("resources", [])]
        self.assertEqual(leases(helm_template(HELM)), [])
        self.assertEqual(leases(kustomize(TESTBED)), [])
        self.assertEqual(leases(helm_template(HELM, 'guard.action="deny"')), [])
        self.assertEqual(leases(helm_template(HELM, "advice.enabled=true")), ["Role/irsa-advice"] * 2)
        self.assertEqual(leases(helm_template(HELM, 'mode="only"')), ["Role/irsa-advice"] * 2)

    def test_off_without_quotes_is_off(self):
        # YAML reads it as false.
        self.assertEqual(sorted(helm_template(HELM, "guard.action=false")), sorted(helm_template(HELM)))
        self.assertIn("action", helm_refusal(HELM, "guard.action=true"))

    def test_looks_at_what_the_webhook_looks_at(self):
        objects = helm_template(HELM, 'guard.action="warn"', "advice.enabled=true", 'webhook.openNamespaces=["cni"]',
                                'webhook.excludedNamespaces=["other"]', 'mutation.annotationPrefix="example.com"', release="a", namespace="elsewhere")
        policy = objects["ValidatingAdmissionPolicy/a-irsa-guard"]["spec"]
        webhook = entries({"MutatingWebhookConfiguration/irsa": objects["MutatingWebhookConfiguration/a-irsa"]})[0]
        accounts, workloads = objects["ValidatingWebhookConfiguration/a-irsa"]["webhooks"]
        scope = policy["matchConstraints"]["namespaceSelector"]["matchExpressions"]
        self.assertEqual(scope[0]["values"], ["elsewhere", "other", "cni"])
        for selector in (webhook, workloads, accounts):
            self.assertEqual(scope[:1], selector["namespaceSelector"]["matchExpressions"])
        self.assertEqual(policy["matchConstraints"]["objectSelector"], webhook["objectSelector"])
        variables = {variable["name"]: variable["expression"] for variable in policy["variables"]}
        self.assertEqual((variables["annotationPrefix"], variables["mode"]), ("'example.com'", "'webhook'"))
        self.assertIn("get pods -n elsewhere", variables["explanation"])
        self.assertIn("startsWith('example.com/')", accounts["matchConditions"][0]["expression"])

    def test_given_ca_stands_in_the_webhooks_of_advice_too(self):
        objects = helm_template(HELM, "advice.enabled=true", 'tls.mode="secret"', 'tls.caBundle="QUJD"')
        accounts, workloads = objects["ValidatingWebhookConfiguration/irsa"]["webhooks"]
        self.assertEqual([accounts["clientConfig"]["caBundle"], workloads["clientConfig"]["caBundle"]], ["QUJD", "QUJD"])
        self.assertEqual([rule["resources"] for rule in objects["ClusterRole/irsa-advice"]["rules"]], [["pods"], ["deployments"], ["events"], ["mutatingwebhookconfigurations"], ["namespaces"]])


class IdentityPolicy(unittest.TestCase):
    def policy(self, *values):
        return helm_template(HELM, 'mode="fallback"', *values)

    def test_older_cluster_is_refused_by_its_version(self):
        for version in ("1.30.0", "1.35.4"):
            for value, named in (('mode="fallback"', "mode: fallback"), ('mode="policy"', "mode: policy"), ("accountLabel.enabled=true", "accountLabel.enabled")):
                said = helm_refusal(HELM, value, kubernetes=version)
                self.assertIn(f"{named} needs Kubernetes 1.36 or newer, for MutatingAdmissionPolicy v1; this cluster has v{version}", said)
            self.assertIn("Deployment/irsa", helm_template(HELM, 'guard.action="warn"', kubernetes=version))
        self.assertIn("MutatingAdmissionPolicy/irsa-identity", helm_template(HELM, 'mode="fallback"', kubernetes="1.36.0-gke.1"))

    def test_with_nothing_to_run_the_guard_refuses_unless_told(self):
        for values, actions in (([], ["Deny", "Audit"]), (['guard.action="warn"'], ["Warn", "Audit"]), (['guard.action="off"'], None)):
            binding = helm_template(HELM, 'mode="policy"', *values).get("ValidatingAdmissionPolicyBinding/irsa-guard")
            self.assertEqual(binding and binding["spec"]["validationActions"], actions)

    def test_knows_the_flags_that_are_about_pods(self):
        objects = self.policy('mutation={"annotationPrefix": "example.com", "tokenAudience": "a", "tokenMountPath": "/t//", '
                              '"tokenExpiration": 4294967295, "defaultRegion": "cn-north-1", "stsRegionalEndpoints": true, "tokenExpirationJitter": true, '
                              '"composeRoleArn": {"enabled": true, "partition": "aws-cn", "accountId": "111122223333"}, "defaultRole": true, "respectEnvFrom": true}')
        spec = objects["MutatingAdmissionPolicy/irsa-identity"]["spec"]
        self.assertEqual([variable["expression"] for variable in spec["variables"][:11]],
                         ["'example.com'", "'a'", "'/t'", "'4294967295'", "'cn-north-1'", "'true'", "'true'", "'aws-cn'", "'111122223333'", "'true'", "'true'"])
        self.assertEqual(deployment_args(objects)[1:13], [
            "--annotation-prefix=example.com", "--token-audience=a", "--token-mount-path=/t", "--token-expiration=4294967295",
            "--aws-default-region=cn-north-1", "--sts-regional-endpoint=true",
            "--compose-role-arn=true", "--aws-partition=aws-cn", "--aws-account-id=111122223333", "--default-role=true",
            "--respect-env-from=true", "--token-expiration-jitter"])
        self.assertEqual(spec["matchConstraints"]["objectSelector"], entries(objects)[0]["objectSelector"])

    def test_looks_at_what_the_webhook_looks_at(self):
        for values, count in (([], 2), (['webhook.openNamespaces=["cni"]', 'webhook.excludedNamespaces=["other"]'], 2),
                              (["webhook.openNamespaces=[]"], 1)):
            objects = self.policy(*values)
            bindings = [objects.get(f"MutatingAdmissionPolicyBinding/irsa-identity{suffix}") for suffix in ("", "-open")]
            self.assertEqual([binding["spec"]["matchResources"]["namespaceSelector"] for binding in bindings if binding],
                             [entry["namespaceSelector"] for entry in entries(objects)])
            self.assertEqual(len(entries(objects)), count)


class ReleaseTest(unittest.TestCase):
    """`helm test`; test_helm_release runs it."""

    def made(self, *values):
        return {name: made for name, made in helm_template(HELM, *values, with_tests=True).items()
                if "helm.sh/hook" in made["metadata"].get("annotations", {})}

    def test_is_the_charts_image_as_its_own_account_and_out_of_reach_of_the_service(self):
        objects = self.made('image={"repository": "r.example.com/irsa", "pullSecrets": [{"name": "registry"}]}', 'nodeSelector={"disk": "ssd"}')
        self.assertEqual(sorted(objects), [f"{kind}/irsa-test" for kind in (
            "ClusterRole", "ClusterRoleBinding", "Pod", "Role", "RoleBinding", "ServiceAccount")])
        pod, whole = objects["Pod/irsa-test"], helm_template(HELM, 'image.repository="r.example.com/irsa"')
        container, = pod["spec"]["containers"]
        self.assertEqual(container["image"], whole["Deployment/irsa"]["spec"]["template"]["spec"]["containers"][0]["image"])
        self.assertEqual((pod["spec"]["imagePullSecrets"], pod["spec"]["nodeSelector"]), ([{"name": "registry"}], {"kubernetes.io/os": "linux", "disk": "ssd"}))
        self.assertNotEqual(pod["metadata"]["labels"].items() & whole["Service/irsa"]["spec"]["selector"].items(), whole["Service/irsa"]["spec"]["selector"].items())
        for made in objects.values():
            annotations = made["metadata"]["annotations"]
            self.assertEqual((annotations["helm.sh/hook"], annotations["helm.sh/hook-delete-policy"]), ("test", "before-hook-creation,hook-succeeded"))
        weights = {name.split("/")[0]: int(made["metadata"]["annotations"]["helm.sh/hook-weight"]) for name, made in objects.items()}
        self.assertLess(max(weight for kind, weight in weights.items() if kind != "Pod"), weights["Pod"])

    def test_reads_what_the_installation_has(self):
        def rules(*values):
            return {resource: rule.get("resourceNames") for rule in self.made(*values)["Role/irsa-test"]["rules"] for resource in rule["resources"]}
        self.assertEqual(rules(), {"deployments": ["irsa"], "services": ["irsa"], "endpointslices": None, "secrets": ["irsa-tls"]})
        self.assertEqual(rules("configMap.enabled=true", 'tls={"mode": "secret", "secretName": "mine"}'),
                         {"deployments": ["irsa"], "services": ["irsa"], "endpointslices": None, "secrets": ["mine"], "configmaps": ["pod-identity-webhook"]})

    def test_is_none_where_nothing_runs(self):
        self.assertEqual(self.made('mode="policy"'), {})
        self.assertIn("Pod/irsa-test", self.made('mode="only"'))


class Values(unittest.TestCase):
    def test_chart_passes_lint(self):
        done = subprocess.run([HELM, "lint", "--strict", CHART], text=True, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_further_values_become_flags(self):
        objects = helm_template(HELM, 'ports={"https": 10443, "metrics": 10999}', 'extraArgs=["--log-level=debug"]')
        self.assertEqual(deployment_args(objects)[-3:], ["--port=10443", "--metrics-port=10999", "--log-level=debug"])

    def test_given_secret_is_mounted_and_writes_to_nothing(self):
        objects = helm_template(HELM, 'tls={"mode": "secret", "secretName": "mine"}')
        template = objects["Deployment/irsa"]["spec"]["template"]["spec"]
        self.assertEqual(template["volumes"], [{"name": "tls", "secret": {"secretName": "mine"}}])
        self.assertNotIn("--tls-self-managed", deployment_args(objects))
        self.assertEqual([rule["resources"] for rule in objects["ClusterRole/irsa"]["rules"]], [["serviceaccounts"]])
        self.assertEqual(objects["Role/irsa"]["rules"], [])

    def test_own_issuer_makes_no_ca(self):
        objects = helm_template(HELM, 'tls={"mode": "certManager", "certManager": {"issuerRef": {"name": "ours", "kind": "ClusterIssuer"}}}')
        self.assertEqual([name for name in objects if name.startswith(("Issuer/", "Certificate/"))], ["Certificate/irsa"])
        self.assertEqual(objects["Certificate/irsa"]["spec"]["issuerRef"], {"name": "ours", "kind": "ClusterIssuer"})

    def test_a_digest_wins_over_the_tag(self):
        digest = "sha256:" + "0" * 64
        objects = helm_template(HELM, f'image={{"repository": "r.example.com/irsa", "tag": "2", "digest": "{digest}"}}')
        container = objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(container["image"], f"r.example.com/irsa@{digest}")

    def test_names_come_from_the_release(self):
        self.assertIn("Deployment/team-irsa", helm_template(HELM, release="team-irsa"))
        self.assertIn("Deployment/team-irsa", helm_template(HELM, release="team"))

    def test_on_the_nodes_network_a_new_replica_waits_for_the_old_ones_ports(self):
        deployment = helm_template(HELM, "hostNetwork=true")["Deployment/irsa"]["spec"]
        self.assertEqual(deployment["strategy"]["rollingUpdate"], {"maxSurge": 0, "maxUnavailable": 1})
        self.assertTrue(deployment["template"]["spec"]["hostNetwork"])

    def test_what_the_schema_refuses_is_named(self):
        for value, place in (('failurepolicy="Fail"', "failurepolicy"), ('webhook.failurePolicy="Igonre"', "failurePolicy"),
                             ("mutation.tokenExpiration=599", "tokenExpiration"), ('mutation.annotationPrefix="A/B"', "annotationPrefix"),
                             ('tls.mode="files"', "mode"),
                             ("ports.https=443", "https"), ("webhook.timeoutSeconds=31", "timeoutSeconds"),
                             ('image.digest="latest"', "digest"), ('guard.action="Deny"', "action"), ('mode="on"', "mode"), ('mutation.tokenAudience=""', "tokenAudience"), ('tls.caBundle="-----BEGIN"', "caBundle"),
                             ('networkPolicy.apiServerPorts=[]', "apiServerPorts"), ('extraArgs=["serve"]', "extraArgs")):
            with self.subTest(value):
                self.assertIn(place, helm_refusal(HELM, value))


if __name__ == "__main__":
    unittest.main()
