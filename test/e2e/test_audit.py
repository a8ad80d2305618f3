"""irsa audit on a real cluster: nothing where all is well, and each fault that is planted."""
import base64
import datetime
import json
import pathlib
import re
import shlex
import unittest

from .harness.audited import AuditedCluster
from .harness.deployed import NAME
from .harness.objects import PREFIX, ROLE, ROLE_ANNOTATION, pod, service_account, with_role
from .harness.rendering import NAMESPACE
from .harness.waiting import wait_until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "audit.md"
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
OPT_OUT = f"{PREFIX}/skip-pod-identity-webhook"
MUTATING, VALIDATING = "mutatingwebhookconfiguration", "validatingwebhookconfiguration"
POLICY, BINDING = "validatingadmissionpolicy", "validatingadmissionpolicybinding"


def variables(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


class Faults(AuditedCluster):
    def test_accounts(self):
        self.namespace("accounts")
        self.assertEqual(self.audit("-n", "accounts"), {})
        planted = {"annotation-unknown": service_account("misspelt", {f"{PREFIX}/role-arm": ROLE}, "accounts"),
                   "role-arn-malformed": with_role("malformed", "accounts", "my-role"),
                   "annotation-value-ignored": with_role("ignored", "accounts", sts_regional_endpoints="yes"),
                   "annotation-without-role": service_account("without", {f"{PREFIX}/audience": "x"}, "accounts"),
                   "audience-without-provider": with_role("audience", "accounts", audience="vault"),
                   "token-expiration-adjusted": with_role("short", "accounts", token_expiration="60")}
        self.apply(*planted.values())
        found = self.audit("-n", "accounts")
        self.assertEqual({kind: finding["object"]["name"] for kind, (finding,) in found.items()},
                         {kind: account["metadata"]["name"] for kind, account in planted.items()})
        self.assertNotIn("audience-without-provider",
                         self.audit("-n", "accounts", "--client-id", "vault", "--client-id", "sts.amazonaws.com"))

    def test_pods(self):
        self.namespace("pods", **{"irsa.dev/guard": "off"})
        self.apply(with_role("app", "pods"), with_role("changed", "pods"), service_account("late", namespace="pods"))

        def made(name, account="app", labels=None, annotations=None, **container):
            manifest = pod(name, account, "pods")
            manifest["metadata"].update(labels=labels or {}, annotations=annotations or {})
            manifest["spec"]["containers"][0].update(container)
            return manifest
        skip = {f"{PREFIX}/skip-containers": "app"}
        whole = pod("some", "app", "pods")
        whole["spec"]["containers"].append({"name": "proxy", "image": "registry.example.com/proxy:1"})
        whole["metadata"]["annotations"] = {f"{PREFIX}/skip-containers": "proxy"}
        self.apply(made("good"), made("opted-out", labels={OPT_OUT: "true"}), made("failed-open", labels={OPT_OUT: "true"}),
                   made("partial", annotations=skip, env=variables(AWS_ROLE_ARN=ROLE)), whole, made("older", "changed"),
                   made("elsewhere", env=variables(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere/token")),
                   made("static", env=variables(AWS_PROFILE="dev")), made("annotated", annotations={ROLE_ANNOTATION: ROLE}),
                   made("early", "late"))
        # What nobody looks at again once the pod is there.
        self.kubectl("label", "pod", "failed-open", "-n", "pods", f"{OPT_OUT}-")
        self.kubectl("annotate", "pods", "partial", "some", "-n", "pods", f"{PREFIX}/skip-containers-")
        self.wait_for_a_later_second("pods", "early")
        self.kubectl("annotate", "serviceaccount", "late", "-n", "pods", f"{ROLE_ANNOTATION}={ROLE}")
        self.kubectl("annotate", "serviceaccount", "changed", "-n", "pods", "--overwrite", f"{ROLE_ANNOTATION}={OTHER_ROLE}",
                     f"{PREFIX}/audience=sts.amazonaws.com.cn")
        found = self.audit("-n", "pods", "--only", "pods")
        self.assertEqual({kind: finding["object"]["name"] for kind, (finding,) in found.items()}, {
            "pod-failed-open": "failed-open", "partial-environment": "partial", "container-without-identity": "some",
            "pod-older-role": "older", "pod-older-audience": "older", "token-not-mounted": "elsewhere", "static-credentials": "static",
            "pod-annotation-ignored": "annotated", "pod-before-annotation": "early"})

    def wait_for_a_later_second(self, namespace, *pods):
        """Until what is written has a later time than the pods, for the apiserver keeps times to the second."""
        created = max(self.cluster.get("pod", name, namespace)["metadata"]["creationTimestamp"] for name in pods)
        wait_until(lambda: datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") > created, "another second")

    def test_pods_that_the_webhook_leaves_out(self):
        self.namespace("outside", **{"irsa.dev/guard": "off", "team": "outside"})
        self.namespace("inside", **{"irsa.dev/guard": "off"})
        unseen = []
        for namespace in ("outside", "inside"):
            self.apply(with_role("app", namespace))
            unseen.append(pod("unseen", "app", namespace))
            unseen[-1]["metadata"]["labels"] = {OPT_OUT: "true", "tier": "x"}
        self.apply(*unseen)
        for namespace in ("outside", "inside"):
            self.kubectl("label", "pod", "unseen", "-n", namespace, f"{OPT_OUT}-")
        for selector, key, value in (("namespaceSelector", "team", "outside"), ("objectSelector", "tier", "x")):
            self.kubectl("patch", MUTATING, NAME, "--type=json", "-p", json.dumps(
                [{"op": "add", "path": f"/webhooks/0/{selector}/matchExpressions/-",
                  "value": {"key": key, "operator": "NotIn", "values": [value]}}]))
        finding = self.only(self.audit("-n", "outside", "--only", "pods"), "pod-namespace-out-of-scope")
        self.assertIn("team NotIn (outside)", finding["why"])
        finding = self.only(self.audit("-n", "inside", "--only", "pods"), "pod-labels-out-of-scope")
        self.assertIn("tier NotIn (x)", finding["why"])
        self.assertEqual(set(self.audit("-n", "inside", "--only", "guard")), {"guard-scope-differs"})

    def test_pods_of_a_deployment_are_one_finding(self):
        self.namespace("deployed", **{"irsa.dev/guard": "off"})
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("web", "late", "deployed")["spec"]}
        self.apply(service_account("late", namespace="deployed"),
                   {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "deployed"},
                    # No kubelet makes a new pod ready, so that a rolling update would wait for ever.
                    "spec": {"replicas": 4, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": {"app": "web"}},
                             "template": template}})
        names = lambda: [name.removeprefix("pod/") for name in self.kubectl("get", "pods", "-n", "deployed", "-o", "name").out.split()]
        wait_until(lambda: len(names()) == 4, "four pods")
        self.wait_for_a_later_second("deployed", *names())
        self.kubectl("annotate", "serviceaccount", "late", "-n", "deployed", f"{ROLE_ANNOTATION}={ROLE}")
        findings = [each for kind in self.audit("-n", "deployed", "--only", "pods").values() for each in kind]
        self.assertEqual(len(findings), 1, findings)
        self.assertEqual(findings[0]["object"], {"kind": "Deployment", "namespace": "deployed", "name": "web"})
        self.assertEqual(findings[0]["pods"]["count"], 4)
        # What it says to do is what mends it.
        self.kubectl(*shlex.split(findings[0]["fix"])[1:])
        wait_until(lambda: self.audit("-n", "deployed", "--only", "pods") == {}, "the pods replaced")

    def log_in_as(self, name, namespace):
        """A new service account's token and kubeconfig."""
        self.kubectl("create", "serviceaccount", name, "-n", namespace)
        config = json.loads(self.cluster.kubeconfig.read_text())
        token = self.kubectl("create", "token", name, "-n", namespace).out.strip()
        config["users"][0]["user"] = {"token": token}
        kubeconfig = self.directory / f"{name}.kubeconfig"
        kubeconfig.write_text(json.dumps(config))
        kubeconfig.chmod(0o600)
        return token, kubeconfig

    def await_right(self, account, namespace, *right):
        """A right that was given a moment ago reaches the apiserver's authorizer through informers."""
        user = f"--as=system:serviceaccount:{account}"
        wait_until(lambda: self.kubectl("auth", "can-i", *right, "-n", namespace, user, check=False).out.strip() == "yes",
                   f"{account} may {' '.join(right)}")

    def test_the_rights_that_its_page_gives_are_enough(self):
        rights, = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        self.kubectl("apply", "-f", "-", stdin=rights)
        _, kubeconfig = self.log_in_as("auditor", "default")
        subject = "--serviceaccount=default:auditor"
        self.kubectl("create", "clusterrolebinding", "auditor", "--clusterrole=irsa-audit", subject)
        self.kubectl("create", "rolebinding", "auditor", "-n", NAMESPACE, "--role=irsa-audit", subject)
        self.await_right("default:auditor", "default", "list", "pods")
        self.await_right("default:auditor", NAMESPACE, "get", "secrets/irsa-tls")
        done = self.run_audit("-o", "json", kubeconfig=kubeconfig)
        self.assertEqual((json.loads(done.stdout)["unread"], done.stderr), ([], ""))

    def test_what_it_may_not_read_it_says(self):
        self.namespace("narrow")
        self.apply(with_role("app", "narrow"), pod("web", "app", "narrow"))
        token, kubeconfig = self.log_in_as("reader", "narrow")
        # As the role "view" has it, which is put together by a controller that does not run here.
        self.kubectl("create", "role", "reader", "-n", "narrow", "--verb=get,list",
                     "--resource=pods,serviceaccounts,namespaces,replicasets.apps")
        self.kubectl("create", "rolebinding", "reader", "-n", "narrow", "--role=reader", "--serviceaccount=narrow:reader")
        self.await_right("narrow:reader", "narrow", "list", "pods")
        done = self.run_audit("-o", "json", "-n", "narrow", kubeconfig=kubeconfig)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(report["findings"], [])
        self.assertFalse(report["clean"])
        unread = {each["what"]: each["why"] for each in report["unread"]}
        self.assertIn("forbidden", unread["MutatingWebhookConfiguration irsa"])
        self.assertIn("irsa's flags are not known", done.stderr)
        self.assertNotIn(token, done.stdout + done.stderr)
        table = self.run_audit("-n", "narrow", kubeconfig=kubeconfig)
        self.assertIn("Not checked", table.stdout)
        self.assertIn("nothing wrong in what was checked", table.stdout)
        done = self.run_audit("-n", "narrow", "--only", "service-accounts,replica-sets", kubeconfig=kubeconfig)
        self.assertEqual((done.returncode, done.stdout[:13]), (0, "nothing wrong"), done.stdout + done.stderr)

    def test_the_leader_tells_by_events_and_a_metric(self):
        self.namespace("told", **{"irsa.dev/guard": "off"})
        template = {"metadata": {"labels": {"app": "web", OPT_OUT: "true"}}, "spec": pod("web", "app", "told")["spec"]}
        self.apply(with_role("app", "told"), service_account("misspelt", {f"{PREFIX}/role-arm": ROLE}, "told"), pod("good", "app", "told"),
                   {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "told"},
                    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}})
        wait_until(lambda: len(self.kubectl("get", "pods", "-n", "told", "-l", "app=web", "-o", "name").out.split()) == 2, "two pods")
        self.kubectl("label", "pods", "-n", "told", "-l", "app=web", f"{OPT_OUT}-")
        names = self.kubectl("get", "pods", "-n", "told", "-l", "app=web", "-o", "name").out.split()
        # A new leader looks at once.
        self.assertEqual(self.replicas.replace_first(), 0)
        replica, = self.replicas.all
        wait_until(lambda: replica.metric('irsa_unidentified_pods{namespace="told"}') == 2, "the metric")

        def told(reason):
            found = json.loads(self.kubectl("get", "events", "-n", "told", "--field-selector", f"reason={reason}", "-o", "json").out)
            return {f"{each['involvedObject']['kind']}/{each['involvedObject']['name']}": each["message"] for each in found["items"]}
        self.assertEqual(set(told("AnnotationWrong")), {"ServiceAccount/misspelt"})
        events = told("IdentityMissing")
        self.assertEqual(set(events), {"Deployment/web", *(name.replace("pod/", "Pod/") for name in names)})
        self.assertIn("container app lacks AWS_ROLE_ARN", events["Deployment/web"])
        self.assertIn("service account told/app has the role", self.kubectl("describe", "deployment", "web", "-n", "told").out)

    def test_wrong_usage(self):
        for arguments in (["--only", "everything"], ["-n", "No_Name"], ["-o", "yaml"], ["extra"]):
            self.assertEqual(self.run_audit(*arguments).returncode, 2, arguments)
        done = self.run_audit(kubeconfig="/nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere", done.stderr)


