#!/usr/bin/env python3
"""What scripts/ do before they install or build anything: help, wrong usage; how they start a server; how scripts/show-answer shows an
answer; and how the end-to-end tests are counted."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ["setup", "build", "demo", "docs", "test", "e2e", "image", "sysroot", "release"]
PATIENCE_SECONDS = 30  # to begin to build would take longer


def run(script, *arguments):
    """Ended with all that it started when it takes too long."""
    return subprocess.run(["timeout", str(PATIENCE_SECONDS), ROOT / "scripts" / script, *arguments], capture_output=True, text=True)


class Usage(unittest.TestCase):
    def test_help_is_the_scripts_head(self):
        for script in COMMANDS:
            for flag in ("-h", "--help"):
                with self.subTest(script=script, flag=flag):
                    done = run(script, flag)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertIn(f"usage: scripts/{script}", done.stdout)

    def refused(self, why, script, *arguments):
        with self.subTest(script=script, arguments=arguments):
            done = run(script, *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(why, done.stderr)
            self.assertIn(f"usage: scripts/{script}", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_wrong_arguments_are_refused_before_anything_is_done(self):
        for script in COMMANDS:
            self.refused("unknown argument '--everything'", script, "--everything")
        for script, flag in (("setup", "--build-only"), ("setup", "--demo"), ("setup", "--list-libraries"), ("demo", "--serve"), ("docs", "--serve"), ("test", "--quick"), ("image", "name"), ("sysroot", "directory"), ("release", "0.1.0")):
            self.refused("unexpected argument 'more'", script, flag, "more")
        self.refused("the version is missing", "release")
        self.refused("the directory is missing", "sysroot")
        self.refused("unsupported Debian release '11'", "debian-chroot", "11", "directory")
        self.refused("the directory is missing", "debian-chroot", "12")
        self.refused("version '9.9' differs from CMakeLists.txt", "release", "9.9")
        self.refused("no control plane of Kubernetes '1.2' in test/e2e/testbed; available: 1.30, ", "e2e", "--kubernetes", "1.2")
        self.refused("no control plane of Kubernetes ''", "e2e", "--kubernetes")
        self.refused("option '--slow' must come before the test names", "e2e", "test_admission", "--slow")

    @unittest.skipUnless(os.geteuid() == 0, "a demo on a node needs root, and says so first")
    def test_a_demo_on_a_node_says_first_what_it_lacks(self):
        with tempfile.TemporaryDirectory() as directory:
            go = pathlib.Path(directory, "go")
            go.write_text("#!/bin/sh\necho go1.24.4\n")
            go.chmod(0o755)
            done = subprocess.run(["timeout", str(PATIENCE_SECONDS), ROOT / "scripts/demo", "--node"], capture_output=True, text=True,
                                  env=dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}"))
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "demo: a Kubernetes node is built with Go 1.26 or newer; found 1.24.4: install it from https://go.dev/dl\n"))


class StartServer(unittest.TestCase):
    """common.sh's start_server, with servers that are a few lines of bash."""
    READY = '{"time":"t","msg":"ready","port":1}'

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = pathlib.Path(directory.name, "log")
        self.gate = pathlib.Path(directory.name, "gate")

    def script(self, then):
        """Starts `bash -c "$SERVER"`, prints "not started" or what start_server sets, and goes on with `then`."""
        return ["timeout", str(PATIENCE_SECONDS), "bash", "-c", f"""
            set -euo pipefail
            . "$ROOT/scripts/common.sh"
            start_server "$LOG" bash -c "$SERVER" || {{ echo "not started"; exit; }}
            echo "$ready"
            {then}"""]

    def environment(self, server):
        return dict(os.environ, ROOT=str(ROOT), LOG=str(self.log), SERVER=server, GATE=str(self.gate), READY=self.READY)

    def run_with(self, server, then="wait"):
        done = subprocess.run(self.script(then), env=self.environment(server), capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_waits_for_a_slow_server(self):
        os.mkfifo(self.gate)
        # The server comes as far as the gate, whose other end this test opens.
        server = 'echo early >&2; read -r word <"$GATE"; echo "$word" >&2; echo "$READY" >&2'
        with subprocess.Popen(self.script("wait"), env=self.environment(server), stdout=subprocess.PIPE, text=True) as started:
            subprocess.run(["timeout", str(PATIENCE_SECONDS), "sh", "-c", 'echo late >"$0"', self.gate], check=True)
            self.assertEqual(started.communicate()[0], self.READY + "\n")
        self.assertEqual(self.log.read_text(), f"early\nlate\n{self.READY}\n")

    def test_a_server_that_ends_before_it_is_ready_is_not_started(self):
        self.assertEqual(self.run_with('echo "no such file" >&2; exit 1'), (0, "not started\n", ""))
        self.assertEqual(self.log.read_text(), "no such file\n")
        self.assertEqual(self.run_with('printf %s "$READY"'), (0, "not started\n", ""))
        self.assertEqual(self.log.read_text(), self.READY, "a line without an end is not whole, but is kept")
        self.assertEqual(self.run_with("kill -KILL $$"), (0, "not started\n", ""))
        self.assertEqual(self.log.read_text(), "")

    def test_a_command_that_does_not_exist_is_not_started(self):
        command = f'. {ROOT}/scripts/common.sh; start_server "$LOG" /does/not/exist'
        done = subprocess.run(["bash", "-c", command], env=self.environment(""), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", ""))
        self.assertIn("/does/not/exist: No such file or directory", self.log.read_text())

    def test_takes_what_the_server_prints_later(self):
        more = "x" * 99
        server = f'echo "$READY" >&2; for ((i = 0; i < 2000; ++i)); do echo {more}; done'  # more than a pipe holds
        self.assertEqual(self.run_with(server, 'wait "$server"; wait'), (0, self.READY + "\n", ""))
        self.assertEqual(self.log.read_text(), f"{self.READY}\n" + 2000 * f"{more}\n")

    def test_the_server_is_signalled_and_waited_for_by_its_id(self):
        os.mkfifo(self.gate)
        server = 'trap "exit 7" TERM; echo "$READY" >&2; while :; do read -r _ <>"$GATE" || :; done'
        then = 'kill -TERM "$server"; status=0; wait "$server" || status=$?; echo "status $status"; wait'
        self.assertEqual(self.run_with(server, then), (0, f"{self.READY}\nstatus 7\n", ""))

    def test_never_misses_the_line_under_load(self):
        with subprocess.Popen(["timeout", str(PATIENCE_SECONDS), "bash", "-c", "while :; do :; done & while :; do :; done"]) as load:
            try:
                for _ in range(25):
                    self.assertEqual(self.run_with('echo "$READY" >&2'), (0, self.READY + "\n", ""))
            finally:
                load.terminate()


class ShowAnswer(unittest.TestCase):
    POD = {"metadata": {"generateName": "web-", "managedFields": [{"manager": "kubectl"}]},
           "spec": {"containers": [{"name": "app", "env": [{"name": "A", "value": "1"}]}]}}

    def show(self, *patch, warnings=()):
        response = {"warnings": list(warnings)}
        if patch:
            response["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
        with tempfile.TemporaryDirectory() as directory:
            review, answer = pathlib.Path(directory, "review.json"), pathlib.Path(directory, "answer.json")
            review.write_text(json.dumps({"request": {"object": self.POD}}))
            answer.write_text(json.dumps({"response": response}))
            return run("show-answer", review, answer)

    def test_additions_are_lines_that_are_added(self):
        done = self.show({"op": "add", "path": "/spec/containers/0/env/-", "value": {"name": "B", "value": "2"}},
                         {"op": "add", "path": "/spec/containers/0/env/0", "value": {"name": "C", "value": "3"}},
                         {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "x"}},
                         {"op": "add", "path": "/metadata/annotations/c~1d~0", "value": "y"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        title, *lines = [line for line in done.stdout.splitlines() if not line.startswith(("@@", "+++"))]
        self.assertEqual(title, "--- pod web-… as sent")
        self.assertEqual([line[1:].strip() for line in lines if line.startswith("+")],
                         ["annotations:", "a/b: x", "c/d~: y", "- name: C", "value: '3'", "- name: B", "value: '2'"])
        self.assertEqual([line for line in lines if line.startswith("-")], [])
        self.assertNotIn("managedFields", done.stdout)

    def test_no_patch_is_status_1_and_warnings_are_printed(self):
        done = self.show(warnings=["the account has no role"])
        self.assertEqual((done.returncode, done.stdout), (1, "Warning: the account has no role\n"))

    def test_what_is_no_addition_is_refused(self):
        done = self.show({"op": "remove", "path": "/spec"})
        self.assertEqual((done.returncode, done.stderr), (1, "show-answer: unexpected operation remove\n"))

    def test_wrong_usage(self):
        done = run("show-answer")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("usage: show-answer REVIEW.json ANSWER.json", done.stderr)


class EndToEndRunner(unittest.TestCase):
    """test/e2e/run.py with tests of its own."""
    TESTS = """
import os
import pathlib
import unittest

from .harness.waiting import Timeout, wait_until


class Mixed(unittest.TestCase):
    def test_good(self):
        pass

    def test_skipped(self):
        self.skipTest("not here")

    def test_wrong(self):
        self.assertEqual(1, 2)

    def test_late_the_first_time(self):
        seen = pathlib.Path(__file__).with_name("seen")
        if not seen.exists():
            seen.touch()
            wait_until(lambda: False, "the lease", timeout_s=0)

    def test_late_in_a_part(self):
        for part in (1, 2):
            with self.subTest(part=part):
                wait_until(lambda: part == 1, f"part {part}", timeout_s=0)


class NeverUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise Timeout("not within 60 s: the cluster")

    def test_nothing(self):
        pass


class Dying(unittest.TestCase):
    def test_last(self):
        os._exit(1)
"""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.package = pathlib.Path(directory.name, "e2e")
        (self.package / "harness").mkdir(parents=True)
        for file in ("__init__.py", "run.py", "harness/__init__.py", "harness/waiting.py"):
            shutil.copy(ROOT / "test" / "e2e" / file, self.package / file)
        (self.package / "test_it.py").write_text(self.TESTS)

    def run_tests(self, *names):
        report = self.package / "report"
        command = ["timeout", str(PATIENCE_SECONDS), sys.executable, self.package / "run.py", report, *names]
        done = subprocess.run(command, capture_output=True, text=True)
        counts, *failed = report.read_text().splitlines()
        return done.returncode, counts, sorted(failed)

    def test_every_failure_counts_and_says_what_it_waited_for(self):
        self.assertEqual(self.run_tests(), (1, "1 5 1", [
            "FAILED: e2e.test_it.Dying.test_last: its process died",
            "FAILED: e2e.test_it.Mixed.test_late_in_a_part: not within 0 s: part 2",
            "FAILED: e2e.test_it.Mixed.test_late_the_first_time: not within 0 s: the lease",
            "FAILED: e2e.test_it.Mixed.test_wrong",
            "FAILED: e2e.test_it.NeverUp: not within 60 s: the cluster"]))

    def test_tests_are_named(self):
        self.assertEqual(self.run_tests("test_it.Mixed.test_good"), (0, "1 0 0", []))
        self.assertEqual(self.run_tests("test_it.Mixed.test_skipped"), (1, "0 0 1", []), "nothing passed")


class Summary(unittest.TestCase):
    """What scripts/test and scripts/e2e print last, and .ci/run adds up."""

    def test_names_what_failed_then_counts(self):
        with tempfile.TemporaryDirectory() as directory:
            summary = pathlib.Path(directory, "summary")
            command = f'. {ROOT}/scripts/common.sh; summarize 3 1 0 "FAILED: a b"; summarize 2 0 1'
            done = subprocess.run(["bash", "-c", command], env={**os.environ, "IRSA_SUMMARY": str(summary)}, capture_output=True,
                                  text=True, check=True)
            self.assertEqual(done.stdout, "FAILED: a b\n3 passed, 1 failed\n2 passed, 0 failed, 1 skipped\n")
            self.assertEqual(summary.read_text(), "3 1 0\nFAILED: a b\n2 0 1\n")

    def test_failed_tests_of_a_report_are_named(self):
        report = ('<testsuite><testcase name="A.good" status="run"/><testcase name="A.bad/x y" status="fail"><failure/></testcase>'
                  '<testcase name="A.out" status="notrun"/></testsuite>')
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(report)
            file.flush()
            done = subprocess.run([ROOT / "scripts" / "count-tests", file.name], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "1 1 1\nA.bad/x y\n")


if __name__ == "__main__":
    unittest.main()
