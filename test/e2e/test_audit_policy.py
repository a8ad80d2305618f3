"""irsa audit on a real cluster with the identity policy: beside the webhook, and alone."""
import json
import os
import shlex
import subprocess
import unittest

from .harness.audited import ADVICE, FALLBACK, GUARD, IRSA, ONLY, AuditedCluster
from .harness.deployed import NAME, deployment_arguments
from .harness.objects import PREFIX, has_identity, pod, with_role
from .harness.policy import PolicyInstallation
from .harness.rendering import NAMESPACE, kustomize
from .harness.waiting import wait_until

GUARD_POLICY = "validatingadmissionpolicy"
POLICY, BINDING = "mutatingadmissionpolicy", "mutatingadmissionpolicybinding"


def left_by_policy(name):
    """A pod that the identity policy leaves to the webhook."""
    manifest = pod(name, "app")
    manifest["spec"]["containers"].append({"name": "other", "image": "registry.example.com/other:1"})
    manifest["metadata"]["annotations"] = {f"{PREFIX}/skip-containers": '"other"'}
    return manifest


class PolicyInFallback(AuditedCluster):
    """The identity policy beside the webhook; the guard warns, so that pods without identity are there to be found."""

    components = (ADVICE, GUARD, FALLBACK)

    def test_nothing_on_a_healthy_cluster_then_each_fault(self):
        self.apply(pod("web", "app"), left_by_policy("left"))
        self.assertEqual(set(self.audit()), {"guard-warns-only"})
        version = json.loads(self.kubectl("version", "-o", "json").out)["serverVersion"]["gitVersion"]
        self.assertEqual(self.report["cluster"], {"version": version, "mode": "fallback", "process": "serve",
                                                  "capabilities": {"webhook": True, "guard": True, "policy": True}})
        self.assertIn("in use: the identity policy, then the webhook", self.run_audit().stdout)
        for replica in self.replicas.all:
            replica.process.kill()
        self.plant_in_the_policy()
        wait_until(lambda: has_identity(self.cluster.dry_run(pod("x", "app"))), "the policy in use again")
        self.apply(pod("during", "app"), left_by_policy("unseen"))
        finding = self.only(self.audit("--only", "pods"), "pod-failed-open")
        self.assertEqual(finding["object"]["name"], "unseen")
        self.assertIn("the identity policy leaves such pods to the webhook: its annotation skip-containers has a quote", finding["why"])

    def plant_in_the_policy(self):
        policy, binding = (POLICY, "irsa-identity"), (BINDING, "irsa-identity")
        self.planted("policy-missing", area="policy", objects=[policy], plant=lambda: self.kubectl("delete", *policy))
        # What is bound then is kube-system alone.
        self.planted("policy-binding-missing", "policy-scope-differs", area="policy", objects=[binding],
                     plant=lambda: self.kubectl("delete", *binding))
        self.planted("policy-altered", area="policy", objects=[policy], plant=lambda: self.patch(
            *policy, ("replace", "/spec/variables/0/expression", "'/elsewhere'")))
        self.planted("policy-altered", area="policy", objects=[policy], plant=lambda: self.patch(
            *policy, ("replace", "/spec/reinvocationPolicy", "Never")))
        self.planted("policy-scope-differs", area="policy", objects=[policy], plant=lambda: self.patch(
            *policy, ("replace", "/spec/matchConstraints/objectSelector", {})))


