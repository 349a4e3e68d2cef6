#!/usr/bin/python3
"""Makes images to measure pulls with, from this machine's own /usr: OCI layouts with gzip layers.

    tests/bench/image.py FOLDER [--files 70000] [--mb 1800] [--layers 3] [--seed 1]

The same machine gives the same files; the layers share nothing. The layout has one image, tagged "bench".
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
SMALL = 8 << 10
LARGEST = 24 << 20  # of one file: the image is to be many files, not a few large ones


def choose(files: int, size: int, seed: int) -> list[tuple[str, int]]:
    """Whole folders in a random order, until there are so many files; large files are left out when the bytes are used up."""
    folders = []
    for folder, _, names in os.walk("/usr"):
        if names:
            folders.append((folder, sorted(names)))
    folders.sort()
    random.Random(seed).shuffle(folders)
    chosen, total = [], 0
    for folder, names in folders:
        for name in names:
            path = f"{folder}/{name}"
            info = os.lstat(path)
            if os.path.islink(path) or not os.path.isfile(path) or info.st_size > LARGEST:
                continue
            # Both goals are to be met together: small files always fit, large ones when the bytes lag behind.
            if info.st_size > SMALL and total + info.st_size > size * (len(chosen) + 1) / files + LARGEST:
                continue
            chosen.append((path, info.st_size))
            total += info.st_size
            if len(chosen) >= files:
                return sorted(chosen)
    return sorted(chosen)


def split(chosen: list[tuple[str, int]], layers: int) -> list[list[str]]:
    total = sum(size for _, size in chosen)
    parts = [[] for _ in range(layers)]
    done = 0
    for path, size in chosen:
        parts[min(layers - 1, done * layers // max(1, total))].append(path)
        done += size
    return parts


def store(blobs: pathlib.Path, data: bytes) -> tuple[str, int]:
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return "sha256:" + digest, len(data)


def make_layer(blobs: pathlib.Path, number: int, paths: list[str]) -> tuple[str, str, int]:
    """(diff id, digest, size) of the layer with these files."""
    listing = blobs / f"list-{number}"
    listing.write_bytes(b"".join(os.fsencode(p)[1:] + b"\0" for p in paths))
    tar = subprocess.Popen(["tar", "-C", "/", "--null", "--no-recursion", "--hard-dereference", "--format=gnu", "--owner=0",
                            "--group=0", "--sort=name", "-cf", "-", "-T", str(listing)], stdout=subprocess.PIPE)
    packed = blobs / f"layer-{number}"
    plain, gz = hashlib.sha256(), hashlib.sha256()
    with open(packed, "wb") as out:
        gzip = subprocess.Popen(["gzip", "-n", "-6"], stdin=subprocess.PIPE, stdout=out)
        while piece := tar.stdout.read(1 << 20):
            plain.update(piece)
            gzip.stdin.write(piece)
        gzip.stdin.close()
        if tar.wait() | gzip.wait():
            raise SystemExit(f"layer {number}: tar or gzip failed")
    with open(packed, "rb") as f:
        while piece := f.read(1 << 20):
            gz.update(piece)
    size = packed.stat().st_size
    packed.rename(blobs / gz.hexdigest())
    listing.unlink()
    return "sha256:" + plain.hexdigest(), "sha256:" + gz.hexdigest(), size


def build(folder: pathlib.Path, files: int, size: int, layers: int, seed: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    chosen = choose(files, size, seed)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(lambda item: make_layer(blobs, *item), enumerate(split(chosen, layers))))
    config = json.dumps({"architecture": ARCH, "os": "linux", "config": {"Cmd": ["/bin/true"]},
                         "rootfs": {"type": "layers", "diff_ids": [m[0] for m in made]}}).encode()
    config_digest, config_size = store(blobs, config)
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config_size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": d, "size": s} for _, d, s in made],
    }).encode()
    digest, manifest_size = store(blobs, manifest)
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": manifest_size,
             "annotations": {"org.opencontainers.image.ref.name": "bench"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    print(f"{folder}: {layers} layers, {len(chosen)} files, {sum(s for _, s in chosen) / 1e6:.0f} MB, "
          f"{sum(m[2] for m in made) / 1e6:.0f} MB compressed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=70_000)
    parser.add_argument("--mb", type=int, default=1800)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    build(a.folder, a.files, a.mb * 1_000_000, a.layers, a.seed)


if __name__ == "__main__":
    main()
