"""irsa as deploy/ installs it, with its process beside the cluster instead of in pods, which nothing here would run."""
import json

from .rendering import KUSTOMIZATION, NAMESPACE
from .webhook import Webhook

NAME = "irsa"


def install(cluster, *flags):
    """The one command that docs/deploying.md begins with."""
    return cluster.kubectl("apply", *flags, "-k", str(KUSTOMIZATION))


def start_webhook(cluster, binary, directory, *flags):
    """An irsa process under the names of the deployed Service, and the Service and the configuration led to it."""
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
    entries = json.loads(cluster.kubectl("get", "mutatingwebhookconfiguration", configuration, "-o", "json").out)["webhooks"]
    for entry in entries:
        entry["clientConfig"]["service"]["port"] = webhook.port
        entry["clientConfig"]["caBundle"] = webhook.ca_bundle
    cluster.kubectl("patch", "mutatingwebhookconfiguration", configuration, "--type=merge", "-p", json.dumps({"webhooks": entries}))