class PolicyAlone(AuditedCluster):
    """`irsa controller` and no webhook for pods. The guard warns."""

    components = (ADVICE, GUARD, FALLBACK, ONLY)

    def test_no_webhook_is_missed_then_each_fault(self):
        self.apply(with_role("second", "team-a"), pod("web", "app"), pod("other", "default"))
        self.assertEqual(set(self.audit()), {"guard-warns-only"})
        self.assertEqual(self.report["cluster"]["mode"], "only")
        self.assertIn("in use: the identity policy (only)", self.run_audit().stdout)
        for replica in self.replicas.all:
            replica.process.kill()
        self.find_pods_without_identity()
        self.plant_in_the_policy()

    def find_pods_without_identity(self):
        binding = self.cluster.get(BINDING, "irsa-identity")
        self.patch(BINDING, "irsa-identity", ("replace", "/spec/paramRef/selector",
                                              {"matchExpressions": [{"key": "unseen", "operator": "DoesNotExist"}]}))
        self.kubectl("label", "serviceaccount", "second", "-n", "team-a", "unseen=yes")
        wait_until(lambda: not has_identity(self.cluster.dry_run(pod("x", "second"))), "the policy without the account")
        self.apply(left_by_policy("left"), pod("unknown", "second"))
        found = self.audit("-n", "team-a", "--only", "policy,pods")
        self.assertEqual({kind: finding["object"]["name"] for kind, (finding,) in found.items()},
                         {"selector-misses-accounts": "irsa-identity", "pod-left-by-policy": "left", "pod-missed-by-policy": "unknown"})
        self.assertIn("skip-containers has a quote", self.only(found, "pod-left-by-policy")["why"])
        self.assertIn("binding irsa-identity takes only accounts with unseen DoesNotExist", self.only(found, "pod-missed-by-policy")["why"])
        self.patch(BINDING, "irsa-identity", ("replace", "/spec/paramRef/selector", binding["spec"]["paramRef"]["selector"]))
        self.assertNotRegex(json.dumps(found), "no replica of irsa answered|webhook is registered|no webhook of irsa")

    def plant_in_the_policy(self):
        policy, guard = (POLICY, "irsa-identity"), (GUARD_POLICY, "irsa-guard")
        self.planted("policy-missing", area="policy", objects=[policy], plant=lambda: self.kubectl("delete", *policy))
        self.planted("guard-missing", area="guard", objects=[guard], remarks=["guard-warns-only"],
                     plant=lambda: self.kubectl("delete", *guard))
        self.assertEqual(self.audit("--only", "webhook"), {})
        # As after `kubectl apply -k` in a cluster that had the webhook: what is not named any more stays.
        with_webhook = kustomize(os.environ["IRSA_TESTBED"], [ADVICE, GUARD, FALLBACK], self.directory / "with-webhook")
        self.apply(with_webhook[f"MutatingWebhookConfiguration/{NAME}"])
        finding = self.only(self.audit("--only", "policy"), "webhook-left-over")
        self.assertIn("gets 404", finding["why"])
        self.kubectl(*shlex.split(finding["fix"])[1:])
        self.assertEqual(self.audit("--only", "policy"), {})


class NothingRuns(PolicyInstallation):
    """deploy/kustomize/policy: no Deployment, no Service, no certificate."""

    def audit(self, *arguments):
        done = subprocess.run([IRSA, "audit", "--kubeconfig", str(self.cluster.kubeconfig), "-o", "json", *arguments], text=True,
                              capture_output=True, timeout=120)
        return done.returncode, json.loads(done.stdout)

    def test_is_no_fault_and_its_cost_is_remarked_on(self):
        status, report = self.audit()
        self.assertEqual((status, report["findings"]), (0, []))
        self.assertEqual((report["cluster"]["mode"], report["cluster"]["process"]), ("only", "none"))
        accounts = [with_role(f"app-{number}", "team-b") for number in range(300)]
        self.apply(*accounts)
        status, report = self.audit()
        finding, = report["findings"]
        self.assertEqual((status, finding["kind"], finding["severity"]), (0, "policies-slow", "remark"))
        self.assertIn("team-b", finding["object"]["name"] + finding["what"])


class OlderCluster(AuditedCluster):
    """What cannot have the policy says so, with its version."""

    has_policies = False

    def test_controller_does_not_start_and_audit_tells_what_there_is(self):
        version = json.loads(self.kubectl("version", "-o", "json").out)["serverVersion"]["gitVersion"]
        self.assertEqual(self.audit(), {})
        self.assertEqual(self.report["cluster"], {"version": version, "mode": "webhook", "process": "serve",
                                                  "capabilities": {"webhook": True, "guard": True, "policy": False}})
        # In the place of the replica that serves: nothing of it comes into use.
        arguments = [argument for argument in deployment_arguments(self.cluster)[1:] if not argument.startswith(("--port", "--metrics-port"))]
        done = subprocess.run([IRSA, "controller", *arguments, *self.flags, "--port=0", "--metrics-port=0"], text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(f"kube-apiserver {version} serves no MutatingAdmissionPolicy v1", done.stderr)
        self.kubectl("patch", "deployment", NAME, "-n", NAMESPACE, "--type=json", "-p", json.dumps(
            [{"op": "replace", "path": "/spec/template/spec/containers/0/args/0", "value": "controller"}]))
        self.assertIn(version, self.only(self.audit("--only", "policy"), "cluster-too-old")["what"])


if __name__ == "__main__":
    unittest.main()
