"""Runs the end-to-end tests and writes "passed failed skipped" to a file.

usage: run.py REPORT [TEST...]
"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def main():
    report, names = sys.argv[1], sys.argv[2:]
    sys.path.insert(0, str(HERE.parent))
    loader = unittest.TestLoader()
    if names:
        suite = loader.loadTestsFromNames([f"e2e.{name}" for name in names])
    else:
        suite = loader.discover(str(HERE), top_level_dir=str(HERE.parent))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    pathlib.Path(report).write_text(f"{max(0, result.testsRun - failed - skipped)} {failed} {skipped}\n")
    return 1 if failed or result.testsRun == skipped else 0


if __name__ == "__main__":
    sys.exit(main())
