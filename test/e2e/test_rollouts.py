"""Replicas that are replaced or killed while pods are created as fast as the apiserver takes them: none loses its identity."""
import os
import re
import sys
import unittest

from .harness.creators import CREATORS, Creators
from .harness.guarded import REFUSAL, GuardedCluster
from .harness.nginx import NginxBalancer
from .harness.objects import ROLE, ROLE_ANNOTATION, assert_identified, has_identity, service_account
from .harness.waiting import wait_until

NGINX = os.environ.get("IRSA_NGINX", "")  # the folder that Debian's packages of it are unpacked in


@unittest.skipUnless(NGINX, "no nginx: Debian's packages of it and its stream module could not be had")
class Rollouts(GuardedCluster):
    replica_count = 2
    # Long enough for the balancer to hear of it, and for the apiserver to use the connections that it has, and so be told of the end:
    # one that it has not used is closed without a word, since HTTP/1.1 has none for it.
    replica_flags = ("--shutdown-delay=2s",)

    @classmethod
    def balance(cls, *ports):
        return NginxBalancer(NGINX, cls.directory / "nginx", *ports)

    def create_while(self, name, action):
        """Pods are created in a namespace of their own while `action` is carried out three times."""
        self.cluster.kubectl("create", "namespace", name)
        self.apply(service_account("app", {ROLE_ANNOTATION: ROLE}, name))
        creators = Creators(self.cluster, name, name)
        try:
            for _ in range(3):
                before = len(creators.created())
                action()
                wait_until(lambda: len(creators.created()) > before + CREATORS, "pods created meanwhile")
        finally:
            creators.stop()
        stored = self.stored_pods(name)
        self.assertEqual(len(stored), len(creators.created()))
        self.assertEqual([found["metadata"]["name"] for found in stored if not has_identity(found)], [])
        self.report(name, creators)
        return creators

    def stored_pods(self, namespace):
        found, more = [], ""
        while True:
            _, page = self.api.request("GET", f"/api/v1/namespaces/{namespace}/pods?limit=500&continue={more}")
            found += page["items"]
            more = page["metadata"].get("continue")
            if not more:
                return found

    def webhook_metrics(self):
        """Of the entry for pods, as the apiserver has them: by name and the rest of the labels."""
        text = self.cluster.kubectl("get", "--raw", "/metrics").out
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines()
                if line.startswith("apiserver_admission_webhook_") and 'name="pod-identity.irsa.dev"' in line}

    def report(self, name, creators):
        buckets = sorted((float(re.search(r'le="([^"]+)"', series).group(1)), count) for series, count in self.webhook_metrics().items()
                         if "admission_duration_seconds_bucket" in series and 'rejected="false"' in series)
        total = buckets[-1][1]
        quantiles = [next(le for le, count in buckets if count >= total * share) for share in (0.5, 0.99, 0.999)]
        sys.stderr.write(f"{name}: {len(creators.created())} pods created, {len(creators.refused())} refusals; "
                         "the apiserver's webhook latency up to now: "
                         f"median, p99, p99.9 at most {', '.join(f'{1000 * value:g}' for value in quantiles)} ms of {total:.0f} calls ... ")

    def failures(self):
        return {series: count for series, count in self.webhook_metrics().items()
                if re.match(r"apiserver_admission_webhook_(fail_open_count|rejection_count)", series)}

    def failed_calls(self):
        """What the apiserver says of calls that failed."""
        return "\n".join(line for line in self.cluster.apiserver.log().splitlines() if "ailed calling webhook" in line)

    def test_rolling_restarts_lose_nothing(self):
        before = self.failures()

        def restart():
            for _ in range(self.replica_count):
                self.assertEqual(self.replicas.roll(), 0)
        creators = self.create_while("rolling", restart)
        self.assertEqual(creators.refused(), [], self.failed_calls())
        self.assertEqual(self.failures(), before, self.failed_calls())
        for answer in creators.created()[::100]:
            assert_identified(self, answer)

    def test_replicas_killed_leave_nobody_without_identity(self):
        creators = self.create_while("killed", self.replicas.kill_first)
        # The guard's doing; without it those would run as their node.
        self.assertEqual([answer for answer in creators.refused() if REFUSAL not in answer["message"]], [])


if __name__ == "__main__":
    unittest.main()
