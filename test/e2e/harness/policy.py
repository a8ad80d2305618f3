"""The identity policy of deploy/ on a real kube-apiserver, and what `irsa mutate` makes of the same pods."""
import json
import os
import re
import subprocess

from .installed import InstalledCluster
from .objects import PREFIX, pod, with_role
from .rendering import kustomize
from .waiting import wait_until

COMPONENTS = ("components/guard", "components/policy")
POLICY = "irsa-identity"
# No account there has a role, so that the policy has nothing to do with its pods.
WITHOUT_ROLES = "without-roles"
ACCOUNT_LABEL = "components/account-label"


class OfflineMutation:
    """`irsa mutate` with these service accounts and flags."""

    def __init__(self, binary, accounts, flags=()):
        self._command = [str(binary), "mutate", f"--service-accounts={accounts}", "--filename=-", "--output=json", *flags]

    def pods(self, pods):
        done = subprocess.run(self._command, input=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}), text=True,
                              capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)["items"]


def variable_of(flag):
    """The policy's variable for a flag: tokenAudience for token-audience."""
    first, *rest = flag.split("-")
    return first + "".join(word.capitalize() for word in rest)


def comparable(stored):
    """A pod's spec without the name that the apiserver makes up."""
    return json.loads(re.sub(r'"kube-api-access-[a-z0-9]{5}"', '"kube-api-access"', json.dumps(stored["spec"])))


def histogram(metrics, series, **labels):
    """(count, sum) of a Prometheus histogram over all series that have these labels."""
    totals = {"count": 0.0, "sum": 0.0}
    for line in metrics.splitlines():
        found = re.match(rf"{series}_(count|sum){{(.*)}} (\S+)$", line)
        if found and all(f'{label}="{value}"' in found[2] for label, value in labels.items()):
            totals[found[1]] += float(found[3])
    return totals["count"], totals["sum"]


class PolicyInstallation(InstalledCluster):
    """`kubectl apply -k deploy/kustomize/policy`, and no irsa; account team-a/probe has a role."""

    installation = "policy"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if ACCOUNT_LABEL in cls.components:
            wait_until(lambda: cls.label_of(with_role("x")), "the label's policy in use")
        cls.apply(with_role("probe"))
        # The apiserver takes up the two policies one after the other, in either order.
        wait_until(lambda: cls.gets(pod("x", "probe")), "the policy in use")
        unserved = pod("x", "probe")
        unserved["metadata"]["annotations"] = {f"{PREFIX}/skip-containers": '"other"'}
        wait_until(lambda: cls.answer_to(unserved)[0] == 403, "the guard in use")

    @classmethod
    def label_of(cls, account):
        """What components/account-label would put on the account; None: nothing."""
        return cls.cluster.dry_run(account)["metadata"].get("labels", {}).get("irsa.dev/role")


class PolicyCluster(InstalledCluster):
    """A cluster with guard and policy as deploy/ installs them, and no irsa anywhere."""

    components = COMPONENTS
    namespaces = ("team-a", "team-b", WITHOUT_ROLES)

    @classmethod
    def remove_webhooks(cls):
        """So that nothing but the policy can do anything to a pod."""
        cls.cluster.kubectl("delete", "mutatingwebhookconfiguration", "irsa")

    @classmethod
    def create(cls, manifest, dry_run=True):
        """The stored pod."""
        path = f"/api/v1/namespaces/{manifest['metadata']['namespace']}/pods{'?dryRun=All' if dry_run else ''}"
        status, answer = cls.api.request("POST", path, manifest)
        if status != 201:
            raise AssertionError(f"{status}: {answer.get('message')}\n{json.dumps(manifest)[:2000]}")
        return answer

    @classmethod
    def use_policy(cls, flags=None):
        """The policy for these flags of irsa serve, {"token-audience": "..."}. It is in use some moments later."""
        policy = kustomize(os.environ["IRSA_TESTBED"], cls.components, cls.directory / "overlay")[f"MutatingAdmissionPolicy/{POLICY}"]
        expressions = {variable_of(flag): f"'{value}'" for flag, value in (flags or {}).items()}
        for variable in policy["spec"]["variables"]:
            variable["expression"] = expressions.pop(variable["name"], variable["expression"])
        if expressions:
            raise AssertionError(f"the policy has no variables {list(expressions)}")
        cls.apply(policy)

    @classmethod
    def metrics(cls):
        return cls.cluster.kubectl("get", "--raw", "/metrics").out

    @classmethod
    def failed_checks(cls):
        """How often the policy could not be evaluated, or ran out of budget."""
        lines = [line for line in cls.metrics().splitlines() if line.startswith("apiserver_mutating_admission_policy_check_total{")]
        return [line for line in lines if 'error_type="no_error"' not in line]
