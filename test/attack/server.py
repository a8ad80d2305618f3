"""The binary under attack: `irsa serve` with a file of service accounts, on ports of its own."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
ACCOUNTS = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: my-app
  namespace: team-a
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/my-app
"""


class Process:
    """A server's process in a directory of its own, ended with the `with` block."""

    def __init__(self, irsa):
        self.directory = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.directory.name)
        self._irsa = irsa
        self.log = []

    def make_certificates(self, directory):
        subprocess.run([self._irsa, "certs", "--dir", directory], check=True, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.directory.cleanup()

    def log_lines(self, message, error=""):
        """Those with that message, and that in their error."""
        return [line for line in list(self.log) if line["msg"] == message and error in line.get("error", "")]

    def await_log(self, message, error=""):
        return await_until(lambda: self.log_lines(message, error))

    def resident_mib(self):
        pages = int((pathlib.Path("/proc") / str(self.process.pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / (1 << 20)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


class Server(Process):
    """`irsa serve`. `reads_log` is False for one whose stderr nobody reads."""

    probed_path = "/livez"

    def __init__(self, binary, flags=(), reads_log=True):
        super().__init__(binary)
        self._ready = threading.Event()
        self.make_certificates(self.path / "certs")
        command = [binary, "serve", "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1",
                   "--metrics-port=0", "--log-format=json", "--shutdown-delay=0s",
                   f"--tls-cert={self.path}/certs/tls.crt", f"--tls-key={self.path}/certs/tls.key", *flags]
        if not any(flag.startswith(("--kube", "--service-accounts")) for flag in flags):
            (self.path / "accounts.yaml").write_text(ACCOUNTS)
            command.append(f"--service-accounts={self.path}/accounts.yaml")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read_log, args=(reads_log,), daemon=True)
        self._reader.start()
        if not self._ready.wait(PATIENCE_SECONDS):
            raise RuntimeError("irsa did not start: " + "\n".join(map(str, self.log)))

    def _read_log(self, to_the_end):
        for text in self.process.stderr:
            try:
                line = json.loads(text)
            except ValueError:
                line = {"msg": text.decode(errors="replace")}
            self.log.append(line)
            if line["msg"] in ("listening", "ready"):
                self.port, self.metrics_port = int(line["port"]), int(line["metrics_port"])
                self._ready.set()
                if not to_the_end:
                    return

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self._reader.join(1)
        self.process.stderr.close()

    def operations(self, path):
        """The status and text of a page of the metrics port."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, series):
        for line in self.operations("/metrics")[1].splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return None


def await_until(condition, seconds=PATIENCE_SECONDS):
    """Whether the condition has come true."""
    end = time.monotonic() + seconds
    never = threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        never.wait(0.02)
    return True
