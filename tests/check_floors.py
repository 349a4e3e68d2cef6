#!/usr/bin/env python3
"""Fails with the offending line when a folder includes a folder above it, a neighbour, or a heavy header in a .h file."""
import pathlib
import re
import sys

FLOORS = [["base"], ["taskdef"], ["images", "netns", "volumes", "secrets", "logrouter"],
          ["runtime"], ["metadata", "control"], ["api"], ["daemon"]]
MAY = {}
for i, floor in enumerate(FLOORS):
    for room in floor:  # a room may include the floors below it, never its neighbours
        MAY[room] = {r for lower in FLOORS[:i] for r in lower}
MAY["cli"] = {"base", "taskdef"}
MAY["router"] = {"base", "taskdef", "images", "logrouter"}  # a program of its own
# Third-party headers that may appear in .cc files only.
HEAVY = re.compile(r'#include <(httplib\.h|pcre2\.h|boost/|nlohmann/json\.hpp|netlink/|curl/|archive|sqlite3|spdlog/|CLI/|yaml-cpp/)')


def room_of(path):
    return next((k for k in MAY if str(path).startswith(k + "/")), None)


bad = 0
for f in sorted(p for k in MAY for p in pathlib.Path(k).rglob("*.[hc]*")):
    here = room_of(f)
    for number, line in enumerate(f.read_text().splitlines(), 1):
        m = re.match(r'#include "([^"]+)"', line)
        there = room_of(m[1]) if m else None
        if there and there != here and there not in MAY[here]:
            print(f"{f}:{number}: {here} may not include {there}: {line}")
            bad = 1
        # A folder may hide a library behind private headers named *_ptr.h or *_internal.h.
        if f.suffix == ".h" and HEAVY.match(line) and not re.search(r"_(ptr|internal)\.h$", f.name):
            print(f"{f}:{number}: heavy header in a public header: {line}")
            bad = 1
sys.exit(bad)
