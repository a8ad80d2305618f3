"""What apiserver.py has besides service accounts: their pods, and a Lease that whoever asks may have.

Before the first page of pods it prints "asked" and waits for a line on standard input; with the last one it prints "listed". So who
measures knows when a look at all pods begins and ends.
"""
import asyncio
import json
import pathlib
import sys

REVIEW = pathlib.Path(__file__).resolve().parents[2] / "test" / "data" / "reviews" / "typical.json"
MOUNT = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def role_of(account):
    return account["metadata"]["annotations"].get(ROLE_ANNOTATION)


def template():
    """The typical pod as the webhook leaves it, running, with @marks@ where pods differ."""
    pod = json.loads(REVIEW.read_text())["request"]["object"]
    pod["metadata"].update(name="@name@", namespace="@namespace@", uid="@uid@", resourceVersion="1", creationTimestamp="2026-01-02T00:00:00Z",
                           ownerReferences=[{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "@account@-6d5f7c9b8", "controller": True,
                                             "uid": "00000000-0000-4000-8000-000000000000"}])
    spec = pod["spec"]
    spec.update(serviceAccountName="@account@", serviceAccount="@account@", nodeName="node-1")
    for container in spec["containers"] + spec["initContainers"]:
        container.setdefault("env", []).extend([{"name": "AWS_ROLE_ARN", "value": "@role@"},
                                                {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": MOUNT + "/token"}])
        container["volumeMounts"].append({"name": "aws-iam-token", "readOnly": True, "mountPath": MOUNT})
    token = {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}
    spec["volumes"].append({"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": token}]}})
    pod["status"] = {"phase": "Running", "hostIP": "10.0.0.1", "podIP": "10.1.0.1", "startTime": "2026-01-02T00:00:00Z", "qosClass": "Burstable"}
    del pod["kind"], pod["apiVersion"]  # which a real list leaves out of its items
    return json.dumps(pod)


class Pods:
    """So many pods, all of accounts with a role; of each hundred, so many `lack` the role in their environment."""

    def __init__(self, accounts, count, lack):
        self.accounts = [account for account in accounts if role_of(account)]
        self.count, self.lack = count, lack
        self.template = template()

    def pod(self, i):
        account = self.accounts[(i + i // 100) % len(self.accounts)]  # so that those that lack are of all
        text = self.template if i % 100 >= self.lack else self.template.replace('"AWS_ROLE_ARN"', '"ROLE"')
        for mark, value in [("name", f"pod-{i}"), ("namespace", account["metadata"]["namespace"]), ("account", account["metadata"]["name"]),
                            ("role", role_of(account)), ("uid", f"10000000-0000-4000-8000-{i:012d}")]:
            text = text.replace(f"@{mark}@", value)
        return text

    async def page(self, options):
        start = int(options.get("continue", "0"))
        end = min(start + int(options.get("limit", "500")), self.count)
        if start == 0:
            print("asked", flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        metadata = {"resourceVersion": "1"}
        if end < self.count:
            metadata["continue"] = str(end)
        else:
            print("listed", flush=True)
        items = ",".join(self.pod(i) for i in range(start, end))
        return f'{{"kind": "PodList", "apiVersion": "v1", "metadata": {json.dumps(metadata)}, "items": [{items}]}}'

    async def answer(self, method, path, options, body):
        """The body of the answer, None where nothing is."""
        if path == "/api/v1/pods":
            return await self.page(options)
        if path == "/api/v1/namespaces":
            return json.dumps({"kind": "NamespaceList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []})
        if method in ("POST", "PUT"):  # a Lease, an Event
            return body
        return None
