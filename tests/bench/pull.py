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
import statistics
import subprocess
import tempfile
import time

from peers import Bench, Daemon, Docker, Podman, quiet, until

HERE = pathlib.Path(__file__).resolve().parent

IMAGES = {  # what image.py is to make: about 600, 50 and 60 MB compressed
    "big": ["--files", "70000", "--mb", "1800", "--layers", "3"],
    "small": ["--files", "4000", "--mb", "150", "--layers", "5"],
    "deep": ["--files", "6000", "--mb", "180", "--layers", "60"]}


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


class DrydockPull:
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


class DockerPull(Docker):
    name = "docker pull"

    def pull(self, reference):
        self.docker("pull", "-q", reference)

    def remove(self, reference):
        self.docker("rmi", reference)


class PodmanPull(Podman):
    name = "podman pull"

    def pull(self, reference):
        self.podman("pull", "-q", "--tls-verify=false", reference)

    def remove(self, reference):
        self.podman("rmi", reference)


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


def compare(name, reference, peers, rounds):
    took = {p.name: [] for p in peers}
    for _ in range(rounds):
        for p in peers:
            began = time.monotonic()
            p.pull(reference)
            took[p.name].append(time.monotonic() - began)
            p.remove(reference)
    own = statistics.median(took[peers[0].name])
    print(f"\n{name}: {' '.join(IMAGES[name])}")
    for peer, times in took.items():
        m = statistics.median(times)
        print(f"  {peer:16} {m:7.2f} s   min {min(times):6.2f}   drydock takes {own / m:5.2f} x of it")
    return took


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", default="/dev/shm")
    options.add_argument("--only", default="big,small,deep")
    options = options.parse_args()
    with Bench("bench-pull.json", options.folder) as bench:
        base = bench.base
        bench.result.update(folder=options.folder, rounds=options.rounds, seconds={})
        registry = Registry(base)
        bench.opened.append(registry)
        layouts, references = {}, {}
        for name in options.only.split(","):
            quiet("/usr/bin/python3", HERE / "image.py", base / name, *IMAGES[name])
            references[name] = registry.push(base / name, f"bench/{name}:1")
            layouts[references[name]] = base / name
        peers = [bench.add(make) for make in (lambda: DrydockPull(base), lambda: DockerPull(base, bench.volatile),
                                              lambda: PodmanPull(base, bench.volatile), lambda: Plain(base, layouts))]
        for name, reference in references.items():
            bench.result["seconds"][name] = compare(name, reference, [p for p in peers if p], options.rounds)
        bench.result["daemon_peak_mib"] = peers[0].peak_mib()
        print(f"\ndaemon's peak resident memory: {bench.result['daemon_peak_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
