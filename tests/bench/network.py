#!/usr/bin/env python3
"""Measures tasks' networks and metadata endpoints, beside docker's bridge. Needs root.

network.py [--tasks N] [--only namespaces,metadata,listeners,throughput]   prints a table, writes build/bench-network.json
Clients run in the tasks' network namespaces with the host's programs: `wrk` asks the metadata endpoint, `iperf3` measures
throughput between two tasks and from the host to a task, and the same between docker's containers.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import time
from statistics import median

from peers import Bench, Daemon, Docker, Drydock, example_image, harness, pss_kib, quiet, until


class Tasks(Drydock):
    """A daemon with the metadata endpoint's rate limit raised, and tasks that sleep."""

    def __init__(self, volatile):
        self.name = "drydock"
        self.open(Daemon(config={"metadata": {"rate_limit": 1000000, "burst": 1000000}}, run=volatile / "drydock"))

    def running(self, n):
        arns = []
        self.define("sleep", ["sleep", "1000"])
        while len(arns) < n:
            arns += self.run_task("sleep", min(10, n - len(arns)))
        self.wait(arns, "running")
        return [a.split("/")[-1] for a in arns]

    def pid(self, task):
        return self.tell(task)["containers"][0]["pid"]

    def address(self, task):
        return self.tell(task)["address"]

    def tell(self, task):
        """A container's process and the task's address, from what lies in the run folder."""
        folder = self.daemon.run / "tasks" / task
        network = json.loads((folder / "network.json").read_text())
        pid = next(int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit() and in_namespace(p, task))
        return {"address": network["address"].split("/")[0], "containers": [{"pid": pid}]}


def in_namespace(process, task):
    try:
        return f"/{task}/" in (process / "cgroup").read_text() and b"sleep" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def namespaces(bench, count):
    runs = [json.loads(quiet(harness.BIN / "bench_netns", count)) for _ in range(3)]
    bench.result["namespaces"] = runs
    print(f"\nnetwork namespaces of tasks, none in stock: {median(r['one_ms'] for r in runs):.2f} ms each, one by one; "
          f"{count} at once in {median(r['all_at_once_ms'] for r in runs) / 1000:.2f} s")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metadata(bench, drydock):
    task = drydock.running(1)[0]
    daemon = drydock.daemon.process.pid
    environment = pathlib.Path(f"/proc/{drydock.pid(task)}/environ").read_bytes().decode()
    url = re.search(r"ECS_CONTAINER_METADATA_URI_V4=([^\0]+)", environment)[1]
    quiet("taskset", "-a", "-p", "1", daemon)  # one core for the daemon, the other for wrk
    rows = bench.result["metadata"] = {}
    print("\nmetadata endpoint, daemon on one core, wrk on the other")
    for path in ("/task", "", "/stats"):
        for connections in (1, 100):
            before, began = cpu_seconds(daemon), time.monotonic()
            out = quiet("taskset", "2", "nsenter", "-t", drydock.pid(task), "-n", "wrk", "-t1", f"-c{connections}", "-d4s",
                        "--latency", url + path)
            busy = (cpu_seconds(daemon) - before) / (time.monotonic() - began)
            rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
            p99 = re.search(r"99%\s+(\S+)", out)[1]
            bad = re.search(r"(Non-2xx.*|Socket errors.*)", out)
            rows[f"{path or '/'} x{connections}"] = {"per_second": rate, "p99": p99, "daemon_core": busy}
            print(f"  {path or '/':8} {connections:4} connections {rate:9.0f} /s   p99 {p99:>9}   daemon {busy:4.0%} of its core"
                  f"{'   ' + bad[1] if bad else ''}")
    rows.update(paced(drydock.pid(task), url + "/task"))
    quiet("taskset", "-a", "-p", "3", daemon)
    drydock.clear()


