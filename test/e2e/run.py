"""Runs the end-to-end tests and writes "passed failed skipped" to a file, then a line for each that failed.

usage: run.py REPORT [TEST...]

Each class of tests has a cluster of its own and mostly waits for it, so three classes run at a time, each in a process of its own. Those on
the node, of which there is one, run before them and one by one: pods start on it, for which it needs the machine's cores. Every test runs once. The lines name those that failed and, where time ran out, what for.
"""
import concurrent.futures
import dataclasses
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

AT_A_TIME = 3
LONG_S = 5
ON_THE_NODE = re.compile(r"e2e\.(test|drill)_node")
# The last line of a traceback, of waiting.Timeout or subprocess.TimeoutExpired.
TIMED_OUT = re.compile(r"^(?:\w+\.)*Timeout(?:Expired)?: (.*)$", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: dict = dataclasses.field(default_factory=dict)  # by the name of a test, or of a class whose set-up failed: see reason_of
    skipped: int = 0


def tests_by_class(names):
    """{class: [test]}, by their unittest names; those with most tests first, since they tend to take longest."""
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), top_level_dir=str(HERE.parent))
    if loader.errors:
        raise SystemExit("\n".join(loader.errors))
    classes, waiting = {}, [suite]
    while waiting:
        for test in waiting.pop():
            if isinstance(test, unittest.TestSuite):
                waiting.append(test)
            else:
                name, _, _ = test.id().rpartition(".")
                classes.setdefault(name, []).append(test.id())
    return dict(sorted(classes.items(), key=lambda item: -len(item[1])))


def name_of(test):
    """What runs a failed test again: of "setUpClass (module.Class)" the class, of a subtest "module.Class.test (x=1)" the test."""
    head, _, rest = test.id().partition(" ")
    return head if "." in head else rest.strip("()")


def reason_of(traceback):
    """What the test waited for when time ran out; empty when it failed otherwise."""
    return (TIMED_OUT.findall(traceback) or [""])[-1]


class TimedResult(unittest.TextTestResult):
    """Says of a test that took long how long."""

    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        took = time.monotonic() - self.started
        if took >= LONG_S:
            self.stream.writeln(f"    ({took:.0f} s)")
        super().stopTest(test)


def run_here(report, names):
    """The tests in this process; the outcome goes to the file."""
    result = unittest.TextTestRunner(verbosity=2, resultclass=TimedResult).run(unittest.TestLoader().loadTestsFromNames(names))
    problems = result.failures + result.errors
    failed = {name_of(test): reason_of(traceback) for test, traceback in problems}
    failed_tests = {name_of(test) for test, _ in problems if isinstance(test, unittest.TestCase)}
    passed = max(0, result.testsRun - len(result.skipped) - len(failed_tests))
    pathlib.Path(report).write_text(json.dumps(dataclasses.asdict(Outcome(passed, failed, len(result.skipped)))))


def run_apart(names, is_alone):
    """The tests in a process of their own, whose output is printed when it has ended; at once if there is no other."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory) / "report"
        done = subprocess.run([sys.executable, __file__, "--here", report, *names], text=True,
                              stdout=None if is_alone else subprocess.PIPE, stderr=subprocess.STDOUT)
        outcome = Outcome(**json.loads(report.read_text())) if report.exists() else Outcome(failed=dict.fromkeys(names, "its process died"))
    print(f"{(done.stdout or '').rstrip()}\n({time.monotonic() - started:.0f} s)\n", flush=True)
    return outcome


def main():
    if sys.argv[1] == "--here":
        return run_here(sys.argv[2], sys.argv[3:])
    report, names = sys.argv[1], [f"e2e.{name}" for name in sys.argv[2:]]
    classes = tests_by_class(names)
    run = functools.partial(run_apart, is_alone=len(classes) == 1)
    outcomes = [run(tests) for name, tests in classes.items() if ON_THE_NODE.match(name)]
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        outcomes += pool.map(run, [tests for name, tests in classes.items() if not ON_THE_NODE.match(name)])
    passed, skipped = (sum(getattr(outcome, count) for outcome in outcomes) for count in ("passed", "skipped"))
    failed = {name: reason for outcome in outcomes for name, reason in outcome.failed.items()}
    said = [f"FAILED: {name}: {reason}" if reason else f"FAILED: {name}" for name, reason in failed.items()]
    pathlib.Path(report).write_text("".join(f"{line}\n" for line in (f"{passed} {len(failed)} {skipped}", *said)))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
