#!/usr/bin/env python3
"""Ten million numbered lines through a log router while the daemon is killed every few seconds, the router is killed
and stops reading, the disk fills up and is freed: none may be missing. Needs root and python3-msgpack.

loss.py [--lines N]
"""
import argparse
import itertools
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from loss import Trial  # noqa: E402


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=10_000_000)
    options = options.parse_args()
    trial = Trial(options.lines, small_disk=400)
    try:
        trial.start()
        begun = time.monotonic()
        for what in itertools.cycle((trial.kill_daemon, trial.kill_router, trial.kill_daemon, lambda: trial.stall(3),
                                     trial.kill_daemon, lambda: trial.fill_disk(3))):
            time.sleep(1.5)
            if trial.state()["next"] >= options.lines:
                break
            what()
            print(trial.state()["next"], trial.done, flush=True)
        seen, (lines, missing) = trial.finish(300)
        print(f"{options.lines:,} lines in {time.monotonic() - begun:.0f} s: {len(seen['missing'])} gaps at the receiver, "
              f"{seen['again']:,} came twice; the journal had {lines:,} and misses {missing}; {trial.done}")
        if seen["missing"] or lines != options.lines or missing:
            sys.exit("lines were lost")
    finally:
        trial.daemon.stop()


main()
