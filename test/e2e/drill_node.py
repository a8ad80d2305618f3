"""Figures for docs/reliability.md: pods created at a steady rate on a real node while irsa's pods are deleted, evicted, killed or hang,
and while the node's own programs restart.

Not part of a run of all tests. By name:

    scripts/e2e drill_node                           # all of it, about forty minutes
    scripts/e2e drill_node.Two.test_evict drill_node.Guarded

Each prints its figures; the promises are asserted.
"""
import datetime
import json
import signal
import time
import unittest

from .harness.node import NodeTests, claims, runnable
from .harness.node_aws import AwsOnTheNode
from .harness.objects import TOKEN_DIRECTORY, with_role
from .harness.rendering import NAMESPACE
from .harness.steady_load import SteadyLoad
from .harness.sts import trust_policy
from .harness.waiting import wait_until

GUARD = ("components/guard", "components/guard-deny")
REPEATS = 5
PODS_EACH = 200
ROLLOUT_SECONDS = 60


class Drills(NodeTests):
    # The least that must not happen: "slipped" where guard or policy hold, else a planned end of a replica loses nothing.
    protected = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new_namespace("load")
        cls.apply(with_role("app", "load"))

    def under_load(self, name, action, rate=5, pods=PODS_EACH):
        """Does `action` again and again, at least REPEATS times, while `pods` pods are created."""
        load = SteadyLoad(self.node, "load", rate)
        times = 0
        try:
            wait_until(lambda: len(load.results) > rate, "pods created")
            while times < REPEATS or len(load.results) < pods:
                action()
                times += 1
        finally:
            load.stop()
        print(f"{type(self).__name__}, {self.replicas} replicas, {name}, {times} times: {load.summary()}", flush=True)
        return load

    def settle(self):
        self.await_rollout()

    def staying_pods(self):
        """irsa's, but for those that are about to end."""
        return [pod for pod in self.webhook_pods() if "deletionTimestamp" not in pod["metadata"]]

    def delete(self, count, *flags):
        names = [pod["metadata"]["name"] for pod in self.staying_pods()][:count]
        self.node.kubectl("delete", "pod", "-n", NAMESPACE, *names, "--wait=false", *flags)
        self.settle()

    def evict(self):
        name = self.staying_pods()[0]["metadata"]["name"]
        self.node.kubectl("create", "-f", "-", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", stdin={
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}})
        self.settle()

    def crash(self, count):
        """SIGKILL to the process; a new pod in its place, since a container that ends twice waits ever longer."""
        for pod in self.staying_pods()[:count]:
            self.kill(pod)
        time.sleep(3)
        self.settle()
        self.delete(self.replicas)

    def hang(self):
        """SIGSTOP, until the kubelet's liveness probe has the container killed."""
        hung = self.staying_pods()[0]
        self.signal(hung, signal.SIGSTOP)

        def has_restarted():
            pods = [pod for pod in self.webhook_pods() if pod["metadata"]["uid"] == hung["metadata"]["uid"]]
            return not pods or any(status["restartCount"] for status in pods[0]["status"]["containerStatuses"])
        wait_until(has_restarted, "the hanging container is restarted", 120)
        self.settle()
        self.delete(self.replicas)


class Planned:
    """What an administrator does: no pod is lost."""

    def none_lost(self, name, action, **how):
        self.assertEqual(self.under_load(name, action, **how).lost(), [])

    def test_delete(self):
        self.none_lost("delete", lambda: self.delete(1))

    def test_delete_all(self):
        self.none_lost("delete-all", lambda: self.delete(self.replicas))

    def test_evict(self):
        self.none_lost("evict", self.evict)

    def test_rollout(self):
        def restart():
            self.node.kubectl("rollout", "restart", "-n", NAMESPACE, "deployment/irsa")
            self.node.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/irsa", "--timeout=120s")
        self.none_lost("rollout restart", restart, pods=5 * ROLLOUT_SECONDS)


class Unplanned:
    """What nobody plans: with guard or policy, no pod silently without identity."""

    def test_force(self):
        self.check("force", lambda: self.delete(1, "--grace-period=0", "--force"))

    def test_crash(self):
        self.check("crash", lambda: self.crash(1))

    def test_crash_all(self):
        self.check("crash-all", lambda: self.crash(self.replicas))

    def test_hang(self):
        self.check("hang", self.hang)

    def check(self, name, action):
        load = self.under_load(name, action, pods=100)
        if self.protected:
            self.assertEqual(load.counts().get("slipped", 0), 0)


class One(Planned, Drills):
    replicas = 1


class Two(Planned, Unplanned, Drills):
    replicas = 2


class Guarded(Unplanned, Drills):
    components = GUARD
    protected = True


