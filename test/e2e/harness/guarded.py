"""A cluster with irsa's guard as deploy/ installs it, for tests of what it does."""
import os

from .balancer import Balancer
from .cluster_source import ClusterSource
from .deployed import NAME, start_replica
from .installed import InstalledCluster
from .objects import ROLE, ROLE_ANNOTATION, pod, service_account
from .rendering import NAMESPACE
from .replicas import Replicas
from .waiting import wait_until

GUARD, DENY, ADVICE = "components/guard", "components/guard-deny", "components/advice"
REFUSAL = "ValidatingAdmissionPolicy 'irsa-guard' with binding 'irsa-guard' denied request: "


NO_ANSWER = ("irsa did not answer when the pod was created. Controllers retry automatically; if this lasts, look at "
             f'"kubectl get pods -n {NAMESPACE}".')


def message(account, container="app", role=ROLE, namespace="team-a", explanation=NO_ANSWER):
    return (f"service account {namespace}/{account} has the role {role}, but container {container} would start without it "
            f"(AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE): {explanation}")


class GuardedCluster(InstalledCluster):
    """Namespaces team-a and team-b; account team-a/probe has a role."""

    components = (ADVICE, GUARD, DENY)
    replica_count = 1
    replica_flags = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = ClusterSource(cls.cluster, cls.directory / "credentials", NAME, NAMESPACE)
        cls.replicas = Replicas(cls.cluster, cls.directory, cls.start_one, cls.replica_count, balance=cls.balance)
        cls.addClassCleanup(cls.replicas.close)
        cls.replicas.wait_ready()
        cls.await_webhooks()
        cls.apply(service_account("probe", {ROLE_ANNOTATION: ROLE}))

    @classmethod
    def start_one(cls, directory):
        return start_replica(cls.cluster, os.environ["IRSA_BINARY"], directory, *cls.source.flags, *cls.replica_flags)

    @classmethod
    def balance(cls, *ports):
        return Balancer(*ports)

    @classmethod
    def bring_back(cls):
        """The replicas that are missing."""
        while len(cls.replicas.all) < cls.replica_count:
            cls.replicas.start_another()
        cls.await_webhooks()

    def dry_run(self, manifest):
        """Whether the apiserver would take it, and what it says."""
        status, answer = self.answer_to(manifest)
        return status == 201, answer.get("message", "")

    def await_guard(self):
        """The webhook for pods must be out of use: then the guard refuses the pods of an account with a role."""
        wait_until(lambda: not self.dry_run(pod("x", "probe"))[0], "the guard in use")
