#!/usr/bin/env python3
"""Measures EFS volumes as tasks see them beside the bare file system below. Needs root.

volumes.py [--runs N] [--mib N] [--files N]   prints a table, writes build/bench-volumes.json
Two tasks: one with an access point that enforces a user (drydock-efs), one with a plain EFS volume (a bind mount). The work
is done by this program through each container's own mounts, and in a folder beside the daemon's state.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import time
from statistics import median

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness

POINT = "fsap-bench"
CONFIG = {"volumes": {"access_points": {POINT: {
    "FileSystemId": "fs-served", "PosixUser": {"Uid": 1000, "Gid": 1000},
    "RootDirectory": {"Path": "/data", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0777"}}}}}}


def start(daemon, name, efs):
    file = daemon.base / f"{name}.json"
    file.write_text(json.dumps(harness.definition(name, [harness.container(
        "c", ["sleep", "3600"], mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}])],
        volumes=[{"name": "data", "efsVolumeConfiguration": efs}])))
    task = daemon.drydock("run", file, "-d", check=0)[1].strip()
    daemon.drydock("wait", task, "--for", "running", check=0)
    local = json.loads(daemon.drydock("describe", task, "--local", check=0)[1])
    told = local.get("local") or local["tasks"][0]["local"]
    return pathlib.Path(f"/proc/{told['containers'][0]['pid']}/root/data")


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("1")


def write(path, size, block, flags=0, sync=True):
    data = b"x" * block
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | flags, 0o644)
    for _ in range(size // block):
        os.write(fd, data)
    if sync:
        os.fsync(fd)
    os.close(fd)


def read(path, block=1 << 20):
    fd = os.open(path, os.O_RDONLY)
    while os.read(fd, block):
        pass
    os.close(fd)


def files(folder, count):
    for i in range(count):
        os.close(os.open(folder / f"f{i}", os.O_CREAT | os.O_WRONLY, 0o644))


def measure(folder, mib, count):
    """Figures of one folder, each a rate: the higher the better."""
    work = folder / "work"
    work.mkdir()
    size = mib << 20
    told = {"write 1 MiB blocks, MB/s": size / 1e6 / timed(lambda: write(work / "big", size, 1 << 20, sync=False)),
            "the same with fsync, MB/s": size / 1e6 / timed(lambda: write(work / "big2", size, 1 << 20))}
    told["read cached, MB/s"] = size / 1e6 / timed(lambda: read(work / "big"))
    drop_caches()
    told["read from the disk, MB/s"] = size / 1e6 / timed(lambda: read(work / "big"))
    told["write 4 KiB blocks, MB/s"] = 64 * 1.048576 / timed(lambda: write(work / "small", 64 << 20, 4096, sync=False))
    told["append 100-byte lines, lines/s"] = 50000 / timed(
        lambda: write(work / "log", 5000000, 100, os.O_APPEND, sync=False))
    told["create files, files/s"] = count / timed(lambda: files(work, count))
    told["stat files, files/s"] = count / timed(lambda: [os.stat(work / f"f{i}") for i in range(count)])
    told["list and stat, files/s"] = count / timed(lambda: [e.stat() for e in os.scandir(work)])
    told["remove, files/s"] = count / timed(lambda: [os.unlink(work / f"f{i}") for i in range(count)])
    shutil.rmtree(work)
    return told


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--runs", type=int, default=3)
    ask.add_argument("--mib", type=int, default=512)
    ask.add_argument("--files", type=int, default=5000)
    args = ask.parse_args()
    daemon = harness.Daemon(config=CONFIG)
    try:
        daemon.load_image()
        bare = daemon.base / "bare"
        bare.mkdir()
        places = {"bare": bare, "plain EFS": start(daemon, "plain", {"fileSystemId": "fs-plain"}),
                  "access point": start(daemon, "served", {
                      "fileSystemId": "fs-served", "transitEncryption": "ENABLED",
                      "authorizationConfig": {"accessPointId": POINT}})}
        runs = {name: [] for name in places}
        for _ in range(args.runs):  # by turns: the machine's mood is everybody's
            for name, folder in places.items():
                runs[name].append(measure(folder, args.mib, args.files))
        result = {name: {what: median(r[what] for r in all_runs) for what in all_runs[0]}
                  for name, all_runs in runs.items()}
        print(f"{'':32}" + "".join(f"{name:>16}" for name in result) + "   of bare")
        for what in result["bare"]:
            row = [result[name][what] for name in result]
            print(f"{what:32}" + "".join(f"{value:16,.0f}" for value in row)
                  + "   " + " ".join(f"{value / row[0]:.2f}" for value in row[1:]))
        target = harness.REPO / "build/bench-volumes.json"
        target.write_text(json.dumps({"runs": args.runs, "mib": args.mib, "files": args.files, **result}, indent=1))
    finally:
        daemon.stop()


if __name__ == "__main__":
    main()
