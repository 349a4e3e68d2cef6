#!/usr/bin/env python3
"""Compares Drydock with docker, podman and the bare runtimes, in one run and interleaved. Needs root.

run.py [--rounds N] [--only start,many,memory,logs]   prints a table with ratios, writes build/bench.json
Times are wall-clock; the machine may be noisy: read the ratios, which compare neighbours in time.
"""
import argparse
from statistics import median

from peers import CRUN, Bare, Bench, Docker, Drydock, Podman, example_image


def start(bench, rounds, drydock, peers):
    times = {p.name: [] for p in peers}
    for p in peers:
        p.start()  # warm
    for _ in range(rounds):
        for p in peers:
            times[p.name].append(p.start() / 1e6)
    bench.result["start_ms"] = times
    own = median(times[drydock.name])
    print(f"\nrequest to first instruction, median of {rounds} (ms)")
    for p in peers:
        m = median(times[p.name])
        print(f"  {p.name:16} {m:8.1f}   min {min(times[p.name]):7.1f}   {m / own:5.2f} x drydock (runc)")


def many(bench, drydock, peers):
    print("\n30 at once, until all run (s)")
    seconds = bench.result["many_s"] = {}
    busy = bench.result["memory_busy_kib"] = {}
    for p in peers:
        took = []
        for _ in range(3):
            took.append(p.many(30))
            busy.setdefault(p.name, p.memory())
            p.clear()
        seconds[p.name] = took
        print(f"  {p.name:16} {median(took):8.2f}   {median(took) / median(seconds[drydock.name]):5.2f} x")


def memory(bench):
    print("\nmemory (PSS, KiB)")
    for name, kib in bench.result["memory_idle_kib"].items():
        busy = bench.result.get("memory_busy_kib", {}).get(name, {})
        print(f"  {name:16} idle {kib:8.0f}   with 30 {busy.get('daemon', 0):8.0f}   a container {busy.get('per_container', 0):7.0f}")


def logs(bench, drydock, peers):
    lines = 1_000_000
    print(f"\n{lines} lines of 100 bytes from one container, to its end (lines/s)")
    took = {p.name: [] for p in peers}
    for _ in range(3):
        for p in peers:
            took[p.name].append(p.logs(lines))
    bench.result["log_lines_per_s"] = {name: [lines / t for t in times] for name, times in took.items()}
    for p in peers:
        ratio = median(took[p.name]) / median(took[drydock.name])
        print(f"  {p.name:16} {lines / median(took[p.name]):10.0f}   drydock is {ratio:5.2f} x as fast")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--only", default="start,many,memory,logs")
    options = options.parse_args()
    parts = options.only.split(",")
    with Bench("bench.json") as bench:
        bench.result["rounds"] = options.rounds
        base, volatile = bench.base, bench.volatile
        example_image(base)
        crun = base / "crun"
        crun.write_text(CRUN)
        crun.chmod(0o755)
        drydock = bench.add(lambda: Drydock(volatile, "drydock (runc)", "/usr/sbin/runc"))
        with_crun = bench.add(lambda: Drydock(volatile, "drydock (crun)", str(crun)))
        docker = bench.add(lambda: Docker(base, volatile).load_image())
        podman = bench.add(lambda: Podman(base, volatile).load_image())
        bare_runc = bench.add(lambda: Bare(base, "runc run", "/usr/sbin/runc", drydock))
        bare_crun = bench.add(lambda: Bare(base, "crun run", str(crun), drydock))
        both = [p for p in (drydock, docker) if p]
        if "memory" in parts:
            drydock.clear()
            bench.result["memory_idle_kib"] = {p.name: p.memory()["daemon"] for p in both}
        if "start" in parts:
            start(bench, options.rounds, drydock,
                  [p for p in (drydock, bare_runc, with_crun, bare_crun, docker, podman) if p])
        if "many" in parts:
            many(bench, drydock, both)
        if "memory" in parts:
            memory(bench)
        if "logs" in parts:
            logs(bench, drydock, both)


if __name__ == "__main__":
    main()
