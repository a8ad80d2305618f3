"""Objects that the tests create, and what a pod with its identity looks like."""

ROLE = "arn:aws:iam::111122223333:role/my-app"
TOKEN_DIRECTORY = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
PREFIX = "eks.amazonaws.com"
ROLE_ANNOTATION = f"{PREFIX}/role-arn"


def service_account(name, annotations=None, namespace="team-a"):
    return {"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace, "annotations": annotations or {}}}


def with_role(name, namespace="team-a", role=ROLE, **annotations):
    """A service account with a role; `annotations` are more of irsa's: token_expiration="3600"."""
    more = {f"{PREFIX}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return service_account(name, {ROLE_ANNOTATION: role, **more}, namespace)


def pod(name, account, namespace="team-a", **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
            "spec": {"serviceAccountName": account, "containers": [{"name": "app", "image": "registry.example.com/app:1"}], **spec}}


def containers(stored):
    return stored["spec"].get("initContainers", []) + stored["spec"]["containers"]


def env(container):
    return {variable["name"]: variable.get("value") for variable in container.get("env", [])}


def has_identity(stored, role=ROLE):
    return all(env(container).get("AWS_ROLE_ARN") == role for container in containers(stored))


def identity_volumes(stored):
    return [volume for volume in stored["spec"].get("volumes", []) if volume["name"] == "aws-iam-token"]


def assert_identified(test, stored, role=ROLE, audience="sts.amazonaws.com"):
    """Every container, whatever its kind, has the variables and the mount once; the pod has the volume once."""
    for container in containers(stored):
        names = [variable["name"] for variable in container.get("env", [])]
        test.assertEqual(len(names), len(set(names)), names)
        test.assertEqual(env(container).get("AWS_ROLE_ARN"), role)
        test.assertEqual(env(container).get("AWS_WEB_IDENTITY_TOKEN_FILE"), f"{TOKEN_DIRECTORY}/token")
        mounts = [mount for mount in container["volumeMounts"] if mount["name"] == "aws-iam-token"]
        test.assertEqual(mounts, [{"name": "aws-iam-token", "mountPath": TOKEN_DIRECTORY, "readOnly": True}])
    test.assertEqual(identity_volumes(stored), [{"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [{
        "serviceAccountToken": {"audience": audience, "expirationSeconds": 86400, "path": "token"}}]}}])


def assert_untouched(test, stored):
    for container in containers(stored):
        test.assertNotIn("env", container)
        test.assertEqual([mount["name"] for mount in container["volumeMounts"] if mount["name"] == "aws-iam-token"], [])
    test.assertEqual(identity_volumes(stored), [])