def paced(pid, url):
    """How long answers take when 100 connections together ask 5,000 times a second, which is no full load."""
    script = pathlib.Path(__file__).with_name("paced.py")
    row = json.loads(quiet("taskset", "2", "nsenter", "-t", pid, "-n", "/usr/bin/python3", script, url, 100, 5000, 5))
    print(f"  /task     100 connections {row['per_second']:9.0f} /s   p99 {row['p99_ms']:7.2f}ms   paced; p50 {row['p50_ms']:.2f} ms, "
          f"{row['bad']} not answered with 200")
    return {"/task x100 paced": row}


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def listeners(bench, drydock, n):
    daemon = drydock.daemon.process.pid
    drydock.running(2)
    before = pss_kib(daemon), threads(daemon)
    began = time.monotonic()
    drydock.running(n)
    took = time.monotonic() - began
    after = pss_kib(daemon), threads(daemon)
    bench.result["listeners"] = {"tasks": n, "before": before, "after": after, "seconds": took}
    print(f"\n{n} tasks, each with its listener and resolver: {(after[0] - before[0]) / 1024:.1f} MiB more PSS in the daemon "
          f"({before[0] / 1024:.1f} to {after[0] / 1024:.1f}), threads {before[1]} to {after[1]}; all running after {took:.1f} s")
    drydock.clear()


def stream(client, server, address):
    """Bits a second of one TCP stream from the namespace of `client` (None: the host's) to that of `server`."""
    enter = lambda pid: ["nsenter", "-t", pid, "-n"] if pid else []  # noqa: E731
    serving = subprocess.Popen([str(a) for a in [*enter(server), "iperf3", "-s", "-1", "-p", "5301"]],
                               stdout=subprocess.DEVNULL)
    ss = [*enter(server), "ss", "-Htln", "sport = :5301"]
    until(lambda: quiet(*ss).strip(), 10, "iperf3 listens")
    out = json.loads(quiet(*enter(client), "iperf3", "-c", address, "-p", "5301", "-t", "3", "-J"))
    serving.wait()
    return out["end"]["sum_received"]["bits_per_second"]


def throughput(bench, drydock, docker, rounds):
    tasks = drydock.running(2)
    ours = [(drydock.pid(t), drydock.address(t)) for t in tasks]
    peers = {"drydock": ours}
    if docker:
        ids = [docker.docker("run", "-d", "drydock/example:latest", "sleep", "1000").strip() for _ in range(2)]
        show = "{{.State.Pid}} {{.NetworkSettings.IPAddress}}"
        peers["docker"] = [tuple(docker.docker("inspect", "-f", show, i).split()) for i in ids]
    rates = {(who, what): [] for what in ("task to task", "host to task") for who in peers}
    for _ in range(rounds):
        for who, (a, b) in peers.items():
            rates[who, "task to task"].append(stream(a[0], b[0], b[1]))
            rates[who, "host to task"].append(stream(None, b[0], b[1]))
    print("\nthroughput, one TCP stream (Gbit/s)")
    bench.result["throughput_bits"] = {f"{who}, {what}": values for (who, what), values in rates.items()}
    for (who, what), values in rates.items():
        peer = rates.get(("docker", what))
        ratio = f"   {median(rates['drydock', what]) / median(peer):5.2f} x docker" if peer and who == "drydock" else ""
        print(f"  {who:8} {what:14} {median(values) / 1e9:7.2f}{ratio}")
    drydock.clear()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tasks", type=int, default=300)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="namespaces,metadata,listeners,throughput")
    options = options.parse_args()
    parts = options.only.split(",")
    with Bench("bench-network.json") as bench:
        if "namespaces" in parts:
            namespaces(bench, options.tasks)
        example_image(bench.base)
        drydock = bench.add(lambda: Tasks(bench.volatile))
        if "metadata" in parts:
            metadata(bench, drydock)
        if "listeners" in parts:
            listeners(bench, drydock, options.tasks)
        if "throughput" in parts:
            docker = bench.add(lambda: Docker(bench.base, bench.volatile).load_image())
            throughput(bench, drydock, docker, options.rounds)


if __name__ == "__main__":
    main()
