#!/usr/bin/env python3
"""Lets 50 services with 200 tasks live for a while, and watches what the daemon holds: memory, descriptors, threads.

soak.py SECONDS [--containers]   prints a row every few seconds, writes build/bench-soak.json; in dry mode unless --containers.
Exit 1 when at the end there are 8 more descriptors or threads than in the middle, or a fifth more memory (and 4 MiB).
"""
import argparse
import json
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from api import NETWORK, Connection  # noqa: E402

SERVICES, EACH = 50, 4


def held(pid):
    facts = {}
    for line in open(f"/proc/{pid}/smaps_rollup"):
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            facts[name.lower() + "_kib"] = int(rest.split()[0])
    facts["fds"] = len(os.listdir(f"/proc/{pid}/fd"))
    facts["threads"] = len(os.listdir(f"/proc/{pid}/task"))
    return facts


def fill(c):
    c.call("CreateCluster", {"clusterName": "c"})
    for revision in ("a", "b"):
        app = harness.container("app", "trap 'exit 0' TERM; sleep 100000 & wait", environment=[
            {"name": "REVISION", "value": revision}])
        c.call("RegisterTaskDefinition", harness.definition("soak", [app]))
    for n in range(SERVICES):
        c.call("CreateService", {"cluster": "c", "serviceName": f"s{n}", "taskDefinition": "soak:1", "desiredCount": EACH,
                                 "launchType": "FARGATE", "networkConfiguration": NETWORK})


def churn(c, turn, numbers):
    """What users do: look, stop a task, roll a service out, run a task that ends."""
    c.call("DescribeServices", {"cluster": "c", "services": [f"s{n}" for n in range(10)]})
    tasks = c.call("ListTasks", {"cluster": "c"})["taskArns"]
    if tasks:
        c.call("DescribeTasks", {"cluster": "c", "tasks": tasks[:100]})
        c.call("StopTask", {"cluster": "c", "task": numbers.choice(tasks)})
    c.call("UpdateService", {"cluster": "c", "service": f"s{turn % SERVICES}", "taskDefinition": f"soak:{1 + turn // SERVICES % 2}"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--containers", action="store_true")
    options = parser.parse_args()
    flags = ["--subnet", "10.240.0.0/16"] + ([] if options.containers else ["--dry"])
    # A stopped task is forgotten soon, or the list of those would be what grows.
    daemon = harness.Daemon(*flags, config={"tasks": {"keep_stopped": "5s"}})
    samples, numbers = [], random.Random(7)
    try:
        if options.containers:
            daemon.load_image()
        c = Connection(daemon.url)
        fill(c)
        running = lambda: c.call("DescribeClusters", {"clusters": ["c"]})["clusters"][0]["runningTasksCount"]  # noqa: E731
        harness.until(lambda: running() >= SERVICES * EACH, 300, "200 running tasks")
        begun, turn = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < options.seconds:
            churn(c, turn, numbers)
            turn += 1
            if not samples or passed - samples[-1]["at"] > options.seconds / 20:
                samples.append({"at": passed, "turns": turn, "running": running(), **held(daemon.process.pid)})
                print("  " + "  ".join(f"{k} {v:.0f}" for k, v in samples[-1].items()), flush=True)
            time.sleep(0.05)
    finally:
        daemon.stop()
    (harness.REPO / "build" / "bench-soak.json").write_text(json.dumps(samples, indent=1) + "\n")
    middle, last = samples[len(samples) // 2], samples[-1]
    grown = [k for k in ("fds", "threads") if last[k] > middle[k] + 8]
    grown += ["pss_kib"] if last["pss_kib"] > middle["pss_kib"] * 1.2 + 4096 else []
    if grown:
        print(f"grew from the middle to the end: {', '.join(grown)}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
