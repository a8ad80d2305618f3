#!/usr/bin/env python3
"""CPU time per request of `irsa serve` beside its peers, in one run.

usage: whole_server.py [--irsa BINARY] [--stock BINARY] [--rounds N] [--requests N] [--reviews a,b,c] [-o json]

The subjects are measured in turn (irsa, nginx, irsa, nginx, …), so that a machine whose speed drifts changes all alike:
  irsa    `irsa serve` with the example service accounts
  nginx   TLS 1.3 in front of a constant answer of the same size, with the request body read
  stock   httplib::SSLServer with an empty handler (only with --stock)
Each has one thread pinned to core 0; the load (h2load, kept-alive TLS 1.3 connections) runs on core 1. What counts is CPU time
(user and system, /proc/PID/stat) divided by the number of answers, not the time that passed. Loopback only.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REVIEWS = ROOT / "test" / "data" / "reviews"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1
_never = threading.Event()


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_SECOND


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                sys.exit(f"a server ended with status {process.returncode}")
            _never.wait(0.05)
    sys.exit(f"nothing listens on port {port}")


class Subject:
    """A server pinned to its core; `pids` are the processes that answer."""

    def __init__(self, name, command, port):
        self.name, self.port = name, port
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
        wait_for_port(port, self._process)

    @property
    def pids(self):
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [self._process.pid, *map(int, children)]

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_irsa(binary, certs):
    port = free_port()
    return Subject("irsa", [binary, "serve", "--bind-address=127.0.0.1", f"--port={port}", "--metrics-bind-address=127.0.0.1",
                            "--metrics-port=0", f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key", "--shutdown-delay=0s",
                            f"--service-accounts={ROOT}/docs/examples/service-accounts.yaml"], port)


def start_nginx(directory, certs, answer):
    port = free_port()
    (directory / "nginx").mkdir(exist_ok=True)
    (directory / "nginx" / "answer.json").write_bytes(answer)
    configuration = directory / "nginx.conf"
    # nginx reads the body off the connection and throws it away. The answer is a file, since a constant in the configuration may not
    # be longer than 4 KB; a POST to a file is a 405, for which that file is the error page, with status 200.
    configuration.write_text(f"""
daemon off; master_process off; worker_processes 1; error_log /dev/null; pid {directory}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 120s; client_max_body_size 8m; client_body_buffer_size 1m;
  client_body_temp_path {directory}/nginx-body; proxy_temp_path {directory}/nginx-proxy; fastcgi_temp_path {directory}/nginx-f;
  uwsgi_temp_path {directory}/nginx-u; scgi_temp_path {directory}/nginx-s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {certs}/tls.crt; ssl_certificate_key {certs}/tls.key; ssl_protocols TLSv1.3;
    root {directory}/nginx; open_file_cache max=10; default_type application/json;
    location / {{ error_page 404 405 =200 /answer.json; }}
  }}
}}""")
    return Subject("nginx", ["nginx", "-c", str(configuration), "-p", str(directory)], port)


def start_stock(binary, certs):
    port = free_port()
    return Subject("stock", [binary, str(port), f"{certs}/tls.crt", f"{certs}/tls.key"], port)


def load(port, review, requests, connections):
    """Sends the requests with h2load over that many kept-alive connections; fails unless all are answered with 200."""
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "h2load", "-p", "http/1.1", "-n", str(requests), "-c", str(connections), "-t", "1", "-d", str(review),
         "-H", "content-type: application/json", f"https://127.0.0.1:{port}/mutate?timeout=10s"], capture_output=True, text=True, timeout=300)
    codes = re.search(r"status codes: (\d+) 2xx", done.stdout)
    if done.returncode != 0 or codes is None or int(codes.group(1)) != requests:
        sys.exit(f"h2load on port {port}: not every request was answered with 200\n{done.stdout}\n{done.stderr}")


def measure(subject, review, requests, connections):
    """Microseconds of the server's CPU time per request."""
    before = cpu_seconds(subject.pids)
    load(subject.port, review, requests, connections)
    return (cpu_seconds(subject.pids) - before) / requests * 1e6


def answer_of(port, certs, review):
    context = ssl.create_default_context(cafile=f"{certs}/ca.crt")
    request = urllib.request.Request(f"https://localhost:{port}/mutate", review.read_bytes(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, context=context, timeout=10).read()


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--irsa", default=str(ROOT / "build" / "release" / "irsa"))
    parser.add_argument("--stock")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--reviews", default="simple,typical,large")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    options = parser.parse_args()

    results = []
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        os.chmod(directory, 0o755)
        certs = directory / "certs"
        subprocess.run([options.irsa, "certs", "--dir", str(certs)], check=True, capture_output=True)
        for review in (REVIEWS / f"{review}.json" for review in options.reviews.split(",")):
            subjects = [start_irsa(options.irsa, certs)]
            try:
                subjects.append(start_nginx(directory, certs, answer_of(subjects[0].port, certs, review)))
                if options.stock:
                    subjects.append(start_stock(options.stock, certs))
                requests = options.requests if review.stat().st_size < 50000 else options.requests // 5
                samples = {subject.name: [] for subject in subjects}
                for subject in subjects:
                    measure(subject, review, requests // 10, options.connections)  # warm-up
                for _ in range(options.rounds):
                    for subject in subjects:
                        samples[subject.name].append(measure(subject, review, requests, options.connections))
            finally:
                for subject in subjects:
                    subject.stop()
            results.append({"review": review.stem, "bytes": review.stat().st_size, "us": {k: statistics.median(v) for k, v in samples.items()},
                            "samples": samples})
    if options.output == "json":
        print(json.dumps(results, indent=1))
        return
    names = list(results[0]["us"])
    rows = [["review", "bytes", *[f"{n} µs" for n in names], "irsa / nginx"]]
    for result in results:
        rows.append([result["review"], str(result["bytes"]), *[f"{result['us'][n]:.1f}" for n in names],
                     f"{result['us']['irsa'] / result['us']['nginx']:.2f}"])
    table(rows)


if __name__ == "__main__":
    main()
