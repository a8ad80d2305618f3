"""Workloads whose pods the guard refused while every replica was dead: they get them, mutated, once irsa is back."""
import json
import os
import time
import unittest

from .harness.guarded import GuardedCluster, message
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, pod, service_account
from .harness.waiting import wait_until

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}
SLOW = os.environ.get("IRSA_SLOW", "")
# What kubectl, controllers and calls to irsa may take on a busy machine.
AT_ONCE_S = 15
# docs/guard.md has it.
NUDGE = ("annotate", "{kind}", "--all", "-n", "team-a", 'irsa.dev/nudged={when}', "--overwrite")


class BlockedWorkloads(GuardedCluster):
    def setUp(self):
        self.addCleanup(self.bring_back)

    def workload(self, kind, name):
        template = {"metadata": {"labels": {"app": name}}, "spec": pod("x", name)["spec"]}
        spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
        if kind == "Job":
            template["spec"]["restartPolicy"] = "Never"
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": name, "namespace": "team-a"}, "spec": {"template": template}}
        if kind == "StatefulSet":
            spec["serviceName"] = name
        if kind == "DaemonSet":
            template["spec"]["tolerations"] = [{"operator": "Exists"}]  # a node that no kubelet has reported is not ready
            return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "team-a"}, "spec": spec}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "team-a"}, "spec": {**spec, "replicas": 3}}

    def pods(self, name):
        return json.loads(self.cluster.kubectl("get", "pods", "-n", "team-a", "-l", f"app={name}", "-o", "json").out)["items"]

    def block(self, *names_and_kinds):
        """Each with a service account of its own; returns when the guard has refused a pod of each."""
        self.apply(*(service_account(name, {ROLE_ANNOTATION: ROLE}) for name, _ in names_and_kinds))
        self.replicas.kill_all()
        self.await_guard()
        self.apply(*(self.workload(kind, name) for name, kind in names_and_kinds))
        for name, kind in names_and_kinds:
            wait_until(lambda: self.refusal(kind, name), f"an Event about the {kind}'s refused pod")

    def refusal(self, kind, name):
        owner = "ReplicaSet" if kind == "Deployment" else kind
        events = json.loads(self.cluster.kubectl("get", "events", "-n", "team-a", "-o", "json").out)["items"]
        return next((event for event in events if event["involvedObject"]["kind"] == owner and event["reason"] == "FailedCreate"
                     and event["involvedObject"]["name"].startswith(name) and message(name) in event["message"]), None)

    def condition(self, name):
        found = self.cluster.get("deployment", name, "team-a").get("status", {}).get("conditions", [])
        return next((each["message"] for each in found if each["type"] == "ReplicaFailure"), None)

    def assert_gets_pods(self, name, count, within_s):
        def all_there():
            found = self.pods(name)
            return found if len(found) == count else None
        for stored in wait_until(all_there, f"the pods of {name}", within_s):
            assert_identified(self, stored)

    def nudge(self, kinds="replicasets"):
        self.cluster.kubectl(*(part.format(kind=kinds, when=time.time_ns()) for part in NUDGE))

    def wait_since(self, started, seconds):
        wait_until(lambda: time.monotonic() - started >= seconds, "blocked for so long", seconds + 10)

    def test_deployment_gets_its_pods_by_itself(self):
        self.block(("by-itself", "Deployment"))
        self.assertIn(message("by-itself"), wait_until(lambda: self.condition("by-itself"), "the refusal in the Deployment's status"))
        self.bring_back()
        self.assert_gets_pods("by-itself", 3, 120)

    def test_nudged_ones_get_their_pods_at_once(self):
        self.apply(NODE)
        self.block(("deployment", "Deployment"), ("statefulset", "StatefulSet"), ("daemonset", "DaemonSet"), ("job", "Job"))
        # No attempt of their own is near: a Job's are 63 and 123 s after its first, the others' 82 and 164 s.
        self.wait_since(time.monotonic(), 90)
        self.bring_back()
        self.nudge("replicasets,statefulsets,daemonsets,jobs")
        for name, count in (("deployment", 3), ("statefulset", 1), ("daemonset", 1), ("job", 1)):
            with self.subTest(name):
                # A StatefulSet makes the next pod when the one before is ready, which nothing here makes it.
                self.assert_gets_pods(name, count, AT_ONCE_S)

    def test_only_events_say_why_those_without_replica_sets_have_no_pods(self):
        """docs/audit.md has it: that is why irsa audit lists ReplicaSets alone."""
        self.apply(NODE)
        self.block(("mute-set", "StatefulSet"), ("mute-daemon", "DaemonSet"), ("mute-job", "Job"))
        def status(kind, name):
            return self.cluster.get(kind, name, "team-a")["status"]
        def is_observed(kind, name):
            found = self.cluster.get(kind, name, "team-a")
            return found["status"].get("observedGeneration") == found["metadata"]["generation"]
        for kind, name in (("statefulset", "mute-set"), ("daemonset", "mute-daemon")):
            wait_until(lambda: is_observed(kind, name), f"the {kind}'s status")
        wait_until(lambda: status("daemonset", "mute-daemon").get("desiredNumberScheduled") == 1, "the node counted")
        self.assertEqual(status("daemonset", "mute-daemon")["currentNumberScheduled"], 0)
        self.assertEqual(status("statefulset", "mute-set").get("replicas", 0), 0)
        self.assertEqual(status("job", "mute-job").get("active", 0), 0)
        for kind, name in (("statefulset", "mute-set"), ("daemonset", "mute-daemon"), ("job", "mute-job")):
            with self.subTest(kind):
                self.assertEqual(status(kind, name).get("conditions", []), [])

    @unittest.skipUnless(SLOW, "waits for six minutes: scripts/e2e --slow runs it")
    def test_nudged_after_more_than_five_minutes(self):
        self.block(("long", "Deployment"))
        self.wait_since(time.monotonic(), 340)
        self.bring_back()
        self.assertEqual(self.pods("long"), [])
        self.nudge()
        self.assert_gets_pods("long", 3, AT_ONCE_S)


if __name__ == "__main__":
    unittest.main()
