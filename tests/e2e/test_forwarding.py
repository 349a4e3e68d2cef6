"""awslogs sent on to another endpoint: a second daemon, and one that stalls, throttles and refuses."""
import http.server
import json
import threading
import unittest

from harness import SLOW, Daemon, container, definition, until

ROLE = "arn:aws:iam::123456789012:role/execution"
GROUP = "/fwd/app"
OPTIONS = {"awslogs-group": GROUP, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}


def client(daemon):
    import boto3
    return boto3.client("logs", endpoint_url=daemon.url, region_name="eu-west-1", aws_access_key_id="test",
                        aws_secret_access_key="test")


def messages(daemon):
    logs = client(daemon)
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        return []
    found = []
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP):
        found += [e["message"] for e in page["events"]]
    return found


class Proxy:
    """An endpoint before another: it stalls, and answers the next requests as told instead of passing them on."""

    def __init__(self, target):
        import urllib.request
        self.answers, self.calls, self.gate = [], [], threading.Event()
        self.gate.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = self.headers["X-Amz-Target"].split(".")[1]
                outer.calls.append((call, self.headers["Authorization"], body))
                outer.gate.wait()
                if call == "PutLogEvents" and outer.answers:
                    status, text = outer.answers.pop(0)
                else:
                    headers = {k: self.headers[k] for k in ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")}
                    try:
                        answer = urllib.request.urlopen(urllib.request.Request(target, body, headers))
                        status, text = answer.status, answer.read()
                    except urllib.error.HTTPError as error:
                        status, text = error.code, error.read()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # who asked was killed

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class Forwarding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.there = Daemon()
        cls.addClassCleanup(cls.there.stop)
        cls.proxy = Proxy(cls.there.url)
        cls.addClassCleanup(cls.proxy.close)
        cls.here = Daemon(config={"logs": {"forward": cls.proxy.url}})
        cls.addClassCleanup(cls.here.stop)
        cls.here.load_image()

    def setUp(self):
        for group in client(self.there).describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
            client(self.there).delete_log_group(logGroupName=group["logGroupName"])
        self.proxy.calls.clear()

    def start(self, command, options=OPTIONS, *flags):
        path = self.here.base / "fwd.json"
        path.write_text(json.dumps(definition("fwd", [container(
            "app", command, logConfiguration={"logDriver": "awslogs", "options": options})], executionRoleArn=ROLE)))
        task = self.here.drydock("run", "-d", path, *flags, check=0)[1].strip()
        self.addCleanup(self.here.drydock, "stop", "--now", task)
        return task

    def test_events_arrive_in_the_same_stream_and_are_here_too(self):
        task = self.start("echo one; echo; echo two; head -c 300000 /dev/zero | tr '\\0' x; echo")
        until(lambda: len(messages(self.there)) == 4, what="four events")
        self.assertEqual([len(m) for m in messages(self.there)], [3, 3, 262118, 300000 - 262118])
        self.assertEqual([s["logStreamName"] for s in client(self.there).describe_log_streams(logGroupName=GROUP)["logStreams"]],
                         [f"p/app/{task}"])
        self.assertTrue(messages(self.here)[-4:] == messages(self.there), "here they are the same")
        _, authorization, _ = self.proxy.calls[-1]
        self.assertIn("/eu-west-1/logs/aws4_request", authorization)

    def test_lines_of_one_event_arrive_together_also_when_they_come_apart(self):
        self.start("echo INFO a; sleep 1; echo ' more'; sleep 2; echo INFO b; echo ' last'",
                   {**OPTIONS, "awslogs-multiline-pattern": "^INFO"})
        until(lambda: len(messages(self.there)) == 2, seconds=30, what="two events")
        self.assertEqual(messages(self.there), ["INFO a\n more\n", "INFO b\n last\n"])

    def test_throttling_is_waited_out_and_what_is_never_taken_is_told(self):
        throttled = (400, b'{"__type":"ThrottlingException","message":"Rate exceeded"}')
        self.proxy.answers = [throttled] * 3
        task = self.start("for i in $(seq 100); do echo n $i; done; sleep 1000")
        until(lambda: len(messages(self.there)) == 100, what="100 events")
        self.assertEqual(messages(self.there), [f"n {i}" for i in range(1, 101)])
        self.proxy.answers = [(400, b'{"__type":"InvalidParameterException","message":"no such thing"}')]
        self.here.drydock("exec", task, "--", "sh", "-c", "echo refused > /proc/1/fd/1", check=0)
        until(lambda: "refused 1 line" in self.here.log_text(), what="the refusal told")
        self.here.drydock("exec", task, "--", "sh", "-c", "echo after > /proc/1/fd/1", check=0)
        until(lambda: "after" in messages(self.there), what="what follows")
        self.assertNotIn("refused", messages(self.there))

    def test_nothing_is_lost_while_the_endpoint_stalls_and_the_daemon_is_killed(self):
        count = 2000
        self.start(f"i=0; while [ $i -lt {count} ]; do echo n $i; i=$((i+1)); [ $((i % 50)) != 0 ] || sleep {0.1 * SLOW}; done")
        for _ in range(2):
            seen = len(messages(self.there))
            until(lambda: len(messages(self.there)) > seen, seconds=30, what="some events")
            self.proxy.gate.clear()
            calls = len(self.proxy.calls)
            until(lambda: len(self.proxy.calls) > calls, seconds=30, what="a request that stalls")
            self.here.kill()
            self.proxy.gate.set()
            self.here.start()
        def numbers():
            return [int(m.split()[1]) for m in messages(self.there)]
        until(lambda: len(set(numbers())) == count, seconds=60, what="all events")
        first = []
        for n in numbers():
            if not first or n > first[-1]:
                first.append(n)
        self.assertEqual(first, list(range(count)), "in order, whatever came twice")

    def test_a_run_says_at_its_end_what_has_not_arrived(self):
        self.proxy.answers = [(503, b"")] * 1000
        path = self.here.base / "end.json"
        path.write_text(json.dumps(definition("end", [container(
            "app", "echo lost?", logConfiguration={"logDriver": "awslogs", "options": OPTIONS})], executionRoleArn=ROLE)))
        code, _, err = self.here.drydock("run", path, check=0)
        self.assertRegex(err, r"container app: awslogs has not taken \d+ bytes of its log yet \(.*503.*\); they are kept")
        self.proxy.answers = []
        until(lambda: messages(self.there) == ["lost?"], what="the event of the task that has stopped")


if __name__ == "__main__":
    unittest.main()
