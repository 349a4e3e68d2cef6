"""An image made of this machine's own programs: each with the libraries it needs, and whole folders."""
import hashlib
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import tarfile

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
SKIP = re.compile(r"/(__pycache__|test|tests|idlelib|tkinter|ensurepip)(/|$)")


def libraries(program):
    """The files that the dynamic linker loads for a program."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def make(archive, name, programs=(), folders=(), files=None):
    """Writes a docker archive with one layer: `programs` and `folders` at their own paths, `files` {path: bytes}."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        taken = set()

        def add(path, real=None):
            if path not in taken:
                taken.add(path)
                tar.add(real or os.path.realpath(path), path.lstrip("/"), recursive=False)

        for program in programs:
            for path in (program, *libraries(program)):
                add(path)
        for folder, target in folders:
            for below in sorted(pathlib.Path(folder).rglob("*")):
                path = target + str(below)[len(str(folder)):]
                if SKIP.search(path) or below.is_dir():
                    continue
                add(path, below)
                if ".so" in below.name and not below.is_symlink():
                    for library in libraries(below):
                        add(library)
        for path, content in (files or {}).items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    data = layer.getvalue()
    config = json.dumps({"architecture": ARCH, "os": "linux", "config": {"Env": ["PATH=/usr/bin:/bin"]},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        for path, content in (("config.json", config), ("layer.tar", data), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
