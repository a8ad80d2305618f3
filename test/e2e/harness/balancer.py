"""A TCP balancer, as a Service's: each new connection goes to the next backend, whether that is ready or not."""
import contextlib
import selectors
import socket
import threading


class Balancer:
    """On loopback. Backends may be changed at any time; a connection whose backend is gone is closed."""

    def __init__(self, *ports):
        self._lock = threading.Lock()
        self._ports = list(ports)
        self._connections = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def send_to(self, *ports):
        with self._lock:
            self._ports = list(ports)

    def cut(self):
        """Ends every connection that there is."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._closing.set()
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self):
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _next(self):
        with self._lock:
            port = self._ports.pop(0)
            self._ports.append(port)
            return port

    def _carry(self, client):
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self._next()), timeout=5)
            except OSError:
                return
            with server, self._tracked(client, server), contextlib.suppress(OSError):
                server.settimeout(None)
                _copy_both_ways(client, server)

    @contextlib.contextmanager
    def _tracked(self, *connections):
        with self._lock:
            self._connections.update(connections)
        try:
            yield
        finally:
            with self._lock:
                self._connections.difference_update(connections)


class SilentPort:
    """Accepts connections and never answers."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]

    def close(self):
        self._listener.close()


def _copy_both_ways(one, other):
    """Until either side ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
