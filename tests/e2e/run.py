#!/usr/bin/env python3
"""End-to-end tests: a daemon of their own, driven by `drydock`, the `aws` command and boto3, as a user would.

run.py [PATTERN...]   runs the tests whose name contains one of the patterns (A|B are two). Needs root, DRYDOCK_BIN and DRYDOCK_IMAGE.
"""
import os
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))


def chosen(suite, patterns):
    out = unittest.TestSuite()
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            out.addTests(chosen(item, patterns))
        elif any(p in item.id() for p in patterns):
            out.addTest(item)
    return out


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py")
    if len(sys.argv) > 1:
        tests = chosen(tests, "|".join(sys.argv[1:]).split("|"))
    result = unittest.TextTestRunner(verbosity=2, buffer=False).run(tests)
    bad = len(result.failures) + len(result.errors)
    if bad and os.environ.get("DRYDOCK_RETRY"):
        # On an emulated processor a deadline may be missed: what failed gets a second chance, and says so.
        names = sorted({re.sub(r".*\((.*)\)", r"\1", t.id()) if "(" in t.id() else t.id()
                        for t, _ in result.failures + result.errors})
        print(f"again: {', '.join(names)}", flush=True)
        second = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromNames(names))
        bad = len(second.failures) + len(second.errors)
    print(f"{result.testsRun - bad - len(result.skipped)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(1 if bad else 0)
