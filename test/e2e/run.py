"""Runs the end-to-end tests and writes "passed failed skipped" to a file.

usage: run.py REPORT [TEST...]

Each class of tests has a cluster of its own and mostly waits for it, so two classes run at a time, each in a process of its own. A test
for which time ran out, or which could not be set up, beside another class runs once more alone, and is named: what counts is how it ends
then. An assertion that does not hold is a failure at once: a lost race is what such tests are there to find.
"""
import concurrent.futures
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from e2e.harness.waiting import Timeout  # noqa: E402  (the path is set for it)

AT_A_TIME = 2


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: tuple = ()  # the names of tests that say something is wrong
    troubled: tuple = ()  # of those for which time ran out, or that ended by another error; and of classes whose set-up failed
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


class Result(unittest.TextTestResult):
    """Tells assertions that did not hold from time that ran out."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.wrong = set()

    def _note(self, test, err):
        if issubclass(err[0], AssertionError) and not issubclass(err[0], Timeout):
            self.wrong.add(name_of(test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, err)


def run_here(report, names):
    """The tests in this process; how they ended goes to the file."""
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(unittest.TestLoader().loadTestsFromNames(names))
    ended = {name_of(test): isinstance(test, unittest.TestCase) for test, _ in result.failures + result.errors}
    passed = max(0, result.testsRun - len(result.skipped) - sum(ended.values()))
    outcome = {"passed": passed, "failed": sorted(result.wrong), "troubled": sorted(ended.keys() - result.wrong), "skipped": len(result.skipped)}
    pathlib.Path(report).write_text(json.dumps(outcome))


def run_apart(names):
    """The tests in a process of their own, whose output is printed when it has ended."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory) / "report"
        done = subprocess.run([sys.executable, __file__, "--here", report, *names], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        outcome = Outcome(**json.loads(report.read_text())) if report.exists() else Outcome(troubled=tuple(names))
    print(f"{done.stdout.rstrip()}\n({time.monotonic() - started:.0f} s)\n", flush=True)
    return outcome


def main():
    if sys.argv[1] == "--here":
        return run_here(sys.argv[2], sys.argv[3:])
    report, names = sys.argv[1], [f"e2e.{name}" for name in sys.argv[2:]]
    classes = tests_by_class(names)
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        outcomes = list(pool.map(run_apart, classes.values()))
    passed, skipped = (sum(getattr(outcome, count) for outcome in outcomes) for count in ("passed", "skipped"))
    failed = [name for outcome in outcomes for name in outcome.failed]
    for name in [name for outcome in outcomes for name in outcome.troubled]:
        print(f"Once more, alone: {name}", flush=True)
        again = run_apart([name])
        passed, skipped = passed + again.passed, skipped + again.skipped
        failed_again = [*again.failed, *again.troubled]
        failed.extend(failed_again)
        print(f"{name} failed {'again' if failed_again else 'beside other tests, and passed alone'}", flush=True)
    print("\n".join(f"FAILED: {name}" for name in failed))
    pathlib.Path(report).write_text(f"{passed} {len(failed)} {skipped}\n")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
