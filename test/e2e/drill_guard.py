"""Figures for docs/guard.md and docs/performance.md: what guard and identity policy promise, in numbers that take minutes to get.

Not part of a run of all tests. By name:

    scripts/e2e drill_guard                          # all of it, about twenty minutes
    scripts/e2e drill_guard.Cost drill_guard.Fallback.test_restarts

Each prints its figures; the promises are asserted.
"""
import json
import pathlib
import statistics
import threading
import time
import unittest

from .harness.guarded import ADVICE, DENY, GUARD, GuardedCluster
from .harness.installed import InstalledCluster
from .harness.objects import has_identity, pod, service_account, with_role
from .harness.policy import PolicyInstallation
from .harness.rest import RestClient
from .harness.waiting import wait_until

POLICY, ONLY = "components/policy", "components/policy-only"
RESTARTS, SECONDS_EACH = 20, 6
CLIENTS, PAIRS_EACH = 16, 125


def at_once(cluster, work):
    """work(client, number) in a thread for each client; the seconds that it took."""
    def run(number):
        client = RestClient(cluster)
        work(client, number)
        client.close()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


class Drills:
    """For clusters with an account team-a/probe. `gives` when pods get their identity without irsa."""

    gives = False

    def outcome(self, status, answer):
        if status != 201:
            return "refused"
        return "identified" if has_identity(answer) else "slipped"

    def count(self, outcomes):
        return {outcome: outcomes.count(outcome) for outcome in ("identified", "refused", "slipped")}

    def kill_irsa(self):
        pass

    def test_restarts(self):
        self.kill_irsa()
        outcomes = []
        for _ in range(RESTARTS):
            self.cluster.restart_apiserver()
            self.api.close()
            until = time.monotonic() + SECONDS_EACH
            while time.monotonic() < until:
                outcomes.append(self.outcome(*self.api.request("POST", "/api/v1/namespaces/team-a/pods?dryRun=All", pod("x", "probe"))))
        print(f"{type(self).__name__}, no irsa: {RESTARTS} restarts of kube-apiserver, pods from /readyz on: {self.count(outcomes)}")
        self.assertEqual(self.count(outcomes)["slipped"], 0)
        if self.gives:
            self.assertEqual(self.count(outcomes)["refused"], 0)

    def test_every_replica_dead(self):
        self.apply(service_account("plain"))
        self.kill_irsa()
        wait_until(lambda: self.api.request("POST", "/api/v1/namespaces/team-a/pods?dryRun=All", pod("x", "plain"))[0] == 201, "the plain account")
        own = [self.outcome(*self.api.create(pod(f"own-{number}", "probe"))) for number in range(500)]
        others = [self.api.create(pod(f"other-{number}", "plain"))[0] for number in range(500)]
        print(f"{type(self).__name__}, no irsa: 500 pods with a role: {self.count(own)}; 500 others: {others.count(201)} admitted")
        self.assertEqual((self.count(own)["slipped"], others.count(201)), (0, 500))

    def one_client(self, where):
        """Account and bare pod right behind, from one client."""
        self.cluster.kubectl("create", "namespace", where)
        outcomes = []
        for number in range(300):
            self.api.create(with_role(f"one-{number}", where))
            outcomes.append(self.outcome(*self.api.create(pod(f"one-{number}", f"one-{number}", where))))
        print(f"{type(self).__name__}, {where}: one client, 300 pairs of account and bare pod: {self.count(outcomes)}")

    def pairs(self, where):
        outcomes = []
        names = [f"{where}-{number}" for number in range(CLIENTS)]
        for name in names:
            self.cluster.kubectl("create", "namespace", name)

        def work(client, number):
            for place in range(PAIRS_EACH):
                name = f"pair-{place}"
                client.create(with_role(name, names[number]))
                outcomes.append(self.outcome(*client.create(pod(name, name, names[number]))))
        seconds = at_once(self.cluster, work)
        print(f"{type(self).__name__}, {where}: {CLIENTS} clients, {len(outcomes)} pairs of account and bare pod in {seconds:.0f} s: {self.count(outcomes)}")
        return self.count(outcomes)

    def deployments(self, where):
        for number in range(CLIENTS):
            self.cluster.kubectl("create", "namespace", f"{where}-{number}")

        def work(client, number):
            namespace = f"{where}-{number}"
            for place in range(20):
                name = f"web-{place}"
                client.create(with_role(name, namespace))
                template = {"metadata": {"labels": {"app": name}}, "spec": pod("x", name)["spec"]}
                client.request("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", {
                    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
                    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}})
        at_once(self.cluster, work)

        def stored():
            found = json.loads(self.cluster.kubectl("get", "pods", "--all-namespaces", "-o", "json").out)["items"]
            found = [each for each in found if each["metadata"]["namespace"].startswith(where)]
            return found if len(found) >= CLIENTS * 20 else None
        pods = wait_until(stored, "the Deployments' pods", 300)
        slipped = [each for each in pods if not has_identity(each)]
        print(f"{type(self).__name__}, {where}: {CLIENTS} clients, {len(pods)} Deployments right behind their accounts: {len(slipped)} slipped")
        return len(slipped)

    def test_pairs_and_deployments_without_irsa(self):
        self.kill_irsa()
        self.one_client("one-without-irsa")
        self.pairs("without-irsa")
        if self.gives:
            self.assertEqual(self.deployments("deployed-without-irsa"), 0)


