#!/usr/bin/env python3
"""Compares `drydock pull` with `docker pull`, `podman pull` and a plain pipeline, in one run and interleaved. Needs root.

pull.py [--rounds N] [--folder DIR] [--only big,small,deep]   prints a table with ratios, writes build/bench-pull.json
All pull from one docker-registry on loopback and keep their stores in DIR (default /dev/shm: what is compared is the
programs, not this machine's disk). The plain pipeline is `igzip -dc BLOB | bsdtar -x`, all layers at once, of blobs that
are there already. Times are wall-clock; read the ratios.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from harness import REPO, Daemon, until  # noqa: E402

IMAGES = {  # what image.py is to make: about 600, 50 and 60 MB compressed
    "big": ["--files", "70000", "--mb", "1800", "--layers", "3"],
    "small": ["--files", "4000", "--mb", "150", "--layers", "5"],
    "deep": ["--files", "6000", "--mb", "180", "--layers", "60"]}


def quiet(*args, **kw):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **kw).stdout


class Registry:
    def __init__(self, base):
        self.config = base / "registry.yml"
        self.log = open(base / "registry.log", "wb")
        port = 5600 + os.getpid() % 300
        self.address = f"127.0.0.1:{port}"
        self.config.write_text(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {base}/registry}}}}\n"
                               f"http: {{addr: '{self.address}'}}\nlog: {{level: error}}\n")
        self.process = subprocess.Popen(["docker-registry", "serve", self.config], stdout=self.log, stderr=self.log)
        until(lambda: subprocess.run(["curl", "-sf", f"http://{self.address}/v2/"], capture_output=True).returncode == 0,
              20, "the registry answers")

    def push(self, layout, name):
        quiet("skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", f"oci:{layout}:bench",
              f"docker://{self.address}/{name}")
        return f"{self.address}/{name}"

    def close(self):
        self.process.terminate()
        self.process.wait()


class Drydock:
    name = "drydock pull"

    def __init__(self, base):
        os.environ["TMPDIR"] = str(base)
        tempfile.tempdir = str(base)
        self.daemon = Daemon(run=base / "run")

    def pull(self, reference):
        self.daemon.drydock("pull", "-q", reference, check=0, timeout=600)

    def remove(self, reference):
        self.daemon.drydock("rmi", reference, check=0, timeout=120)

    def peak_mib(self):
        for line in open(f"/proc/{self.daemon.process.pid}/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0

    def close(self):
        self.daemon.stop()


class Docker:
    name = "docker pull"

    def __init__(self, base):
        self.base = base / "docker"
        self.base.mkdir()
        self.socket = f"unix://{self.base}/docker.sock"
        self.log = open(self.base / "log", "wb")
        self.process = subprocess.Popen(
            ["/usr/sbin/dockerd", "--data-root", self.base / "data", "--exec-root", self.base / "exec", "--pidfile",
             self.base / "pid", "-H", self.socket, "--bip", "10.233.0.1/24"], stdout=self.log, stderr=self.log)
        until(lambda: subprocess.run(["docker", "-H", self.socket, "info"], capture_output=True).returncode == 0, 60,
              "dockerd answers")

    def pull(self, reference):
        quiet("docker", "-H", self.socket, "pull", "-q", reference)

    def remove(self, reference):
        quiet("docker", "-H", self.socket, "rmi", reference)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Podman:
    name = "podman pull"

    def __init__(self, base):
        self.base = base / "podman"
        self.base.mkdir()
        self.podman("info")

    def podman(self, *args):
        return quiet("podman", "--root", self.base / "root", "--runroot", self.base / "run", *args)

    def pull(self, reference):
        self.podman("pull", "-q", "--tls-verify=false", reference)

    def remove(self, reference):
        self.podman("rmi", reference)

    def close(self):
        pass


class Plain:
    """No registry, no hashing, nothing kept: how fast the layers can be unpacked here by what there is."""

    name = "igzip | bsdtar"

    def __init__(self, base, layouts):
        self.target, self.layouts = base / "plain", layouts

    def pull(self, reference):
        layout = self.layouts[reference]
        index = json.loads((layout / "index.json").read_text())
        blob = lambda d: layout / "blobs/sha256" / d["digest"].split(":")[1]  # noqa: E731
        manifest = json.loads(blob(index["manifests"][0]).read_text())
        running = []
        for number, layer in enumerate(manifest["layers"]):
            folder = self.target / str(number)
            folder.mkdir(parents=True)
            running.append(subprocess.Popen(["sh", "-c", f"igzip -dc < '{blob(layer)}' | bsdtar -xpf - -C '{folder}'"]))
        for process in running:
            if process.wait() != 0:
                raise RuntimeError("the plain pipeline failed")

    def remove(self, _):
        shutil.rmtree(self.target)

    def close(self):
        pass


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", default="/dev/shm")
    options.add_argument("--only", default="big,small,deep")
    options = options.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="drydock-bench-", dir=options.folder))
    result = {"machine": {"kernel": os.uname().release, "cores": os.cpu_count()}, "folder": options.folder, "seconds": {}}
    opened = []
    try:
        registry = Registry(base)
        opened.append(registry)
        layouts, references = {}, {}
        for name in options.only.split(","):
            quiet("/usr/bin/python3", HERE / "image.py", base / name, *IMAGES[name])
            references[name] = registry.push(base / name, f"bench/{name}:1")
            layouts[references[name]] = base / name
        peers = []
        for make in (Drydock, Docker, Podman, lambda b: Plain(b, layouts)):
            try:
                peers.append(make(base))
                opened.append(peers[-1])
            except Exception as e:  # a peer that is missing is left out, and said so
                print(f"left out: {str(e).splitlines()[-1][:300]}", file=sys.stderr)
        for name, reference in references.items():
            took = {p.name: [] for p in peers}
            for _ in range(options.rounds):
                for p in peers:
                    began = time.monotonic()
                    p.pull(reference)
                    took[p.name].append(time.monotonic() - began)
                    p.remove(reference)
            result["seconds"][name] = took
            own = statistics.median(took["drydock pull"])
            print(f"\n{name}: {' '.join(IMAGES[name])}")
            for peer, times in took.items():
                m = statistics.median(times)
                print(f"  {peer:16} {m:7.2f} s   min {min(times):6.2f}   drydock takes {own / m:5.2f} x of it")
        result["daemon_peak_mib"] = peers[0].peak_mib()
        print(f"\ndaemon's peak resident memory: {result['daemon_peak_mib']:.0f} MiB")
        (REPO / "build").mkdir(exist_ok=True)
        (REPO / "build/bench-pull.json").write_text(json.dumps(result, indent=2) + "\n")
    finally:
        for p in reversed(opened):
            p.close()
        for mount in sorted((l.split()[1] for l in open("/proc/mounts") if base.name in l), reverse=True):
            subprocess.run(["umount", "-l", mount], capture_output=True)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
