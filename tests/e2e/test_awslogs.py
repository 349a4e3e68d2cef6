"""The awslogs driver and the CloudWatch Logs API, read by the clients that people use."""
import json
import re
import signal
import subprocess
import time
import unittest
import urllib.request

from harness import SLOW, Daemon, DaemonCase, container, definition, until


def awslogs(group, prefix="app", **options):
    return {"logDriver": "awslogs", "options": {"awslogs-group": group, "awslogs-region": "us-east-1",
                                                "awslogs-stream-prefix": prefix,
                                                **{k.replace("_", "-"): v for k, v in options.items()}}}


def client(daemon, service="logs"):
    """boto3, with a check of each answer against the service's model."""
    import boto3
    from botocore.config import Config
    made = boto3.client(service, endpoint_url=daemon.url, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))
    shapes = made.meta.service_model

    def conforms(shape, value, path):
        kind = shape.type_name
        if kind == "structure":
            assert isinstance(value, dict), path
            for name, one in value.items():
                newer = name in ("ResponseMetadata", "logGroupClass", "logGroupArn", "ARN")  # than some models
                if newer and name not in shape.members:
                    continue
                assert name in shape.members, f"{path}.{name} is not in the model"
                conforms(shape.members[name], one, f"{path}.{name}")
        elif kind == "list":
            for i, one in enumerate(value):
                conforms(shape.member, one, f"{path}[{i}]")
        elif kind == "map":
            for key, one in value.items():
                conforms(shape.value, one, f"{path}.{key}")
        elif kind in ("integer", "long"):
            assert isinstance(value, int) and not isinstance(value, bool), path
        elif kind == "string":
            assert isinstance(value, str), path
            least = shape.metadata.get("min")
            assert least is None or len(value) >= least, path
        elif kind == "boolean":
            assert isinstance(value, bool), path

    def check(http_response, parsed, model, **_):
        if http_response.status_code != 200:
            return
        raw = json.loads(http_response.content or b"{}")
        if model.output_shape is None:
            assert raw == {}, raw
        else:
            conforms(model.output_shape, raw, model.name)

    made.meta.events.register("after-call.*.*", check)
    assert shapes.service_name == service
    return made


