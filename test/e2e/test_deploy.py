"""What deploy/ installs, on a real kube-apiserver: accepted as it is, with no more rights than it needs, and working."""
import json
import os
import pathlib
import tempfile
import unittest

from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, install, route, start_replica
from .harness.cluster_source import ClusterSource
from .harness.objects import (ROLE, ROLE_ANNOTATION, assert_identified, assert_untouched, has_identity, pod,
                              service_account)
from .harness.rendering import NAMESPACE, helm_template, kustomize, write_overlay
from .harness.waiting import wait_until
from .harness.webhook import Webhook, webhook_configuration

TESTBED, HELM, IRSA = os.environ["IRSA_TESTBED"], os.environ["IRSA_HELM"], os.environ["IRSA_BINARY"]

# Of operators that are not on the cluster.
FOREIGN_KINDS = ("Certificate", "Issuer", "ServiceMonitor", "PrometheusRule")


def start_cluster(test_class):
    test_class.directory = pathlib.Path(test_class.enterClassContext(tempfile.TemporaryDirectory()))
    test_class.cluster = ControlPlane(TESTBED, test_class.directory / "cluster")
    test_class.addClassCleanup(test_class.cluster.close)


def can(cluster, verb, resource, *flags):
    """Whether irsa's own account may."""
    user = f"--as=system:serviceaccount:{NAMESPACE}:{NAME}"
    return cluster.kubectl("auth", "can-i", verb, resource, user, *flags, check=False).out.strip() == "yes"


class Manifests(unittest.TestCase):
    """The objects alone; no irsa runs."""

    # Whatever the other tests have applied before.
    TRIED = ("--dry-run=server", "--force-conflicts")

    @classmethod
    def setUpClass(cls):
        start_cluster(cls)
        cls.cluster.kubectl("create", "namespace", NAMESPACE)

    def apply(self, objects, *flags, check=True):
        known = [document for document in objects.values() if document["kind"] not in FOREIGN_KINDS]
        return self.cluster.kubectl("apply", "--server-side", "--validate=strict", *flags, "-f", "-", stdin=known, check=check)

    def test_every_choice_passes_strict_validation(self):
        overlay = self.directory / "overlay"
        for components in ([], ["components/cert-manager"], ["components/fail-closed"], ["components/config-map"],
                           ["components/advice", "components/guard", "components/guard-deny"]):
            with self.subTest(components):
                applied = self.apply(kustomize(TESTBED, components, overlay), *self.TRIED)
                self.assertEqual(applied.err, "")
        for values in ([], ['guard.action="warn"', "advice.enabled=true"], ['tls={"mode": "secret", "caBundle": ""}'],
                       ['podLabels={"team": "a"}', 'podAnnotations={"note": "b"}', 'webhook.annotations={"note": "c"}',
                        'tolerations=[{"operator": "Exists"}]', 'affinity={"nodeAffinity": {}}', 'image.pullSecrets=[{"name": "r"}]']):
            with self.subTest(values):
                self.assertEqual(self.apply(helm_template(HELM, *values), *self.TRIED).err, "")

    def test_the_nodes_network_is_what_the_namespaces_standard_warns_of(self):
        self.cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/warn=restricted", "--overwrite")
        applied = self.apply(helm_template(HELM, "hostNetwork=true"), *self.TRIED)
        self.assertIn("host namespaces (hostNetwork=true)", applied.err)

    def test_strict_validation_would_tell(self):
        objects = kustomize(TESTBED)
        objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
        applied = self.apply(objects, *self.TRIED, check=False)
        self.assertNotEqual(applied.status, 0)
        self.assertIn("imagePullPolice", applied.err)

    def test_both_tools_objects_apply_over_each_other(self):
        self.apply(kustomize(TESTBED), "--field-manager=kustomize")
        # A value that differed would be a conflict.
        self.apply(helm_template(HELM), "--field-manager=helm")
        # The Deployment's pods meet the namespace's own standard and its priority class.
        pods = wait_until(lambda: self.pods() if len(self.pods()) == 2 else None, "the Deployment's pods")
        for stored in pods:
            self.assertEqual(stored["spec"]["priorityClassName"], "system-cluster-critical")
            self.assertEqual([volume["name"].rsplit("-", 1)[0] for volume in stored["spec"]["volumes"]], ["kube-api-access"])

    def pods(self):
        return json.loads(self.cluster.kubectl("get", "pods", "-n", NAMESPACE, "-o", "json").out)["items"]

    def test_service_account_may_do_what_irsa_does_and_no_more(self):
        self.apply(kustomize(TESTBED), "--force-conflicts")
        own, other = f"-n{NAMESPACE}", "-ndefault"
        allowed = [("get", "serviceaccounts", "-A"), ("list", "serviceaccounts", "-A"), ("watch", "serviceaccounts", "-A"),
                   ("get", "mutatingwebhookconfigurations/irsa"), ("patch", "mutatingwebhookconfigurations/irsa"),
                   ("get", "secrets/irsa-tls", own), ("patch", "secrets/irsa-tls", own), ("create", "secrets", own)]
        refused = [("update", "serviceaccounts", "-A"), ("create", "serviceaccounts/token", "-A"), ("get", "pods", "-A"),
                   ("create", "pods", own), ("patch", "mutatingwebhookconfigurations/pod-identity-webhook"),
                   ("create", "mutatingwebhookconfigurations"), ("delete", "mutatingwebhookconfigurations/irsa"),
                   ("list", "secrets", own), ("update", "secrets/irsa-tls", own), ("get", "secrets/other", own), ("get", "secrets/irsa-tls", other),
                   ("delete", "secrets/irsa-tls", own), ("create", "secrets", other), ("get", "configmaps/pod-identity-webhook", own),
                   # Of the guard, which is not installed here.
                   ("create", "leases.coordination.k8s.io", own), ("get", "leases.coordination.k8s.io/irsa", own), ("get", "nodes")]
        wait_until(lambda: can(self.cluster, "list", "serviceaccounts", "-A"), "the rights in force")
        self.assertEqual([action for action in allowed if not can(self.cluster, *action)], [])
        self.assertEqual([action for action in refused if can(self.cluster, *action)], [])


