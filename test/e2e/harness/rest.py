"""Requests to a kube-apiserver without kubectl: hundreds of them back to back, from one thread for each client."""
import http.client
import json
import ssl
import time

# The apiserver ends a connection on which nothing comes for 90 s.
_IDLE_S = 30


class RestClient:
    """Logged in as the administrator, on one connection."""

    def __init__(self, cluster):
        context = ssl.create_default_context(cafile=cluster.pki.path("ca.crt"))
        context.load_cert_chain(cluster.pki.path("admin.crt"), cluster.pki.path("admin.key"))
        self._connection = http.client.HTTPSConnection("127.0.0.1", cluster.port, context=context, timeout=60)
        if hasattr(cluster, "create_connection"):  # of a cluster on another network
            self._connection._create_connection = cluster.create_connection
        self._used = time.monotonic()

    def close(self):
        self._connection.close()

    def request(self, method, path, body=None, content_type="application/json"):
        """The status and the object that is answered."""
        if time.monotonic() - self._used > _IDLE_S:
            self._connection.close()  # and the request makes a new one
        self._connection.request(method, path, body=None if body is None else json.dumps(body),
                                 headers={"Content-Type": content_type, "Accept": "application/json"})
        answer = self._connection.getresponse()
        body = answer.read()
        self._used = time.monotonic()
        return answer.status, json.loads(body)

    def create(self, manifest):
        plural = manifest["kind"].lower() + "s"
        return self.request("POST", f"/api/v1/namespaces/{manifest['metadata']['namespace']}/{plural}", manifest)

    def annotate(self, account, annotations, namespace="team-a"):
        return self.request("PATCH", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}",
                            {"metadata": {"annotations": annotations}}, "application/merge-patch+json")
