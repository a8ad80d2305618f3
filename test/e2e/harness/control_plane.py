"""A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager, each a process of its own."""
import json
import os
import pathlib
import ssl
import subprocess
import urllib.error
import urllib.request

from .pki import Pki
from .ports import free_ports
from .process import Process
from .waiting import wait_until

_CONTROLLERS = ("serviceaccount-controller,root-ca-certificate-publisher-controller,namespace-controller,"
                "deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller,job-controller")


class KubectlResult:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Kubectl:
    """What a cluster answers to kubectl; a subclass has the command and a directory to run it in."""

    def kubectl(self, *arguments, stdin=None, check=True):
        """stdin may be text, or objects that are sent as JSON."""
        if stdin is not None and not isinstance(stdin, str):
            stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": stdin} if isinstance(stdin, list) else stdin)
        done = subprocess.run([*self.kubectl_command(), *arguments], input=stdin, text=True, capture_output=True, timeout=300,
                              cwd=self.directory)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return KubectlResult(done.returncode, done.stdout, done.stderr)

    def get(self, kind, name, namespace="default"):
        return json.loads(self.kubectl("get", kind, name, "-n", namespace, "-o", "json").out)

    def dry_run(self, manifest):
        """What creating the object would store."""
        return json.loads(self.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=manifest).out)


class ControlPlane(Kubectl):
    """Up after construction; close() ends everything. `issuer`: of service accounts' tokens; the apiserver's own URL by default.
    `apiserver_flags`: more of them."""

    def __init__(self, binary, directory, issuer=None, apiserver_flags=()):
        self._binary = str(binary)
        self.directory = pathlib.Path(directory)
        (self.directory / "logs").mkdir(parents=True)
        self.pki = Pki(self.directory / "pki")
        self.etcd_port, self._peer_port, self.port = free_ports(3)
        self.url = f"https://127.0.0.1:{self.port}"
        self.issuer = issuer or self.url
        self._apiserver_flags = apiserver_flags
        self.kubeconfig = self.directory / "admin.kubeconfig"
        self._write_credentials()
        self.etcd = self.apiserver = self.controllers = None
        try:
            self.etcd = self._start_etcd()
            self.start_apiserver()
            self.controllers = self._start_controllers()
            wait_until(lambda: self.controllers.check_alive() and
                       self.kubectl("get", "serviceaccount", "default", "-n", "default", check=False).status == 0,
                       "the default service account")
        except BaseException:
            self.close()
            raise

    def close(self):
        for process in (self.controllers, self.apiserver, self.etcd):
            if process is not None:
                process.stop()

    def kubectl_command(self):
        return [self._binary, "kubectl", "--kubeconfig", str(self.kubeconfig)]

    def start_apiserver(self):
        pki = self.pki.path
        self.apiserver = self._start("kube-apiserver", [
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}", "--endpoint-reconciler-type=none", f"--cert-dir={self.pki.directory}",
            f"--tls-cert-file={pki('apiserver.crt')}", f"--tls-private-key-file={pki('apiserver.key')}",
            f"--client-ca-file={pki('ca.crt')}", f"--service-account-key-file={pki('sa.pub')}",
            f"--service-account-signing-key-file={pki('sa.key')}", f"--service-account-issuer={self.issuer}",
            f"--service-account-jwks-uri={self.url}/openid/v1/jwks", f"--api-audiences={self.url}",
            "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC", "--anonymous-auth=true",
            "--enable-admission-plugins=ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
            "--profiling=false", "--v=1", *self._apiserver_flags])
        trust = ssl.create_default_context(cafile=pki("ca.crt"))

        def is_ready():
            self.etcd.check_alive()
            self.apiserver.check_alive()
            try:
                return urllib.request.urlopen(f"{self.url}/readyz", context=trust, timeout=2).status == 200
            except (OSError, urllib.error.URLError):
                return False
        wait_until(is_ready, "kube-apiserver ready", 120)

    def restart_apiserver(self):
        """Ready again when this returns. Connections to the one before are broken."""
        self.apiserver.stop()
        self.start_apiserver()

    def _start(self, role, arguments):
        return Process(role, [self._binary, role, *arguments], self.directory / "logs" / f"{role}.log")

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self._peer_port}"
        return self._start("etcd", [
            "--name", "t", "--data-dir", str(self.directory / "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"t={peer}"])

    def _start_controllers(self):
        return self._start("kube-controller-manager", [
            f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0", "--bind-address=127.0.0.1",
            f"--root-ca-file={self.pki.path('ca.crt')}", f"--service-account-private-key-file={self.pki.path('sa.key')}",
            f"--controllers={_CONTROLLERS}", "--use-service-account-credentials=true"])

    def _write_credentials(self):
        self.pki.leaf("apiserver", "/CN=kube-apiserver", "serverAuth",
                      "IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc")
        self.pki.leaf("admin", "/O=system:masters/CN=admin", "clientAuth")
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "t",
            "clusters": [{"name": "t", "cluster": {"server": self.url, "certificate-authority-data": self.pki.base64("ca.crt")}}],
            "users": [{"name": "admin", "user": {"client-certificate-data": self.pki.base64("admin.crt"),
                                                 "client-key-data": self.pki.base64("admin.key")}}],
            "contexts": [{"name": "t", "context": {"cluster": "t", "user": "admin"}}]}))
        os.chmod(self.kubeconfig, 0o600)
