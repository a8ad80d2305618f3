#!/usr/bin/env python3
"""Runs the commands that a page of documentation tells its readers to paste, in the page's order, from the project's root.

usage: run_commands.py PAGE.md...

Commands are the fenced blocks marked `sh`, and the indented line `scripts/demo`. A block that serves (`irsa serve`) is started and left
running until the page ends; the next block waits until its log says that it is ready.
Everything runs in a network of its own, so that the ports a page names are free. Each block must end with status 0. Prints a line a
block and exits with 1 when one failed, 77 when such a network cannot be had.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
INDENTED = re.compile(r"^    (scripts/demo)$", re.MULTILINE)
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVES = re.compile(r"\birsa (serve|sts) ")
PATIENCE_SECONDS = 300
# What readers type answers whatever comes; here an answer that is an error is one.
STRICT_CURL = 'curl() { command curl --fail --silent --show-error "$@"; }\n'


def enter_own_network():
    """Runs this program again in a fresh network namespace with its loopback up."""
    if os.environ.get("IRSA_OWN_NETWORK"):
        return
    probe = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True)
    if probe.returncode != 0:
        print(f"skipped: no network of its own can be had: {probe.stderr.decode().strip()}", file=sys.stderr)
        sys.exit(77)
    environment = dict(os.environ, IRSA_OWN_NETWORK="1")
    script = 'ip link set lo up && exec "$@"'
    os.execvpe("unshare", ["unshare", "--net", "--map-root-user", "sh", "-c", script, "sh", sys.executable, *sys.argv], environment)


def blocks(page):
    text = page.read_text()
    found = [(m.start(), m.group(1)) for pattern in (INDENTED, FENCED) for m in pattern.finditer(text)]
    return [block for _, block in sorted(found)]


def wait_until_it_serves(server):
    """Reads the server's log up to its line "ready"; the rest is read on so that the server never waits for a reader."""
    for line in server.stderr:
        if '"msg":"ready"' in line:
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return True
        print(line, end="", file=sys.stderr)
    return False


def run_page(page):
    servers, failures = [], 0
    try:
        for block in blocks(page):
            name = block.strip().splitlines()[0]
            if SERVES.search(block):
                # All but the last command of the block end by themselves; exec lets the signal reach the server itself.
                *before, last = re.split(r"\n(?=\S)", block.strip())
                script = "\n".join(["set -e", *before, "exec " + last])
                server = subprocess.Popen(["bash", "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
                servers.append(server)
                ok = wait_until_it_serves(server)
            else:
                done = subprocess.run(["bash", "-ec", STRICT_CURL + block], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
                ok = done.returncode == 0
                if not ok:
                    print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
            print(f"{'ok' if ok else 'FAILED'}: {page.name}: {name}")
            failures += not ok
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            server.wait(30)
    return failures


def main():
    pages = [pathlib.Path(argument) for argument in sys.argv[1:]]
    if not pages:
        sys.exit(__doc__)
    enter_own_network()
    sys.exit(1 if sum(run_page(page) for page in pages) else 0)


if __name__ == "__main__":
    main()
