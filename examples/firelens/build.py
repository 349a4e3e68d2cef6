#!/usr/bin/python3
"""Makes the image drydock/example-router:latest from this machine's Python and python3-msgpack, offline.

    examples/firelens/build.py ARCHIVE
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "e2e"))
import host_image  # noqa: E402

PYTHON = "/usr/bin/python3.11"
MSGPACK = "/usr/lib/python3/dist-packages/msgpack"


def make(archive, name="drydock/example-router:latest", **more):
    host_image.make(archive, name, programs=[PYTHON],
                    folders=[("/usr/lib/python3.11", "/usr/lib/python3.11"), (MSGPACK, MSGPACK)],
                    files={"/router.py": (HERE / "router.py").read_bytes(), "/tmp/.keep": b"", **more})


if __name__ == "__main__":
    make(sys.argv[1])