class Policy(Unplanned, Drills):
    components = (*GUARD, "components/policy")
    protected = True

    def check(self, name, action):
        self.assertEqual(self.under_load(name, action, pods=100).lost(), [])


class Restarts(Drills):
    """kubelet, containerd and the whole node."""

    def restart(self, *components):
        self.node.components("stop", *components)
        time.sleep(2)
        self.node.components("start", *components)
        wait_until(lambda: self.node.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=1s", check=False).status == 0,
                   "the node is Ready")
        self.settle()

    def test_kubelet(self):
        self.assertEqual(self.under_load("kubelet restarted", lambda: self.restart("kubelet")).lost(), [])

    def test_containerd(self):
        self.assertEqual(self.under_load("containerd restarted", lambda: self.restart("containerd")).lost(), [])

    def test_node(self):
        self.apply(runnable("before", "app", "load"))
        self.node.kubectl("wait", "-n", "load", "pod/before", "--for=condition=Ready", "--timeout=60s")
        started, switched_off = time.monotonic(), datetime.datetime.now(datetime.timezone.utc)
        self.node.switch_off_and_on()
        self.api.close()

        def run_again():
            """Until the kubelet has reported, the apiserver has what was before."""
            states = [status["state"] for each in self.staying_pods() for status in each["status"]["containerStatuses"]]
            return len(states) == self.replicas and all(
                "running" in state and datetime.datetime.fromisoformat(state["running"]["startedAt"]) > switched_off for state in states)
        wait_until(run_again, "all replicas run again", 120)
        self.settle()
        self.node.kubectl("wait", "-n", "load", "pod/before", "--for=condition=Ready", "--timeout=60s")
        print(f"the node off and on: all replicas ready and routed after {time.monotonic() - started:.0f} s")
        self.assertEqual(self.under_load("after the node's restart", lambda: time.sleep(1), pods=50).lost(), [])
        self.assertEqual(claims(self.node.execute("load", "before", "cat", f"{TOKEN_DIRECTORY}/token"))["aud"], ["sts.amazonaws.com"])


# One SDK session of one process, which asks for new credentials before each call, as it does hourly otherwise.
KEEPS_CALLING = """
import time, boto3
session = boto3.Session()
credentials = session.get_credentials()
credentials._advisory_refresh_timeout = 10 ** 6
sts = session.client("sts")
while True:
    print(sts.get_caller_identity()["Arn"], credentials.access_key, flush=True)
    time.sleep(5)
"""


class Rotation(AwsOnTheNode):
    def test_kubelet_rotates_the_token(self):
        """It asks for a new one after 80% of the token's life, which is ten minutes at least; and the SDK goes on working."""
        self.serve_aws()
        self.new_namespace("load")
        self.iam("create-open-id-connect-provider", "--url", self.issuer, "--client-id-list", "sts.amazonaws.com")
        policy = json.dumps(trust_policy(self.issuer, "system:serviceaccount:load:short"))
        role = self.iam("create-role", "--role-name", "short", "--assume-role-policy-document", policy)["Role"]["Arn"]
        caller = self.application("caller", "short", "load")
        caller["spec"]["containers"][0]["command"] = ["/aws/bin/python", "-c", KEEPS_CALLING]
        self.apply(with_role("short", "load", role, token_expiration="600"), runnable("short", "short", "load"), caller)
        self.node.kubectl("wait", "-n", "load", "pod", "--all", "--for=condition=Ready", "--timeout=60s")

        def token():
            return claims(self.node.execute("load", "short", "cat", f"{TOKEN_DIRECTORY}/token"))

        def calls():
            return self.node.kubectl("logs", "-n", "load", "caller").out.splitlines()
        first = token()
        self.assertEqual(first["exp"] - first["iat"], 600)

        def token_that_is_new():
            now = token()
            return now if now["iat"] != first["iat"] else None
        second = wait_until(token_that_is_new, "a new token", 660, interval_s=5)
        print(f"token of 600 s: rotated {second['iat'] - first['iat']} s after it was issued")
        self.assertLess(second["iat"], first["exp"])
        # STS has five minutes of leeway. From then on, whoever had the first token in memory would be refused.
        wait_until(lambda: time.time() > first["exp"] + 305, "the first token's end", 600, interval_s=5)
        before = len(calls())
        wait_until(lambda: len(calls()) > before + 2, "calls with the second token")
        pod, = self.list_pods("load", "app!=short")
        self.assertEqual(pod["status"]["containerStatuses"][0]["restartCount"], 0)
        print(f"{len(calls())} calls by one SDK session, each with new credentials, none failed")


if __name__ == "__main__":
    unittest.main()
