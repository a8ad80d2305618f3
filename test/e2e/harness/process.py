"""Child processes that are ended by pid, whatever happens."""
import json
import os
import signal
import subprocess

from .waiting import wait_until


class Process:
    """One server, its output in a log file."""

    def __init__(self, name, command, log_path, env=None):
        self.name = name
        self.log_path = log_path
        self._log = open(log_path, "ab")
        # A session of its own, so that a Ctrl-C at the terminal ends the test first and the test then ends the server.
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=env,
                                       start_new_session=True)

    @property
    def pid(self):
        return self._child.pid

    def is_alive(self):
        return self._child.poll() is None

    def check_alive(self):
        if not self.is_alive():
            raise AssertionError(f"{self.name} ended with status {self._child.returncode}:\n{self.log()[-4000:]}")
        return True

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def log_lines(self, message):
        """The fields of every line so far with that message, of a log in JSON. irsa writes its log by a thread of its own, so that a line
        comes a moment after what it tells of: wait_log_line is for that."""
        whole = [line for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]
        return [fields for fields in map(json.loads, whole) if fields.get("msg") == message]

    def wait_log_line(self, message, after=0):
        """The fields of the line with that message that has `after` others before it."""
        return wait_until(lambda: self.check_alive() and self.log_lines(message)[after:], f"{self.name} logging '{message}'")[0]

    def signal(self, number):
        if self.is_alive():
            os.kill(self.pid, number)

    def stop(self, timeout_s=30):
        """SIGTERM, then SIGKILL after timeout_s; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def wait(self, timeout_s=30):
        """Until one that was told to end has ended, then SIGKILL; the exit status."""
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._child.wait()
        self._log.close()
        return self._child.returncode

    def kill(self):
        self.signal(signal.SIGKILL)
        self._child.wait()
        self._log.close()
