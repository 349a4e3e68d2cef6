#!/usr/bin/env python3
"""lint.py BUILDDIR [FILE...]: clang-format, the floors check, and clang-tidy on every .cc outside tests.

A file that clang-tidy found clean is not read again while its text, the headers of ours that it includes and the
settings are the same: stamps lie in the user's cache folder.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

BUILD = sys.argv[1]
STAMPS = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "drydock-tidy"
SETTINGS = pathlib.Path(".clang-tidy").read_bytes()


def listed(*patterns):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], check=True,
                         capture_output=True, text=True).stdout
    return sorted(f for f in out.split() if os.path.exists(f))


def headers(file):
    """Ours that `file` includes, however deep."""
    found, todo = set(), [file]
    while todo:
        for name in re.findall(r'^#include "([^"]+)"', pathlib.Path(todo.pop()).read_text(), re.M):
            if name not in found and os.path.exists(name):
                found.add(name)
                todo.append(name)
    return sorted(found)


def tidy(file):
    digest = hashlib.sha256(SETTINGS)
    for name in [file, *headers(file)]:
        digest.update(name.encode() + b"\0" + pathlib.Path(name).read_bytes())
    stamp = STAMPS / digest.hexdigest()
    if stamp.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", BUILD, file], capture_output=True, text=True)
    if done.returncode == 0:
        stamp.touch()
        return ""
    return done.stdout


def main():
    bad = False
    sources = listed("*.h", "*.cc")
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *sources], capture_output=True, text=True)
    if done.returncode:
        print("\n".join(l for l in done.stderr.splitlines() if "error:" in l)[:3000])
        print("lint: run ./dev format")
        bad = True
    bad |= subprocess.run(["tests/check_floors.py"]).returncode != 0
    STAMPS.mkdir(parents=True, exist_ok=True)
    # The tests follow looser habits (fixtures, deliberate bad input) and are left out.
    files = sys.argv[2:] or [f for f in listed("*.cc") if not f.startswith("tests/")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text in pool.map(tidy, files):
            if text:
                print(text, flush=True)
                bad = True
    print("lint: " + ("not clean" if bad else "clean"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
