"""Who must be served whatever an attacker does: kube-apiserver's reviews and the kubelet's probes."""
import pathlib
import socket
import ssl
import threading
import time

REVIEW = (pathlib.Path(__file__).resolve().parents[1] / "data" / "reviews" / "typical.json").read_bytes()
REQUEST = (b"POST /mutate?timeout=10s HTTP/1.1\r\nHost: irsa\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n" % len(REVIEW)) + REVIEW
PROBE = "GET {} HTTP/1.1\r\nHost: irsa\r\nConnection: close\r\n\r\n"
REVIEW_SECONDS = 10  # timeoutSeconds of the webhook configuration
PROBE_SECONDS = 1    # timeoutSeconds of the probes
SHORT_PROBE_SECONDS = 5  # where the attack is short, beside other tests: this program may wait for a second itself
REVIEWS_A_SECOND = 50
PROBES_A_SECOND = 10
KEPT_CONNECTIONS = 25  # as many as kube-apiserver keeps


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def read_answer(connection):
    """The status of a whole answer, or an OSError."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError(f"the connection ended after {len(received)} bytes of the answer")
        received += more
    head, body = received.split(b"\r\n\r\n", 1)
    fields = {name.lower(): value.strip() for name, value in
              (line.split(b":", 1) for line in head.split(b"\r\n")[1:])}
    is_chunked = fields.get(b"transfer-encoding") == b"chunked"
    length = int(fields.get(b"content-length", 0))
    while not body.endswith(b"\r\n0\r\n\r\n") if is_chunked else len(body) < length:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the connection ended within the answer's body")
        body += more
    return int(head.split(b" ", 2)[1])


class Bystander:
    """Sends reviews, half of them on new connections, and probes, from `with` to its end."""

    def __init__(self, server, probe_seconds=PROBE_SECONDS):
        self._server, self._probe_seconds = server, probe_seconds
        self._context = tls_context()
        self._stop = threading.Event()
        self._kept = []
        self._lock = threading.Lock()
        self.failed_reviews, self.failed_probes, self.seconds = [], [], []
        self.probes = 0
        self._threads = [threading.Thread(target=self._at_a_rate, args=(REVIEWS_A_SECOND, self._review)),
                         threading.Thread(target=self._at_a_rate, args=(PROBES_A_SECOND, self._probe))]

    def __enter__(self):
        for _ in range(KEPT_CONNECTIONS):
            self._kept.append(self._connect())
            self._kept[-1].sendall(REQUEST)
            read_answer(self._kept[-1])
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for connection in self._kept:
            connection.close()

    @property
    def reviews(self):
        return len(self.seconds) + len(self.failed_reviews)

    def p99_ms(self):
        ordered = sorted(self.seconds)
        return ordered[len(ordered) * 99 // 100] * 1000 if ordered else float("nan")

    def _at_a_rate(self, per_second, send):
        running, begin, number = [], time.monotonic(), 0
        while not self._stop.wait(max(0, begin + number / per_second - time.monotonic())):
            thread = threading.Thread(target=send, args=(number,))
            thread.start()
            running.append(thread)
            number += 1
        for thread in running:
            thread.join()

    def _connect(self):
        connection = socket.create_connection(("127.0.0.1", self._server.port), timeout=REVIEW_SECONDS)
        # As Go's sockets: the request does not wait until what ended the handshake is acknowledged, 40 ms later.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(connection)

    def _review(self, number):
        begin = time.monotonic()
        try:
            with self._lock:
                kept = self._kept.pop(0) if number % 2 == 0 and self._kept else None
            # As Go's client: a connection that the server ended while it was idle is no failure, and made anew.
            if kept is not None:
                status = self._exchange_on_kept(kept)
            else:
                with self._connect() as fresh:
                    fresh.sendall(REQUEST)
                    status = read_answer(fresh)
            if status != 200:
                raise ConnectionError(f"status {status}")
            self.seconds.append(time.monotonic() - begin)
        except (OSError, ValueError) as error:
            self.failed_reviews.append(f"{'kept' if number % 2 == 0 else 'new'}: {error!r}")

    def _exchange_on_kept(self, kept):
        try:
            kept.sendall(REQUEST)
            status = read_answer(kept)
        except (OSError, ValueError):
            kept.close()
            replacement = self._connect()
            with self._lock:
                self._kept.append(replacement)
            raise
        with self._lock:
            self._kept.append(kept)
        return status

    def _probe(self, _):
        self.probes += 1
        try:
            with socket.create_connection(("127.0.0.1", self._server.metrics_port), timeout=self._probe_seconds) as probe:
                probe.sendall(PROBE.format(self._server.probed_path).encode())
                status = read_answer(probe)
            if status != 200:
                raise ConnectionError(f"status {status}")
        except (OSError, ValueError) as error:
            self.failed_probes.append(repr(error))