class WithIrsa(Drills):
    def setUp(self):
        self.bring_back()

    def kill_irsa(self):
        self.replicas.kill_all()

    def test_pairs_and_deployments_with_irsa(self):
        self.assertEqual(self.pairs("with-irsa")["slipped"], 0)
        self.assertEqual(self.deployments("deployed-with-irsa"), 0)


class WebhookAndGuard(WithIrsa, GuardedCluster):
    components = (ADVICE, GUARD, DENY)
    replica_count = 2


class Fallback(WithIrsa, GuardedCluster):
    components = (ADVICE, GUARD, DENY, POLICY)
    replica_count = 2
    gives = True


class Only(Drills, PolicyInstallation):
    gives = True


class Accounts(GuardedCluster):
    """What irsa, guard and policy cost whoever creates service accounts."""

    components = (ADVICE, GUARD, DENY, POLICY)

    def creation(self, name, namespaces, count=5000):
        for number in range(namespaces):
            self.cluster.kubectl("create", "namespace", f"{name}-{number}")
        statuses = []

        def work(client, writer):
            for number in range(writer, count, CLIENTS):
                statuses.append(client.create(with_role(f"app-{number}", f"{name}-{number % namespaces}"))[0])
        before = cpu_seconds(self.cluster.apiserver.pid)
        seconds = at_once(self.cluster, work)
        spent = cpu_seconds(self.cluster.apiserver.pid) - before
        self.assertEqual(statuses.count(201), count)
        print(f"{name}: {count} accounts with a role in {namespaces} namespaces: {seconds:.1f} s, {1000 * spent / count:.1f} ms of apiserver CPU each")

    def test_creation(self):
        for namespaces in (1, 200):
            self.creation(f"with-irsa-{namespaces}", namespaces)
        self.replicas.kill_all()
        self.cluster.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "irsa")
        self.cluster.kubectl("delete", "validatingadmissionpolicybinding,mutatingadmissionpolicybinding", "--all")
        wait_until(lambda: not has_identity(self.cluster.dry_run(pod("x", "probe"))), "irsa gone")
        for namespaces in (1, 200):
            self.creation(f"without-irsa-{namespaces}", namespaces)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mb(pid):
    return next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")) / 1000


BINDINGS = {"guard": "validatingadmissionpolicybinding/irsa-guard", "policy": "mutatingadmissionpolicybinding/irsa-identity"}


