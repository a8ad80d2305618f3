"""The servers that are compared. Each is one process pinned to a core, on loopback, ended by its pid."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
REVIEWS = ROOT / "test" / "data" / "reviews"
SERVER_CORE, LOAD_CORE = 0, 1
_never = threading.Event()


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class Subject:
    """A running server. `started_seconds` is the time from its start until its port answered."""

    def __init__(self, name, command, port, core=SERVER_CORE):
        self.name, self.port = name, port
        self.log = b""
        self._begin = time.monotonic()
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                         preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        threading.Thread(target=self._read_log, daemon=True).start()
        self._wait_until_it_answers(command)
        self.started_seconds = time.monotonic() - self._begin

    def await_ready(self):
        """Seconds from its start until it logged that it is ready."""
        while b'"msg":"ready"' not in self.log:
            if self._process.poll() is not None:
                sys.exit(f"{self.name} ended before it was ready:\n{self.log.decode()}")
            _never.wait(0.001)
        return time.monotonic() - self._begin

    def _read_log(self):
        for line in self._process.stderr:
            self.log += line

    def _wait_until_it_answers(self, command):
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    _never.wait(0.1)  # for the rest of its log
                    sys.exit(f"{' '.join(map(str, command))} ended with status {self._process.returncode}:\n{self.log.decode()}")
                _never.wait(0.001)

    def cpu_seconds(self):
        """User and system time of the process so far: its threads', which all the servers here keep until they end."""
        tasks = pathlib.Path(f"/proc/{self._process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def memory_mb(self, what="VmRSS"):
        """VmRSS: resident now; VmHWM: at most so far."""
        for line in pathlib.Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) / 1024
        raise KeyError(what)

    def threads(self):
        return len(os.listdir(f"/proc/{self._process.pid}/task"))

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def irsa_audit(binary, api):
    """Runs `irsa audit` for pods; returns the most memory that it had, in MB, and what it printed.

    Read from /proc while it runs: the figure that wait4 gives also counts what this process had when it forked.
    """
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen([binary, "audit", f"--kube-api=http://127.0.0.1:{api.port}", "--only=pods"], stdout=printed,
                                   stderr=subprocess.STDOUT, preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
        most = 0
        while process.poll() is None:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            found = re.search(r"VmHWM:\s+(\d+)", status)  # not there once it is ending
            most = max(most, int(found[1]) / 1024 if found else 0)
            _never.wait(0.02)
        printed.seek(0)
        return most, printed.read().decode()


def irsa(binary, certs, flags=None):
    """`irsa serve`, with the example service accounts unless `flags` name another source of identities."""
    port = free_port()
    flags = flags or [f"--service-accounts={ROOT}/docs/examples/service-accounts.yaml"]
    return Subject("irsa", [binary, "serve", "--bind-address=127.0.0.1", f"--port={port}", "--metrics-bind-address=127.0.0.1",
                            "--metrics-port=0", f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key",
                            "--shutdown-delay=0s", "--request-timeout=60s", *flags], port)  # nginx's, for machines that stall


def nginx(directory, certs, answer):
    """TLS 1.3 in front of a constant answer. nginx reads the body off the connection and throws it away.

    The answer is a file, since a constant in the configuration may not be longer than 4 KB; a POST to a file is a 405, for which that
    file is the error page, with status 200.
    """
    port = free_port()
    pages = directory / f"nginx-{port}"
    pages.mkdir()
    (pages / "answer.json").write_bytes(answer)
    configuration = directory / f"nginx-{port}.conf"
    configuration.write_text(f"""
daemon off; master_process off; worker_processes 1; error_log stderr; pid {pages}/pid;
events {{ worker_connections 16384; }}
http {{
  access_log off; log_not_found off; keepalive_requests 1000000000; keepalive_timeout 120s; client_max_body_size 8m; client_body_buffer_size 1m;
  client_body_temp_path {pages}/body; proxy_temp_path {pages}/proxy; fastcgi_temp_path {pages}/fastcgi; uwsgi_temp_path {pages}/uwsgi;
  scgi_temp_path {pages}/scgi; root {pages}; open_file_cache max=10; default_type application/json;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {certs}/tls.crt; ssl_certificate_key {certs}/tls.key; ssl_protocols TLSv1.3;
    location / {{ error_page 404 405 =200 /answer.json; }}
  }}
}}""")
    return Subject("nginx", ["nginx", "-c", str(configuration), "-p", str(directory)], port)


def stock(binary, certs):
    """cpp-httplib's own SSLServer with an empty handler."""
    port = free_port()
    return Subject("stock", [binary, str(port), f"{certs}/tls.crt", f"{certs}/tls.key"], port)


def go_webhook(binary, certs, api):
    """amazon-eks-pod-identity-webhook with its own defaults, and the service accounts of that StandIn."""
    port = free_port()
    return Subject("Go webhook", [binary, "--in-cluster=false", f"--kube-api=http://127.0.0.1:{api.port}", f"--port={port}",
                                  f"--metrics-port={free_port()}", f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key"], port)


class StandIn:
    """The apiserver of apiserver.py with so many service accounts; with `pods`, also so many of them, of each hundred so many that `lack`
    their identity."""

    def __init__(self, accounts, pods=None, lack=0):
        counts = [accounts] if pods is None else [accounts, pods, lack]
        self._process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).parent / "apiserver.py"), *map(str, counts)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def await_word(self, word):
        """Of pods.py: "asked" or "listed"."""
        said = self._process.stdout.readline().strip()
        if said != word:
            sys.exit(f"the apiserver's stand-in said {said!r} instead of {word!r}")

    def let_pods_go(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
