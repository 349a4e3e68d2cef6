"""Events of tasks and services: where they go, what survives a kill, and the rules of EventBridge."""
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import boto3

import terraform
from harness import BIN, Daemon, DaemonCase, SLOW, container, definition, until

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/default"
SHORT = definition("short", [container("app", "exit 3")])


class Webhook:
    """Takes events; `down` makes it answer 503."""

    def __init__(self, port=0):
        hook = self
        self.taken, self.down = [], False

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not hook.down:
                    hook.taken.append(json.loads(body))
                self.send_response(503 if hook.down else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def of_task(events, task):
    return [e for e in events if any(task in arn for arn in e["resources"])]


class EventsOfTasks(unittest.TestCase):
    kernel = False

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-events-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.hook = Webhook()
        self.addCleanup(self.hook.close)
        self.daemon = Daemon(config={"events": {"file": str(self.folder / "events.jsonl"), "webhook": self.hook.url,
                                                "socket": str(self.folder / "events.sock")}})
        self.addCleanup(self.daemon.stop)
        self.daemon.load_image()
        self.document = self.folder / "short.json"
        self.document.write_text(json.dumps(SHORT))

    def run_short(self):
        code, out, err = self.daemon.drydock("run", self.document)
        self.assertEqual(code, 3, out + err)
        return next(line.split()[1] for line in err.splitlines() if line.startswith("task "))

    def printed(self, *flags):
        return [json.loads(line) for line in self.daemon.drydock("events", *flags, check=0)[1].splitlines()]

    def in_file(self):
        path = self.folder / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def ended(self, events, task):
        return [e for e in of_task(events, task) if e["detail"]["lastStatus"] == "STOPPED"]

    def test_a_tasks_life_is_told_everywhere_and_once(self):
        reader = socket.socket(socket.AF_UNIX)
        reader.connect(str(self.folder / "events.sock"))
        reader.settimeout(30 * SLOW)
        lines = reader.makefile()
        follower = subprocess.Popen([str(BIN / "drydock"), "events", "--follow"], env=self.daemon.env(),
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        task = self.run_short()

        printed = self.printed()
        self.assertEqual([e["detail"]["lastStatus"] for e in printed if e["detail-type"] == "ECS Task State Change"],
                         ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"])
        self.assertEqual([e["detail"]["version"] for e in printed], [1, 2, 3, 4, 5])
        last = printed[-1]
        self.assertEqual((last["source"], last["region"], last["account"]), ("aws.ecs", "us-east-1", "123456789012"))
        self.assertEqual(last["resources"], [f"arn:aws:ecs:us-east-1:123456789012:task/default/{task}"])
        self.assertEqual(last["detail"]["containers"][0]["exitCode"], 3)
        self.assertEqual(last["detail"]["stopCode"], "EssentialContainerExited")
        self.assertEqual(last["detail"]["attachments"][0]["type"], "eni")
        self.assertRegex(last["detail"]["stoppedAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

        self.assertEqual([json.loads(lines.readline()) for _ in printed], printed)
        self.assertEqual([json.loads(follower.stdout.readline()) for _ in printed], printed)
        until(lambda: len(self.hook.taken) == 5, what="the webhook has them all")
        self.assertEqual(self.hook.taken, printed)
        until(lambda: len(self.in_file()) == 5, what="the file has them all")
        self.assertEqual(self.in_file(), printed)
        self.assertEqual(self.printed("--since", "0s"), [])
        self.assertEqual(len(self.printed("--since", "1h", "--cluster", "default")), 5)
        self.assertEqual(self.printed("--cluster", "other"), [])

    def test_nothing_is_lost_when_the_daemon_is_killed(self):
        first = self.run_short()
        until(lambda: self.ended(self.hook.taken, first), what="the first task is told")
        self.hook.down = True
        second = self.run_short()
        until(lambda: "answers with status 503" in self.daemon.log_text(), what="the webhook is said to fail")
        third = json.loads(json.dumps(SHORT))
        third["family"] = "long"
        third["containerDefinitions"][0]["command"] = ["sleep", "1"]
        (self.folder / "long.json").write_text(json.dumps(third))
        long = self.daemon.drydock("run", "--detach", self.folder / "long.json", check=0)[1].strip()
        self.daemon.drydock("wait", long, "--for", "running", check=0)
        self.daemon.kill()
        self.daemon.start()
        self.hook.down = False
        self.daemon.drydock("wait", long)
        until(lambda: self.ended(self.hook.taken, long), seconds=60, what="the last one is told")
        printed = self.printed()
        self.assertEqual([e["id"] for e in printed], list(dict.fromkeys(e["id"] for e in printed)))
        for events in self.hook.taken, self.in_file():
            # In order; an event may come twice, with the same id.
            self.assertEqual(list(dict.fromkeys(e["id"] for e in events)), [e["id"] for e in printed])
        for task in first, second, long:
            self.assertEqual([e["detail"]["version"] for e in of_task(printed, task)], [1, 2, 3, 4, 5])


class Rules(DaemonCase):
    kernel = False

    def setUp(self):
        self.events = boto3.client("events", endpoint_url=self.daemon.url, region_name="us-east-1",
                                   aws_access_key_id="test", aws_secret_access_key="test")
        self.ecs = self.daemon.boto()
        self.ecs.create_cluster(clusterName="default")
        self.definition = self.ecs.register_task_definition(
            **definition("job", [container("app", ["sh", "-c", "echo plain"])]))["taskDefinition"]["taskDefinitionArn"]

    def target(self, **more):
        return {"Id": "job", "Arn": CLUSTER, "RoleArn": "arn:aws:iam::123456789012:role/events",
                "EcsParameters": {"TaskDefinitionArn": self.definition, "LaunchType": "FARGATE",
                                  "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"]}}}, **more}

    def tasks(self, rule):
        arns = [arn for status in ("RUNNING", "STOPPED") for arn in self.ecs.list_tasks(
            startedBy=f"events-rule/{rule}", desiredStatus=status)["taskArns"]]
        return self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

    def ran(self, rule, n):
        """The tasks of a rule, when that many have ended."""
        found = until(lambda: [t for t in self.tasks(rule) if t["lastStatus"] == "STOPPED"][n - 1:] and self.tasks(rule),
                      what=f"{n} tasks of {rule} have ended")
        self.assertEqual(len(found), n)
        return found

    def output(self, task):
        return self.daemon.drydock("logs", "--no-prefix", task["taskArn"].split("/")[-1], check=0)[1].strip()

    def test_an_event_runs_a_task_with_what_it_tells(self):
        self.events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"], "detail": {"n": [{"numeric": [">", 1]}]}}))
        template = '{"containerOverrides": [{"name": "app", "command": ["echo", "order <n> of <who>"]}]}'
        done = self.events.put_targets(Rule="orders", Targets=[self.target(InputTransformer={
            "InputPathsMap": {"n": "$.detail.n", "who": "$.detail.who"}, "InputTemplate": template})])
        self.assertEqual(done["FailedEntryCount"], 0)
        for n in 1, 2:
            self.events.put_events(Entries=[{"Source": "shop", "DetailType": "order",
                                             "Detail": json.dumps({"n": n, "who": "Ann"})}])
        task, = self.ran("orders", 1)
        self.assertEqual(self.output(task), "order 2 of Ann")
        self.events.remove_targets(Rule="orders", Ids=["job"])
        self.events.delete_rule(Name="orders")

    def test_the_end_of_one_task_starts_another(self):
        self.events.put_rule(Name="after", EventPattern=json.dumps({
            "source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
            "detail": {"lastStatus": ["STOPPED"], "group": ["first"], "containers": {"exitCode": [3]}}}))
        self.events.put_targets(Rule="after", Targets=[self.target()])
        self.run_task(SHORT, "--name", "other", check=3)
        self.run_task(SHORT, "--name", "first", check=3)
        task, = self.ran("after", 1)
        self.assertEqual(self.output(task), "plain")

    def test_a_schedule_fires_by_its_clock_and_on_request(self):
        self.events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
        self.events.put_targets(Rule="hourly", Targets=[self.target()])
        self.assertEqual(self.private("clock", {"advance": "59m"})["fired"], 0)
        self.assertEqual(self.private("clock", {"advance": "2m"})["fired"], 1)
        self.ran("hourly", 1)
        done = self.private("rules/hourly/run", {})
        self.assertEqual(len(done["targets"][0]["taskArns"]), 1)
        self.ran("hourly", 2)
        self.events.disable_rule(Name="hourly")

    def private(self, route, body):
        done = subprocess.run(["curl", "-sS", "--unix-socket", f"{self.daemon.run}/drydock.sock", "-d", json.dumps(body),
                               f"http://localhost/_drydock/v1/{route}"], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_the_example_prints_what_it_says(self):
        printed, expected = self.daemon.example("events")
        self.assertEqual(printed, expected)


class Clients(DaemonCase):
    kernel = False

    def test_the_aws_cli_puts_and_shows_rules(self):
        def aws(*words):
            done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "events", *words],
                                  env=self.daemon.env(), capture_output=True, text=True, timeout=60 * SLOW)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else {}

        arn = aws("put-rule", "--name", "night", "--schedule-expression", "cron(0 2 ? * MON-FRI *)")["RuleArn"]
        self.assertEqual(arn, "arn:aws:events:us-east-1:123456789012:rule/night")
        aws("put-targets", "--rule", "night", "--targets",
            json.dumps([{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:queue"}]))
        self.assertEqual(aws("describe-rule", "--name", "night")["State"], "ENABLED")
        self.assertEqual([r["Name"] for r in aws("list-rules")["Rules"]], ["night"])
        self.assertEqual(aws("list-targets-by-rule", "--rule", "night")["Targets"][0]["Id"], "q")
        aws("remove-targets", "--rule", "night", "--ids", "q")
        aws("delete-rule", "--name", "night")
        self.assertEqual(aws("list-rules")["Rules"], [])
        self.assertEqual([b["Name"] for b in aws("list-event-buses")["EventBuses"]], ["default"])

    def test_terraform_makes_changes_and_removes_a_rule(self):
        work = terraform.Workspace(self, "events")
        rule = """
resource "aws_cloudwatch_event_rule" "r" {
  name = "nightly"
  schedule_expression = "%s"
  tags = { team = "a" }
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  arn = "arn:aws:ecs:us-east-1:123456789012:cluster/default"
  role_arn = "arn:aws:iam::123456789012:role/events"
  input = jsonencode({ containerOverrides = [{ name = "app", command = ["true"] }] })
  ecs_target {
    task_definition_arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/job:1"
    task_count = 1
    launch_type = "FARGATE"
    network_configuration { subnets = ["subnet-1"] }
  }
}
resource "aws_cloudwatch_event_rule" "p" {
  name = "stopped"
  event_pattern = jsonencode({ source = ["aws.ecs"], detail = { lastStatus = ["STOPPED"] } })
  state = "DISABLED"
}
"""
        work.write(rule % "rate(1 day)")
        work.init()
        work.apply()
        work.write(rule % "cron(0 2 * * ? *)")
        work.apply()
        events = boto3.client("events", endpoint_url=self.daemon.url, region_name="us-east-1", aws_access_key_id="test",
                              aws_secret_access_key="test")
        self.assertEqual(events.describe_rule(Name="nightly")["ScheduleExpression"], "cron(0 2 * * ? *)")
        self.assertEqual(events.describe_rule(Name="stopped")["State"], "DISABLED")
        work.run("destroy", "-no-color", "-auto-approve")
        self.assertEqual(events.list_rules()["Rules"], [])


if __name__ == "__main__":
    unittest.main()
