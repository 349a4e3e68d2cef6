"""Numbered lines through a log router while everything around them is killed, stopped, filled up and freed."""
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import time

from harness import REPO, SLOW, Daemon, container, until

# Runs in the router's container: every number must be the next one, or one that has come before. What it has seen is
# on disk before it is acknowledged, so that its own death loses nothing.
CHECK = b"""
import json, os, sys
sys.path.insert(0, "/")
import router

class Check(router.Output):
    def __init__(self):
        super().__init__()
        self.takes_raw = True
        try:
            self.state = json.load(open("/count/state"))
        except FileNotFoundError:
            self.state = {"next": 0, "again": 0, "missing": []}

    def write(self, tag, records):
        s = self.state
        for _, record in records:
            n = int(record["log"])
            if n == s["next"]:
                s["next"] += 1
            elif n < s["next"]:
                s["again"] += 1
            else:
                s["missing"].append([s["next"], n])
                s["next"] = n + 1
        with open("/count/new", "w") as f:
            json.dump(s, f)
        os.rename("/count/new", "/count/state")

router.main(Check())
"""
KEEPER = "import subprocess\nwhile True: subprocess.run(['/usr/bin/python3.11', '/check.py'])"


def load_router(daemon):
    spec = importlib.util.spec_from_file_location("build", REPO / "examples/firelens/build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    archive = daemon.base / "router.tar"
    build.make(archive, **{"/check.py": CHECK})
    daemon.drydock("load", "-i", archive, check=0, timeout=120)
    archive.unlink()


def journal_lines(folder):
    """How many whole lines the journal ever had, and how many it says are missing."""
    newest = sorted(folder.glob("*.log"))[-1]
    lines = missing = 0
    for record in newest.read_bytes().split(b"\n"):
        words = record.split(b" ", 4)
        if len(words) < 4:
            continue
        if words[1] == b"segment":
            lines = int(words[3])
        elif words[1] == b"gap":
            missing += int(words[3])
        elif words[2] == b"F":
            lines += 1
    return lines, missing


class Trial:
    def __init__(self, lines, small_disk, config=None):
        self.lines = lines
        self.daemon = Daemon(small_disk=small_disk, config=config)
        self.daemon.load_image()
        load_router(self.daemon)
        self.count = self.daemon.base / "count"
        self.count.mkdir()
        self.done = {"daemon": 0, "router": 0, "stall": 0, "disk": 0}

    def state(self):
        try:
            return json.loads((self.count / "state").read_text())
        except FileNotFoundError:
            return {"next": 0}

    def start(self):
        app = container("app", f"seq 0 {self.lines - 1}",
                        logConfiguration={"logDriver": "awsfirelens", "options": {"Name": "null"}})
        router = container("router", ["python3.11", "-c", KEEPER], image="drydock/example-router:latest", stopTimeout=2,
                           mountPoints=[{"sourceVolume": "count", "containerPath": "/count"}],
                           firelensConfiguration={"type": "fluentbit"})
        path = self.daemon.base / "loss.json"
        path.write_text(json.dumps({
            "family": "loss", "networkMode": "awsvpc", "requiresCompatibilities": ["EC2"],
            "volumes": [{"name": "count", "host": {"sourcePath": str(self.count)}}],
            "containerDefinitions": [dict(c, memoryReservation=64) for c in (app, router)]}))
        self.task = self.daemon.drydock("run", "-d", "-q", path, check=0)[1].strip()
        until(lambda: self.state()["next"] > 0, what="the first line")

    def router_pid(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                group = pathlib.Path(f"/proc/{pid}/cgroup").read_text()
            except OSError:
                continue
            if words[1:2] == [b"/check.py"] and self.task in group:
                return int(pid)
        return None

    # ---- what happens to it ----
    def kill_daemon(self):
        self.daemon.kill()
        time.sleep(0.2)
        self.daemon.start()
        self.done["daemon"] += 1

    def signal_router(self, number):
        pid = self.router_pid()
        if pid:
            os.kill(pid, number)
        return pid

    def kill_router(self):
        if self.signal_router(signal.SIGKILL):
            self.done["router"] += 1

    def stall(self, seconds):
        pid = self.signal_router(signal.SIGSTOP)
        time.sleep(seconds)
        if pid and self.router_pid() == pid:
            os.kill(pid, signal.SIGCONT)
            self.done["stall"] += 1

    def fill_disk(self, seconds):
        ballast = self.daemon.root / "ballast-of-the-test"
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], capture_output=True)
        time.sleep(seconds)
        ballast.unlink()
        self.done["disk"] += 1

    # ---- how it ended ----
    def finish(self, seconds):
        """Waits for the last line; gives what the receiver saw and what the journal says."""
        until(lambda: self.state()["next"] >= self.lines, seconds / SLOW, f"{self.lines} lines at the receiver")
        self.daemon.drydock("wait", self.task, timeout=60)
        return self.state(), journal_lines(self.daemon.root / "logs" / self.task / "app")
