"""irsa as deploy/ installs it, with its processes beside the cluster instead of in pods, which nothing here would run."""
import json

from .rendering import KUSTOMIZATION, NAMESPACE, write_overlay
from .webhook import Server

NAME = "irsa"


def install(cluster, *flags):
    """The one command that docs/deploying.md begins with."""
    return cluster.kubectl("apply", *flags, "-k", str(KUSTOMIZATION))


def install_with(cluster, components, directory, installation="base"):
    """The same with components, from a kustomization of one's own."""
    return cluster.kubectl("apply", "-k", str(write_overlay(directory, components, installation)))


def deployment_arguments(cluster):
    """The command, "serve" as a rule, and its flags, as the Deployment in the cluster has them."""
    container, = cluster.get("deployment", NAME, NAMESPACE)["spec"]["template"]["spec"]["containers"]
    return container["args"]


def start_replica(cluster, binary, directory, *flags):
    """An irsa process as the Deployment starts it, but for its ports: it has its certificate from the shared Secret."""
    command, *deployed = deployment_arguments(cluster)
    return Server(binary, directory, *deployed, *flags, command=command)


def route(cluster, port, ca_bundle=None, configuration=NAME):
    """Leads the deployed Service to a port. A name instead of a selector, since there is no kube-proxy; then the apiserver
    dials the configuration's port as it stands."""
    cluster.kubectl("patch", "service", NAME, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({
        "spec": {"type": "ExternalName", "externalName": "localhost", "selector": None, "clusterIP": None, "clusterIPs": None}}))
    for kind in ("mutatingwebhookconfiguration", "validatingwebhookconfiguration"):
        found = cluster.kubectl("get", kind, configuration, "-o", "json", "--ignore-not-found").out
        operations = []
        for index, _ in enumerate(json.loads(found)["webhooks"] if found else []):
            client = f"/webhooks/{index}/clientConfig"
            operations.append({"op": "replace", "path": f"{client}/service/port", "value": port})
            if ca_bundle:
                operations.append({"op": "add", "path": f"{client}/caBundle", "value": ca_bundle})
        if operations:
            cluster.kubectl("patch", kind, configuration, "--type=json", "-p", json.dumps(operations))
