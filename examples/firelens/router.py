#!/usr/bin/python3
"""A small log router in the place of Fluent Bit: reads the configuration that ECS generates, listens on its socket,
decodes the Forward protocol with Debian's python3-msgpack, filters, adds the metadata, and writes a line of JSON for
each record to its standard output, or below ROUTER_OUT, a file for each tag.

    ROUTER_OUT=FOLDER   write there        ROUTER_ACK=no     acknowledge nothing
    ROUTER_COUNT=FILE   only count: the number of records stands in FILE, and is written when it grows
"""
import json
import os
import re
import selectors
import signal
import socket
import sys

import msgpack

CONFIG = "/fluent-bit/etc/fluent-bit.conf"


def sections(text):
    """[(name, [(key, value)...])...]"""
    found = []
    for line in text.splitlines():
        if line.startswith("["):
            found.append((line.strip("[]"), []))
        elif line.strip() and found and not line.startswith("@"):
            key, _, value = line.strip().partition(" ")
            found[-1][1].append((key, value.strip()))
    return found


class Filters:
    def __init__(self, config):
        self.greps, self.fields = [], {}
        for name, pairs in config:
            options = dict(pairs)
            if name != "FILTER":
                continue
            if options["Name"] == "grep":
                wanted = "Regex" in options
                pattern = options["Regex" if wanted else "Exclude"].partition(" ")[2]
                self.greps.append((options["Match"].rstrip("*"), wanted, re.compile(pattern)))
            else:
                self.fields.update(value.split(" ", 1) for key, value in pairs if key == "Record")

    def passed(self, tag, record):
        for match, wanted, pattern in self.greps:
            if tag.startswith(match) and bool(pattern.search(record["log"])) != wanted:
                return None
        return {**record, **self.fields}


class Output:
    def __init__(self):
        self.folder, self.count_file = os.environ.get("ROUTER_OUT"), os.environ.get("ROUTER_COUNT")
        self.files, self.count = {}, 0
        self.takes_raw = bool(self.count_file)  # [time, record] as they come

    def write(self, tag, records):
        if self.count_file:
            self.count += len(records)
            with open(self.count_file + ".new", "w") as f:
                f.write(str(self.count))
            os.rename(self.count_file + ".new", self.count_file)
            return
        out = sys.stdout
        if self.folder:
            if tag not in self.files:
                self.files[tag] = open(os.path.join(self.folder, tag), "a")
            out = self.files[tag]
        for record in records:
            out.write(json.dumps(record) + "\n")
        out.flush()


class Connection:
    def __init__(self, sock, filters, output):
        self.sock, self.filters, self.output = sock, filters, output
        self.unpacker = msgpack.Unpacker(raw=False, unicode_errors="backslashreplace", max_buffer_size=64 << 20)

    def readable(self):
        """False: it is over."""
        data = self.sock.recv(1 << 20)
        self.unpacker.feed(data)
        for message in self.unpacker:
            self.take(message)
        return bool(data)

    def take(self, message):
        tag, entries, option = message[0], message[1], message[2] if len(message) > 2 else {}
        if isinstance(entries, bytes):  # PackedForward
            inner = msgpack.Unpacker(raw=False, unicode_errors="backslashreplace", max_buffer_size=64 << 20)
            inner.feed(entries)
            entries = list(inner)
        elif not isinstance(entries, list):  # Message
            entries = [[message[1], message[2]]]
            option = message[3] if len(message) > 3 else {}
        assert option.get("size", len(entries)) == len(entries)
        if self.output.takes_raw:
            self.output.write(tag, entries)
        else:
            records = []
            for time, record in entries:
                assert isinstance(time, msgpack.ExtType) and time.code == 0 and len(time.data) == 8
                kept = self.filters.passed(tag, record)
                if kept:
                    records.append(kept)
            self.output.write(tag, records)
        if "chunk" in option and os.environ.get("ROUTER_ACK") != "no":
            self.sock.sendall(msgpack.packb({"ack": option["chunk"]}))


def main(output=None):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = sections(open(CONFIG).read())
    path = next(value for name, pairs in config for key, value in pairs if key == "unix_path")
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(128)
    filters, output = Filters(config), output or Output()
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in watch.select():
            if key.data is None:
                sock, _ = listener.accept()
                watch.register(sock, selectors.EVENT_READ, Connection(sock, filters, output))
            elif not key.data.readable():
                watch.unregister(key.fileobj)
                key.fileobj.close()


if __name__ == "__main__":
    main()
