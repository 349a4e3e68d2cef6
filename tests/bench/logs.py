#!/usr/bin/env python3
"""How fast lines reach a log router, and what 200 containers that log at once cost. Needs root and python3-msgpack.

logs.py [--lines N] [--containers N] [--seconds N]    prints a table, writes build/bench-logs.json
The router is examples/firelens/router.py, which decodes every record with python3-msgpack and acknowledges chunks.
"""
import argparse
import json
import os
import pathlib
import sys
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests/e2e"), str(REPO / "examples/firelens")]
import build  # noqa: E402
from harness import Daemon, container, until  # noqa: E402

COUNT = "/count/n"


def task(family, apps, folder):
    for app in apps:
        app["logConfiguration"] = {"logDriver": "awsfirelens", "options": {"Name": "null"}}
    router = container("router", ["python3.11", "/router.py"], image="drydock/example-router:latest",
                       environment=[{"name": "ROUTER_COUNT", "value": COUNT}],
                       mountPoints=[{"sourceVolume": "count", "containerPath": "/count"}],
                       firelensConfiguration={"type": "fluentbit"})
    return {"family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["EC2"],
            "volumes": [{"name": "count", "host": {"sourcePath": str(folder)}}],
            "containerDefinitions": [dict(c, memoryReservation=64) for c in [router, *apps]]}


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_kib(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))


def counted(folder):
    return sum(int(f.read_text() or 0) for f in folder.rglob("n"))


class Bench:
    def __init__(self):
        self.daemon = Daemon()
        self.daemon.load_image()
        archive = self.daemon.base / "router.tar"
        build.make(archive)
        self.daemon.drydock("load", "-i", archive, check=0, timeout=120)
        self.result = {}

    def run(self, document, number=0):
        path = self.daemon.base / f"task{number}.json"
        path.write_text(json.dumps(document))
        return self.daemon.drydock("run", "-d", "-q", path, check=0)[1].strip()

    def wait_for(self, folder, lines, seconds):
        """Until so many have arrived; the largest memory of the daemon meanwhile."""
        most = 0

        def there():
            nonlocal most
            most = max(most, pss_kib(self.daemon.process.pid))
            return counted(folder) >= lines
        until(there, seconds, f"{lines} lines")
        return most

    def rate(self, lines):
        folder = self.daemon.base / "rate"
        folder.mkdir()
        line = "x" * 99
        begun, cpu = time.monotonic(), cpu_seconds(self.daemon.process.pid)
        self.run(task("rate", [container("app", f"yes {line} | head -n {lines}; sleep 1000")], folder))
        until(lambda: counted(folder), 60, "the first line")
        first = time.monotonic()
        memory = self.wait_for(folder, lines, 300)
        took = time.monotonic() - first
        self.result["rate"] = {"lines": lines, "lines_per_s": lines / took, "with_start_s": time.monotonic() - begun,
                               "daemon_cpu_s": cpu_seconds(self.daemon.process.pid) - cpu, "daemon_pss_kib": memory}
        print(f"one container, {lines} lines of 100 bytes: {lines / took:,.0f} lines/s decoded by the router; "
              f"daemon {self.result['rate']['daemon_cpu_s']:.1f} s of CPU, at most {memory / 1024:.0f} MiB", flush=True)
        self.clear()

    def many(self, containers, seconds):
        folder = self.daemon.base / "many"
        each = 8  # and a router: ten containers a task at most
        write = f"i=0; while [ $i -lt {seconds} ]; do seq 1 1000; sleep 1; i=$((i+1)); done; sleep 1000"
        cpu = cpu_seconds(self.daemon.process.pid)
        for number in range(0, containers, each):
            own = folder / str(number)
            own.mkdir(parents=True)
            apps = [container(f"app{i}", write) for i in range(min(each, containers - number))]
            self.run(task(f"many{number}", apps, own), number)
        started = cpu_seconds(self.daemon.process.pid)
        begun = time.monotonic()
        lines = containers * seconds * 1000
        memory = self.wait_for(folder, lines, 600)
        until(lambda: counted(folder) == lines, 5, "exactly all")
        took = time.monotonic() - begun
        used = cpu_seconds(self.daemon.process.pid) - started
        self.result["many"] = {"containers": containers, "lines": lines, "seconds": took, "daemon_cpu_s": used,
                               "daemon_cpu_s_starting": started - cpu, "daemon_pss_kib": memory}
        print(f"{containers} containers, 1,000 lines a second each for {seconds} s: all {lines:,} arrived, none twice; "
              f"{took:.0f} s after the last start; daemon {used:.1f} s of CPU, at most {memory / 1024:.0f} MiB")
        self.clear()

    def clear(self):
        self.daemon.drydock("daemon", "reset", timeout=120)

    def end(self):
        self.daemon.stop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=3_000_000)
    options.add_argument("--containers", type=int, default=200)
    options.add_argument("--seconds", type=int, default=20)
    options = options.parse_args()
    bench = Bench()
    try:
        if options.lines:
            bench.rate(options.lines)
        if options.containers:
            bench.many(options.containers, options.seconds)
    finally:
        bench.end()
    (REPO / "build").mkdir(exist_ok=True)
    (REPO / "build/bench-logs.json").write_text(json.dumps(bench.result, indent=1) + "\n")


main()