class Outage(AuditedCluster):
    def test_nothing_on_a_healthy_cluster_then_each_fault(self):
        self.apply(with_role("second", "team-a"), with_role("third", "team-a"), pod("web", "app"), pod("other", "default"))
        done = self.run_audit()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        modes = "webhook, guard, policy" if self.serves_policies else "webhook, guard"
        self.assertRegex(done.stdout, rf"^Kubernetes v\S+ supports: {modes}; in use: the webhook\n"
                         r"nothing wrong \(\d+ service accounts, 3 with a role; \d+ pods, 1 of those accounts\)\n$")
        self.assertEqual(self.audit(), {})

        for replica in self.replicas.all:
            replica.process.kill()
        self.find_pods_blocked()
        self.plant_in_the_certificate()
        self.plant_in_the_webhook()
        self.plant_in_the_guard()

    def find_pods_blocked(self):
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("web", "third")["spec"]}
        self.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "blocked", "namespace": "team-a"},
                    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}})
        found = wait_until(lambda: self.audit("--only", "replica-sets"), "the ReplicaSet blocked")
        blocked = self.only(found, "replicaset-blocked")
        self.assertIn("service account team-a/third has the role", blocked["what"])
        nudge = blocked["fix"][blocked["fix"].index("kubectl annotate"):].replace("$(date +%s)", "1").replace('"', "")
        self.kubectl(*shlex.split(nudge)[1:])
        table = self.run_audit("-n", "team-a").stdout
        self.assertIn("ReplicaSets that cannot create pods [replicaset-blocked]\n", table)
        self.assertIn("1 fault (", table)

    def plant_in_the_certificate(self):
        bundles = [(kind, f"/webhooks/{index}/clientConfig/caBundle") for kind in (MUTATING, VALIDATING) for index in (0, 1)]
        configurations = [(MUTATING, NAME), (VALIDATING, NAME)]
        pki = self.cluster.pki

        def set_bundles(op, value=None):
            for kind, path in bundles:
                self.patch(kind, NAME, (op, path, value))

        def serve(name):
            pki.leaf(name, f"/CN={name}", "serverAuth", f"DNS:{name}")
            self.patch("secret", "irsa-tls", ("replace", "/data/tls.crt", pki.base64(f"{name}.crt")))
            set_bundles("replace", pki.base64("ca.crt"))
        secret = ("secret", "irsa-tls")
        for kind, plant, objects in (
                ("ca-bundle-empty", lambda: set_bundles("remove"), configurations),
                ("ca-bundle-mismatch", lambda: set_bundles("replace", pki.base64("ca.crt")), configurations),
                ("certificate-name-mismatch", lambda: serve(f"other.{NAMESPACE}.svc"), [*configurations, secret]),
                ("certificate-missing", lambda: self.patch(*secret, ("replace", "/data/tls.crt", base64.b64encode(b"x").decode())),
                 [secret])):
            self.planted(kind, area="certificate", plant=plant, objects=objects)
        self.planted("certificate-missing", area="certificate", objects=[secret],
                     plant=lambda: self.kubectl("delete", "secret", "irsa-tls", "-n", NAMESPACE))

    def plant_in_the_webhook(self):
        webhook, service = (MUTATING, NAME), ("service", NAME)

        def close_and_cover_itself():
            self.patch(*webhook, ("replace", "/webhooks/0/failurePolicy", "Fail"),
                       ("replace", "/webhooks/0/namespaceSelector", {}))

        def without_endpoints():
            self.kubectl("delete", *service, "-n", NAMESPACE)
            self.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME, "namespace": NAMESPACE},
                        "spec": {"ports": [{"port": 443}]}})
        self.planted("webhook-missing", area="webhook", objects=[webhook], plant=lambda: self.kubectl("delete", *webhook))
        self.planted("webhook-without-pods", area="webhook", objects=[webhook], plant=lambda: self.patch(
            *webhook, *[("replace", f"/webhooks/{index}/rules/0/operations", ["UPDATE"]) for index in (0, 1)]))
        self.planted("webhook-blocks-itself", area="webhook", objects=[webhook], plant=close_and_cover_itself)
        self.planted("webhook-service-missing", area="webhook", objects=[service],
                     plant=lambda: self.kubectl("delete", *service, "-n", NAMESPACE))
        self.planted("webhook-without-endpoints", area="webhook", objects=[service], plant=without_endpoints)

    def plant_in_the_guard(self):
        policy, binding = (POLICY, "irsa-guard"), (BINDING, "irsa-guard")
        self.planted("guard-missing", area="guard", objects=[policy], plant=lambda: self.kubectl("delete", *policy))
        self.planted("guard-binding-missing", area="guard", objects=[binding], plant=lambda: self.kubectl("delete", *binding))
        self.planted("guard-altered", area="guard", objects=[binding], plant=lambda: self.patch(
            *binding, ("replace", "/spec/paramRef/parameterNotFoundAction", "Deny")))
        self.planted("guard-warns-only", area="guard", objects=[binding], plant=lambda: self.patch(
            *binding, ("replace", "/spec/validationActions", ["Warn", "Audit"])))
        self.planted("selector-misses-accounts", area="guard", objects=[binding], plant=lambda: self.patch(
            *binding, ("replace", "/spec/paramRef/selector", {"matchLabels": {"irsa.dev/role": "true"}})))
        self.planted("guard-scope-differs", area="guard", objects=[policy], plant=lambda: self.patch(
            *policy, ("replace", "/spec/matchConstraints/objectSelector", {})))


if __name__ == "__main__":
    unittest.main()
