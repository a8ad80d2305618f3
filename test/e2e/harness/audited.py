"""A cluster with irsa as deploy/ installs it, for tests of what irsa audit finds in it."""
import json
import os
import subprocess

from .cluster_source import ClusterSource
from .deployed import NAME, start_replica
from .installed import InstalledCluster
from .objects import pod, with_role
from .rendering import NAMESPACE
from .replicas import Replicas
from .waiting import wait_until

IRSA = os.environ["IRSA_BINARY"]
ADVICE, GUARD, DENY, FALLBACK, ONLY = (f"components/{name}" for name in ("advice", "guard", "guard-deny", "policy", "policy-only"))


class AuditedCluster(InstalledCluster):
    """irsa as deploy/ installs it with the guard on deny; one replica runs beside the cluster."""

    components = (ADVICE, GUARD, DENY)
    namespaces = ("team-a",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.flags = source.flags
        cls.replicas = Replicas(cls.cluster, cls.directory,
                                lambda directory: start_replica(cls.cluster, IRSA, directory, *cls.flags), 1)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        cls.kubectl = cls.cluster.kubectl
        cls.await_webhooks()
        cls.apply(with_role("app", "team-a"))
        wait_until(lambda: cls.gets(pod("probe", "app")), "/mutate in use")

    @classmethod
    def namespace(cls, name, **labels):
        cls.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    @classmethod
    def run_audit(cls, *arguments, kubeconfig=None):
        return subprocess.run([IRSA, "audit", "--kubeconfig", str(kubeconfig or cls.cluster.kubeconfig), *arguments], text=True,
                              capture_output=True, timeout=120)

    def audit(self, *arguments):
        """The findings by their kind; the exit status is checked."""
        done = self.run_audit("-o", "json", *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        report = self.report = json.loads(done.stdout)
        faults = [finding for finding in report["findings"] if finding["severity"] == "fault"]
        self.assertEqual(report["summary"]["faults"], len(faults))
        self.assertEqual(report["clean"], not faults and not report["unread"])
        self.assertEqual(done.returncode, 0 if report["clean"] else 1)
        self.assertEqual(report["unread"], [])
        found = {}
        for finding in report["findings"]:
            for field in ("what", "why", "fix", "title"):
                self.assertTrue(finding[field], finding)
            found.setdefault(finding["kind"], []).append(finding)
        return found

    def only(self, found, kind):
        finding, = found[kind]
        return finding

    def planted(self, *kinds, area, plant, objects, remarks=()):
        """What is planted is found, and nothing else; then the objects are as they were, and only the remarks are left."""
        before = [self.cluster.get(kind, name, NAMESPACE) for kind, name in objects]
        plant()
        with self.subTest(kinds):
            self.assertEqual(set(self.audit("--only", area)), set(kinds))
        for (kind, name), stored in zip(objects, before):
            self.kubectl("delete", kind, name, "-n", NAMESPACE, "--ignore-not-found")
            for field in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
                stored["metadata"].pop(field, None)
            self.kubectl("create", "-f", "-", stdin=stored)
        self.assertEqual(set(self.audit("--only", area)), set(remarks))

    def patch(self, kind, name, *operations):
        self.kubectl("patch", kind, name, "-n", NAMESPACE, "--type=json", "-p",
                     json.dumps([{"op": op, "path": path, **({} if op == "remove" else {"value": value})}
                                 for op, path, value in operations]))
