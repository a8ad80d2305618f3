"""irsa as deploy/ installs it, with its process beside the cluster instead of in pods, which nothing here would run."""
import json

from .rendering import KUSTOMIZATION, NAMESPACE, write_overlay
from .webhook import Webhook

NAME = "irsa"


def install(cluster, *flags):
    """The one command that docs/deploying.md begins with."""
    return cluster.kubectl("apply", *flags, "-k", str(KUSTOMIZATION))


def install_with(cluster, components, directory):
    """The same with components, from a kustomization of one's own."""
    return cluster.kubectl("apply", "-k", str(write_overlay(directory, components)))


def start_webhook(cluster, binary, directory, *flags):
    """An irsa process under the names of the deployed Service, and the Service and the configurations led to it."""
    webhook = Webhook(binary, directory, *flags, service=(NAME, NAMESPACE))
    try:
        route(cluster, webhook)
    except BaseException:
        webhook.close()
        raise
    return webhook


def route(cluster, webhook, configuration=NAME):
    """Leads the deployed Service to the process. A name instead of a selector, since there is no kube-proxy; then the
    apiserver dials the configuration's port as it stands."""
    cluster.kubectl("patch", "service", NAME, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({
        "spec": {"type": "ExternalName", "externalName": "localhost", "selector": None, "clusterIP": None, "clusterIPs": None}}))
    for kind in ("mutatingwebhookconfiguration", "validatingwebhookconfiguration"):
        found = cluster.kubectl("get", kind, configuration, "-o", "json", "--ignore-not-found").out
        if not found:
            continue
        entries = json.loads(found)["webhooks"]
        for entry in entries:
            entry["clientConfig"]["service"]["port"] = webhook.port
            entry["clientConfig"]["caBundle"] = webhook.ca_bundle
        cluster.kubectl("patch", kind, configuration, "--type=merge", "-p", json.dumps({"webhooks": entries}))


def own_kubeconfig(cluster, path):
    """Of irsa's own service account, so with no more rights than deploy/ gives it."""
    token = cluster.kubectl("create", "token", NAME, "-n", NAMESPACE, "--duration=1h").out.strip()
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
