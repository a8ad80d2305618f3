"""amazon-eks-pod-identity-webhook under the same attacks, with its own defaults and the one service account."""
import json
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bystander import tls_context
from server import PATIENCE_SECONDS, Process, await_until

ACCOUNT = {"metadata": {"name": "my-app", "namespace": "team-a", "resourceVersion": "1", "uid": "1",
                        "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/my-app"}}}


class GoWebhook(Process):
    """`binary` under attack, `irsa` to make its certificates. Of irsa's flags, it takes the apiserver's address only."""

    probed_path = "/metrics"  # it has no other page on that port

    def __init__(self, binary, irsa, flags=(), reads_log=True):
        super().__init__(irsa)
        self._apiserver = None
        self.make_certificates(self.path / "certs")
        kube_api = [flag for flag in flags if flag.startswith("--kube-api")]
        if not kube_api:
            self._apiserver = _Apiserver()
            kube_api = [f"--kube-api=http://127.0.0.1:{self._apiserver.server_port}"]
        self.port, self.metrics_port = _free_port(), _free_port()
        self.process = subprocess.Popen(
            [binary, "--in-cluster=false", *kube_api, f"--port={self.port}", f"--metrics-port={self.metrics_port}",
             f"--tls-cert={self.path}/certs/tls.crt", f"--tls-key={self.path}/certs/tls.key"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # It listens once it has its service accounts; an apiserver of the caller's may never give it any.
        if self._apiserver and not await_until(self._answers):
            raise RuntimeError("the webhook did not start")

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        if self._apiserver:
            self._apiserver.end()

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as raw:
                with tls_context().wrap_socket(raw):
                    return True
        except (OSError, ssl.SSLError):
            return False


def _free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class _Apiserver(ThreadingHTTPServer):
    """Lists the one service account, and has watches wait."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answers)
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        is_watch = "watch=true" in self.path or "watch=1" in self.path
        body = json.dumps({"kind": "ServiceAccountList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"},
                           "items": [ACCOUNT]}).encode()
        status = 200
        if is_watch and "sendInitialEvents" in self.path:
            status, body = 400, b"{}"  # as an apiserver that cannot stream lists
        elif is_watch:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.server.ended.wait()
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
