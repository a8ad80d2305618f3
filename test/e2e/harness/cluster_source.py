"""How an irsa under test reaches the cluster whose service accounts it is to know."""
import json
import os
import pathlib


class ClusterSource:
    """irsa watches the cluster as the service account that deploy/ makes, and so with no more than that one's rights."""

    def __init__(self, cluster, directory, account, namespace, port=None):
        """`port`, when the apiserver is to be reached through another one than its own."""
        self._cluster = cluster
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        token = directory / "token"
        token.write_text(cluster.kubectl("create", "token", account, "-n", namespace, "--duration=6h").out.strip())
        os.chmod(token, 0o600)
        self._kubeconfig = directory / "kubeconfig"
        self._kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "t",
            "clusters": [{"name": "t", "cluster": {"server": f"https://127.0.0.1:{port or cluster.port}", "certificate-authority": cluster.pki.path("ca.crt")}}],
            "users": [{"name": "irsa", "user": {"tokenFile": str(token)}}],
            "contexts": [{"name": "t", "context": {"cluster": "t", "user": "irsa"}}]}))

    @property
    def flags(self):
        return [f"--kubeconfig={self._kubeconfig}"]

    def apply(self, *accounts):
        self._cluster.kubectl("apply", "-f", "-", stdin=list(accounts))
