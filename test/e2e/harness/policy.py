"""The identity policy of deploy/ on a real kube-apiserver, and what `irsa mutate` makes of the same pods."""
import json
import os
import re
import subprocess

from .installed import InstalledCluster
from .objects import pod
from .rendering import kustomize
from .waiting import wait_until

COMPONENTS = ("components/guard", "components/policy")
POLICY = "irsa-identity"
# No account there is on record, so that the policy has nothing to do with its pods.
UNMAPPED = "unmapped"


class OfflineMutation:
    """`irsa mutate` with these service accounts and flags."""

    def __init__(self, binary, accounts, flags=()):
        self._command = [str(binary), "mutate", f"--service-accounts={accounts}", "--filename=-", "--output=json", *flags]

    def pods(self, pods):
        done = subprocess.run(self._command, input=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}), text=True,
                              capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)["items"]

    def entry(self, namespace, account):
        """What the record says of the account, read off a pod of its own; None without a role."""
        mutated, = self.pods([pod("probe", account, namespace)])
        found = {variable["name"]: variable["value"] for variable in mutated["spec"]["containers"][0].get("env", [])}
        if not found:
            return None
        token = mutated["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]
        return {"roleArn": found["AWS_ROLE_ARN"], "audience": token["audience"], "tokenExpirationSeconds": token["expirationSeconds"],
                "region": found.get("AWS_REGION", ""), "stsRegionalEndpoints": "AWS_STS_REGIONAL_ENDPOINTS" in found}


def identity_map(namespace, entries):
    return {"apiVersion": "irsa.dev/v1alpha1", "kind": "IdentityMap", "metadata": {"name": "identities", "namespace": namespace},
            "spec": {"accounts": entries}}


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


class PolicyCluster(InstalledCluster):
    """A cluster with guard and policy as deploy/ installs them, and no irsa anywhere."""

    components = COMPONENTS
    namespaces = ("team-a", "team-b", UNMAPPED)

    @classmethod
    def remove_webhooks(cls):
        """So that nothing but the policy can do anything to a pod, or wait for an irsa that is not there."""
        cls.cluster.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "irsa")

    @classmethod
    def create(cls, manifest, dry_run=True):
        """The stored pod."""
        path = f"/api/v1/namespaces/{manifest['metadata']['namespace']}/pods{'?dryRun=All' if dry_run else ''}"
        status, answer = cls.api.request("POST", path, manifest)
        if status != 201:
            raise AssertionError(f"{status}: {answer.get('message')}\n{json.dumps(manifest)[:2000]}")
        return answer

    @classmethod
    def use_policy(cls, **variables):
        """The policy with other values of its variables, in use when this returns for the account team-a/probe."""
        policy = kustomize(os.environ["IRSA_TESTBED"], cls.components, cls.directory / "overlay")[f"MutatingAdmissionPolicy/{POLICY}"]
        for variable in policy["spec"]["variables"]:
            if variable["name"] in variables:
                variable["expression"] = f"'{variables[variable['name']]}'"
        cls.apply(policy)
        path = next(variable["expression"] for variable in policy["spec"]["variables"] if variable["name"] == "mountPath").strip("'")
        marked = pod("probe", "probe")
        expiration = variables.get("tokenExpirationAnnotation", "eks.amazonaws.com/token-expiration")
        marked["metadata"]["annotations"] = {expiration: "1234"}

        def is_in_use():
            spec = cls.create(marked)["spec"]
            tokens = [volume for volume in spec["volumes"] if volume["name"] == "aws-iam-token"]
            mounts = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "aws-iam-token"]
            return mounts == [path] and tokens[0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] == 1234
        wait_until(is_in_use, "the policy in use")

    @classmethod
    def metrics(cls):
        return cls.cluster.kubectl("get", "--raw", "/metrics").out

    @classmethod
    def failed_checks(cls):
        """How often the policy could not be evaluated, or ran out of budget."""
        lines = [line for line in cls.metrics().splitlines() if line.startswith("apiserver_mutating_admission_policy_check_total{")]
        return [line for line in lines if 'error_type="no_error"' not in line]
