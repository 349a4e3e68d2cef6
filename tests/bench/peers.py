"""What the benchmarks compare: Drydock, docker, podman and bare runtimes, each with folders of its own, and the image."""
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from harness import REPO, Daemon, until  # noqa: E402

STAMP = ["/bin/stamp"]  # the first thing the container does is to write its own clock
STAMP_SOURCE = """#include <stdio.h>
#include <time.h>
int main(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  printf("%lld%09ld\\n", (long long)t.tv_sec, t.tv_nsec);
}
"""
# Writes as a program with ordinary stdio does; `yes | head` would be the bottleneck itself.
LINES_SOURCE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char** argv) {
  char line[101];
  memset(line, 'x', 99);
  strcpy(line + 99, "\\n");
  for (long i = argc > 1 ? atol(argv[1]) : 0; i > 0; --i) fputs(line, stdout);
}
"""
NOFILE = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
TAG = "docker.io/drydock/example:latest"
# crun refuses machines where hugetlb sits in the unified hierarchy beside v1; bare crun gets the same treatment.
CRUN = '#!/bin/sh\nexec unshare -m sh -c \'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun "$@"\' - "$@"\n'


def quiet(*args, **kw):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, **kw).stdout.decode()


def pss_kib(pid):
    try:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def children_named(name, marker):
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read().decode(errors="replace")
        except OSError:
            continue
        if name in line.split("\0")[0] and marker in line:
            out.append(int(pid))
    return out


class Drydock:
    def __init__(self, volatile, name, runtime):
        self.name = name
        self.open(Daemon("--runtime", runtime, run=volatile / name.replace(" ", "-")))

    def open(self, daemon):
        self.daemon = daemon
        self.daemon.load_image()
        self.ecs = self.daemon.boto()
        self.ecs.create_cluster(clusterName="default")
        self.registered = set()
        host, port = self.daemon.url.removeprefix("http://").split(":")
        self.http = http.client.HTTPConnection(host, int(port))

    def call(self, operation, body):
        self.http.request("POST", "/", json.dumps(body), {
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation,
            "Content-Type": "application/x-amz-json-1.1"})
        return json.loads(self.http.getresponse().read())

    def define(self, family, command):
        if family in self.registered:
            return
        self.call("RegisterTaskDefinition", {
            "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "1024",
            "memory": "2048", "containerDefinitions": [{"name": "app", "image": "drydock/example:latest",
                                                        "command": command, "stopTimeout": 2}]})
        self.registered.add(family)

    def run_task(self, family, count=1):
        out = self.call("RunTask", {"taskDefinition": family, "launchType": "FARGATE", "count": count,
                                    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        return [t["taskArn"] for t in out["tasks"]]

    def wait(self, arns, status):
        for arn in arns:
            self.daemon.drydock("wait", arn.split("/")[-1], "--for", status, timeout=120)

    def start(self):
        self.define("stamp", STAMP)
        began = time.time_ns()
        arns = self.run_task("stamp")
        time.sleep(0.2)  # or the client that waits would have a core of the two
        self.wait(arns, "stopped")
        stamp = int(self.daemon.drydock("logs", "--no-prefix", arns[0].split("/")[-1], check=0)[1])
        self.daemon.drydock("rm", arns[0].split("/")[-1])
        return stamp - began

    def many(self, n):
        self.define("sleep", ["sleep", "1000"])
        began = time.monotonic()
        arns = []
        while len(arns) < n:
            arns += self.run_task("sleep", min(10, n - len(arns)))
        while True:
            shown = self.call("DescribeTasks", {"tasks": arns})["tasks"]
            if all(t["lastStatus"] == "RUNNING" for t in shown):
                return time.monotonic() - began
            time.sleep(0.02)

    def memory(self):
        shims = children_named("drydock-shim", str(self.daemon.run))
        return {"daemon": pss_kib(self.daemon.process.pid), "per_container": statistics.mean(map(pss_kib, shims)) if shims else 0}

    def clear(self):
        self.daemon.drydock("daemon", "reset", check=0, timeout=120)
        self.registered.clear()
        self.http.close()  # it rested for as long as a bench takes; the daemon may have closed it
        self.call("CreateCluster", {"clusterName": "default"})

    def logs(self, lines):
        self.define(f"logs{lines}", writer(lines))
        began = time.monotonic()
        self.wait(self.run_task(f"logs{lines}"), "stopped")
        return time.monotonic() - began

    def close(self):
        self.daemon.stop()


class Docker:
    name = "docker run"

    def __init__(self, base, volatile):
        self.base, self.run = base / "docker", volatile / "docker"
        self.base.mkdir()
        self.socket = f"unix://{self.base}/docker.sock"
        self.log = open(self.base / "log", "wb")
        self.process = subprocess.Popen(
            ["/usr/sbin/dockerd", "--data-root", self.base / "data", "--exec-root", self.run, "--pidfile",
             self.base / "pid", "-H", self.socket, "--bip", "10.233.0.1/24", "--default-ulimit", "nofile=1024:1024"],
            stdout=self.log, stderr=self.log)
        until(lambda: subprocess.run(["docker", "-H", self.socket, "info"], capture_output=True).returncode == 0, 60,
              "dockerd answers: " + (self.base / "log").read_text(errors="replace")[-800:])

    def load_image(self):
        archive = self.base / "docker.tar"
        quiet("skopeo", "--insecure-policy", "copy", f"oci-archive:{harness.IMAGE}", f"docker-archive:{archive}:drydock/example:latest")
        self.docker("load", "-i", archive)
        return self

    def docker(self, *args):
        return quiet("docker", "-H", self.socket, *map(str, args))

    def start(self):
        began = time.time_ns()
        return int(self.docker("run", "--rm", "drydock/example:latest", *STAMP)) - began

    def many(self, n):
        began = time.monotonic()
        running = [subprocess.Popen(["docker", "-H", self.socket, "run", "-d", "drydock/example:latest", "sleep", "1000"],
                                    stdout=subprocess.DEVNULL) for _ in range(n)]
        for p in running:
            p.wait()
        return time.monotonic() - began

    def memory(self):
        shims = children_named("containerd-shim", str(self.run))
        containerd = children_named("containerd", str(self.run))
        total = pss_kib(self.process.pid) + sum(pss_kib(p) for p in containerd if p not in shims)
        return {"daemon": total, "per_container": statistics.mean(map(pss_kib, shims)) if shims else 0}

    def clear(self):
        ids = self.docker("ps", "-aq").split()
        if ids:
            self.docker("rm", "-f", *ids)

    def logs(self, lines):
        began = time.monotonic()
        name = f"logs{time.monotonic_ns()}"
        self.docker("run", "-d", "--name", name, "drydock/example:latest", *writer(lines))
        self.docker("wait", name)
        took = time.monotonic() - began
        self.docker("rm", name)
        return took

    def close(self):
        self.clear()
        self.process.terminate()
        self.process.wait()


class Podman:
    name = "podman run"

    def __init__(self, base, volatile):
        self.base = base / "podman"
        self.base.mkdir()
        self.runroot = volatile / "podman"
        self.podman("info")

    def load_image(self):
        self.podman("load", "-i", harness.IMAGE)
        return self

    def podman(self, *args):
        return quiet("podman", "--root", str(self.base / "root"), "--runroot", str(self.runroot),
                     "--cgroup-manager", "cgroupfs", "--runtime", "runc", *map(str, args))

    def start(self):
        began = time.time_ns()
        return int(self.podman("run", "--rm", *NOFILE, TAG, *STAMP)) - began

    def close(self):
        subprocess.run(["podman", "--root", str(self.base / "root"), "--runroot", str(self.runroot), "rm", "-af"],
                       capture_output=True)


class Bare:
    """`runc run` on a bundle that Drydock prepared: same root, limits and seccomp profile, a network namespace that is
    there already, as with Drydock."""

    def __init__(self, base, name, runtime, drydock):
        self.name, self.runtime = name, runtime
        self.bundle = base / name.replace(" ", "-")
        self.bundle.mkdir()
        drydock.define("keep", ["sleep", "1000"])
        arn = drydock.run_task("keep")[0]
        drydock.wait([arn], "running")
        source = drydock.daemon.run / "tasks" / arn.split("/")[-1] / "app"
        shutil.copytree(source / "rootfs", self.bundle / "rootfs", symlinks=True)
        config = json.loads((source / "config.json").read_text())
        config["process"]["args"] = STAMP
        config["root"]["path"] = "rootfs"
        config["linux"]["cgroupsPath"] = "/drydock-bench/" + self.bundle.name
        self.netns = "drydock-bench-" + runtime.split("/")[-1]
        quiet("ip", "netns", "add", self.netns)
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] not in ("cgroup", "network")]
        config["linux"]["namespaces"].append({"type": "network", "path": "/run/netns/" + self.netns})
        config["mounts"] = [m for m in config["mounts"] if not m["destination"].startswith(("/sys/fs/cgroup", "/etc/"))]
        (self.bundle / "config.json").write_text(json.dumps(config))
        drydock.daemon.drydock("stop", "--now", arn.split("/")[-1])
        drydock.wait([arn], "stopped")

    def start(self):
        began = time.time_ns()
        return int(quiet(self.runtime, "--root", str(self.bundle / "state"), "run", "--bundle", str(self.bundle),
                         "bench" + str(began))) - began

    def close(self):
        quiet("ip", "netns", "delete", self.netns)
        for folder in pathlib.Path("/sys/fs/cgroup").glob("*/drydock-bench"):
            subprocess.run(["find", str(folder), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], capture_output=True)


def writer(lines):
    return ["/bin/lines", str(lines)]


def example_image(base):
    """The example image with the programs of the benchmarks in it: harness.IMAGE from here on."""
    harness.IMAGE = str(base / "image.tar")
    added = []
    for name, source in (("stamp", STAMP_SOURCE), ("lines", LINES_SOURCE)):
        (base / f"{name}.c").write_text(source)
        quiet("gcc", "-O1", "-static", "-o", str(base / name), str(base / f"{name}.c"))
        added += ["--add", f"{base}/{name}:/bin/{name}"]
    quiet("/usr/bin/python3", str(REPO / "examples/image/build.py"), harness.IMAGE, *added)


class Bench:
    """One run: its folders, what was opened in it, and its result. Leaves nothing but the result file."""

    def __init__(self, name, folder=None):
        self.file = REPO / "build" / name
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="drydock-bench-", dir=folder))
        # What lies in /run on a laptop.
        self.volatile = pathlib.Path(tempfile.mkdtemp(prefix="drydock-bench-", dir="/dev/shm"))
        self.result = {"machine": {"kernel": os.uname().release, "cores": os.cpu_count()}}
        self.opened = []

    def add(self, make):
        """What make() gives, closed at the end. A peer that is missing is left out, and said so."""
        try:
            self.opened.append(make())
            return self.opened[-1]
        except Exception as e:
            print(f"left out: {str(e).splitlines()[-1][:300]}", file=sys.stderr)
            return None

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error is None:
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_text(json.dumps(self.result, indent=2) + "\n")
        for p in reversed(self.opened):
            p.close()
        ours = (self.base.name, self.volatile.name)
        for mount in sorted((l.split()[1] for l in open("/proc/mounts") if any(o in l for o in ours)), reverse=True):
            subprocess.run(["umount", "-l", mount], capture_output=True)
        for folder in (self.base, self.volatile):
            shutil.rmtree(folder, ignore_errors=True)
