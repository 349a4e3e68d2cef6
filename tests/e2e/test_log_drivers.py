"""Docker's log drivers, each against a receiver of its own that decodes what arrives without our code."""
import gzip
import http.server
import json
import pathlib
import re
import socket
import struct
import threading
import unittest
import zlib

from harness import DaemonCase, container, definition, until

try:
    import msgpack
except ImportError:
    msgpack = None

SAY = "echo out; echo err >&2; echo last"


class Receiver:
    """Keeps what arrives at a free port of this machine, or at a unix socket."""

    def __init__(self, kind, path=None):
        family = socket.AF_UNIX if path else socket.AF_INET
        self.socket = socket.socket(family, kind)
        self.socket.bind(path or ("127.0.0.1", 0))
        self.port = None if path else self.socket.getsockname()[1]
        self.datagrams, self.stream = [], b""
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        threading.Thread(target=self.take_stream if kind == socket.SOCK_STREAM else self.take, daemon=True).start()

    def take(self):
        try:
            while True:
                self.datagrams.append(self.socket.recv(65536))
        except OSError:
            return

    def take_stream(self):
        try:
            while True:
                peer = self.socket.accept()[0]
                while data := peer.recv(65536):
                    self.stream += data
        except OSError:
            return

    def close(self):
        self.socket.close()


class Collector:
    """A HTTP Event Collector."""

    def __init__(self, answers=()):
        self.answers, self.requests = list(answers), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                status = outer.answers.pop(0) if outer.answers else 200
                outer.requests.append((status, self.path, self.headers["Authorization"], body.decode()))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        found = []
        for status, _, _, body in self.requests:
            while status == 200 and body:
                event, end = json.JSONDecoder().raw_decode(body)
                found.append(event)
                body = body[end:].lstrip()
        return found


