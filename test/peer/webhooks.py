"""The two webhooks that are compared: each a process on loopback with flags of its own, asked over a kept connection for each thread."""
import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

PATIENCE_SECONDS = 120


class NotReady(Exception):
    """The webhook ended, or did not do in time what is waited for: its command, and the end of its log."""


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def await_until(holds, webhook):
    deadline = time.monotonic() + PATIENCE_SECONDS
    never = threading.Event()
    while not holds():
        if webhook.process.poll() is not None or time.monotonic() > deadline:
            raise NotReady(f"{' '.join(map(str, webhook.process.args))}\n{webhook.log_end()}")
        never.wait(0.05)


class Webhook:
    """A running webhook, ended with the `with` block. `is_ready` is asked until it says so."""

    def __init__(self, name, command, port, environment, is_ready):
        self.name, self.port = name, port
        self.log = tempfile.TemporaryFile()
        self.connections = threading.local()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, **environment})
        try:
            await_until(lambda: is_ready(self), self)
        except NotReady:
            self.stop()
            raise

    def log_end(self):
        self.log.seek(0)
        return self.log.read()[-3000:].decode(errors="replace")

    def request(self, method, path, body=None, headers=()):
        """Status and body of the answer; a broken connection is made again once."""
        for last in (False, True):
            connection = getattr(self.connections, "own", None)
            if connection is None:
                context = ssl._create_unverified_context()
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=PATIENCE_SECONDS)
                self.connections.own = connection
            try:
                connection.request(method, path, body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.connections.own = None
                if last:
                    raise

    def ask(self, review):
        """The review's answer."""
        status, text = self.request("POST", "/mutate?timeout=30s", json.dumps(review), {"Content-Type": "application/json"})
        if status != 200:
            return {"http": status, "message": text.decode(errors="replace").strip()}
        return json.loads(text)["response"]

    def await_patch(self, review):
        """Until the webhook mutates the pod: it knows its account then."""
        await_until(lambda: patch_of(self.ask(review)), self)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def patch_of(response):
    return json.loads(base64.b64decode(response["patch"])) if response.get("patch") else []


def opens(url):
    try:
        return urllib.request.urlopen(url, timeout=5).read().decode()
    except OSError:
        return None


def start(make):
    """Again when another program was faster to take a port."""
    for last in (False, False, True):
        try:
            return make(free_port(), free_port())
        except NotReady as why:
            if last or "in use" not in str(why):
                raise


def irsa(binary, certs, stand_in, flags):
    return start(lambda port, metrics: Webhook(
        "irsa", [binary, "serve", "--bind-address=127.0.0.1", f"--port={port}", "--metrics-bind-address=127.0.0.1",
                 f"--metrics-port={metrics}", f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key", "--shutdown-delay=0s",
                 "--request-timeout=60s", "--service-account-lookup-grace-period=60s", f"--kube-api={stand_in.url}", *flags],
        port, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": stand_in.url}, lambda _: opens(f"http://127.0.0.1:{metrics}/readyz") is not None))


def go_webhook(binary, certs, stand_in, flags, probes):
    """Healthy from the start, so it is ready when it has all accounts and mutates each of the reviews `probes`."""
    count = len(stand_in.accounts.objects)

    def is_ready(webhook, metrics):
        known = opens(f"http://127.0.0.1:{metrics}/debug/alpha/cache")
        try:
            return known is not None and len(json.loads(known)) == count and all(patch_of(webhook.ask(probe)) for probe in probes)
        except OSError:
            return False

    return start(lambda port, metrics: Webhook(
        "Go webhook", [binary, "--in-cluster=false", f"--kube-api={stand_in.url}", f"--port={port}", f"--metrics-port={metrics}",
                       "--enable-debugging-handlers", f"--tls-cert={certs}/tls.crt", f"--tls-key={certs}/tls.key", *flags],
        port, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": stand_in.url}, lambda webhook: is_ready(webhook, metrics)))
