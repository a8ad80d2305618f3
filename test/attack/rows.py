"""The attacks, each against a server of its own, which `serve(flags, reads_log)` starts. A row returns what it measured and
what was wrong with it."""
import contextlib
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attackers import start
from bystander import PROBE_SECONDS, SHORT_PROBE_SECONDS, Bystander, read_answer, tls_context
from server import await_until

MAX_P99_RATIO = 5  # asked of rows that take long enough to have a p99


class Report:
    """What a row has measured, and which of it is wrong."""

    def __init__(self):
        self.measured, self.wrong = [], []

    def measure(self, text):
        self.measured.append(text)

    def require(self, condition, text):
        if not condition:
            self.wrong.append(text)


def _beside_a_bystander(serve, seconds, source, attack, flags=(), on_metrics_port=False):
    """One attack (name, amount) alone."""
    return _attacks_beside_a_bystander(serve, seconds, source, [(*attack, on_metrics_port)], flags)


def _attacks_beside_a_bystander(serve, seconds, source, attacks, flags=(), grace_mib=80):
    """Runs attacks (name, amount, whether on the metrics port) beside reviews and probes, of which none may fail."""
    report = Report()
    probe_seconds = SHORT_PROBE_SECONDS if seconds < 20 else PROBE_SECONDS
    with serve(flags) as server:
        with Bystander(server, probe_seconds) as quiet:
            time.sleep(seconds / 4)
        before = server.resident_mib()
        peak = before
        with Bystander(server, probe_seconds) as bystander:
            attackers = [start(name, server.metrics_port if on_metrics_port else server.port, source, seconds, amount)
                         for name, amount, on_metrics_port in attacks]
            while any(attacker.poll() is None for attacker in attackers):
                peak = max(peak, server.resident_mib())
                time.sleep(0.05)
        report.measure(f"{bystander.reviews} reviews, {len(bystander.failed_reviews)} failed, "
                       f"p99 {bystander.p99_ms():.0f} ms (without {quiet.p99_ms():.0f}); "
                       f"{bystander.probes} probes, {len(bystander.failed_probes)} failed; "
                       f"resident {before:.0f} to {peak:.0f} MiB")
        report.require(bystander.reviews > 0 and not bystander.failed_reviews,
                       f"reviews failed: {bystander.failed_reviews[:3]}")
        report.require(bystander.probes > 0 and not bystander.failed_probes,
                       f"probes failed: {bystander.failed_probes[:3]}")
        report.require(seconds < 20 or bystander.p99_ms() <= MAX_P99_RATIO * quiet.p99_ms(),
                       f"p99 is more than {MAX_P99_RATIO} times what it is without")
        report.require(peak < before + grace_mib, f"resident memory grew by {peak - before:.0f} MiB")
        report.require(server.process.poll() is None, "the process has ended")
    return report


def large_hellos(serve, seconds, source):
    return _beside_a_bystander(serve, seconds, source, ("large_hellos", 4000))


def large_hellos_client_ca(serve, seconds, source):
    """As before, where a client certificate is required: only what the attacker costs is looked at."""
    report = Report()
    with serve() as maker:
        ca = (maker.path / "certs" / "ca.crt").read_bytes()
    with serve([f"--client-ca={_kept(ca)}"]) as server:
        before = peak = server.resident_mib()
        attacker = start("large_hellos", server.port, source, seconds, 4000)
        while attacker.poll() is None:
            peak = max(peak, server.resident_mib())
            time.sleep(0.05)
        report.measure(f"resident {before:.0f} to {peak:.0f} MiB")
        report.require(peak < before + 80, f"resident memory grew by {peak - before:.0f} MiB")
    return report


def _kept(content):
    import tempfile
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content)
    return file.name


def unfinished_handshakes(serve, seconds, source):
    return _beside_a_bystander(serve, seconds, source, ("unfinished_handshakes", 1000 if seconds < 20 else 4000))


def unfinished_records(serve, seconds, source):
    return _beside_a_bystander(serve, seconds, source, ("unfinished_records", 500 if seconds < 20 else 4000))


def on_metrics_port(name, amount):
    def row(serve, seconds, source):
        return _beside_a_bystander(serve, seconds, source, (name, amount), on_metrics_port=True)
    return row


def on_webhook_port(name, amount):
    def row(serve, seconds, source):
        return _beside_a_bystander(serve, seconds, source, (name, amount))
    return row


# At a rate that leaves the attackers' own processes a part of two cores.
TOGETHER = [("silent", 100, False), ("garbage", 50, False), ("large_hellos", 500, False),
            ("unfinished_handshakes", 300, False), ("unfinished_records", 300, False), ("resets", 50, False),
            ("garbage", 50, True), ("unread", 50, True), ("silent", 100, True), ("trickle", 50, True),
            ("resets", 50, True), ("answered", 50, True)]