class LogDrivers(DaemonCase):
    kernel = False

    def log_with(self, driver, options, command=SAY, launch="EC2", code=0):
        c = container("app", command, logConfiguration={"logDriver": driver, "options": options})
        got, out, err = self.run_task(definition("drv", [c], requiresCompatibilities=[launch]))
        self.assertEqual(got, code, err)
        return out, err

    def receive(self, kind, path=None):
        receiver = Receiver(kind, path)
        self.addCleanup(receiver.close)
        return receiver

    def test_syslog_over_udp_has_priority_time_host_and_tag(self):
        r = self.receive(socket.SOCK_DGRAM)
        out, _ = self.log_with("syslog", {"syslog-address": f"udp://127.0.0.1:{r.port}", "syslog-facility": "local3",
                                          "syslog-format": "rfc5424", "tag": "{{.Name}}"})
        self.assertIn("out", out, "the journal has it, too")
        until(lambda: len(r.datagrams) == 3, what="three messages")
        form = re.compile(rb"<(\d+)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ app \d+ app - (\w+)\n")
        seen = sorted(form.fullmatch(d).groups() for d in r.datagrams)
        self.assertEqual(seen, sorted([(b"158", b"out"), (b"155", b"err"), (b"158", b"last")]))

    def test_syslog_over_tcp_is_a_line_a_message(self):
        r = self.receive(socket.SOCK_STREAM)
        self.log_with("syslog", {"syslog-address": f"tcp://127.0.0.1:{r.port}"}, "for i in $(seq 500); do echo n $i; done")
        until(lambda: r.stream.count(b"\n") == 500, what="500 lines")
        numbers = [int(line.rsplit(b" ", 1)[1]) for line in r.stream.splitlines()]
        self.assertEqual(numbers, list(range(1, 501)))
        self.assertTrue(r.stream.startswith(b"<30>2"), r.stream[:40])

    def test_gelf_over_udp_is_compressed_and_long_lines_come_in_chunks(self):
        r = self.receive(socket.SOCK_DGRAM)
        long_line = "head -c 9000 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo"
        self.log_with("gelf", {"gelf-address": f"udp://127.0.0.1:{r.port}", "tag": "t-{{.Name}}", "env": "COLOUR"},
                      [*("sh", "-c"), f"echo short; {long_line}"])
        def messages():
            whole, chunks = [], {}
            for d in list(r.datagrams):
                if d[:2] == b"\x1e\x0f":
                    chunks.setdefault(d[2:10], {})[d[10]] = d
                else:
                    whole.append(d)
            for parts in chunks.values():
                if len(parts) == next(iter(parts.values()))[11]:
                    whole.append(b"".join(parts[i][12:] for i in sorted(parts)))
            return [json.loads(zlib.decompress(m, 47)) for m in whole]
        until(lambda: len(messages()) == 2, what="two messages")
        short, long = sorted(messages(), key=lambda m: len(m["short_message"]))
        self.assertEqual((short["version"], short["short_message"], short["level"], short["_tag"], short["_container_name"]),
                         ("1.1", "short", 6, "t-app", "app"))
        self.assertRegex(long["short_message"], r"^[0-9a-f]{18000}$")

    def test_gelf_over_tcp_ends_each_message_with_a_zero(self):
        r = self.receive(socket.SOCK_STREAM)
        self.log_with("gelf", {"gelf-address": f"tcp://127.0.0.1:{r.port}"})
        until(lambda: r.stream.count(b"\0") == 3, what="three messages")
        seen = [json.loads(m) for m in r.stream.split(b"\0")[:-1]]
        self.assertEqual({m["short_message"]: m["level"] for m in seen}, {"out": 6, "err": 3, "last": 6})

    @unittest.skipUnless(msgpack, "no python3-msgpack here")
    def test_fluentd_speaks_forward(self):
        r = self.receive(socket.SOCK_STREAM)
        self.log_with("fluentd", {"fluentd-address": f"127.0.0.1:{r.port}", "tag": "app.{{.Name}}",
                                  "fluentd-sub-second-precision": "true"})
        def records():
            unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
            unpacker.feed(r.stream)
            found = []
            for message in unpacker:
                entries = msgpack.Unpacker(raw=False)
                entries.feed(message[1])
                found += [(message[0], time, record) for time, record in entries]
            return found
        until(lambda: len(records()) == 3, what="three records")
        self.assertEqual({r["log"]: r["source"] for _, _, r in records()},
                         {"out": "stdout", "err": "stderr", "last": "stdout"})
        tag, time, _ = records()[0]
        self.assertEqual((tag, time.code, len(time.data)), ("app.app", 0, 8))
        self.assertGreater(struct.unpack(">II", time.data)[0], 1_700_000_000)

    def test_splunk_gets_events_and_a_collector_that_is_busy_gets_them_later(self):
        collector = Collector([503, 503])
        self.addCleanup(collector.server.server_close)
        self.addCleanup(collector.server.shutdown)
        options = {"splunk-url": f"http://127.0.0.1:{collector.port}", "splunk-token": "a-token",
                   "splunk-sourcetype": "web", "splunk-format": "json", "tag": "{{.Name}}", "splunk-gzip": "true"}
        self.log_with("splunk", options, "echo '{\"a\":1}'; echo plain", launch="FARGATE")
        until(lambda: len(collector.events()) == 2, what="two events")
        lines = [e["event"] for e in collector.events()]
        self.assertEqual(lines, [{"line": {"a": 1}, "source": "stdout", "tag": "app"},
                                 {"line": "plain", "source": "stdout", "tag": "app"}])
        self.assertEqual(collector.events()[0]["sourcetype"], "web")
        _, path, authorization, _ = collector.requests[-1]
        self.assertEqual((path, authorization), ("/services/collector/event/1.0", "Splunk a-token"))

    def test_receivers_that_hang_hold_nobody_else_up(self):
        well = Collector()
        self.addCleanup(well.server.server_close)
        self.addCleanup(well.server.shutdown)
        containers = []
        for i in range(8):
            deaf = socket.create_server(("127.0.0.1", 0))  # accepts, and never answers
            self.addCleanup(deaf.close)
            options = {"splunk-url": f"http://127.0.0.1:{deaf.getsockname()[1]}", "splunk-token": "t"}
            containers.append(container(f"deaf{i}", "echo for nobody; sleep 1000",
                                        logConfiguration={"logDriver": "splunk", "options": options}))
        options = {"splunk-url": f"http://127.0.0.1:{well.port}", "splunk-token": "t"}
        containers.append(container("well", "while echo tick; do sleep 0.1; done",
                                    logConfiguration={"logDriver": "splunk", "options": options}))
        task = self.daemon.drydock("run", "-d", self.file(definition("deaf", containers)), check=0)[1].strip()
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        # All that hang have been written to: with few threads for all, nobody would be served now.
        until(lambda: len(well.events()) > 20, what="events of the one that answers")

    def test_a_run_says_at_its_end_what_nobody_took(self):
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        _, err = self.log_with("splunk", {"splunk-url": f"http://127.0.0.1:{port}", "splunk-token": "t"}, "echo x")
        self.assertRegex(err, r"container app: splunk has not taken \d+ bytes of its log yet \(.*refused.*\); they are kept")

    def test_validate_says_what_a_driver_will_refuse(self):
        c = container("app", "true", logConfiguration={"logDriver": "syslog", "options": {"syslog-facility": "loud"}})
        code, out, _ = self.daemon.drydock("validate", self.file(definition("v", [c], requiresCompatibilities=["EC2"])))
        self.assertEqual(code, 0)
        self.assertIn('logConfiguration.options: note: failed to initialize logging driver: invalid syslog facility: "loud"', out)
        self.assertIn("the task will not start", out)

    def test_wrong_options_fail_the_task_at_its_start(self):
        for driver, options, why in [
                ("syslog", {"syslog-address": "ftp://x"}, 'the log option syslog-address is "ftp://x"'),
                ("gelf", {}, "gelf-address is a required parameter"),
                ("gelf", {"gelf-address": "udp://x:1", "gelf-colour": "red"}, "unknown log opt 'gelf-colour'"),
                ("fluentd", {"tag": "{{.Nothing}}"}, "the log option tag has {{.Nothing}}"),
                ("splunk", {"splunk-url": "collector", "splunk-token": "t"}, "splunk: expected format")]:
            with self.subTest(driver):
                _, err = self.log_with(driver, options, "true", code=125)
                self.assertIn("ResourceInitializationError: failed to initialize logging driver: ", err)
                self.assertIn(why, err)

    def test_the_journal_is_what_json_file_keeps(self):
        out, err = self.log_with("json-file", {"max-size": "10m"})
        self.assertIn("app | last", out)
        self.assertNotIn("not", err.splitlines()[0])


if __name__ == "__main__":
    unittest.main()
