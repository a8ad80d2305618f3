"""The guard on a real kube-apiserver: no pod silently without its identity, whatever irsa is doing. And irsa's words."""
import itertools
import json
import os
import pathlib
import tempfile
import threading
import time
import unittest

from .harness.guarded import ADVICE, GUARD, REFUSAL, GuardedCluster, message
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, has_identity, pod, service_account, with_role
from .harness.policy import variable_of
from .harness.rendering import NAMESPACE, kustomize
from .harness.rest import RestClient
from .harness.waiting import wait_until

OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
SKIP, INCLUDE = "eks.amazonaws.com/skip-containers", "eks.amazonaws.com/include-containers"


class Manifests(unittest.TestCase):
    """No cluster."""

    def setUp(self):
        self.overlay = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def render(self, *components):
        return kustomize(os.environ["IRSA_TESTBED"], [f"components/{name}" for name in components], self.overlay)

    def test_scope_comes_from_the_webhooks_configuration(self):
        for components in (["advice", "guard"], ["advice", "guard", "guard-deny", "cert-manager", "fail-closed", "config-map"]):
            objects = self.render(*components)
            webhook = objects["MutatingWebhookConfiguration/irsa"]["webhooks"][0]
            guard = objects["ValidatingAdmissionPolicy/irsa-guard"]["spec"]
            accounts, workloads = objects["ValidatingWebhookConfiguration/irsa"]["webhooks"]
            own = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [NAMESPACE, "kube-system"]}
            self.assertEqual(guard["matchConditions"][:-1], webhook["matchConditions"])
            self.assertEqual(guard["matchConstraints"]["objectSelector"], webhook["objectSelector"])
            self.assertEqual(guard["matchConstraints"]["resourceRules"], webhook["rules"])
            self.assertEqual(guard["matchConstraints"]["namespaceSelector"]["matchExpressions"], [
                own, {**own, "values": ["kube-system"]}, {"key": "irsa.dev/guard", "operator": "NotIn", "values": ["off"]}])
            for advice in (accounts, workloads):
                self.assertEqual(advice["namespaceSelector"]["matchExpressions"], [own])
                # No account and no workload ever waits for irsa.
                self.assertEqual((advice["failurePolicy"], advice["sideEffects"]), ("Ignore", "None"))

    def test_without_a_webhook_the_scope_is_the_same(self):
        """The policies by themselves name what components/guard and components/policy copy from the webhook's configuration."""
        alone = kustomize(os.environ["IRSA_TESTBED"], installation="policy")
        beside = self.render("guard", "guard-deny", "policy", "policy-only")
        self.assertEqual({name: alone[name] for name in alone}, {name: beside[name] for name in beside if name in alone})

    def test_policies_copy_the_flags_of_the_deployment(self):
        values = {"annotation-prefix": "id.example.org", "token-audience": "sts.amazonaws.com.cn", "token-mount-path": "/t", "token-expiration": "3600",
                  "aws-default-region": "cn-north-1", "sts-regional-endpoint": "true", "compose-role-arn": "true", "aws-partition": "aws-cn",
                  "aws-account-id": "111122223333", "default-role": "true", "respect-env-from": "true"}
        patches = [{"op": "replace", "path": f"/spec/template/spec/containers/0/args/{place}", "value": f"--{flag}={value}"}
                   for place, (flag, value) in enumerate(values.items(), 1)]
        objects = kustomize(os.environ["IRSA_TESTBED"], [pathlib.Path("..") / self.flags_component(patches).name, "components/guard", "components/policy",
                                                         "components/account-label"], self.overlay / "patched")
        self.assertEqual(objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"][0]["args"][1:12],
                         [f"--{flag}={value}" for flag, value in values.items()])
        for name, flags in (("MutatingAdmissionPolicy/irsa-identity", values), ("ValidatingAdmissionPolicy/irsa-guard", ["annotation-prefix", "default-role", "respect-env-from"]),
                            ("MutatingAdmissionPolicy/irsa-account-label", ["annotation-prefix"])):
            variables = {variable["name"]: variable["expression"] for variable in objects[name]["spec"]["variables"]}
            self.assertEqual({flag: variables[variable_of(flag)] for flag in flags}, {flag: f"'{values[flag]}'" for flag in flags}, name)

    def flags_component(self, patches):
        """A component of one's own with other flags, as docs/policy.md describes it."""
        directory = self.overlay / "flags"
        directory.mkdir()
        (directory / "kustomization.yaml").write_text(json.dumps({
            "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component",
            "patches": [{"target": {"kind": "Deployment", "name": "irsa"}, "patch": json.dumps(patches)}]}))
        return directory

    def test_refuses_only_when_told_to(self):
        for components, actions in ((["guard"], ["Warn", "Audit"]), (["guard", "guard-deny"], ["Deny", "Audit"])):
            self.assertEqual(self.render(*components)["ValidatingAdmissionPolicyBinding/irsa-guard"]["spec"]["validationActions"], actions)

    def test_nothing_of_it_without_the_component(self):
        self.assertEqual([name for name in kustomize(os.environ["IRSA_TESTBED"]) if "guard" in name or "Validating" in name], [])

    def test_cert_manager_writes_both_bundles(self):
        objects = self.render("advice", "cert-manager")
        for kind in ("Mutating", "Validating"):
            annotations = objects[f"{kind}WebhookConfiguration/irsa"]["metadata"]["annotations"]
            self.assertEqual(annotations, {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/irsa"})
        # So irsa needs no right to.
        self.assertEqual([rule["resources"] for rule in objects["ClusterRole/irsa-advice"]["rules"]],
                         [["pods"], ["deployments"], ["events"], ["mutatingwebhookconfigurations"], ["namespaces"]])


class Advice(GuardedCluster):
    components = (ADVICE, GUARD)

    def test_warnings_stand_in_kubectls_output(self):
        said = self.apply(service_account("wrong", {ROLE_ANNOTATION: "arn:aws:iam::1:role/x", "eks.amazonaws.com/audiense": "x"})).err
        self.assertIn('unknown annotation "eks.amazonaws.com/audiense" is ignored: did you mean audience?', said)
        self.assertIn("is not arn:aws:iam::ACCOUNT:role/NAME", said)

    def times_advised(self):
        return self.replicas.all[0].metric('irsa_admission_requests_total{outcome="advised"}')

    def test_accounts_of_which_there_is_nothing_to_say_cost_no_call(self):
        def assert_calls(expected, name, annotations):
            before = self.times_advised()
            self.apply(service_account(name, annotations))
            # A page of metrics may be a moment old.
            wait_until(lambda: self.times_advised() >= before + expected, "the call counted")
            self.assertEqual(self.times_advised() - before, expected, annotations)
        account = "arn:aws:iam::111122223333"
        for number, role in enumerate((ROLE, "arn:aws-us-gov:iam::111122223333:role/a/b/c+=,.@_-d", f"{account}:role/{'x' * 64}")):
            assert_calls(0, f"plain-{number}", {ROLE_ANNOTATION: role})
        for number, role in enumerate(("", "arn:aws:iam::1:role/x", f"{account}:role/x/", f"{account}:user/x", f"{account}:role/{'x' * 65}")):
            assert_calls(1, f"odd-{number}", {ROLE_ANNOTATION: role})
        assert_calls(1, "both", {ROLE_ANNOTATION: ROLE, "eks.amazonaws.com/role-arm": ROLE})

    def test_what_controllers_write_costs_no_call(self):
        before = self.times_advised()
        self.apply(self.workload("probe", labels={"app": "web", "made-by": "controller"}))
        made = lambda: json.loads(self.cluster.kubectl("get", "replicasets", "-n", "team-a", "-l", "made-by=controller", "-o", "json").out)["items"]
        wait_until(made, "the Deployment's ReplicaSet")
        wait_until(lambda: self.times_advised() >= before + 1, "the call counted")
        self.assertEqual(self.times_advised() - before, 1, "the Deployment alone")

    def test_irsa_may_write_its_own_objects_and_no_more(self):
        def may(verb, resource, namespace):
            user = f"--as=system:serviceaccount:{NAMESPACE}:irsa"
            where = ["-n", namespace] if namespace else ["-A"]
            return self.cluster.kubectl("auth", "can-i", verb, resource, user, *where, check=False).out.strip() == "yes"
        lease = "leases.coordination.k8s.io"
        allowed = {("patch", "validatingwebhookconfigurations/irsa", None), ("patch", "mutatingwebhookconfigurations/irsa", None),
                   ("list", "pods", None), ("create", "events.events.k8s.io", None), ("create", lease, NAMESPACE),
                   ("get", f"{lease}/irsa", NAMESPACE), ("update", f"{lease}/irsa", NAMESPACE), ("patch", "secrets/irsa-tls", NAMESPACE)}
        for verb in ("create", "update", "patch", "delete"):
            allowed_here = {resource for each, resource, namespace in allowed if each == verb and namespace is None}
            for resource in ("serviceaccounts", "pods", "configmaps", "secrets", "validatingwebhookconfigurations/other",
                             "validatingadmissionpolicies", "mutatingadmissionpolicies", "customresourcedefinitions", f"{lease}/irsa"):
                self.assertEqual(may(verb, resource, None), resource in allowed_here, (verb, resource))
        self.assertEqual([each for each in allowed if not may(*each)], [])
        for verb, resource in (("update", f"{lease}/other"), ("delete", f"{lease}/irsa"), ("list", lease)):
            self.assertFalse(may(verb, resource, NAMESPACE), (verb, resource))

    def workload(self, account, **metadata):
        template = {"metadata": {"labels": {"app": "web"}, **metadata}, "spec": pod("x", account)["spec"]}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"web-{account}", "namespace": "team-a"},
                "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template}}

    def test_says_which_role_the_pods_get_and_changes_nothing(self):
        manifest = self.workload("probe")
        self.assertIn(f"Warning: will run as {ROLE}", self.apply(manifest).err)
        stored = self.cluster.get("deployment", "web-probe", "team-a")
        self.assertNotIn("env", stored["spec"]["template"]["spec"]["containers"][0])
        # What leaves the pods as they are is not worth a word.
        manifest["metadata"]["labels"] = {"a": "b"}
        self.assertEqual(self.apply(manifest).err, "")

    def test_account_that_was_applied_a_moment_before(self):
        def one_by_one(turn):
            account = service_account(f"together-{turn}", {"eks.amazonaws.com/role-arm": ROLE})
            return [self.apply(each).err for each in (account, self.workload(f"together-{turn}"))]
        for said in self.answered_in_time(one_by_one):
            self.assertIn("did you mean role-arn?", said)
        said = self.answered_in_time(lambda turn: self.apply(with_role(f"right-{turn}"), self.workload(f"right-{turn}")).err)
        self.assertIn(f"will run as {ROLE}", said)

    def answered_in_time(self, action):
        """What action(turn) returns, of the first turn in which every call was answered: nobody's object waits for advice for long."""
        turns = itertools.count()

        def attempt():
            before = self.times_unanswered()
            result = action(next(turns))
            return [result] if self.times_unanswered() == before else None
        return wait_until(attempt, "every call answered in time")[0]

    def times_unanswered(self):
        """As the apiserver counts it, and irsa that of an account which it could not look up in time."""
        metrics = self.cluster.kubectl("get", "--raw", "/metrics").out.splitlines()
        failed = [float(line.rpartition(" ")[2]) for line in metrics if line.startswith("apiserver_admission_webhook_fail_open_count{")]
        return sum(failed) + self.replicas.all[0].metric('irsa_admission_requests_total{outcome="unavailable"}')

    def test_cron_job_with_a_static_key(self):
        spec = pod("x", "probe", restartPolicy="Never")["spec"]
        spec["containers"][0]["env"] = [{"name": "AWS_ACCESS_KEY_ID", "value": "AKIA"}]
        said = self.apply({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c", "namespace": "team-a"},
                           "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}}).err
        self.assertIn(f"will run as {ROLE}", said)
        self.assertIn("AWS_ACCESS_KEY_ID, which SDKs prefer to the role", said)

    def test_nothing_for_pods_that_opt_out(self):
        said = self.apply(self.workload("probe", labels={"app": "web", "eks.amazonaws.com/skip-pod-identity-webhook": "true"})).err
        self.assertNotIn("will run as", said)

    def test_a_guard_that_only_warns_admits_with_the_message(self):
        """Also when no replica is there to ask, which nobody's workload waits for."""
        self.replicas.kill_all()
        try:
            created = wait_until(lambda: self.warned(), "the guard in use")
            self.assertIn(message("probe"), created)
            started = time.monotonic()
            self.assertEqual(self.apply(self.workload("other")).status, 0)
            self.assertLess(time.monotonic() - started, 10)
        finally:
            self.bring_back()

    def warned(self):
        created = self.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=pod("x", "probe"))
        return created.err if "Warning: Validation failed" in created.err else None


class Guard(GuardedCluster):
    """What makes accounts by the hundred makes them in team-b: the guard takes longer with each of the pod's namespace."""

    def setUp(self):
        self.addCleanup(self.bring_back)

    def test_pods_that_irsa_saw_pass(self):
        self.apply(with_role("seen"))
        created = self.cluster.kubectl("create", "-o", "json", "-f", "-", stdin=pod("seen", "seen"))
        assert_identified(self, json.loads(created.out))
        self.assertEqual(created.err, "")

    def test_account_and_pod_in_one_apply_100_times(self):
        """Beside a guard that refuses what the webhook misses, nothing is refused: irsa knows the account in time."""
        manifests = [manifest for number in range(100)
                     for manifest in (with_role(f"one-{number}", "team-b"), pod(f"one-{number}", f"one-{number}", "team-b"))]
        self.apply(*manifests)
        for number in range(100):
            assert_identified(self, self.api.request("GET", f"/api/v1/namespaces/team-b/pods/one-{number}")[1])

    def test_every_replica_dead(self):
        self.apply(with_role("app"), service_account("plain"), with_role("app", namespace="kube-system"),
                   service_account("plain", namespace="kube-system"))
        self.replicas.kill_all()
        self.await_guard()
        wait_until(lambda: not self.dry_run(pod("x", "app"))[0], "the account in use")
        refused = [self.api.create(pod(f"app-{number}", "app")) for number in range(500)]
        admitted = [self.api.create(pod(f"plain-{number}", "plain")) for number in range(500)]
        system = [self.api.create(pod(f"system-{number}", account, namespace="kube-system"))
                  for number, account in enumerate(["app", "plain"] * 50)]
        self.assertEqual({(status, answer.get("reason")) for status, answer in refused}, {(403, "Forbidden")})
        self.assertEqual({answer["message"] for _, answer in refused},
                         {f'pods "app-{number}" is forbidden: {REFUSAL}{message("app")}' for number in range(500)})
        self.assertEqual({status for status, _ in admitted}, {201})
        self.assertEqual({status for status, _ in system}, {201})

    def test_scope_is_the_webhooks(self):
        for namespace, labels in (("off", {"irsa.dev/guard": "off"}), ("on", {"irsa.dev/guard": "on"})):
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})
        # Last the one that is waited for: the guard hears of them in this order.
        for namespace in ("off", NAMESPACE, "on"):
            self.apply(with_role("app", namespace=namespace))
        self.replicas.kill_all()
        self.await_guard()
        skipping = pod("skipping", "app", "on")
        skipping["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}
        wait_until(lambda: not self.dry_run(pod("x", "app", "on"))[0], "the account in use")
        self.assertTrue(self.dry_run(skipping)[0])
        self.assertTrue(self.dry_run(pod("x", "app", "off"))[0])
        # The namespace's own standard would be in the way.
        self.cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=privileged", "--overwrite")
        wait_until(lambda: self.dry_run(pod("x", "default", NAMESPACE))[0], "the label in use")
        self.assertEqual(self.dry_run(pod("x", "app", NAMESPACE)), (True, ""))

    def test_every_container_counts(self):
        both = [{"name": "AWS_ROLE_ARN", "value": "a"}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "b"}]
        self.replicas.kill_all()
        self.await_guard()

        def containers(**env):
            return [{"name": name, "image": "registry.example.com/app:1", "env": value} for name, value in env.items()]
        for spec, lacking in (({"containers": containers(app=both)}, None), ({"containers": containers(app=both[:1])}, "app"),
                              ({"containers": containers(app=both[1:])}, "app"), ({"containers": containers(app=both, other=[])}, "other"),
                              ({"containers": containers(app=both), "initContainers": containers(init=[])}, "init"),
                              ({"containers": containers(app=both), "initContainers": containers(init=both)}, None)):
            with self.subTest(spec):
                admitted, said = self.dry_run(pod("x", "probe", **spec))
                self.assertEqual(admitted, lacking is None)
                if lacking:
                    self.assertIn(message("probe", lacking), said)

    def test_pod_identity_counts_as_a_role(self):
        """An account with its annotation wants a pair of variables too, and either pair will do, for any account."""
        annotation = "eks.amazonaws.com/pod-identity"
        self.apply(service_account("off", {annotation: "false"}), service_account("agent", {annotation: "true"}))
        seen = self.cluster.dry_run(pod("x", "agent"))
        self.assertEqual(seen["metadata"]["labels"][annotation], "enabled")
        given = seen["spec"]["containers"][0]["env"]
        self.assertEqual([variable["name"] for variable in given],
                         ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        self.replicas.kill_all()
        self.await_guard()
        wait_until(lambda: not self.dry_run(pod("x", "agent"))[0], "the account in use")

        def admitted(account, *env):
            container = {"name": "app", "image": "registry.example.com/app:1", "env": list(env)}
            return self.dry_run(pod("x", account, containers=[container]))
        role = [{"name": "AWS_ROLE_ARN", "value": "a"}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "b"}]
        for account in ("agent", "probe"):
            self.assertTrue(admitted(account, *given)[0], account)
            self.assertTrue(admitted(account, *role)[0], account)
            self.assertFalse(admitted(account, given[0], role[0])[0], account)
        self.assertIn("service account team-a/agent uses EKS Pod Identity, but container app would start without it "
                      "(AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): ", admitted("agent", given[1])[1])
        self.assertTrue(admitted("off")[0])

    def test_leaves_out_the_containers_that_irsa_leaves_out(self):
        values = ["app", '"app"', "other,app", 'app,"x,y"', '"x\ny",app', '"a""b",app', "\n\napp,b", "app\nrest", "app\r\nrest", '"app"\n"',
                  ",app", "app,", " app", "app ", "APP", "ap", "apps", "x\napp", '"app', 'app"', 'a"b,app', '"x"y,app', '"x,app,y"', '""app""',
                  ".*", "a.p", '"x" ,app', "app,\"", "other"]

        def manifest(value):
            made = pod("x", "probe")
            made["metadata"]["annotations"] = {SKIP: value}
            return made
        with_irsa = {}
        for value in values:
            stored = self.cluster.dry_run(manifest(value))
            with_irsa[value] = "env" in stored["spec"]["containers"][0]
        self.assertEqual({True, False}, set(with_irsa.values()))
        self.replicas.kill_all()
        self.await_guard()
        self.assertEqual({value: not self.dry_run(manifest(value))[0] for value in values}, with_irsa)

    def test_leaves_out_the_containers_that_account_or_pod_leave_out(self):
        lists = ({}, {SKIP: "app"}, {SKIP: "web"}, {INCLUDE: "app"}, {INCLUDE: "web"}, {INCLUDE: "app,web", SKIP: "app"},
                 {SKIP: '"'}, {INCLUDE: 'a"b'}, {INCLUDE: '"app"', SKIP: ""})
        accounts = [service_account(f"lists-{number}", {ROLE_ANNOTATION: OTHER_ROLE, **annotations}) for number, annotations in enumerate(lists)]
        self.apply(*accounts)

        def manifest(account, annotations):
            made = pod("x", account["metadata"]["name"])
            made["metadata"]["annotations"] = annotations
            return made
        manifests = [manifest(account, annotations) for account in accounts for annotations in lists]
        # The webhook learns of the accounts by its watch.
        wait_until(lambda: self.gets(manifest(accounts[-1], {}), OTHER_ROLE), "the accounts in use")
        with_irsa = ["env" in self.cluster.dry_run(each)["spec"]["containers"][0] for each in manifests]
        self.assertEqual({True, False}, set(with_irsa))
        self.replicas.kill_all()
        self.await_guard()
        wait_until(lambda: not self.dry_run(manifest(accounts[-1], {}))[0], "the guard's accounts in use")
        self.assertEqual([not self.dry_run(each)[0] for each in manifests], with_irsa)

    def test_nothing_about_accounts_waits_while_every_replica_is_dead(self):
        """A role can be given, changed and taken away, and the pods that follow show it."""
        self.apply(with_role("kept"), service_account("plain"))
        self.replicas.kill_all()
        self.await_guard()

        def says(account, role):
            wait_until(lambda: (f"has the role {role}," in self.dry_run(pod("x", account))[1]) if role else
                       self.dry_run(pod("x", account))[0], f"{account} with {role}")
        self.assertEqual(self.api.create(with_role("new"))[0], 201)
        self.assertEqual(self.api.annotate("kept", {ROLE_ANNOTATION: OTHER_ROLE})[0], 200)
        self.assertEqual(self.api.annotate("plain", {ROLE_ANNOTATION: ROLE})[0], 200)
        for account, role in (("new", ROLE), ("kept", OTHER_ROLE), ("plain", ROLE)):
            says(account, role)
        self.assertEqual(self.api.annotate("plain", {ROLE_ANNOTATION: None})[0], 200)
        says("plain", None)
        self.cluster.kubectl("delete", "serviceaccount", "kept", "-n", "team-a", "--timeout=30s")

    def test_roles_that_irsa_ignores_are_none_to_the_guard(self):
        self.apply(service_account("empty", {ROLE_ANNOTATION: ""}), service_account("long", {ROLE_ANNOTATION: "x" * 2049}),
                   service_account("bytes", {ROLE_ANNOTATION: "\u20ac" * 683}), service_account("longest", {ROLE_ANNOTATION: "x" * 2048}))
        self.replicas.kill_all()
        self.await_guard()
        wait_until(lambda: not self.dry_run(pod("x", "longest"))[0], "the accounts in use")
        self.assertEqual([self.dry_run(pod("x", name))[0] for name in ("empty", "long", "bytes")], [True] * 3)

    def test_restarts_of_the_apiserver(self):
        """From its readiness on, no pod passes without its identity. Without irsa, all are refused."""
        self.replicas.kill_all()
        self.await_guard()
        for restart in range(3):
            self.cluster.restart_apiserver()
            self.api.close()  # and the next request makes a new connection
            answers = [self.api.create(pod(f"restart-{restart}-{number}", "probe")) for number in range(100)]
            self.assertEqual({status for status, _ in answers}, {403})

    def test_accounts_and_pods_of_many_clients_at_once(self):
        """irsa asks the apiserver about accounts that it does not know yet."""
        without, failed = [], []

        def create(writer):
            client = RestClient(self.cluster)
            for number in range(25):
                name = f"pair-{writer}-{number}"
                account, (status, created) = client.create(with_role(name, "team-b")), client.create(pod(name, name, "team-b"))
                if account[0] != 201 or status != 201:
                    failed.append((account, created))
                elif not has_identity(created):
                    without.append(name)
            client.close()
        writers = [threading.Thread(target=create, args=(writer,)) for writer in range(16)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual((without, failed[:3]), ([], []))


if __name__ == "__main__":
    unittest.main()
