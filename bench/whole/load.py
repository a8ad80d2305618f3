"""The load, from the core that no server runs on. Every function raises Unanswered unless each request was answered with 200."""
import re
import ssl
import subprocess
import tempfile
import urllib.request

from .subjects import LOAD_CORE

_PATH = "/mutate?timeout=10s"


class Unanswered(Exception):
    """What the load saw instead of the answers."""


def _h2load(port, review, options):
    command = ["taskset", "-c", str(LOAD_CORE), "h2load", "-p", "http/1.1", "-t", "1", "-d", str(review),
               "-H", "content-type: application/json", *options, f"https://127.0.0.1:{port}{_PATH}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    totals = re.search(r"requests: (\d+) total, .* (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
    codes = re.search(r"status codes: (\d+) 2xx", done.stdout)
    if done.returncode != 0 or not totals or not codes or any(int(totals.group(i)) for i in (2, 3, 4)):
        raise Unanswered(f"h2load on port {port}: not every request was answered with 200\n{done.stdout}\n{done.stderr}")
    return int(codes.group(1))


def keep_alive(port, review, requests, connections):
    """So many requests in all, over so many connections, each as soon as the one before is answered."""
    answered = _h2load(port, review, ["-n", str(requests), "-c", str(connections)])
    if answered != requests:
        raise Unanswered(f"h2load on port {port}: {answered} of {requests} answered")


def burst(port, review, connections):
    """So many new connections at once, one request on each, as the apiserver opens them when it runs out of idle ones."""
    keep_alive(port, review, connections, connections)


def steady(port, review, per_second, seconds, connections):
    """At a fixed rate over kept connections, whether or not the answers keep up: the sorted latencies in milliseconds, and the rate that
    was reached."""
    with tempfile.NamedTemporaryFile(mode="r") as log:
        _h2load(port, review, ["-n", str(per_second * seconds), "-c", str(connections), f"--rps={per_second // connections}",
                               f"--log-file={log.name}"])
        lines = [[int(field) for field in line.split("\t")] for line in log]
    starts = [start for start, _, _ in lines]
    reached = len(lines) / max(1e-6, (max(starts) - min(starts)) / 1e6)
    return sorted(duration / 1000 for _, _, duration in lines), reached


def percentile(latencies, share):
    return latencies[min(len(latencies) - 1, int(len(latencies) * share))]


def answer_of(port, certs, review):
    context = ssl.create_default_context(cafile=f"{certs}/ca.crt")
    request = urllib.request.Request(f"https://localhost:{port}{_PATH}", review.read_bytes(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, context=context, timeout=10).read()
