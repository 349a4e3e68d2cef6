#!/usr/bin/env python3
"""End-to-end tests: a daemon of their own, driven by `drydock`, the `aws` command and boto3, as a user would.

run.py [-j JOBS] [PATTERN...]   runs the tests whose name contains one of the patterns (A|B are two). Needs root,
DRYDOCK_BIN and DRYDOCK_IMAGE. Test classes share nothing, so JOBS of them run at once (2 when not said), each in a
process of its own, whose output is printed when it has ended.

A class with `kernel = False` tests what no kernel decides (the API, clients, formats). With DRYDOCK_KERNEL=1, as in the
virtual machine, such classes are left out, unless a pattern asks for them.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))


def tests_in(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_in(item)
        else:
            yield item


def class_of(name):
    return name.rsplit(".", 1)[0]


def run_here(names):
    """The tests with these names, in this process: its last line tells the parent what became of them."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = sorted({re.sub(r".*\((.*)\)", r"\1", t.id()) if "(" in t.id() else t.id()
                  for t, _ in result.failures + result.errors})
    sys.stderr.flush()
    print("result:", result.testsRun, len(result.skipped), *bad, flush=True)


class Totals:
    def __init__(self):
        self.run = self.skipped = 0
        self.bad = []
        self.lock = threading.Lock()

    def add(self, names):
        """Runs them in a process of their own."""
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-B", __file__, "--here", *names], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        text, _, last = done.stdout.rstrip("\n").rpartition("\nresult: ")
        words = last.split()
        with self.lock:
            print(text or done.stdout, flush=True)
            print(f"{class_of(names[0])}: {time.monotonic() - begun:.0f} s\n", flush=True)
            if not text:  # it ended without its last line
                self.run += len(names)
                self.bad += names
                return
            self.run += int(words[0])
            self.skipped += int(words[1])
            self.bad += words[2:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-j", dest="jobs", type=int, default=int(os.environ.get("DRYDOCK_JOBS", "2")))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("patterns", nargs="*")
    args = parser.parse_args()
    if args.here:
        return run_here(args.patterns)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a shell's background job: tests send it to programs
        signal.signal(signal.SIGINT, signal.default_int_handler)
    patterns = "|".join(args.patterns).split("|")
    asked = bool(args.patterns) or not os.environ.get("DRYDOCK_KERNEL")
    classes = {}
    for test in tests_in(unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py")):
        if any(p in test.id() for p in patterns) and (asked or getattr(test, "kernel", True)):
            classes.setdefault(class_of(test.id()), []).append(test.id())
    begun = time.monotonic()
    totals = Totals()
    with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
        list(pool.map(totals.add, classes.values()))
    bad = totals.bad
    if bad and os.environ.get("DRYDOCK_RETRY"):
        # On an emulated processor a deadline may be missed: what failed gets a second chance, alone, and says so.
        print(f"again: {', '.join(bad)}", flush=True)
        second = Totals()
        for name in sorted({class_of(n) for n in bad}):
            second.add([n for n in bad if class_of(n) == name])
        bad = second.bad
    print(f"Ran {totals.run} tests in {time.monotonic() - begun:.0f} s")
    for name in bad:
        print(f"FAILED: {name}")
    print(f"{totals.run - len(bad) - totals.skipped} passed, {len(bad)} failed, {totals.skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