class AwsLogs(DaemonCase):
    kernel = False

    def aws_logs(self, *args, check=True):
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "logs", *map(str, args)], env=self.daemon.env(), capture_output=True,
                              text=True, timeout=120 * SLOW)
        if check and done.returncode:
            raise AssertionError(f"aws logs {args}: {done.stderr}")
        return done.stdout if check else done

    def run_app(self, group, command, *flags, name="web", family=None, **options):
        doc = definition(family or re.sub(r"\W", "", self.id().split(".")[-1])[:40],
                         [container(name, command, logConfiguration=awslogs(group, **options))],
                         executionRoleArn="arn:aws:iam::123456789012:role/exec")
        return self.run_task(doc, *flags)

    def detached(self, *args, **options):
        code, out, err = self.run_app(*args, "-d", **options)
        self.assertEqual(code, 0, err)
        return out.strip()

    def test_a_containers_stream_is_its_journal(self):
        task = self.detached("/shop/web", "echo one; echo two >&2; sleep 60")
        logs = client(self.daemon)
        until(lambda: logs.describe_log_groups(logGroupNamePrefix="/shop")["logGroups"], what="the group")
        stream = f"app/web/{task}"
        found = until(lambda: logs.describe_log_streams(logGroupName="/shop/web")["logStreams"], what="the stream")
        self.assertEqual([s["logStreamName"] for s in found], [stream])
        self.assertEqual(found[0]["arn"],
                         f"arn:aws:logs:us-east-1:123456789012:log-group:/shop/web:log-stream:{stream}")

        def messages():
            events = logs.get_log_events(logGroupName="/shop/web", logStreamName=stream)["events"]
            return sorted(e["message"] for e in events)

        until(lambda: messages() == ["one", "two"], what="two events")
        described = logs.describe_log_streams(logGroupName="/shop/web", orderBy="LastEventTime")["logStreams"][0]
        self.assertLessEqual(described["firstEventTimestamp"], described["lastEventTimestamp"])
        # No second copy.
        self.assertFalse((self.daemon.root / "logs/streams").exists())
        self.daemon.drydock("stop", "--now", task)

    def test_aws_logs_tail_follows(self):
        task = self.detached("/shop/tail", "echo first; until [ -e /tmp/go ]; do sleep 0.1; done; echo last; sleep 60")
        until(lambda: "first" in self.aws_logs("tail", "/shop/tail", check=False).stdout, what="the first line")
        tail = subprocess.Popen(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "logs", "tail", "/shop/tail", "--follow", "--format", "short"],
                                env=self.daemon.env(PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE, text=True)
        try:
            self.assertIn("first", tail.stdout.readline())
            self.daemon.drydock("exec", task, "touch", "/tmp/go", check=0)
            self.assertIn("last", tail.stdout.readline())
        finally:
            tail.send_signal(signal.SIGINT)
            tail.wait(30 * SLOW)
            tail.stdout.close()
        self.daemon.drydock("stop", "--now", task)

    def test_a_live_tail_streams_what_comes(self):
        from botocore.eventstream import EventStreamBuffer
        task = self.detached("/shop/live", "echo before; until [ -e /tmp/go ]; do sleep 0.1; done; echo ERROR after; "
                                           "echo fine; sleep 60")
        logs = client(self.daemon)
        until(lambda: logs.describe_log_groups(logGroupNamePrefix="/shop/live")["logGroups"], what="the group")
        until(lambda: logs.filter_log_events(logGroupName="/shop/live")["events"], what="the first line")
        request = urllib.request.Request(self.daemon.url, json.dumps(
            {"logGroupIdentifiers": ["/shop/live"], "logEventFilterPattern": "ERROR"}).encode(),
            {"X-Amz-Target": "Logs_20140328.StartLiveTail", "Content-Type": "application/x-amz-json-1.1"})
        seen, buffer = [], EventStreamBuffer()
        with urllib.request.urlopen(request, timeout=30 * SLOW) as answer:
            self.assertEqual(answer.headers["Content-Type"], "application/vnd.amazon.eventstream")
            asked = False
            while not any(e[1].get("sessionResults") for e in seen):
                buffer.add_data(answer.read1(65536))
                for message in buffer:  # checks both checksums
                    event = message.to_response_dict()
                    seen.append((event["headers"][":event-type"], json.loads(event["body"])))
                if len(seen) > 2 and not asked:
                    asked = self.daemon.drydock("exec", task, "touch", "/tmp/go", check=0)
        self.assertEqual([name for name, _ in seen[:2]], ["initial-response", "sessionStart"])
        result, = seen[-1][1]["sessionResults"]
        self.assertEqual(result["message"], "ERROR after")
        self.assertEqual(result["logStreamName"], f"app/web/{task}")
        self.daemon.drydock("stop", "--now", task)

    def test_filters_and_pages_meet_every_line_once_and_in_order(self):
        self.run_app("/shop/many", "seq 1 25000")
        logs = client(self.daemon)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/shop/many")
        seen = [e for page in pages for e in page["events"]]
        self.assertEqual([e["message"] for e in seen], [str(i) for i in range(1, 25001)])
        self.assertEqual(len({e["eventId"] for e in seen}), 25000)
        self.assertEqual([e["timestamp"] for e in seen], sorted(e["timestamp"] for e in seen))
        found = logs.filter_log_events(logGroupName="/shop/many", filterPattern="4999 -14999")["events"]
        self.assertEqual([e["message"] for e in found], ["4999", "24999"])
        stream = seen[0]["logStreamName"]

        def walk(**start):
            messages, token = [], None
            while True:
                page = logs.get_log_events(logGroupName="/shop/many", logStreamName=stream,
                                           **(start if token is None else {"nextToken": token}))
                way = "nextForwardToken" if start["startFromHead"] else "nextBackwardToken"
                messages = messages + [page["events"]] if start["startFromHead"] else [page["events"]] + messages
                if page[way] == token:
                    self.assertEqual(page["events"], [])
                    return [e["message"] for one in messages for e in one]
                token = page[way]

        self.assertEqual(walk(startFromHead=True), [str(i) for i in range(1, 25001)])
        self.assertEqual(walk(startFromHead=False), [str(i) for i in range(1, 25001)])
        # Back from the end, and forth again.
        newest = logs.get_log_events(logGroupName="/shop/many", logStreamName=stream, limit=10)
        self.assertEqual([e["message"] for e in newest["events"]], [str(i) for i in range(24991, 25001)])
        older = logs.get_log_events(logGroupName="/shop/many", logStreamName=stream, limit=10,
                                    nextToken=newest["nextBackwardToken"])
        self.assertEqual([e["message"] for e in older["events"]], [str(i) for i in range(24981, 24991)])
        again = logs.get_log_events(logGroupName="/shop/many", logStreamName=stream, limit=10,
                                    nextToken=older["nextForwardToken"])
        self.assertEqual(again["events"], newest["events"])

    def test_json_lines_are_filtered_by_their_members(self):
        self.run_app("/shop/json", """echo '{"level": "error", "ms": 120}'; echo '{"level": "info", "ms": 7}'; echo x""")
        logs = client(self.daemon)
        found = logs.filter_log_events(logGroupName="/shop/json", filterPattern='{ $.level = "error" && $.ms > 100 }')
        self.assertEqual([json.loads(e["message"])["ms"] for e in found["events"]], [120])
        with self.assertRaises(logs.exceptions.InvalidParameterException):
            logs.filter_log_events(logGroupName="/shop/json", filterPattern="{ $.level = }")

    def test_lines_are_gathered_to_events(self):
        script = "printf 'ERROR a\\n  at b\\n  at c\\nINFO d\\n'"
        self.run_app("/shop/multi", script, awslogs_multiline_pattern="^(ERROR|INFO)")
        self.run_app("/shop/dates", "printf '2026-01-02 a\\n b\\n2026-01-03 c\\n'", awslogs_datetime_format="%Y-%m-%d")
        logs = client(self.daemon)
        messages = lambda group: [e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]]
        self.assertEqual(messages("/shop/multi"), ["ERROR a\n  at b\n  at c\n", "INFO d\n"])
        self.assertEqual(messages("/shop/dates"), ["2026-01-02 a\n b\n", "2026-01-03 c\n"])

    def test_long_lines_are_cut_at_256_kib(self):
        self.run_app("/shop/long", "head -c 600000 /dev/zero | tr '\\0' x; echo")
        logs = client(self.daemon)
        sizes = [len(e["message"]) for e in logs.filter_log_events(logGroupName="/shop/long")["events"]]
        self.assertEqual(sizes, [262118, 262118, 600000 - 2 * 262118])

    def test_streams_outlive_their_task(self):
        code, _, err = self.run_app("/shop/gone", "echo still here", "--rm")
        self.assertEqual(code, 0, err)
        logs = client(self.daemon)
        self.assertEqual([e["message"] for e in logs.filter_log_events(logGroupName="/shop/gone")["events"]],
                         ["still here"])
        task = logs.describe_log_streams(logGroupName="/shop/gone")["logStreams"][0]["logStreamName"].split("/")[-1]
        journal = self.daemon.root / "logs" / task
        self.assertTrue(journal.exists())
        logs.delete_log_group(logGroupName="/shop/gone")
        until(lambda: not journal.exists() or self.known(task), what="the journal is removed")

    def known(self, task):
        return task in self.daemon.drydock("ps", "-a", "-q", check=0)[1]

    def test_put_log_events_are_kept_in_the_order_of_their_times(self):
        logs = client(self.daemon)
        logs.create_log_group(logGroupName="put")
        logs.create_log_stream(logGroupName="put", logStreamName="s")
        now = int(time.time() * 1000)
        put = lambda *events: logs.put_log_events(
            logGroupName="put", logStreamName="s",
            logEvents=[{"timestamp": now + at, "message": text} for at, text in events])
        answer = put((0, "b"), (10, "two\nlines"))
        self.assertEqual(len(answer["nextSequenceToken"]), 56)
        put((-1000, "late"))
        events = logs.get_log_events(logGroupName="put", logStreamName="s", startFromHead=True)["events"]
        self.assertEqual([e["message"] for e in events], ["late", "b", "two\nlines"])
        self.assertEqual(events[0]["timestamp"], now - 1000)
        self.assertGreaterEqual(events[0]["ingestionTime"], now)
        part = logs.get_log_events(logGroupName="put", logStreamName="s", startTime=now, endTime=now + 10)["events"]
        self.assertEqual([e["message"] for e in part], ["b"])
        part = logs.filter_log_events(logGroupName="put", startTime=now, endTime=now + 10)["events"]
        self.assertEqual([e["message"] for e in part], ["b", "two\nlines"])
        rejected = put((-15 * 24 * 3600 * 1000, "old"))["rejectedLogEventsInfo"]
        self.assertEqual(rejected, {"tooOldLogEventEndIndex": 1})
        rejected = put((0, "fine"), (3 * 3600 * 1000, "new"))["rejectedLogEventsInfo"]
        self.assertEqual(rejected, {"tooNewLogEventStartIndex": 1})
        with self.assertRaisesRegex(logs.exceptions.InvalidParameterException, "chronological order"):
            put((5, "x"), (0, "y"))
        with self.assertRaisesRegex(logs.exceptions.InvalidParameterException, "Upload too large"):
            put((0, "x" * (1 << 20)))

    def test_errors_have_the_types_and_texts_of_the_service(self):
        logs = client(self.daemon)
        missing = logs.exceptions.ResourceNotFoundException
        for call in (lambda: logs.get_log_events(logGroupName="none", logStreamName="s"),
                     lambda: logs.filter_log_events(logGroupName="none"),
                     lambda: logs.describe_log_streams(logGroupName="none"),
                     lambda: logs.create_log_stream(logGroupName="none", logStreamName="s"),
                     lambda: logs.put_retention_policy(logGroupName="none", retentionInDays=7),
                     lambda: logs.delete_log_group(logGroupName="none")):
            with self.assertRaisesRegex(missing, "The specified log group does not exist."):
                call()
        logs.create_log_group(logGroupName="errors")
        with self.assertRaisesRegex(logs.exceptions.ResourceAlreadyExistsException, "log group already exists"):
            logs.create_log_group(logGroupName="errors")
        with self.assertRaisesRegex(missing, "The specified log stream does not exist."):
            logs.get_log_events(logGroupName="errors", logStreamName="s")
        with self.assertRaisesRegex(logs.exceptions.InvalidParameterException, "nextToken is invalid"):
            logs.create_log_stream(logGroupName="errors", logStreamName="s")
            logs.get_log_events(logGroupName="errors", logStreamName="s", nextToken="f/1/s")
        with self.assertRaisesRegex(logs.exceptions.InvalidParameterException, "enum value set"):
            logs.put_retention_policy(logGroupName="errors", retentionInDays=2)
        with self.assertRaisesRegex(logs.exceptions.ClientError, "does not have the operation StartQuery"):
            logs.start_query(logGroupName="errors", startTime=0, endTime=1, queryString="fields @message")
        done = self.aws_logs("create-log-group", "--log-group-name", "a b", check=False)
        self.assertIn("failed to satisfy constraint: Member must satisfy regular expression pattern", done.stderr)

    def test_terraforms_calls_for_a_log_group_are_answered(self):
        logs = client(self.daemon)
        name = "/tf/group"
        logs.create_log_group(logGroupName=name, tags={"team": "shop"})
        logs.put_retention_policy(logGroupName=name, retentionInDays=14)
        group, = [g for g in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
                  if g["logGroupName"] == name]
        self.assertEqual(group["retentionInDays"], 14)
        self.assertTrue(group["arn"].endswith("log-group:/tf/group:*"))
        arn = group["arn"][:-2]
        self.assertEqual(logs.list_tags_for_resource(resourceArn=arn)["tags"], {"team": "shop"})
        logs.tag_resource(resourceArn=arn, tags={"stage": "test"})
        logs.untag_resource(resourceArn=arn, tagKeys=["team"])
        self.assertEqual(logs.list_tags_log_group(logGroupName=name)["tags"], {"stage": "test"})
        logs.delete_retention_policy(logGroupName=name)
        logs.associate_kms_key(logGroupName=name, kmsKeyId="arn:aws:kms:us-east-1:123456789012:key/k")
        group, = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        self.assertNotIn("retentionInDays", group)
        self.assertIn("kmsKeyId", group)
        logs.delete_log_group(logGroupName=name)
        self.assertEqual(logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"], [])

    def test_a_missing_group_stops_a_strict_task(self):
        code, _, err = self.run_app("/shop/none", "echo x", "--strict")
        self.assertNotEqual(code, 0)
        self.assertIn("ResourceInitializationError: failed to initialize logging driver: failed to create Cloudwatch "
                      "log stream: ResourceNotFoundException: The specified log group does not exist.", err)
        self.assertEqual(self.run_app("/shop/none", "echo x", "--strict", awslogs_create_group="true")[0], 0)

    def test_the_example_shows_what_it_says(self):
        self.assertEqual(*self.daemon.example("awslogs"))

    def test_wrong_options_stop_the_task(self):
        _, _, err = self.run_app("/shop/bad", "echo x", awslogs_multiline_pattern="(")
        self.assertIn("awslogs could not parse multiline pattern key", err)
        _, _, err = self.run_app("/shop/bad", "echo x", mode="sometimes")
        self.assertIn("logging mode not supported", err)
        _, _, err = self.run_app("/shop/bad", "echo x", max_buffer_size="lots")
        self.assertIn("max-buffer-size", err)


class LogsOfADaemon(unittest.TestCase):
    def test_reset_removes_groups_and_journals(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        daemon.load_image()
        logs = client(daemon)
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        logs.put_log_events(logGroupName="g", logStreamName="s",
                            logEvents=[{"timestamp": int(time.time() * 1000), "message": "x"}])
        document = definition("reset", [container("web", "echo x", logConfiguration=awslogs("g"))],
                              executionRoleArn="arn:aws:iam::123456789012:role/exec")
        (daemon.base / "reset.json").write_text(json.dumps(document))
        daemon.drydock("run", daemon.base / "reset.json", check=0)
        self.assertEqual(len(logs.describe_log_streams(logGroupName="g")["logStreams"]), 2)
        daemon.drydock("daemon", "reset", check=0)
        self.assertEqual(logs.describe_log_groups()["logGroups"], [])
        left = lambda: [p for p in (daemon.root / "logs").rglob("*") if p.is_file()]
        until(lambda: not left(), what="the journals are removed")

    def test_a_killed_daemon_forgets_neither_groups_nor_events(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        logs = client(daemon)
        logs.create_log_group(logGroupName="kept", tags={"a": "b"})
        logs.create_log_stream(logGroupName="kept", logStreamName="s")
        now = int(time.time() * 1000)
        for i in range(50):
            logs.put_log_events(logGroupName="kept", logStreamName="s",
                                logEvents=[{"timestamp": now + i, "message": str(i)}])
        before = logs.get_log_events(logGroupName="kept", logStreamName="s", limit=20, startFromHead=True)
        daemon.kill()
        daemon.start()
        logs = client(daemon)
        after = logs.get_log_events(logGroupName="kept", logStreamName="s", nextToken=before["nextForwardToken"])
        self.assertEqual([e["message"] for e in after["events"]], [str(i) for i in range(20, 50)])
        logs.put_log_events(logGroupName="kept", logStreamName="s", logEvents=[{"timestamp": now + 99, "message": "z"}])
        last = logs.get_log_events(logGroupName="kept", logStreamName="s", limit=1)["events"]
        self.assertEqual([e["message"] for e in last], ["z"])
