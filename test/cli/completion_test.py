#!/usr/bin/env python3
"""Completion in the shells themselves: types a line and Tab into an interactive bash and zsh, and asks fish.

usage: completion_test.py BINARY
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
PATIENCE_SECONDS = 60


class Terminal:
    """An interactive shell behind a pseudo terminal."""

    def __init__(self, command, environment, directory):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, environment)
        self.text = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, pattern):
        """What was shown up to the pattern, and with it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"{pattern} does not come: {self.text!r}")
            self.text += os.read(self.fd, 4096).decode(errors="replace")
        shown, self.text = self.text[:found.end()], self.text[found.end():]
        return shown

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Shell(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)
        (self.home / "bin").mkdir()
        (self.home / "bin/irsa").symlink_to(BINARY)
        (self.home / "manifest.yaml").write_text("")
        self.environment = {"PATH": f"{self.home}/bin:/usr/bin:/bin", "HOME": str(self.home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}

    def needs(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")

    def completed(self, command, setup, lines):
        """Each line becomes the other by Tab: the shell prints the line's words when it is entered."""
        terminal = Terminal(command, self.environment, self.home)
        self.addCleanup(terminal.close)
        terminal.type(setup + "\n")
        terminal.wait_for(r"is-ready\d")
        for line, whole in lines:
            with self.subTest(line):
                # The word in front makes the shell print what it has completed, instead of running it.
                terminal.type(f"{line}\t")
                terminal.wait_for(re.escape(whole.split()[-1]))
                terminal.type("\x15")  # clears the line


LINES = [("irsa ser", "irsa serve"), ("irsa serve --log-l", "irsa serve --log-level"), ("irsa mutate -o di", "irsa mutate -o diff"),
         ("irsa serve --log-level=de", "irsa serve --log-level=debug"), ("irsa issuer rot", "irsa issuer rotate"),
         ("irsa mutate -f mani", "irsa mutate -f manifest.yaml"), ("irsa help expl", "irsa help explain"), ("irsa completion zs", "irsa completion zsh")]


class Bash(Shell):
    def test_completes(self):
        self.completed(["bash", "--norc", "--noprofile", "-i"], "PS1='$ '; source <(irsa completion bash); echo is-ready$((1))", LINES)


class Zsh(Shell):
    def test_completes(self):
        self.needs("zsh")
        setup = "PS1='$ '; autoload -Uz compinit; compinit -u; source <(irsa completion zsh); echo is-ready$((1))"
        self.completed(["zsh", "-f", "-i"], setup, LINES)


class Fish(Shell):
    def answers(self, line):
        script = f"irsa completion fish | source; complete -C {line!r}"
        done = subprocess.run(["fish", "--no-config", "-c", script], env=self.environment, cwd=self.home, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS)
        self.assertEqual(done.stderr, "")
        return [answer.split("\t")[0] for answer in done.stdout.splitlines()]

    def test_completes(self):
        self.needs("fish")
        for line, whole in LINES:
            with self.subTest(line):
                self.assertEqual(self.answers(line)[:1], [whole.split()[-1]])


if __name__ == "__main__":
    unittest.main()