class CaBundle(unittest.TestCase):
    """Once irsa has written caBundle, as its own field manager and with its own account's rights."""

    WAYS = (["--server-side", "--force-conflicts", "--field-manager=argocd-controller"],
            ["--server-side", "--force-conflicts", "--field-manager=kustomize-controller"], [])

    @classmethod
    def setUpClass(cls):
        start_cluster(cls)
        install(cls.cluster)
        cls.ca = cls.cluster.pki.base64("ca.crt")
        # Nobody else's field is in it, and the right to patch suffices.
        written = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": NAME},
                   "webhooks": [{"name": entry["name"], "clientConfig": {"caBundle": cls.ca}} for entry in cls.entries()]}
        wait_until(lambda: can(cls.cluster, "patch", "mutatingwebhookconfigurations/irsa"), "the rights in force")
        cls.cluster.kubectl("apply", "--server-side", "--field-manager=irsa-ca-bundle", f"--as=system:serviceaccount:{NAMESPACE}:{NAME}",
                            "-f", "-", stdin=written)

    @classmethod
    def entries(cls):
        return cls.cluster.get("mutatingwebhookconfiguration", NAME)["webhooks"]

    def test_it_survives_whoever_applies_the_rest(self):
        for way in self.WAYS:
            with self.subTest(way):
                install(self.cluster, *way)
                for entry in self.entries():
                    self.assertEqual(entry["clientConfig"].get("caBundle"), self.ca)
                    self.assertEqual(entry["clientConfig"]["service"]["name"], NAME)

    def test_policy_goes_to_fail_and_back_whoever_applies_it(self):
        for way in self.WAYS:
            with self.subTest(way):
                for components, policies in ((["components/fail-closed"], ["Fail", "Ignore"]), ([], ["Ignore", "Ignore"])):
                    overlay = write_overlay(self.directory / "overlay", components)
                    self.cluster.kubectl("apply", *way, "-k", str(overlay))
                    self.assertEqual([entry["failurePolicy"] for entry in self.entries()], policies)


