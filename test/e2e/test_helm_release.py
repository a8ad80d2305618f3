"""A release of the chart on a real kube-apiserver, from install to uninstall, failing closed."""
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

from .harness.control_plane import ControlPlane
from .harness.deployed import NAME, route, start_replica
from .harness.cluster_source import ClusterSource
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_untouched, has_identity, pod, service_account
from .harness.rendering import CHART, NAMESPACE
from .harness.waiting import wait_until

NO_POD = '{"spec": {"containers": [{}]}}'
CLOSED = ("--set", "webhook.failurePolicy=Fail")
TEST = f"{NAME}-test"


class Release(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.cluster = ControlPlane(os.environ["IRSA_TESTBED"], self.directory / "cluster")
        self.addCleanup(self.cluster.close)

    def helm(self, *arguments):
        # No --wait: no kubelet would ever make the Deployment available.
        done = self.run_helm(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def run_helm(self, *arguments):
        return subprocess.run([os.environ["IRSA_HELM"], *arguments, "--kubeconfig", self.cluster.kubeconfig, "--namespace", NAMESPACE],
                              text=True, capture_output=True, timeout=120, cwd=self.directory)

    def entries(self):
        return {entry["name"]: entry for entry in self.cluster.get("mutatingwebhookconfiguration", NAME)["webhooks"]}

    def create(self, manifest):
        return self.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=manifest, check=False)

    def test_from_install_to_uninstall(self):
        self.install_failing_open()
        self.pass_its_own_test()
        self.upgrade_to_failing_closed()
        self.fail_its_own_test()
        self.uninstall()

    def install_failing_open(self):
        notes = self.helm("install", "irsa", str(CHART), "--create-namespace")
        self.assertIn("pods are admitted without identity", notes)
        self.cluster.kubectl("create", "namespace", "team-a")
        source = ClusterSource(self.cluster, self.directory / "credentials", NAME, NAMESPACE)
        self.webhook = start_replica(self.cluster, os.environ["IRSA_BINARY"], self.directory / "webhook", *source.flags)
        self.addCleanup(self.webhook.close)
        route(self.cluster, self.webhook.port)
        self.webhook.wait_ready()
        source.apply(service_account("my-app", {ROLE_ANNOTATION: ROLE}),
                     service_account("my-cni", {ROLE_ANNOTATION: ROLE}, "kube-system"))
        wait_until(lambda: has_identity(self.cluster.dry_run(pod("probe", "my-app"))), "the webhook in use")

    def pass_its_own_test(self):
        done, audit = self.run_test("passing")
        self.assertEqual((done.returncode, audit.returncode), (0, 0), done.stderr + audit.stdout + audit.stderr)
        self.assertIn("Phase:          Succeeded", done.stdout)
        self.assertIn("in use: the webhook", audit.stdout)
        self.assertEqual(self.left_of_tests(), [], "the account that the test reads with is for the test alone")

    def fail_its_own_test(self):
        """No replica runs, and kube-apiserver would not trust one."""
        for index in (0, 1):
            self.cluster.kubectl("patch", "mutatingwebhookconfiguration", NAME, "--type=json", "-p",
                                 json.dumps([{"op": "remove", "path": f"/webhooks/{index}/clientConfig/caBundle"}]))
        done, audit = self.run_test("failing")
        self.assertEqual((done.returncode, audit.returncode), (1, 1), done.stdout + audit.stdout)
        self.assertIn("[ca-bundle-empty]", audit.stdout)
        self.assertEqual(self.left_of_tests(), [f"pod/{TEST}"], "whose log says what is wrong")
        self.cluster.kubectl("delete", "pod", TEST, "-n", NAMESPACE, "--now")

    def run_test(self, name):
        """What `helm test` and the test's pod end with. There is no kubelet, so the pod's container is run here, as its account."""
        ended = []

        def run_pod():
            found = wait_until(lambda: self.cluster.kubectl("get", "pod", TEST, "-n", NAMESPACE, "-o", "json", check=False).out, "the test's pod")
            container, = json.loads(found)["spec"]["containers"]
            source = ClusterSource(self.cluster, self.directory / name, TEST, NAMESPACE)
            ended.append(subprocess.run([os.environ["IRSA_BINARY"], *container["args"], *source.flags], text=True, capture_output=True, timeout=60))
            phase = "Succeeded" if ended[0].returncode == 0 else "Failed"
            self.cluster.kubectl("patch", "pod", TEST, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", json.dumps({"status": {"phase": phase}}))

        kubelet = threading.Thread(target=run_pod)
        kubelet.start()
        done = self.run_helm("test", "irsa", "--timeout", "60s")
        kubelet.join()
        return done, ended[0]

    def left_of_tests(self):
        return self.cluster.kubectl("get", "pod,role,rolebinding,serviceaccount,clusterrole,clusterrolebinding", "-n", NAMESPACE,
                                    "-l", "app.kubernetes.io/name=irsa-test", "-o", "name").out.split()

    def upgrade_to_failing_closed(self):
        before = self.entries()["pod-identity.irsa.dev"]
        notes = self.helm("upgrade", "irsa", str(CHART), *CLOSED)
        self.assertIn("REFUSED everywhere but in irsa-system, kube-system", notes)
        entries = self.entries()
        # What irsa wrote is not the chart's to take away.
        self.assertEqual(entries["pod-identity.irsa.dev"]["clientConfig"]["caBundle"], before["clientConfig"]["caBundle"])
        self.assertEqual({name: entry["failurePolicy"] for name, entry in entries.items()},
                         {"pod-identity.irsa.dev": "Fail", "pod-identity-open.irsa.dev": "Ignore"})
        route(self.cluster, self.webhook.port)  # the upgrade has put the port back
        for manifest in (pod("closed", "my-app"), pod("cni", "my-cni", "kube-system")):
            wait_until(lambda manifest=manifest: has_identity(json.loads(self.create(manifest).out or NO_POD)), "both entries in use")
        self.webhook.close()
        refused = wait_until(lambda: self.refusal(pod("closed", "my-app")), "the refusal of a pod")
        self.assertIn('failed calling webhook "pod-identity.irsa.dev"', refused)
        assert_untouched(self, json.loads(self.create(pod("cni", "my-cni", "kube-system")).out))

    def refusal(self, manifest):
        created = self.create(manifest)
        return created.err if created.status != 0 else None

    def uninstall(self):
        self.helm("uninstall", "irsa")
        # With the configuration goes what refused pods.
        wait_until(lambda: self.create(pod("after", "my-app")).status == 0, "a pod admitted after irsa is gone")
        left = self.cluster.kubectl("get", "all,role,rolebinding,networkpolicy,pdb,serviceaccount,secret", "-n", NAMESPACE,
                                    "-l", "app.kubernetes.io/name=irsa", "-o", "name").out.split()
        self.assertEqual([name for name in left if not name.startswith(("pod/", "replicaset.apps/"))], [])
        cluster_wide = self.cluster.kubectl("get", "clusterrole,clusterrolebinding,mutatingwebhookconfiguration",
                                            "-l", "app.kubernetes.io/name=irsa", "-o", "name").out
        self.assertEqual(cluster_wide, "")


if __name__ == "__main__":
    unittest.main()
