#!/usr/bin/env python3
"""Measures how exactly the times are kept that a user sets, with early probes off. Needs root and an idle machine.

timings.py [--rounds N] [--within MS]   prints a table, writes build/bench-timings.json; exit 1 when one is off by more than MS (100)
All times come from the containers' journals and from what the daemon shows, so that this program's own delays do not count.
"""
import argparse
import json
import pathlib
import sys
import time
from datetime import datetime
from statistics import median



sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness

BUILD = harness.REPO / "build"

REST = "trap 'exit 0' TERM; while :; do sleep 0.05; done"


def seconds(text):
    """RFC 3339 with up to nine digits."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (rest or "0"))


class Bench:
    def __init__(self):
        self.daemon = harness.Daemon(config={"health": {"early": False}})
        self.daemon.load_image()
        self.rows = {}

    def add(self, what, wanted, measured):
        self.rows.setdefault(what, []).append((measured - wanted) * 1000)

    def run(self, name, containers):
        path = self.daemon.base / f"{name}.json"
        path.write_text(json.dumps(harness.definition(name, containers)))
        return self.daemon.drydock("run", "-d", path, check=0)[1].strip()

    def local(self, task):
        told = json.loads(self.daemon.drydock("describe", task, "--local", check=0)[1])
        told = told.get("tasks", [told])[0]
        return told, {c["name"]: c for c in told["local"]["containers"]}

    def ended(self, task):
        self.daemon.drydock("wait", task, "--for", "stopped", timeout=120)
        return self.local(task)

    def health_interval(self):
        task = self.run("interval", [harness.container("app", REST, healthCheck={
            "command": ["CMD-SHELL", "echo begin > /proc/1/fd/1; sleep 0.2; echo end > /proc/1/fd/1"], "interval": 5})])
        time.sleep(17)
        lines = self.daemon.drydock("logs", task, "--timestamps", "--no-prefix", check=0)[1].splitlines()
        seen = [(line.split()[-1], seconds(line.split()[0])) for line in lines]
        _, c = self.local(task)
        self.add("first probe after interval", 5, seen[0][1] - seconds(c["app"]["startedAt"]))
        for (word, before), (_, after) in zip(seen[1:], seen[2:]):
            if word == "end":
                self.add("next probe after interval", 5, after - before)
        self.daemon.drydock("stop", task, check=0)
        self.ended(task)

    def health_timeout(self):
        task = self.run("timeout", [harness.container("app", REST, healthCheck={
            "command": ["CMD-SHELL", "echo begin > /proc/1/fd/1; sleep 100"], "interval": 5, "timeout": 2, "retries": 1})])
        time.sleep(8)
        line = self.daemon.drydock("logs", task, "--timestamps", "--no-prefix", check=0)[1].splitlines()[0]
        _, c = self.local(task)
        assert c["app"]["health"]["status"] == "UNHEALTHY", c
        self.add("health check timeout", 2, seconds(c["app"]["health"]["since"]) - seconds(line.split()[0]))
        self.daemon.drydock("stop", task, check=0)
        self.ended(task)

    def start_timeout(self):
        task = self.run("starttimeout", [
            harness.container("slow", REST, essential=False, startTimeout=2, healthCheck={"command": ["CMD", "true"], "interval": 30}),
            harness.container("app", "true", dependsOn=[{"containerName": "slow", "condition": "HEALTHY"}])])
        told, c = self.ended(task)
        self.add("startTimeout", 2, told["stoppingAt"] - seconds(c["slow"]["startedAt"]))

    def stop_timeout(self):
        task = self.run("stoptimeout", [harness.container("app", "trap '' TERM; while :; do sleep 0.05; done", stopTimeout=2)])
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        time.sleep(0.3)  # until the trap is set
        self.daemon.drydock("stop", task, check=0)
        told, c = self.ended(task)
        assert c["app"]["exitCode"] == 137, c
        self.add("stopTimeout", 2, seconds(c["app"]["finishedAt"]) - told["stoppingAt"])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--within", type=float, default=100)
    options = options.parse_args()
    bench = Bench()
    try:
        for _ in range(options.rounds):
            for part in (bench.health_interval, bench.health_timeout, bench.start_timeout, bench.stop_timeout):
                part()
    finally:
        bench.daemon.stop()
    (BUILD / "bench-timings.json").write_text(json.dumps(bench.rows, indent=1) + "\n")
    print("how late (ms), early probes off")
    for what, late in bench.rows.items():
        print(f"  {what:28} median {median(late):7.1f}   min {min(late):7.1f}   max {max(late):7.1f}   of {len(late)}")
    worst = max(abs(x) for late in bench.rows.values() for x in late)
    print(f"  the worst is off by {worst:.1f} ms" + (f", more than {options.within:.0f}" if worst > options.within else ""))
    sys.exit(1 if worst > options.within else 0)


if __name__ == "__main__":
    main()