class Installed(unittest.TestCase):
    """kubectl apply -k deploy/kustomize, and then what people do."""

    @classmethod
    def setUpClass(cls):
        start_cluster(cls)
        cls.installed = install(cls.cluster)
        cls.source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.webhook = start_replica(cls.cluster, IRSA, cls.directory / "webhook", *cls.source.flags)
        cls.addClassCleanup(cls.webhook.close)
        route(cls.cluster, cls.webhook.port)
        cls.webhook.wait_ready()
        cls.cluster.kubectl("create", "namespace", "team-a")
        cls.source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}), service_account("plain"),
                         service_account("misspelt", {"eks.amazonaws.com/role-arm": ROLE}))
        # The configuration reaches the apiserver through an informer: a dry run tells when it has.
        wait_until(lambda: has_identity(cls.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    def create(self, manifest):
        """The object as stored, and what kubectl said on standard error."""
        created = self.cluster.kubectl("create", "-o", "json", "-f", "-", stdin=manifest)
        return json.loads(created.out), created.err

    def test_one_command_installs_everything_without_a_warning(self):
        self.assertEqual(self.installed.err, "")
        self.assertEqual(len(self.installed.out.splitlines()), len(kustomize(TESTBED)))
        again = install(self.cluster, "--dry-run=server")
        changed = [line.split("/")[0] for line in again.out.splitlines() if " unchanged" not in line]
        # kubectl says it of a PodDisruptionBudget each time (its selector is replaced as a whole); the test itself leads the
        # other two elsewhere.
        self.assertEqual(sorted(changed), ["mutatingwebhookconfiguration.admissionregistration.k8s.io", "poddisruptionbudget.policy", "service"])

    def test_stored_pod_has_its_identity_in_every_kind_of_container(self):
        init = [{"name": "init", "image": "registry.example.com/init:1"},
                {"name": "sidecar", "image": "registry.example.com/sidecar:1", "restartPolicy": "Always"}]
        stored, warnings = self.create(pod("stored", "my-app", initContainers=init))
        assert_identified(self, stored)
        assert_identified(self, self.cluster.get("pod", "stored", "team-a"))
        self.assertEqual(warnings, "")

    def test_generated_name(self):
        manifest = pod("x", "my-app")
        manifest["metadata"] = {"generateName": "generated-", "namespace": "team-a"}
        stored, _ = self.create(manifest)
        assert_identified(self, stored)
        self.assertTrue(stored["metadata"]["name"].startswith("generated-"))

    def test_dry_run_shows_the_pod_and_stores_none(self):
        assert_identified(self, self.cluster.dry_run(pod("dry", "my-app")))
        self.assertNotEqual(self.cluster.kubectl("get", "pod", "dry", "-n", "team-a", check=False).status, 0)

    def test_the_documented_look_at_a_pod_that_nobody_creates(self):
        shown = self.cluster.kubectl("run", "probe", "-n", "team-a", "--image=none", "--dry-run=server", "-o", "yaml",
                                     '--overrides={"spec": {"serviceAccountName": "my-app"}}').out
        self.assertIn(f"value: {ROLE}\n", shown)

    def test_pods_of_a_deployment_and_its_own_dry_run(self):
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("x", "my-app")["spec"]}
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "team-a"},
                      "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}}
        # The template is not a pod: it stays as written, dry run or not.
        self.assertNotIn("env", self.cluster.dry_run(deployment)["spec"]["template"]["spec"]["containers"][0])
        self.create(deployment)

        def pods():
            return json.loads(self.cluster.kubectl("get", "pods", "-n", "team-a", "-l", "app=web", "-o", "json").out)["items"]
        for stored in wait_until(lambda: pods() if len(pods()) == 2 else None, "the Deployment's pods"):
            assert_identified(self, stored)

    def test_other_accounts_pods_are_untouched(self):
        for account in ("default", "plain"):
            stored, warnings = self.create(pod(f"of-{account}", account))
            assert_untouched(self, stored)
            self.assertEqual(warnings, "")

    def test_pod_that_names_no_account_is_of_the_default_one(self):
        manifest = pod("nameless", "x")
        del manifest["spec"]["serviceAccountName"]
        stored, _ = self.create(manifest)
        assert_untouched(self, stored)

    def test_warnings_stand_in_kubectls_output(self):
        _, warnings = self.create(pod("misspelt", "misspelt"))
        self.assertIn("Warning:", warnings)
        self.assertIn("eks.amazonaws.com/role-arm", warnings)

    def test_skip_label_and_mirror_pods_are_not_sent(self):
        before = self.webhook.total("irsa_admission_requests_total")
        labelled = pod("labelled", "my-app")
        labelled["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": ""}
        assert_untouched(self, self.cluster.dry_run(labelled))
        # A mirror pod may not name a service account.
        mirror = pod("mirror", "", nodeName="node-1")
        mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
        self.assertEqual(self.cluster.dry_run(mirror)["metadata"]["annotations"], mirror["metadata"]["annotations"])
        self.assertEqual(self.webhook.total("irsa_admission_requests_total"), before)

    def test_own_namespace_is_not_sent(self):
        self.source.apply(service_account("inside", {ROLE_ANNOTATION: ROLE}, NAMESPACE))
        allowed = {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
        manifest = pod("inside", "inside", NAMESPACE, securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}})
        manifest["spec"]["containers"][0].update(allowed)
        assert_untouched(self, self.cluster.dry_run(manifest))