class Cost(PolicyInstallation):
    """A pod's dry run by the accounts of its namespace, with what is bound."""

    components = ("components/account-label",)
    sizes = (1, 20, 100, 500, 2000)

    def bound(self, *names, selector=None):
        for name, binding in BINDINGS.items():
            stored = self.cluster.kubectl("get", binding, "-o", "json", "--ignore-not-found").out
            if name not in names:
                self.cluster.kubectl("delete", binding, "--ignore-not-found")
            elif not stored:
                self.apply(self.stored[name])
            if name in names:
                self.cluster.kubectl("patch", binding, "--type=json", "-p", json.dumps(
                    [{"op": "replace", "path": "/spec/paramRef/selector", "value": selector or {}}]))

        def in_use():
            status, answer = self.api.request("POST", "/api/v1/namespaces/n1/pods?dryRun=All", pod("x", "a0", "n1"))
            seen = "guard" if status != 201 else "policy" if has_identity(answer) else "none"
            return seen == ("policy" if "policy" in names else "guard" if "guard" in names else "none")
        wait_until(in_use, f"{names} bound")

    def measure(self, size):
        spent = []
        for number in range(40):
            started = time.monotonic()
            self.api.request("POST", f"/api/v1/namespaces/n{size}/pods?dryRun=All", pod(f"p{number}", "a0", f"n{size}"))
            spent.append(time.monotonic() - started)
        return 1000 * statistics.median(spent)

    def test_by_accounts(self):
        self.stored = {}
        for name, binding in BINDINGS.items():
            self.stored[name] = json.loads(self.cluster.kubectl("get", binding, "-o", "json").out)
            for field in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
                self.stored[name]["metadata"].pop(field, None)
        for size in self.sizes:
            self.cluster.kubectl("create", "namespace", f"n{size}")
            for number in range(size):
                # One in a hundred, and always the one that is measured, has a role.
                self.api.create(with_role(f"a{number}", f"n{size}") if number % 100 == 0 else service_account(f"a{number}", {}, f"n{size}"))
        label = {"matchLabels": {"irsa.dev/role": "true"}}
        print("| accounts | none | guard | policy | both | both, with the selector |\n| --- | --- | --- | --- | --- | --- |")
        columns = []
        for names, selector in (((), None), (("guard",), None), (("policy",), None), (("guard", "policy"), None), (("guard", "policy"), label)):
            self.bound(*names, selector=selector)
            columns.append([self.measure(size) for size in self.sizes])
        for place, size in enumerate(self.sizes):
            print(f"| {size} | " + " | ".join(f"{column[place]:.1f}" for column in columns) + " |")


class Memory(InstalledCluster):
    """Resident memory of kube-apiserver with 50,000 accounts, before and after the policies."""

    def test_fifty_thousand_accounts(self):
        for number in range(100):
            self.cluster.kubectl("create", "namespace", f"n{number}")

        def work(client, writer):
            for number in range(writer, 50000, CLIENTS):
                client.create(with_role(f"app-{number}", f"n{number % 100}"))
        self.cluster.kubectl("delete", "mutatingwebhookconfiguration", "irsa")
        at_once(self.cluster, work)
        figures = []
        for installed in (False, True):
            if installed:
                root = pathlib.Path(__file__).resolve().parents[2]
                self.cluster.kubectl("apply", "-k", str(root / "deploy" / "kustomize" / "policy"))
            self.cluster.restart_apiserver()
            self.api.close()
            for number in range(500):
                status, answer = self.api.request("POST", f"/api/v1/namespaces/n{number % 100}/pods?dryRun=All",
                                                  pod("x", f"app-{number % 100}", f"n{number % 100}"))
                self.assertEqual((status, has_identity(answer)), (201, installed))
            figures.append(resident_mb(self.cluster.apiserver.pid))
        print(f"kube-apiserver with 50,000 accounts after 500 pods: {figures[0]:.0f} MB without policies, {figures[1]:.0f} MB with them")


if __name__ == "__main__":
    unittest.main()
