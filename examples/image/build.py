#!/usr/bin/python3
"""Makes the example image drydock/example:latest from Debian's busybox-static, offline.

    examples/image/build.py example.tar [--name NAME] [--busybox PATH] [--add FILE:PATH]

The result is an OCI image archive: two layers (the base with busybox and its applets; the application: a page and the
scripts of the examples), a configuration, a manifest, an index. Same busybox, same bytes. Prints the manifest's digest.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import subprocess
import sys
import tarfile

EPOCH = 1704067200  # 2024-01-01: all times in the image
CREATED = "2024-01-01T00:00:00Z"
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www:x:1000:1000:web server:/var/www:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
GROUP = """root:x:0:
daemon:x:1:
tty:x:5:
www:x:1000:
nogroup:x:65534:
"""
INDEX_HTML = """<!doctype html>
<title>Drydock</title>
<h1>Hello from Drydock</h1>
<p>This page is served by busybox httpd in a container.</p>
"""
# Waits for the page of the web container, then shows what ECS tells a container about its task.
VISIT = """#!/bin/sh
set -e
url="${1:-http://localhost:8080/}"
echo "--- $url"
wget -q -O - "$url"
echo "--- $ECS_CONTAINER_METADATA_URI_V4/task"
wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task"
echo
"""
SERVE = """#!/bin/sh
# busybox httpd as process 1 would ignore SIGTERM (the kernel's rule for process 1), so the shell stays and passes it on.
port="${1:-8080}"
echo "serving /var/www on port $port"
httpd -f -v -p "$port" -h /var/www &
server=$!
trap 'echo "stopping"; kill "$server"; exit 0' TERM INT
wait "$server"
"""


class Layer:
    """A tar file whose bytes depend on nothing but what is put in."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.USTAR_FORMAT)

    def add(self, name, kind, mode, data=b"", link="", uid=0, gid=0):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime, info.linkname = kind, mode, EPOCH, link
        info.uid, info.gid, info.size = uid, gid, len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def folder(self, name, mode=0o755, **owner):
        self.add(name, tarfile.DIRTYPE, mode, **owner)

    def file(self, name, data, mode=0o644, **owner):
        self.add(name, tarfile.REGTYPE, mode, data if isinstance(data, bytes) else data.encode(), **owner)

    def link(self, name, target):
        self.add(name, tarfile.SYMTYPE, 0o777, link=target)

    def done(self):
        self.tar.close()
        return self.buffer.getvalue()


def base_layer(busybox):
    layer = Layer()
    for name in "bin dev etc home proc run sbin sys usr usr/bin usr/sbin var var/log".split():
        layer.folder(name)
    layer.folder("root", 0o700)
    layer.folder("tmp", 0o1777)
    layer.folder("var/tmp", 0o1777)
    layer.file("bin/busybox", busybox.read_bytes(), 0o755)
    applets = subprocess.run([busybox, "--list-full"], check=True, capture_output=True, text=True).stdout.split()
    for applet in sorted(set(applets) - {"bin/busybox"}):
        if applet.split("/")[0] in ("bin", "sbin", "usr") and applet.count("/") <= 2:
            layer.link(applet, "/bin/busybox")
    layer.file("etc/passwd", PASSWD)
    layer.file("etc/group", GROUP)
    layer.file("etc/shadow", "root:*:19000:0:99999:7:::\n", 0o600)
    layer.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    layer.file("etc/os-release", 'NAME="Drydock example"\nID=drydock-example\nPRETTY_NAME="Drydock example"\n')
    return layer.done()


def app_layer(extra):
    layer = Layer()
    layer.folder("usr")
    layer.folder("usr/local")
    layer.folder("usr/local/bin")
    layer.folder("var")
    layer.folder("var/www", uid=1000, gid=1000)
    layer.file("var/www/index.html", INDEX_HTML, uid=1000, gid=1000)
    layer.file("usr/local/bin/visit", VISIT, 0o755)
    layer.file("usr/local/bin/serve", SERVE, 0o755)
    for path, host in sorted(extra.items()):
        layer.file(path.lstrip("/"), host.read_bytes(), 0o755)
    return layer.done()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def build(busybox, name, extra):
    """The files of the OCI layout: {name: bytes}, and the manifest's digest."""
    files = {}

    def blob(media_type, data):
        files["blobs/sha256/" + digest(data)[7:]] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    tars = [base_layer(busybox), app_layer(extra)]
    layers = [blob("application/vnd.oci.image.layer.v1.tar+gzip", gzip.compress(t, 6, mtime=0)) for t in tars]
    config = blob("application/vnd.oci.image.config.v1+json", compact({
        "created": CREATED, "architecture": ARCH, "os": "linux",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": ["serve"],
            "WorkingDir": "/",
            "ExposedPorts": {"8080/tcp": {}},
            "StopSignal": "SIGTERM",
            "Labels": {"org.opencontainers.image.title": "Drydock example",
                       "org.opencontainers.image.description": "busybox, a small web page, and the scripts of the examples"},
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]},
        "history": [{"created": CREATED, "created_by": "busybox-static"}, {"created": CREATED, "created_by": "examples"}],
    }))
    manifest = blob("application/vnd.oci.image.manifest.v1+json", compact({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": layers}))
    entry = dict(manifest, platform={"architecture": ARCH, "os": "linux"}, annotations={
        "io.containerd.image.name": "docker.io/" + name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]})
    files["index.json"] = compact({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                                   "manifests": [entry]})
    files["oci-layout"] = compact({"imageLayoutVersion": "1.0.0"})
    return files, manifest["digest"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--name", default="drydock/example:latest", help="name and tag (default: %(default)s)")
    parser.add_argument("--busybox", type=pathlib.Path, default=pathlib.Path("/bin/busybox"))
    parser.add_argument("--add", action="append", default=[], metavar="FILE:PATH", help="one more program in the image")
    args = parser.parse_args()
    if not args.busybox.exists():
        sys.exit(f"build.py: {args.busybox} is missing; install it with: apt-get install busybox-static")
    files, manifest = build(args.busybox, args.name, {p: pathlib.Path(h) for h, p in (a.split(":") for a in args.add)})
    archive = Layer()
    archive.folder("blobs")
    archive.folder("blobs/sha256")
    for name in sorted(files):
        archive.file(name, files[name])
    temporary = args.output.with_name(args.output.name + f".{os.getpid()}.new")
    temporary.write_bytes(archive.done())
    temporary.replace(args.output)
    print(manifest)


if __name__ == "__main__":
    main()