class SideBySide(unittest.TestCase):
    """irsa beside EKS's managed webhook, which a second irsa plays under that one's names."""

    @classmethod
    def setUpClass(cls):
        start_cluster(cls)
        install(cls.cluster)
        cls.source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.ours = start_replica(cls.cluster, IRSA, cls.directory / "ours", *cls.source.flags)
        cls.addClassCleanup(cls.ours.close)
        route(cls.cluster, cls.ours.port)
        cls.ours.wait_ready()
        cls.theirs = Webhook(IRSA, cls.directory / "theirs", *cls.source.flags)
        cls.addClassCleanup(cls.theirs.close)
        # On EKS the managed webhook runs on the control plane and is reached by URL.
        cls.managed = webhook_configuration("pod-identity-webhook", cls.theirs.url, cls.theirs.ca_bundle, "Ignore",
                                            entry="iam-for-pods.amazonaws.com")
        cls.cluster.kubectl("create", "namespace", "team-a")
        cls.source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}))

    def calls(self):
        return [webhook.total("irsa_admission_requests_total") for webhook in (self.ours, self.theirs)]

    def who_answers(self):
        before = self.calls()
        stored = self.cluster.dry_run(pod("probe", "my-app"))
        after = self.calls()
        return has_identity(stored), after[0] > before[0], after[1] > before[1]

    def wait_for(self, ours, theirs):
        wait_until(lambda: self.who_answers() == (True, ours, theirs), f"ours called: {ours}, EKS's called: {theirs}")

    def test_switching_and_going_back_never_changes_what_pods_get(self):
        self.wait_for(ours=True, theirs=False)
        alone = self.cluster.dry_run(pod("compared", "my-app"))
        self.cluster.kubectl("apply", "-f", "-", stdin=self.managed)
        self.wait_for(ours=True, theirs=True)
        both = self.cluster.dry_run(pod("compared", "my-app"))
        assert_identified(self, both)
        self.assert_same_pod(both, alone)
        # What the second one finds is complete.
        self.assertEqual(self.theirs.metric('irsa_admission_requests_total{outcome="mutated"}'), 0)
        self.cluster.kubectl("delete", "mutatingwebhookconfiguration", "irsa")
        self.wait_for(ours=False, theirs=True)
        self.assert_same_pod(self.cluster.dry_run(pod("compared", "my-app")), alone)

    def assert_same_pod(self, one, other):
        def without_chance(stored):
            return json.loads(json.dumps(stored["spec"]).replace(
                next(v["name"] for v in stored["spec"]["volumes"] if v["name"].startswith("kube-api-access-")), "kube-api-access"))
        self.assertEqual(without_chance(one), without_chance(other))


if __name__ == "__main__":
    unittest.main()
