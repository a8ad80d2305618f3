"""AWS on the node of node.py: `irsa sts` for IAM and STS, moto for S3, and pods that call them with the AWS CLI."""
import json
import os
import pathlib
import shlex
import unittest

from . import aws_clients
from .node import IMAGE, NodeTests
from .sts import ADMINISTRATOR
from .waiting import wait_until

STS_ADDRESS, S3_ADDRESS = "10.96.10.10", "10.96.10.20"
REGION = "eu-central-1"


def show(command, output):
    """Prints a command as people would type it, and what it printed."""
    print(f"$ {command}\n{output.rstrip()}", flush=True)
    return output


def server(name, address, image, **container):
    """A pod in the namespace aws, and its Service on port 80; `container` may have "volumes", for the pod."""
    volumes = container.pop("volumes", [])
    return ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "aws", "labels": {"app": name}},
             "spec": {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0, "volumes": volumes, "containers": [{
                 "name": name, "image": image, "imagePullPolicy": "Never",
                 "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}, **container}]}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "aws"},
             "spec": {"clusterIP": address, "selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}})


def programs_of_this_machine(**directories):
    """(volumes, mounts) of this machine's Python, which the node's image has not, and of directories, each at /NAME."""
    found = {name: path for name in ("usr", "lib", "lib64") if (path := pathlib.Path("/", name)).exists()} | directories
    return ([{"name": name, "hostPath": {"path": os.path.realpath(path)}} for name, path in found.items()],
            [{"name": name, "mountPath": f"/{name}", "readOnly": True} for name in found])


class AwsOnTheNode(NodeTests):
    """With the issuer's keys known to the STS, and nothing registered."""

    with_s3 = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.aws, cls.clients = aws_clients.aws_command(), aws_clients.python_directory()
            cls.moto = aws_clients.moto_directory() if cls.with_s3 else None
        except aws_clients.Missing as missing:
            raise unittest.SkipTest(str(missing)) from None
        cls.issuer = json.loads(cls.node.kubectl("get", "--raw", "/.well-known/openid-configuration").out)["issuer"]

    @classmethod
    def serve_aws(cls, roles=()):
        """`roles`: those that the STS has from its configuration, since an administrator makes some in one account only."""
        cls.new_namespace("aws")
        config = {"iam": {"administrators": [ADMINISTRATOR], "keys": [{"issuer": cls.issuer, "jwks": "keys.json"}]}, "roles": list(roles)}
        keys = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sts", "namespace": "aws"}, "data": {
            "sts.yaml": json.dumps(config), "keys.json": cls.node.kubectl("get", "--raw", "/openid/v1/jwks").out}}
        servers = {STS_ADDRESS: server(
            "sts", STS_ADDRESS, cls.webhook_pods()[0]["spec"]["containers"][0]["image"],
            args=["sts", "--config=/etc/sts/sts.yaml", "--bind-address=0.0.0.0"],
            volumeMounts=[{"name": "config", "mountPath": "/etc/sts"}], volumes=[{"name": "config", "configMap": {"name": "sts"}}])}
        if cls.with_s3:
            volumes, mounts = programs_of_this_machine(moto=cls.moto)
            servers[S3_ADDRESS] = server(
                "s3", S3_ADDRESS, IMAGE, command=["/moto/bin/python", "-m", "moto.server", "-H", "0.0.0.0", "-p", "8080"],
                env=[{"name": "HOME", "value": "/tmp"}], volumeMounts=mounts, volumes=volumes)
        applied = cls.apply(keys, *(each for pair in servers.values() for each in pair))
        cls.node.kubectl("wait", "-n", "aws", "pod", "--all", "--for=condition=Ready", "--timeout=90s")

        def are_routed():
            rules = cls.node.run(*cls.node.command("nft", "list", "table", "ip", "kube-proxy"))
            return all(f"{address} . tcp . 80 : goto" in rules for address in servers)
        wait_until(are_routed, "kube-proxy sends to the servers of AWS")
        return applied.out

    @classmethod
    def iam(cls, *arguments):
        """`aws iam` as an administrator whose machine reaches the cluster's addresses."""
        variables = {"AWS_ACCESS_KEY_ID": ADMINISTRATOR["accessKeyId"], "AWS_SECRET_ACCESS_KEY": ADMINISTRATOR["secretAccessKey"],
                     "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": f"http://{STS_ADDRESS}"}
        shown = ["file://policy.json" if word.startswith("{") else word for word in arguments]
        return json.loads(show(f"aws iam {shlex.join(shown)}", cls.node.run(*cls.node.command(
            "env", *(f"{name}={value}" for name, value in variables.items()), *cls.aws, "--output", "json", "iam", *arguments))))

    @classmethod
    def application(cls, name, account, namespace):
        """A pod that knows nothing of AWS but where the servers are and its region."""
        volumes, mounts = programs_of_this_machine(aws=cls.clients)
        environment = {"AWS_ENDPOINT_URL_STS": f"http://{STS_ADDRESS}", "AWS_ENDPOINT_URL_S3": f"http://{S3_ADDRESS}",
                       "AWS_DEFAULT_REGION": REGION, "HOME": "/tmp"}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": {
            "serviceAccountName": account, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000}, "volumes": volumes,
            "containers": [{"name": "app", "image": IMAGE, "imagePullPolicy": "Never", "command": ["/bin/sleep", "infinity"],
                            "env": [{"name": name, "value": value} for name, value in environment.items()], "volumeMounts": mounts}]}}

    def aws_in_pod(self, namespace, pod, *arguments):
        return show(f"kubectl exec -n {namespace} {pod} -- aws {shlex.join(arguments)}",
                    self.node.execute(namespace, pod, "/aws/bin/python", "-m", "awscli", *arguments))

    def caller(self, namespace, pod, *options):
        """The ARN that STS knows the pod by."""
        return json.loads(self.aws_in_pod(namespace, pod, *options, "sts", "get-caller-identity", "--output", "json"))["Arn"]
