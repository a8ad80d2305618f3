#!/usr/bin/env python3
"""What scripts/ do before they install or build anything: help, wrong usage; and how scripts/show-answer shows an answer."""
import base64
import json
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ["setup", "build", "demo", "test", "e2e", "image"]
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
        for script, flag in (("setup", "--build-only"), ("build", "--build-only"), ("demo", "--serve"), ("test", "--quick"), ("image", "name")):
            self.refused("argument 'more' is one too many", script, flag, "more")
        self.refused("no control plane of Kubernetes '1.2' in test/e2e/testbed: there are 1.30, ", "e2e", "--kubernetes", "1.2")
        self.refused("no control plane of Kubernetes ''", "e2e", "--kubernetes")
        self.refused("argument '--slow' stands behind a test's name", "e2e", "test_admission", "--slow")


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


if __name__ == "__main__":
    unittest.main()
