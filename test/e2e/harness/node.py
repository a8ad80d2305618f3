"""The real node that scripts/e2e starts, with irsa on it as deploy/ describes it."""
import base64
import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import unittest
import urllib.parse

from .control_plane import Kubectl
from .deployed import install_with
from .objects import has_identity, with_role
from .rendering import KUSTOMIZATION, NAMESPACE
from .rest import RestClient
from .waiting import wait_until

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "node"
IMAGE = "localhost/busybox:1"
WEBHOOK = "app.kubernetes.io/name=irsa"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Node(Kubectl):
    """The one whose directory is `state`, which stays up when the tests end."""

    port = 6443

    def __init__(self, state):
        self.directory = pathlib.Path(state)
        self.pki = self  # as RestClient has it

    def path(self, name):
        return str(self.directory / "pki" / name)

    @property
    def process(self):
        """The pid of its process 1."""
        return int((self.directory / "init.pid").read_text())

    def command(self, *words):
        """What runs `words` in the node's namespaces."""
        return [str(SCRIPTS / "in-node"), str(self.directory), *map(str, words)]

    def kubectl_command(self):
        return self.command("kubectl")

    def run(self, *words, timeout_s=120):
        return subprocess.run(words, check=True, text=True, capture_output=True, timeout=timeout_s).stdout

    def components(self, verb, *names):
        """Stops or starts kubelet, containerd, …"""
        subprocess.run(self.command(SCRIPTS / "inside.sh", verb, self.directory, *names), check=True, timeout=120)

    def switch_off_and_on(self):
        self.run(SCRIPTS / "down.sh", "--keep", self.directory)
        # Its output is no pipe: what it starts would hold that open.
        subprocess.run([SCRIPTS / "up.sh", self.directory], check=True, stdout=subprocess.DEVNULL, timeout=300)

    def create_connection(self, *arguments, **options):
        """socket.create_connection on the node's network: a socket stays on the network that it was made on."""
        with open(f"/proc/{self.process}/ns/net") as there, open(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net") as here:
            self._enter(there)
            try:
                return socket.create_connection(*arguments, **options)
            finally:
                self._enter(here)

    def _enter(self, network):
        if _libc.setns(network.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def execute(self, namespace, pod, *command):
        """What the command prints in the pod's first container."""
        return self.kubectl("exec", "-n", namespace, pod, "--", *command).out

    def processes(self, pod, name="irsa"):
        """The pids, as this machine has them, of the processes of that name in a pod."""
        uid, found = pod["metadata"]["uid"], []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if uid in (entry / "cgroup").read_text() and (entry / "comm").read_text().strip() == name:
                    found.append(int(entry.name))
            except OSError:
                pass  # it has ended
        return found


class NodeTests(unittest.TestCase):
    """Skipped where no node can run. `components`: what irsa is installed with; `replicas` of it."""

    components = ()
    replicas = 2

    @classmethod
    def setUpClass(cls):
        if os.environ.get("IRSA_NODE_FAILURE"):
            raise AssertionError(f"no node: {os.environ['IRSA_NODE_FAILURE']}")
        if not os.environ.get("IRSA_NODE"):
            raise unittest.SkipTest(f"no node: {os.environ.get('IRSA_NO_NODE') or 'IRSA_NODE does not name its directory'}")
        cls.node = Node(os.environ["IRSA_NODE"])
        cls.api = RestClient(cls.node)
        cls.addClassCleanup(lambda: cls.api.close())
        cls.install(cls.components, cls.replicas)

    @classmethod
    def install(cls, components, replicas):
        """irsa as `kubectl apply -k` installs it; what another class left is taken away first."""
        cls.node.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration,validatingadmissionpolicybinding,"
                         "mutatingadmissionpolicybinding,validatingadmissionpolicy,mutatingadmissionpolicy",
                         "-l", WEBHOOK, "--ignore-not-found", check=False)
        if components:
            install_with(cls.node, list(components), cls.node.directory / "overlay")
        else:
            cls.node.kubectl("apply", "-k", str(KUSTOMIZATION))
        cls.node.kubectl("scale", "-n", NAMESPACE, "deployment/irsa", f"--replicas={replicas}")
        cls.await_rollout(replicas)
        # The webhook's configuration reaches the apiserver through an informer: a dry run tells when it has.
        cls.apply(with_role("probe", "default"))

        def is_in_use():
            status, answer = cls.api.request("POST", "/api/v1/namespaces/default/pods?dryRun=All", runnable("probe", "probe", "default"))
            return status == 201 and has_identity(answer)
        wait_until(is_in_use, "pods get their identity")

    @classmethod
    def await_rollout(cls, replicas=None):
        """Until all replicas are ready and kube-proxy sends to all of them, which may be a second later."""
        replicas = replicas or cls.replicas
        cls.node.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/irsa", "--timeout=180s")

        def is_routed():
            ready = {pod["status"].get("podIP") for pod in cls.webhook_pods() if "deletionTimestamp" not in pod["metadata"]}
            rules = subprocess.run(cls.node.command("nft", "list", "table", "ip", "kube-proxy"), text=True, capture_output=True).stdout
            return len(ready) == replicas and all(address and f"{address} . 8443" in rules for address in ready)
        wait_until(is_routed, "kube-proxy sends to every replica")

    @classmethod
    def webhook_pods(cls):
        return cls.list_pods(NAMESPACE, WEBHOOK)

    @classmethod
    def list_pods(cls, namespace, selector=""):
        # Not by kubectl, whose start takes half a core of those that the node is to have when this is asked again and again.
        status, answer = cls.api.request("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector={urllib.parse.quote(selector)}")
        assert status == 200, answer
        return answer["items"]

    @classmethod
    def apply(cls, *objects):
        return cls.node.kubectl("apply", "-f", "-", stdin=list(objects))

    @classmethod
    def new_namespace(cls, name):
        cls.node.kubectl("create", "namespace", name)
        cls.addClassCleanup(cls.node.kubectl, "delete", "namespace", name, "--timeout=90s")  # the next class makes it again
        # Which pods without another one have: they are refused until a controller has made it.
        wait_until(lambda: cls.api.request("GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] == 200,
                   "the default service account")

    def signal(self, pod, number):
        pids = self.node.processes(pod)
        self.assertEqual(len(pids), 1, pod["metadata"]["name"])
        os.kill(pids[0], number)

    def kill(self, pod):
        self.signal(pod, signal.SIGKILL)


def runnable(name, account, namespace, command=("/bin/sleep", "infinity"), **spec):
    """A pod that this node runs."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {"serviceAccountName": account, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0,
                     "containers": [{"name": "app", "image": IMAGE, "imagePullPolicy": "Never", "command": list(command)}], **spec}}


def claims(token):
    """Of a JWT, unverified."""
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
