"""An HTTP proxy on loopback that opens tunnels (CONNECT)."""
import base64
import contextlib
import http.server
import select
import socket
import threading


class ConnectProxy:
    """Runs while it is entered. `credentials`: "user:password" that it wants. `target`: the port of this machine that every tunnel leads
    to, whatever its host; by default the one that was asked for. `asked` has the "host:port" of each tunnel."""

    def __init__(self, credentials=None, target=None):
        proxy = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self):
                wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else None
                if wanted and self.headers["Proxy-Authorization"] != wanted:
                    self.send_error(407)
                    return
                proxy.asked.append(self.path)
                with socket.create_connection(("127.0.0.1", target or int(self.path.rpartition(":")[2]))) as server:
                    self.send_response(200)
                    self.end_headers()
                    relay(self.connection, server)
                self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def relay(one, other):
    with contextlib.suppress(OSError):
        while True:
            for readable in select.select([one, other], [], [])[0]:
                data = readable.recv(65536)
                if not data:
                    return
                (other if readable is one else one).sendall(data)
