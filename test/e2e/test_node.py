"""irsa on a real node, as deploy/ describes it: its pods run, tokens are mounted, NetworkPolicy is enforced, the Service is kube-proxy's."""
import datetime
import subprocess
import unittest

from .harness.node import NodeTests, claims, runnable
from .harness.objects import PREFIX, TOKEN_DIRECTORY, with_role
from .harness.rendering import NAMESPACE
from .harness.steady_load import SteadyLoad
from .harness.sts import role_arn
from .harness.waiting import wait_until

TOKEN = f"{TOKEN_DIRECTORY}/token"
ROLLOUTS = 2


class OnTheNode(NodeTests):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for namespace in ("shop", "monitoring", "load"):
            cls.new_namespace(namespace)
        cls.apply(with_role("cart", "shop"), with_role("app", "load"),
                  with_role("several", "shop", profiles=f"billing={role_arn('billing')}"))
        # Readers of the token, and a client for the network.
        user = {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000}
        cls.apply(runnable("plain", "cart", "shop", securityContext=user),
                  runnable("grouped", "cart", "shop", securityContext={**user, "fsGroup": 2000}),
                  runnable("several", "several", "shop", securityContext={**user, "fsGroup": 2000}),
                  runnable("prometheus", "default", "monitoring"))
        for name, namespace in (("plain", "shop"), ("grouped", "shop"), ("several", "shop"), ("prometheus", "monitoring")):
            cls.node.kubectl("wait", "-n", namespace, f"pod/{name}", "--for=condition=Ready", "--timeout=60s")

    def test_deployment_runs_as_it_is_described(self):
        # A replica of the class before may be ending still.
        pods = [pod for pod in self.webhook_pods() if "deletionTimestamp" not in pod["metadata"]]
        self.assertEqual(len(pods), 2)
        for pod in pods:
            status, = pod["status"]["containerStatuses"]
            self.assertEqual((status["ready"], status["restartCount"]), (True, 0))
            process, = self.node.processes(pod)
            with open(f"/proc/{process}/status") as file:
                lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            self.assertEqual((lines["Uid"].split()[0], lines["NoNewPrivs"], lines["CapEff"], lines["Seccomp"]), ("65532", "1", "0" * 16, "2"))

    def check_token(self, pod, owner, mode):
        stored, = self.list_pods("shop", f"app={pod}")
        created = datetime.datetime.fromisoformat(stored["metadata"]["creationTimestamp"]).timestamp()
        token = self.node.execute("shop", pod, "cat", TOKEN)
        granted = claims(token)
        self.assertEqual(granted["aud"], ["sts.amazonaws.com"])
        self.assertEqual(granted["sub"], "system:serviceaccount:shop:cart")
        self.assertEqual(granted["exp"] - granted["iat"], 86400)
        # Both are the apiserver's time; a token is asked for when the pod starts.
        self.assertGreaterEqual(granted["iat"], created)
        self.assertLess(granted["iat"], created + 120)
        self.assertEqual(granted["kubernetes.io"]["pod"]["name"], pod)
        self.assertEqual(self.node.execute("shop", pod, "id", "-u").strip(), "1000")
        self.assertEqual(self.node.execute("shop", pod, "stat", "-L", "-c", "%u:%g %a", TOKEN).strip(), f"{owner} {mode}")
        self.assertEqual(self.node.execute("shop", pod, "sh", "-c", "echo $AWS_WEB_IDENTITY_TOKEN_FILE").strip(), TOKEN)

    def test_token_is_readable_without_fs_group(self):
        # All containers run as one user: the kubelet makes the file that user's alone.
        self.check_token("plain", "1000:0", "600")

    def test_token_is_readable_with_fs_group(self):
        self.check_token("grouped", "1000:2000", "640")

    def test_config_file_is_readable_and_what_the_pod_says(self):
        stored, = self.list_pods("shop", "app=several")
        said = self.node.execute("shop", "several", "sh", "-c", "cat $AWS_CONFIG_FILE")
        self.assertEqual(said.strip(), stored["metadata"]["annotations"][f"{PREFIX}/aws-config"].strip())
        self.assertIn("[profile billing]", said)

    def connects(self, process, address, port):
        """Whether a process's network lets it connect, as the process itself would."""
        return subprocess.run(["nsenter", f"--target={process}", "--net", "timeout", "2", "bash", "-c", f": </dev/tcp/{address}/{port}"],
                              capture_output=True).returncode == 0

    def process_of(self, namespace, name):
        return self.node.processes(self.list_pods(namespace, f"app={name}")[0], "sleep")[0]

    def test_metrics_are_for_the_monitoring_namespace_alone(self):
        prometheus, shop = self.process_of("monitoring", "prometheus"), self.process_of("shop", "plain")
        for pod in self.webhook_pods():
            address = pod["status"]["podIP"]
            wait_until(lambda: self.connects(prometheus, address, 9999), "the firewall knows the pod")
            self.assertFalse(self.connects(shop, address, 9999))
            # Whoever calls as the apiserver does is told from others by TLS, not by address.
            self.assertTrue(self.connects(shop, address, 8443))

    def test_irsa_reaches_the_apiserver_and_nothing_else(self):
        process, = self.node.processes(self.webhook_pods()[0])
        prometheus = self.process_of("monitoring", "prometheus")
        self.assertTrue(self.connects(process, "10.96.0.1", 443))
        self.assertTrue(self.connects(prometheus, "10.77.0.1", 10250))  # the kubelet: there to be refused
        self.assertFalse(self.connects(process, "10.77.0.1", 10250))

    def test_probes_pass_the_network_policy(self):
        # No replica would be ready otherwise; the policy is there and names them.
        self.assertIn("irsa", self.node.kubectl("get", "networkpolicy", "-n", NAMESPACE).out)
        for pod in self.webhook_pods():
            self.assertEqual([condition["status"] for condition in pod["status"]["conditions"] if condition["type"] == "Ready"], ["True"])

    def test_rollout_restarts_lose_no_pod(self):
        load = SteadyLoad(self.node, "load")
        try:
            wait_until(lambda: len(load.results) > 5, "pods created")
            for _ in range(ROLLOUTS):
                self.node.kubectl("rollout", "restart", "-n", NAMESPACE, "deployment/irsa")
                self.node.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/irsa", "--timeout=120s")
        finally:
            load.stop()
        print(f"{ROLLOUTS} rollouts: {load.summary()}")
        self.assertEqual(load.lost(), [])
        self.assertGreater(len(load.results), 20)


if __name__ == "__main__":
    unittest.main()
