#!/usr/bin/env python3
"""The workflows are sound by actionlint's word, name each action by its commit, and call the project's scripts and nothing of their own.
Ends with 77 when actionlint cannot be built."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
TOOL = ["go", "-C", ROOT / "scripts/tools", "tool"]
# What prepares a machine, what publishes, and the project's own.
COMMANDS = re.compile(r"apt-get |git config |gh release |scripts/|\.ci/run$")


def can_be_had():
    """Whether there is a Go that is, or fetches, the one that the tools need, and a registry that has them."""
    if not shutil.which("go"):
        return False
    return subprocess.run([*TOOL, "actionlint", "-version"], stdout=subprocess.DEVNULL).returncode == 0


class Workflows(unittest.TestCase):
    def steps(self):
        for path in WORKFLOWS:
            for job in yaml.safe_load(path.read_text())["jobs"].values():
                for step in job["steps"]:
                    yield path.name, step

    def test_actionlint_finds_nothing(self):
        self.assertGreaterEqual(len(WORKFLOWS), 2)
        done = subprocess.run([*TOOL, "actionlint", *WORKFLOWS], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_actions_are_named_by_their_commit(self):
        for name, step in self.steps():
            if "uses" in step:
                with self.subTest(workflow=name, action=step["uses"]):
                    self.assertRegex(step["uses"], r"^[\w-]+/[\w-]+@[0-9a-f]{40}$")

    def test_steps_call_the_projects_scripts(self):
        for name, step in self.steps():
            if "run" in step:
                with self.subTest(workflow=name, run=step["run"]):
                    self.assertRegex(step["run"], COMMANDS)
                    self.assertEqual(len(step["run"].splitlines()), 1)
                    if script := re.match(r"(?:scripts|\.ci)/\S+", step["run"]):
                        self.assertTrue((ROOT / script[0]).exists())

    def test_go_is_that_of_a_module(self):
        for name, step in self.steps():
            if "setup-go" in step.get("uses", ""):
                self.assertTrue((ROOT / step["with"]["go-version-file"]).exists(), name)


if __name__ == "__main__":
    if not can_be_had():
        sys.exit(77)
    unittest.main()
