"""A proxy that leads every tunnel to one address, so that clients may speak to a server by a name that is not its own."""
import contextlib
import http.server
import socket
import threading


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class ConnectProxy:
    """Listens after construction; `asked` has the names that clients wanted to reach."""

    def __init__(self, port):
        proxy = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self):
                proxy.asked.append(self.path)
                with socket.create_connection(("127.0.0.1", port)) as target:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=_copy, args=(target, self.connection))
                    back.start()
                    _copy(self.connection, target)
                    back.join()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
