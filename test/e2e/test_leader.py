"""The one of two replicas that reports pods without their identity: how the lead goes from one to the other."""
import signal
import unittest

from .harness.guarded import GuardedCluster
from .harness.rendering import NAMESPACE
from .harness.waiting import wait_until

# The lease's duration, the next look at it, and a machine that has other things to do.
TAKEN_OVER_S = 40


class Leader(GuardedCluster):
    replica_count = 2
    replica_flags = ("--report-pods",)

    def setUp(self):
        self.addCleanup(self.bring_back)

    def leader(self):
        """The replica that leads, once there is just one."""
        def leading():
            found = [replica for replica in self.replicas.all if replica.metric("irsa_leader")]
            return found[0] if len(found) == 1 else None
        return wait_until(leading, "a leader", TAKEN_OVER_S)

    def holder(self):
        return self.cluster.get("lease", "irsa", NAMESPACE)["spec"].get("holderIdentity") or ""

    def test_one_that_is_told_to_stop_gives_the_lead_away(self):
        first, holder = self.leader(), self.holder()
        self.replicas.all.remove(first)
        self.assertEqual(first.close(), 0)
        # Not when the lease ends, after 15 s, but at the other's next look.
        wait_until(lambda: self.holder() not in (holder, ""), "another holder", 12)
        self.assertIsNot(self.leader(), first)

    def test_another_takes_over_from_one_that_is_killed(self):
        first, holder = self.leader(), self.holder()
        self.replicas.all.remove(first)
        first.process.kill()
        self.assertIsNot(self.leader(), first)
        self.assertNotEqual(self.holder(), holder)

    def test_one_that_is_paused_does_not_lead_when_it_goes_on(self):
        paused = self.leader()
        others = [replica for replica in self.replicas.all if replica is not paused]
        before = len(paused.process.log_lines("no longer leading"))
        paused.process.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: others[0].metric("irsa_leader"), "another leader", TAKEN_OVER_S)
        finally:
            paused.process.signal(signal.SIGCONT)
        paused.process.wait_log_line("no longer leading", after=before)
        self.assertIs(self.leader(), others[0])


if __name__ == "__main__":
    unittest.main()
