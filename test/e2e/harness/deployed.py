"""irsa as deploy/ installs it, with its processes beside the cluster instead of in pods, which nothing here would run."""
import json

from .rendering import KUSTOMIZATION, NAMESPACE, write_overlay
from .webhook import Server, Webhook

NAME = "irsa"


def install(cluster, *flags):
    """The one command that docs/deploying.md begins with."""
    return cluster.kubectl("apply", *flags, "-k", str(KUSTOMIZATION))


def install_with(cluster, components, directory):
    """The same with components, from a kustomization of one's own."""
    return cluster.kubectl("apply", "-k", str(write_overlay(directory, components)))


def start_webhook(cluster, binary, directory, *flags):
    """An irsa process with a certificate for the deployed Service, and the Service and the configurations led to it."""
    webhook = Webhook(binary, directory, *flags, service=(NAME, NAMESPACE))
    try:
        route(cluster, webhook.port, webhook.ca_bundle)
    except BaseException:
        webhook.close()
        raise
    return webhook


def deployment_flags(cluster):
    """Of `irsa serve`, as the Deployment in the cluster has them."""
    container, = cluster.get("deployment", NAME, NAMESPACE)["spec"]["template"]["spec"]["containers"]
    return container["args"][1:]


def start_replica(cluster, binary, directory, *flags):
    """An irsa process as the Deployment starts it, but for its ports: it has its certificate from the shared Secret."""
    return Server(binary, directory, *deployment_flags(cluster), *flags)


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


def own_kubeconfig(cluster, path):
    """Of irsa's own service account, so with no more rights than deploy/ gives it."""
    token = cluster.kubectl("create", "token", NAME, "-n", NAMESPACE, "--duration=1h").out.strip()
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