def all_together(serve, seconds, source):
    return _attacks_beside_a_bystander(serve, seconds, source, TOGETHER, grace_mib=160)


def garbage(serve, seconds, source):
    return _beside_a_bystander(serve, seconds, source, ("garbage", 500), ["--max-connections=300"])


def silent(per_second):
    def row(serve, seconds, source):
        return _beside_a_bystander(serve, seconds, source, ("silent", per_second), ["--max-connections=1024"])
    return row


def unread_log(serve, seconds, source):
    """Standard error is a pipe that is full: certificates are loaded all the same, and SIGTERM ends the process."""
    report = Report()
    with serve(["--log-level=debug"], reads_log=False) as server:
        certs = server.path / "certs"

        def serial():
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                with tls_context().wrap_socket(raw) as tls:
                    return tls.getpeercert(binary_form=True)

        body = b"{}"
        request = (b"POST /mutate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(body)) + body
        answered = 0
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                with tls_context().wrap_socket(raw) as tls:
                    for _ in range(10_000):  # each is a line at this level: more than the pipe and the queue behind it
                        tls.sendall(request)
                        read_answer(tls)
                        answered += 1
        except OSError as error:
            report.measure(f"{answered} reviews answered")
            report.require(False, f"a review was not answered: {error!r}")
            return report
        loaded = 0
        for _ in range(2):
            before = serial()
            fresh = server.path / "fresh"
            server.make_certificates(fresh)
            for name in ("tls.key", "tls.crt"):
                (fresh / name).replace(certs / name)
            subprocess.run(["rm", "-r", fresh], check=True)
            loaded += await_until(lambda: serial() != before, 10)
        lost = server.metric("irsa_log_lines_lost_total")
        report.require(lost is not None and lost > 0, f"lost lines counted: {lost}")
        server.process.send_signal(signal.SIGTERM)
        try:
            status = server.process.wait(20)
        except subprocess.TimeoutExpired:
            status = "none"
        report.measure(f"{loaded} of 2 certificates loaded; {lost} lines lost; exit status {status} at SIGTERM")
        report.require(loaded == 2, "a certificate was not loaded")
        report.require(status == 0, "SIGTERM did not end the process")
    return report


def bodies_over_the_budget(serve, seconds, source):
    """60 clients at once with bodies of 2 MiB, of which 24 have room: each gets an answer, not a reset."""
    report = Report()
    answers, lock = [], threading.Lock()
    body_bytes = 2 << 20
    with serve() as server:
        def client():
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
                    with tls_context().wrap_socket(raw) as tls:
                        tls.sendall(b"POST /mutate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                                    b"Content-Length: %d\r\n\r\n" % body_bytes)
                        with contextlib.suppress(OSError):  # the answer may be there already
                            for _ in range(32):
                                tls.sendall(b" " * (body_bytes // 32))
                                time.sleep(0.02)  # so that all are under way at once
                        answer = read_answer(tls)
            except OSError as error:
                answer = type(error).__name__
            with lock:
                answers.append(answer)

        threads = [threading.Thread(target=client) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = {answer: answers.count(answer) for answer in sorted(set(answers), key=str)}
        report.measure(f"answers {counts}")
        report.require(set(counts) <= {400, 408, 503} and sum(counts.values()) == 60, f"answers {counts}")
    return report


def bad_certificates(serve, seconds, source):
    """An expired certificate and one only for clients do not replace a good one."""
    report = Report()
    with serve() as server:
        certs = server.path / "certs"
        for name, options, fault in (
                ("expired", ["-not_before", "20200101000000Z", "-not_after", "20210101000000Z"], "expired at 2021-01-01T00:00:00Z"),
                ("only for clients", ["-addext", "extendedKeyUsage=clientAuth", "-days", "30"], "is not for servers")):
            before = server.metric('irsa_reload_failures_total{what="certificate"}')
            _make_certificate(certs, options)
            # The certificate before is counted once a second; each fault is logged once.
            looked_at = server.await_log("not reloaded: the last good state stays in use", fault)
            counted = await_until(
                lambda: server.metric('irsa_reload_failures_total{what="certificate"}') > before, 5)
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                with tls_context().wrap_socket(raw) as tls:
                    is_old = b"irsa" in tls.getpeercert(binary_form=True)
            report.measure(f"{name}: {'logged' if looked_at else 'not logged'}, {'counted' if counted else 'not counted'}, "
                           f"{'the good one serves' if is_old else 'it serves'}")
            report.require(looked_at and counted, f"a certificate that is {name} was not refused")
            report.require(is_old, f"a certificate that is {name} was loaded")
    return report


def _make_certificate(directory, options):
    days = options if "-days" in options else []
    config = directory / "ca.cnf"
    base = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=bad", "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "new.key"]
    if days:
        subprocess.run([*base, "-out", directory / "new.crt", *options], check=True, capture_output=True)
    else:  # openssl req -x509 takes no dates before OpenSSL 3.4, openssl ca does
        subprocess.run([*base, "-out", directory / "self.crt", "-days", "1"], check=True, capture_output=True)
        (directory / "index.txt").write_text("")
        (directory / "serial").write_text("01")
        config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={directory}/index.txt\nserial={directory}/serial\n"
                          f"new_certs_dir={directory}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        start, end = options[1], options[3]
        subprocess.run(["openssl", "ca", "-batch", "-config", config, "-selfsign", "-ss_cert", directory / "self.crt",
                        "-keyfile", directory / "new.key", "-cert", directory / "self.crt", "-startdate", start,
                        "-enddate", end, "-out", directory / "new.crt", "-notext"], check=True, capture_output=True)
    (directory / "new.key").replace(directory / "tls.key")
    (directory / "new.crt").replace(directory / "tls.crt")


def yaml_aliases(serve, seconds, source):
    """500 bytes of aliases that stand for millions of values, as the file of service accounts."""
    report = Report()
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for name, last in zip("bcdefghi", "abcdefgh"):
        text += f"{name}: &{name} [{','.join(['*' + last] * 9)}]\n"
    with serve() as server:
        before = server.resident_mib()
        (server.path / "accounts.yaml").write_text(text)
        failures = 'irsa_reload_failures_total{what="service-accounts"}'
        report.require(await_until(lambda: server.metric(failures) > 0, 20), "the file was not refused")
        after = server.resident_mib()
        report.measure(f"{len(text)} bytes: resident {before:.0f} to {after:.0f} MiB")
        report.require(after < before + 16, f"resident memory grew by {after - before:.0f} MiB")
    return report


def endless_continue(serve, seconds, source):
    """An apiserver whose lists never end."""
    report = Report()
    requests = []

    class Endless(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            requests.append(time.monotonic())
            status, body = 200, b'{"metadata":{"resourceVersion":"1","continue":"more"},"items":[]}'
            if "watch=true" in self.path:
                status, body = 400, b"{}"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as apiserver:
        apiserver.block_on_close = False
        thread = threading.Thread(target=apiserver.serve_forever, daemon=True)
        thread.start()
        with serve([f"--kube-api=http://127.0.0.1:{apiserver.server_port}"]) as server:
            time.sleep(min(seconds, 10))
            count = len(requests)
            message = "not up to date with the apiserver, retrying"
            report.require(server.await_log(message), "nothing was logged")
            logged = server.log_lines(message)
        apiserver.shutdown()
    report.measure(f"{count} requests in {min(seconds, 10)} s; logged: {[line.get('error') for line in logged][:1]}")
    report.require(0 < count < 200, f"{count} list requests")
    return report


# Left out of the short form: what another row shows too, and what takes a minute.
LONG_ONLY = {"large-hellos-client-ca", "unfinished-handshakes", "hellos-500", "unfinished-records", "metrics-garbage-22",
             "metrics-garbage-102", "metrics-answered-402", "metrics-resets-402", "resets-402", "silent-850", "unread-log",
             "all-together"}

ROWS = {
    "large-hellos": large_hellos,
    "large-hellos-client-ca": large_hellos_client_ca,
    "unfinished-handshakes": unfinished_handshakes,
    "hellos-500": on_webhook_port("hellos", 500),
    "unfinished-records": unfinished_records,
    "metrics-garbage-22": on_metrics_port("garbage", 22),
    "metrics-garbage-102": on_metrics_port("garbage", 102),
    "metrics-garbage-402": on_metrics_port("garbage", 402),
    "metrics-unread-402": on_metrics_port("unread", 402),
    "metrics-silent-402": on_metrics_port("silent", 402),
    "metrics-answered-402": on_metrics_port("answered", 402),
    "metrics-trickle": on_metrics_port("trickle", 500),
    "metrics-resets-402": on_metrics_port("resets", 402),
    "resets-402": on_webhook_port("resets", 402),
    "garbage": garbage,
    "silent-850": silent(850),
    "silent-2000": silent(2000),
    "unread-log": unread_log,
    "bodies-over-the-budget": bodies_over_the_budget,
    "bad-certificates": bad_certificates,
    "yaml-aliases": yaml_aliases,
    "endless-continue": endless_continue,
    "all-together": all_together,
}

# Those that say something of another webhook too: all but a client CA, irsa's own metrics and its file of accounts.
PEER_ROWS = [name for name in ROWS
             if name not in {"large-hellos-client-ca", "unread-log", "bad-certificates", "yaml-aliases"}]
