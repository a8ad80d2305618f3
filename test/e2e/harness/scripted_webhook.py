"""A webhook that answers as a test tells it, to learn what the apiserver makes of that."""
import http.server
import json
import pathlib
import ssl
import subprocess
import threading


class Answer:
    """An HTTP answer; `hang` gives none until the webhook is closed."""

    def __init__(self, status=200, headers=None, response=None, hang=False):
        self.status, self.headers, self.hang = status, headers or {}, hang
        self.response = {"allowed": True} if response is None else response


def unavailable(retry_after=None):
    return Answer(503, {"Retry-After": retry_after} if retry_after else {})


class ScriptedWebhook:
    """HTTPS on loopback. Answers `script` in order, and its last answer for good; counts the calls since `play`."""

    def __init__(self, irsa, directory):
        certificates = pathlib.Path(directory)
        subprocess.run([str(irsa), "certs", "--dir", str(certificates)], check=True, capture_output=True)
        self._lock = threading.Lock()
        self._script, self._calls, self._closing = [Answer()], 0, threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.ca_certificate = certificates / "ca.crt"

    def play(self, *script):
        with self._lock:
            self._script, self._calls = list(script), 0

    @property
    def calls(self):
        with self._lock:
            return self._calls

    def close(self):
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _next(self):
        with self._lock:
            self._calls += 1
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def _handler(self):
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = webhook._next()
                if answer.hang:
                    webhook._closing.wait()
                    self.close_connection = True  # nobody is left to read an answer
                    return
                review["response"] = {"uid": review.pop("request")["uid"], **answer.response}
                body = json.dumps(review).encode() if answer.status == 200 else b""
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
