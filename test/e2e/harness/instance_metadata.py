"""EC2's instance metadata, version 2, as a test scripts it."""
import http.server
import json
import threading

_TOKEN = "a-token"


class InstanceMetadata:
    """HTTP on loopback. Refuses with 503 until `answer` is called; counts the refusals."""

    def __init__(self):
        self._document, self.refused = None, 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{self._server.server_address[1]}"}

    def answer(self, account_id, region):
        self._document = json.dumps({"accountId": account_id, "region": region})

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self):
        metadata = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                is_token = self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
                self._send(200 if is_token else 400, _TOKEN if is_token else "")

            def do_GET(self):
                if self.path != "/latest/dynamic/instance-identity/document" or self.headers.get("X-aws-ec2-metadata-token") != _TOKEN:
                    return self._send(401, "")
                if metadata._document is None:
                    metadata.refused += 1
                    return self._send(503, "")
                return self._send(200, metadata._document)

            def _send(self, status, text):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        return Handler
