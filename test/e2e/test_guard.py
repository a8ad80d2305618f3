"""The record and the guard on a real kube-apiserver: no pod silently without its identity, whatever irsa is doing."""
import json
import os
import pathlib
import tempfile
import threading
import time
import unittest

from .harness.guarded import GUARD, REFUSAL, GuardedCluster, message
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, pod, service_account, with_role
from .harness.rendering import NAMESPACE, kustomize
from .harness.rest import RestClient
from .harness.waiting import wait_until

OTHER_ROLE = "arn:aws:iam::111122223333:role/other"
SKIP = "eks.amazonaws.com/skip-containers"


def entry(role=ROLE):
    return {"roleArn": role, "audience": "sts.amazonaws.com", "tokenExpirationSeconds": 86400, "region": "",
            "stsRegionalEndpoints": False}


class Manifests(unittest.TestCase):
    """No cluster."""

    def setUp(self):
        self.overlay = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def render(self, *components):
        return kustomize(os.environ["IRSA_TESTBED"], [f"components/{name}" for name in components], self.overlay)

    def test_scope_comes_from_the_webhooks_configuration(self):
        for components in (["guard"], ["guard", "guard-deny", "cert-manager", "fail-closed", "config-map"]):
            objects = self.render(*components)
            webhook = objects["MutatingWebhookConfiguration/irsa"]["webhooks"][0]
            guard = objects["ValidatingAdmissionPolicy/irsa-guard"]["spec"]
            accounts, workloads = objects["ValidatingWebhookConfiguration/irsa"]["webhooks"]
            own = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [NAMESPACE, "kube-system"]}
            self.assertEqual(guard["matchConditions"], webhook["matchConditions"])
            self.assertEqual(guard["matchConstraints"]["objectSelector"], webhook["objectSelector"])
            self.assertEqual(guard["matchConstraints"]["resourceRules"], webhook["rules"])
            self.assertEqual(guard["matchConstraints"]["namespaceSelector"]["matchExpressions"], [
                own, {**own, "values": ["kube-system"]}, {"key": "irsa.dev/guard", "operator": "NotIn", "values": ["off"]}])
            self.assertEqual(accounts["namespaceSelector"], guard["matchConstraints"]["namespaceSelector"])
            self.assertEqual(workloads["namespaceSelector"]["matchExpressions"], [own])

    def test_refuses_only_when_told_to(self):
        for components, actions in ((["guard"], ["Warn", "Audit"]), (["guard", "guard-deny"], ["Deny", "Audit"])):
            self.assertEqual(self.render(*components)["ValidatingAdmissionPolicyBinding/irsa-guard"]["spec"]["validationActions"], actions)

    def test_nothing_of_it_without_the_component(self):
        self.assertEqual([name for name in kustomize(os.environ["IRSA_TESTBED"]) if "guard" in name or "Validating" in name], [])

    def test_cert_manager_writes_both_bundles(self):
        objects = self.render("guard", "cert-manager")
        for kind in ("Mutating", "Validating"):
            annotations = objects[f"{kind}WebhookConfiguration/irsa"]["metadata"]["annotations"]
            self.assertEqual(annotations, {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/irsa"})
        # So irsa needs no right to.
        self.assertEqual([rule["resources"] for rule in objects["ClusterRole/irsa-guard"]["rules"]],
                         [["identitymaps"], ["identitymaps/status"], ["pods"], ["deployments"], ["events"]])


class Record(GuardedCluster):
    def test_is_there_when_the_account_is(self):
        self.assertEqual(self.api.create(with_role("first"))[0], 201)
        self.assertEqual(self.api.entries()["first"], entry())
        self.assertEqual(self.api.annotate("first", {ROLE_ANNOTATION: OTHER_ROLE})[0], 200)
        self.assertEqual(self.api.entries()["first"], entry(OTHER_ROLE))

    def test_holds_what_the_annotations_come_to(self):
        self.api.create(service_account("custom", {
            ROLE_ANNOTATION: ROLE, "eks.amazonaws.com/audience": "sts.example.com", "eks.amazonaws.com/token-expiration": "1",
            "eks.amazonaws.com/sts-regional-endpoints": "true"}))
        self.assertEqual(self.api.entries()["custom"], {
            "roleArn": ROLE, "audience": "sts.example.com", "tokenExpirationSeconds": 600, "region": "", "stsRegionalEndpoints": True})

    def test_generated_name(self):
        manifest = with_role("x")
        manifest["metadata"] = {"generateName": "generated-", "namespace": "team-a", "annotations": manifest["metadata"]["annotations"]}
        status, created = self.api.create(manifest)
        self.assertEqual(status, 201, created)
        self.assertEqual(self.api.entries()[created["metadata"]["name"]], entry())

    def test_dry_run_writes_nothing(self):
        self.cluster.kubectl("create", "namespace", "dry")
        self.apply(with_role("dry", namespace="dry"), flags=["--dry-run=server"])
        self.assertIsNone(self.api.record("dry"))

    def test_accounts_without_a_role_are_not_in_it(self):
        self.apply(service_account("plain"), service_account("typo", {"eks.amazonaws.com/role-arm": ROLE}))
        self.assertEqual({"plain", "typo"} & set(self.api.entries()), set())

    def test_nothing_is_written_when_nothing_changed(self):
        self.apply(with_role("same"))
        before = self.api.record()["metadata"]["generation"]
        # Reaches irsa, since a key that it reads is changed, and comes to the same identity.
        self.assertEqual(self.api.annotate("same", {"eks.amazonaws.com/audience": "sts.amazonaws.com"})[0], 200)
        self.assertEqual(self.api.record()["metadata"]["generation"], before)

    def test_warnings_stand_in_kubectls_output(self):
        said = self.apply(service_account("wrong", {ROLE_ANNOTATION: "arn:aws:iam::1:role/x", "eks.amazonaws.com/audiense": "x"})).err
        self.assertIn('unknown annotation "eks.amazonaws.com/audiense" is ignored: did you mean audience?', said)
        self.assertIn("is not arn:aws:iam::ACCOUNT:role/NAME", said)

    def test_many_writers_lose_nothing_of_each_other(self):
        self.cluster.kubectl("create", "namespace", "crowd")
        refused = []

        def create(writer):
            client = RestClient(self.cluster)

            def answered(account):
                """503 says that the time was over, which a slow machine makes happen; whoever is told so tries again."""
                status, answer = client.create(account)
                return None if status == 503 else (status, answer)
            for number in range(25):
                account = with_role(f"app-{writer}-{number}", namespace="crowd")
                status, answer = wait_until(lambda: answered(account), "another answer than 503")
                if status != 201:
                    refused.append(answer)
            client.close()
        writers = [threading.Thread(target=create, args=(writer,)) for writer in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(refused, [])
        self.assertEqual(len(self.api.entries("crowd")), 200)

    def test_changes_of_one_account_at_once_keep_no_pod_waiting(self):
        """More than may write at a time, each replacing the others' entry before the apiserver's policies have seen it."""
        self.assertEqual(self.api.create(with_role("contested"))[0], 201)
        self.assertEqual(self.api.create(with_role("steady"))[0], 201)
        statuses = []

        def change(writer):
            client = RestClient(self.cluster)
            statuses.append(client.annotate("contested", {ROLE_ANNOTATION: f"{ROLE}-{writer}"})[0])
            client.close()
        writers = [threading.Thread(target=change, args=(writer,)) for writer in range(40)]
        for writer in writers:
            writer.start()
        for number in range(20):
            status, created = self.api.create(pod(f"steady-{number}", "steady"))
            self.assertEqual(status, 201, created)
            assert_identified(self, created)
        for writer in writers:
            writer.join()
        self.assertLessEqual(set(statuses), {200, 409, 503})
        self.assertIn(200, statuses)

    def test_apiserver_that_refuses_the_write_is_the_reason_given(self):
        binding = self.cluster.get("clusterrolebinding", "irsa-guard")
        for field in ("resourceVersion", "uid"):
            del binding["metadata"][field]
        self.cluster.kubectl("delete", "clusterrolebinding", "irsa-guard")
        try:
            said = wait_until(lambda: self.refusal_of("refused"), "the right to write withdrawn")
            self.assertIn("the role of service account team-b/refused cannot be recorded: the record of namespace team-b: ", said)
            self.assertIn(f'User "system:serviceaccount:{NAMESPACE}:irsa" cannot', said)
            self.assertEqual(self.apply(service_account("unaffected", namespace="team-b")).status, 0)
        finally:
            self.cluster.kubectl("apply", "-f", "-", stdin=binding)
            wait_until(lambda: self.refusal_of("again") is None, "the right to write given back")

    def refusal_of(self, name):
        """What is said against an account with a role; None when it is taken, of which nothing is left then."""
        tried = self.apply(with_role(name, namespace="team-b"), check=False)
        if tried.status:
            return tried.err
        self.cluster.kubectl("delete", "serviceaccount", name, "-n", "team-b")
        return None

    def test_irsa_may_write_the_record_and_no_more(self):
        def may(verb, resource):
            user = f"--as=system:serviceaccount:{NAMESPACE}:irsa"
            return self.cluster.kubectl("auth", "can-i", verb, resource, user, "-A", check=False).out.strip() == "yes"
        allowed = [("list", "identitymaps.irsa.dev"), ("create", "identitymaps.irsa.dev"), ("patch", "identitymaps.irsa.dev"),
                   ("patch", "validatingwebhookconfigurations/irsa")]
        refused = [("delete", "identitymaps.irsa.dev"), ("update", "identitymaps.irsa.dev"), ("update", "serviceaccounts"),
                   ("patch", "validatingwebhookconfigurations/other"), ("create", "validatingwebhookconfigurations"),
                   ("patch", "validatingadmissionpolicies"), ("patch", "customresourcedefinitions")]
        self.assertEqual([action for action in allowed if not may(*action)], [])
        self.assertEqual([action for action in refused if may(*action)], [])

    def test_irsa_may_lead_in_its_own_namespace_alone(self):
        def may(verb, resource, namespace):
            user = f"--as=system:serviceaccount:{NAMESPACE}:irsa"
            return self.cluster.kubectl("auth", "can-i", verb, resource, user, "-n", namespace, check=False).out.strip() == "yes"
        lease = "leases.coordination.k8s.io"
        for verb, resource in (("create", lease), ("get", f"{lease}/irsa"), ("update", f"{lease}/irsa")):
            self.assertEqual([may(verb, resource, NAMESPACE), may(verb, resource, "team-a")], [True, False], (verb, resource))
        for verb, resource in (("update", f"{lease}/other"), ("delete", f"{lease}/irsa"), ("list", lease)):
            self.assertFalse(may(verb, resource, NAMESPACE), (verb, resource))

    def test_who_may_see_a_namespace_may_see_its_record_and_no_more(self):
        role = self.cluster.get("clusterrole", "irsa-identitymaps-view")
        # The controller that makes "view" of such roles does not run here.
        self.assertEqual([label for label in role["metadata"]["labels"] if "aggregate" in label], ["rbac.authorization.k8s.io/aggregate-to-view"])
        self.cluster.kubectl("create", "rolebinding", "bob", "--clusterrole=irsa-identitymaps-view", "--user=bob", "-n", "team-b")
        for verb, expected in (("get", "yes"), ("list", "yes"), ("patch", "no"), ("create", "no"), ("delete", "no")):
            may = self.cluster.kubectl("auth", "can-i", verb, "identitymaps.irsa.dev", "-n", "team-b", "--as=bob", check=False)
            self.assertEqual(may.out.strip(), expected, verb)


class Advice(GuardedCluster):
    components = (GUARD,)

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
        misspelt = service_account("together", {"eks.amazonaws.com/role-arm": ROLE})
        self.assertIn("did you mean role-arn?", self.apply(misspelt).err)
        self.assertIn("did you mean role-arn?", self.apply(self.workload("together")).err)
        self.assertIn(f"will run as {ROLE}", self.apply(with_role("right"), self.workload("right")).err)

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
    def setUp(self):
        self.addCleanup(self.bring_back)

    def switch_off_the_webhook_for_pods(self):
        """The rest of irsa goes on."""
        self.cluster.kubectl("patch", "mutatingwebhookconfiguration", "irsa", "--type=json", "-p", json.dumps([
            {"op": "add", "path": "/webhooks/0/objectSelector/matchExpressions/-", "value": {"key": "never", "operator": "Exists"}}]))
        self.addCleanup(self.cluster.kubectl, "patch", "mutatingwebhookconfiguration", "irsa", "--type=json", "-p", json.dumps([
            {"op": "remove", "path": "/webhooks/0/objectSelector/matchExpressions/1"}]))
        self.await_guard()

    def test_pods_that_irsa_saw_pass(self):
        self.apply(with_role("seen"))
        created = self.cluster.kubectl("create", "-o", "json", "-f", "-", stdin=pod("seen", "seen"))
        assert_identified(self, json.loads(created.out))
        self.assertEqual(created.err, "")

    def test_account_and_pod_in_one_apply_300_times(self):
        self.switch_off_the_webhook_for_pods()
        manifests = [manifest for number in range(300)
                     for manifest in (with_role(f"one-{number}"), pod(f"one-{number}", f"one-{number}"))]
        applied = self.apply(*manifests, check=False)
        self.assertEqual(applied.err.count(REFUSAL), 300, applied.err[-2000:])
        self.assertEqual(applied.out.count("serviceaccount/one-"), 300)
        self.assertEqual(applied.out.count("pod/one-"), 0)
        self.assertEqual(self.cluster.kubectl("get", "pods", "-n", "team-a", "-o", "name").out.count("pod/one-"), 0)

    def test_account_and_pod_as_close_as_it_gets_300_times(self):
        self.switch_off_the_webhook_for_pods()
        answers = []
        # Written ahead, but without looking what the policies have seen, 41 of these passed, and 113 of those above.
        for number in range(300):
            name = f"close-{number}"
            self.assertEqual(self.api.create(with_role(name))[0], 201)
            answers.append(self.api.create(pod(name, name)))
        self.assertEqual([answer for status, answer in answers if status != 403], [])

    def test_every_replica_dead(self):
        self.apply(with_role("app"), service_account("plain"), with_role("app", namespace="kube-system"),
                   service_account("plain", namespace="kube-system"))
        self.replicas.kill_all()
        self.await_guard()
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
        self.apply(with_role("app", namespace="on"))
        # Put there by hand: the webhook for accounts looks at neither.
        for namespace in ("off", NAMESPACE):
            self.apply(service_account("app", namespace=namespace), {
                "apiVersion": "irsa.dev/v1alpha1", "kind": "IdentityMap", "metadata": {"name": "identities", "namespace": namespace},
                "spec": {"accounts": {"app": entry()}}})
        self.replicas.kill_all()
        self.await_guard()
        skipping = pod("skipping", "app", "on")
        skipping["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}
        wait_until(lambda: not self.dry_run(pod("x", "app", "on"))[0], "the record known")
        self.assertTrue(self.dry_run(skipping)[0])
        self.assertTrue(self.dry_run(pod("x", "app", "off"))[0])
        # The namespace's own standard would be in the way.
        self.cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=privileged", "--overwrite")
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

    def test_what_waits_while_every_replica_is_dead(self):
        self.cluster.kubectl("create", "namespace", "going")
        self.apply(with_role("kept"), with_role("leaving"), with_role("going", namespace="going"))
        self.replicas.kill_all()

        def refused(*answer):
            status, said = answer
            self.assertEqual(status, 500, said)
            self.assertIn('failed calling webhook "accounts.irsa.dev"', said["message"])
        wait_until(lambda: self.api.create(with_role("new"))[0] != 201 or self.cluster.kubectl(
            "delete", "serviceaccount", "new", "-n", "team-a") is None, "dead")
        refused(*self.api.create(with_role("new")))
        refused(*self.api.annotate("kept", {ROLE_ANNOTATION: OTHER_ROLE}))
        refused(*self.api.annotate("kept", {ROLE_ANNOTATION: None}))
        # All else goes on: accounts without a role, other annotations, deletions, namespaces.
        self.assertEqual(self.api.create(service_account("without"))[0], 201)
        self.assertEqual(self.api.annotate("kept", {"example.com/note": "x"})[0], 200)
        self.assertEqual(self.api.create(with_role("system", namespace="kube-system"))[0], 201)
        self.cluster.kubectl("delete", "serviceaccount", "leaving", "-n", "team-a", "--timeout=30s")
        self.cluster.kubectl("delete", "namespace", "going", "--timeout=60s")
        self.assertEqual(self.api.entries()["kept"], entry())

    def test_definition_that_is_gone_stops_nobody(self):
        self.replicas.kill_all()
        self.await_guard()
        definition = self.cluster.get("customresourcedefinition", "identitymaps.irsa.dev")
        self.cluster.kubectl("delete", "customresourcedefinition", "identitymaps.irsa.dev", "--timeout=60s")
        try:
            wait_until(lambda: self.dry_run(pod("x", "probe"))[0], "admitted without the record")
        finally:
            for field in ("resourceVersion", "uid", "creationTimestamp", "generation"):
                definition["metadata"].pop(field, None)
            definition.pop("status", None)
            self.cluster.kubectl("apply", "-f", "-", stdin=definition)
            wait_until(lambda: self.cluster.kubectl("get", "identitymaps", check=False).status == 0, "the definition back")
            self.bring_back()
            wait_until(lambda: self.apply(with_role("probe", role=OTHER_ROLE), with_role("probe"), check=False).status == 0, "the record back")
            wait_until(lambda: "probe" in self.api.entries(), "probe on record")


if __name__ == "__main__":
    unittest.main()
