#!/usr/bin/env python3
"""Measures how quickly the API answers, on a daemon in dry mode: no container is in the way.

api.py [--check]   prints a table, writes build/bench-api.json; with --check exit 1 when a figure misses its goal
"""
import argparse
import json
import pathlib
import socket
import sys
import time
from statistics import median

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
RUN = {"cluster": "c", "taskDefinition": "bench", "launchType": "FARGATE", "networkConfiguration": NETWORK}


class Connection:
    """One connection that is kept; requests are bytes made beforehand, so that this program's own work is small."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""

    @staticmethod
    def request(operation, body):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.{operation}\r\n"
                f"Content-Type: application/x-amz-json-1.1\r\nContent-Length: {len(text)}\r\n\r\n").encode() + text

    def ask(self, request):
        self.socket.sendall(request)
        while (end := self.held.find(b"\r\n\r\n")) < 0:
            self.held += self.socket.recv(65536)
        head = self.held[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(self.held) < end + 4 + length:
            self.held += self.socket.recv(1 << 20)
        body, self.held = self.held[end + 4:end + 4 + length], self.held[end + 4 + length:]
        if not head.startswith(b"http/1.1 200"):
            raise AssertionError(f"{head.splitlines()[0].decode()}: {body[:300].decode()}")
        return body

    def call(self, operation, body):
        return json.loads(self.ask(self.request(operation, body)))


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def timed(connection, requests):
    times = []
    for request in requests:
        begun = time.perf_counter()
        connection.ask(request)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def describe(url, rounds):
    c = Connection(url)
    arns = [t["taskArn"] for _ in range(10) for t in c.call("RunTask", {**RUN, "count": 10})["tasks"]]
    harness.until(lambda: c.call("DescribeClusters", {"clusters": ["c"]})["clusters"][0]["runningTasksCount"] >= 100)
    return timed(c, [Connection.request("DescribeTasks", {"cluster": "c", "tasks": arns})] * rounds)


def run_ten(url, rounds):
    c = Connection(url)
    return timed(c, [Connection.request("RunTask", {**RUN, "count": 10})] * rounds)


def register(url, connections, each):
    """Registrations a second, with a family for each connection; the clients are processes: Python has one thread."""
    import multiprocessing
    ready, go = multiprocessing.Barrier(connections + 1), multiprocessing.Event()
    done = multiprocessing.Queue()

    def work(n):
        document = harness.definition(f"r{connections}-{n}", [harness.container("app", "x")])
        request, c = Connection.request("RegisterTaskDefinition", document), Connection(url)
        ready.wait()
        go.wait()
        timed(c, [request] * each)
        done.put(n)
    workers = [multiprocessing.Process(target=work, args=(n,)) for n in range(connections)]
    for w in workers:
        w.start()
    ready.wait()
    begun = time.perf_counter()
    go.set()
    for _ in workers:
        done.get(timeout=300)
    took = time.perf_counter() - begun
    for w in workers:
        w.join()
    return connections * each / took


def reset(url):
    """Of 1000 definitions, 50 clusters and 100 services, while no task runs: milliseconds."""
    c = Connection(url)
    for n in range(50):
        c.call("CreateCluster", {"clusterName": f"c{n}"})
    for n in range(1000):
        c.call("RegisterTaskDefinition", harness.definition(f"f{n}", [harness.container("app", "x")]))
    for n in range(100):
        c.call("CreateService", {"cluster": f"c{n % 50}", "serviceName": f"s{n}", "taskDefinition": f"f{n}",
                                 "desiredCount": 0, "launchType": "FARGATE", "networkConfiguration": NETWORK})
    request = b"POST /_drydock/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    took = timed(c, [request])[0]
    if c.call("ListTaskDefinitions", {})["taskDefinitionArns"] or c.call("ListClusters", {})["clusterArns"]:
        raise AssertionError("something is left after the reset")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    daemon = harness.Daemon("--dry", "--subnet", "10.240.0.0/16")
    rows, failed = [], False
    try:
        c = Connection(daemon.url)
        c.call("CreateCluster", {"clusterName": "c"})
        c.call("RegisterTaskDefinition", harness.definition("bench", [harness.container("app", "x")]))

        def row(what, value, goal, at_most, more=""):
            nonlocal failed
            good = value <= goal if at_most else value >= goal
            failed |= not good
            rows.append({"what": what, "value": value, "goal": goal, "good": good})
            print(f"  {what:58} {value:9.1f}   goal {'≤' if at_most else '≥'} {goal:6}  {'' if good else 'MISSED'} {more}")

        times = describe(daemon.url, options.rounds)
        row("DescribeTasks of 100 tasks, p99 (ms)", percentile(times, .99), 10, True, f"median {median(times):.1f}")
        times = run_ten(daemon.url, min(50, options.rounds))
        row("RunTask of 10, p99 (ms)", percentile(times, .99), 20, True, f"median {median(times):.1f}")
        for connections, each in ((1, 1000), (8, 300)):
            row(f"RegisterTaskDefinition, {connections} connection{'s' * (connections > 1)} (a second)",
                register(daemon.url, connections, each), 1000, False)
        c.ask(b"POST /_drydock/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        row("reset of 1000 definitions, 50 clusters, 100 services (ms)", reset(daemon.url), 100, True)
    finally:
        daemon.stop()
    out = harness.REPO / "build" / "bench-api.json"
    out.write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if options.check and failed else 0


if __name__ == "__main__":
    sys.exit(main())
