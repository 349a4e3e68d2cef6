"""The ECS API through the real clients: Debian's aws command and boto3."""
import json
import os
import subprocess
import time
import unittest
import uuid

from harness import SLOW, DaemonCase, container, definition, until

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}


class LifeOfATask:
    def test_the_life_of_a_task(self):
        aws = self.daemon.aws
        aws("create-cluster", "--cluster-name", "cli")
        doc = definition("cliweb", [container("web", "trap 'exit 0' TERM; while :; do sleep 0.1; done")])
        registered = aws("register-task-definition", "--cli-input-json", "file://" + self.file(doc))
        self.assertEqual(registered["taskDefinition"]["status"], "ACTIVE")
        ran = aws("run-task", "--cluster", "cli", "--task-definition", "cliweb", "--launch-type", "FARGATE",
                  "--network-configuration", json.dumps(NETWORK))
        self.assertEqual(ran["failures"], [])
        task = ran["tasks"][0]
        self.assertEqual(task["lastStatus"], "PROVISIONING")
        arn = task["taskArn"]
        aws("wait", "tasks-running", "--cluster", "cli", "--tasks", arn)
        shown = aws("describe-tasks", "--cluster", "cli", "--tasks", arn)["tasks"][0]
        self.assertEqual(shown["lastStatus"], "RUNNING")
        details = {d["name"]: d["value"] for d in shown["attachments"][0]["details"]}
        self.assertEqual(shown["containers"][0]["networkInterfaces"][0]["privateIpv4Address"],
                         details["privateIPv4Address"])
        aws("stop-task", "--cluster", "cli", "--task", arn, "--reason", "done with it")
        aws("wait", "tasks-stopped", "--cluster", "cli", "--tasks", arn)
        shown = aws("describe-tasks", "--cluster", "cli", "--tasks", arn)["tasks"][0]
        self.assertEqual(shown["stopCode"], "UserInitiated")
        self.assertEqual(shown["stoppedReason"], "done with it")
        self.assertEqual(shown["containers"][0]["exitCode"], 0)


class AwsCommand(LifeOfATask, DaemonCase):
    kernel = False

    def test_a_service_that_is_not_here_is_named(self):
        for words in (("s3", "ls"), ("kinesis", "list-streams"), ("sqs", "list-queues"), ("lambda", "list-functions")):
            done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, *words], env=self.daemon.env(),
                                  capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"not {words[0]}. Point AWS_ENDPOINT_URL_{words[0].upper()}", done.stderr)

    def test_env_sets_up_a_shell(self):
        from harness import BIN
        script = f'eval "$({BIN}/drydock env)"; aws ecs create-cluster --cluster-name fromenv >/dev/null; ' \
                 "aws ecs list-clusters --output text"
        env = {**self.daemon.env(), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        for key in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
            env.pop(key)
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=300)
        self.assertIn("cluster/fromenv", done.stdout, done.stderr)


class AwsCommandVersion1(LifeOfATask, DaemonCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        folders = os.environ["PATH"].split(":") + [os.path.expanduser("~/.pyenv/shims"), os.path.expanduser("~/.local/bin")]
        for program in [f"{folder}/aws" for folder in folders if os.access(f"{folder}/aws", os.X_OK)]:
            if "aws-cli/1." in subprocess.run([program, "--version"], capture_output=True, text=True).stdout:
                super().setUpClass()
                cls.daemon.aws_program = program
                return
        raise unittest.SkipTest("there is no aws of version 1 on this machine")


class Boto(DaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs = cls.daemon.boto()
        cls.ecs.create_cluster(clusterName="default")

    def register(self, doc):
        return self.ecs.register_task_definition(**doc)["taskDefinition"]

    def start(self, family, **more):
        return self.ecs.run_task(taskDefinition=family, launchType="FARGATE", networkConfiguration=NETWORK, **more)

    def stopped(self, arn):
        return until(lambda: next((t for t in self.ecs.describe_tasks(tasks=[arn])["tasks"]
                                   if t["lastStatus"] == "STOPPED"), None), what="the task stops")

    def test_overrides_in_full_are_echoed_and_act(self):
        self.register(definition("overall", [container("app", "exit 1", environment=[
            {"name": "A", "value": "old"}, {"name": "B", "value": "kept"}]), container("side", "sleep 100", essential=False,
                                                                                      stopTimeout=2)]))
        given = {"cpu": "512", "memory": "1024", "taskRoleArn": "arn:aws:iam::123456789012:role/over",
                 "executionRoleArn": "arn:aws:iam::123456789012:role/exec", "ephemeralStorage": {"sizeInGiB": 30},
                 "containerOverrides": [{
                     "name": "app", "command": ["sh", "-c", "echo $A $B $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; "
                                                "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task"],
                     "environment": [{"name": "A", "value": "new"}], "cpu": 128, "memory": 256, "memoryReservation": 128}]}
        out = self.start("overall", overrides=given)["tasks"][0]
        echoed = {**given, "containerOverrides": [given["containerOverrides"][0], {"name": "side"}],
                  "inferenceAcceleratorOverrides": []}
        self.assertEqual(out["overrides"], echoed)
        task = self.stopped(out["taskArn"])
        self.assertEqual(task["overrides"], echoed)
        self.assertEqual(self.ecs.stop_task(task=out["taskArn"])["task"]["overrides"], echoed)
        self.assertEqual((task["cpu"], task["memory"], task["ephemeralStorage"]), ("512", "1024", {"sizeInGiB": 30}))
        app = next(c for c in task["containers"] if c["name"] == "app")
        self.assertEqual((app["cpu"], app["memory"], app["memoryReservation"], app["exitCode"]), ("128", "256", "128", 0))
        lines = self.daemon.drydock("logs", out["taskArn"].rsplit("/", 1)[1], "app", "--no-prefix", check=0)[1].splitlines()
        self.assertRegex(lines[0], "^new kept /v2/credentials/")
        told = json.loads(lines[1])
        self.assertEqual(told["Limits"], {"CPU": 0.5, "Memory": 1024})

    def test_overrides_are_refused_in_the_words_of_ecs(self):
        self.register(definition("refusing", [container("app", "true", secrets=[{"name": "S", "valueFrom": "/s"}])],
                                 executionRoleArn="arn:aws:iam::123456789012:role/exec"))
        for overrides, words in (
                ({"containerOverrides": [{"name": "nobody"}]},
                 "Override for container named nobody is not a container in the TaskDefinition."),
                ({"cpu": "512", "memory": "512"}, "No Fargate configuration exists for given values: 512 CPU, 512 memory"),
                ({"memory": "lots"}, "Invalid 'memory' setting for task."),
                ({"containerOverrides": [{"name": "app", "memory": 600}]},
                 "The 'memory' setting for container 'app' is greater than for the task."),
                ({"containerOverrides": [{"name": "app", "environment": [{"name": "S", "value": "x"}]}]},
                 "The secret name must be unique and not shared"),
                ({"containerOverrides": [{"name": "app", "command": ["x" * 8200]}]}, "characters of JSON")):
            with self.assertRaises(self.ecs.exceptions.ClientError) as refused:
                self.start("refusing", overrides=overrides)
            self.assertIn(words, str(refused.exception))

    def test_a_task_larger_than_the_machine_runs_with_a_note_unless_strict(self):
        doc = definition("huge", [container("app", "true")], cpu="16384", memory="122880")
        code, _, err = self.run_task(doc)
        self.assertEqual(code, 0, err)
        ran = json.loads(self.daemon.drydock("ps", "--all", "--family", "huge", "--json", check=0)[1])
        self.assertIn("this machine has", json.dumps(self.daemon.drydock("describe", "huge", "--local", check=0)[1]), ran)
        code, _, err = self.run_task(doc, "--strict")
        self.assertEqual(code, 125)
        self.assertRegex(err, "RESOURCE:(CPU|MEMORY)")

    def test_overrides_and_exit_codes(self):
        self.register(definition("over", [container("app", "exit 1")]))
        out = self.start("over", overrides={"containerOverrides": [
            {"name": "app", "command": ["sh", "-c", "exit $CODE"], "environment": [{"name": "CODE", "value": "42"}]}]})
        task = self.stopped(out["tasks"][0]["taskArn"])
        self.assertEqual(task["containers"][0]["exitCode"], 42)
        self.assertEqual(task["stopCode"], "EssentialContainerExited")
        self.assertEqual(task["stoppedReason"], "Essential container in task exited")
        self.assertEqual(task["overrides"]["containerOverrides"][0]["environment"], [{"name": "CODE", "value": "42"}])
        for key in ("createdAt", "startedAt", "stoppingAt", "stoppedAt", "executionStoppedAt", "pullStartedAt", "pullStoppedAt"):
            self.assertIn(key, task)

    def test_a_client_token_gives_the_same_tasks(self):
        self.register(definition("token", [container("app", "true")]))
        # By hand: Debian's boto3 does not know the member yet.
        request = {"taskDefinition": "token", "launchType": "FARGATE", "networkConfiguration": NETWORK,
                   "clientToken": str(uuid.uuid4()), "count": 2}
        one = self.daemon.call("RunTask", request)[1]
        two = self.daemon.call("RunTask", request)[1]
        arns = [t["taskArn"] for t in one["tasks"]]
        self.assertEqual(arns, [t["taskArn"] for t in two["tasks"]])
        status, conflict = self.daemon.call("RunTask", {**request, "count": 1})
        self.assertEqual((status, conflict["__type"]), (400, "ConflictException"))
        self.assertEqual(sorted(conflict["resourceIds"]), sorted(arns))

    def test_a_missing_image_stops_the_task_as_fargate_does(self):
        self.register(definition("nopull", [container("app", "true", image="no/such:image")]))
        task = self.stopped(self.start("nopull")["tasks"][0]["taskArn"])
        self.assertEqual(task["stopCode"], "TaskFailedToStart")
        self.assertTrue(task["stoppedReason"].startswith("CannotPullContainerError: "), task["stoppedReason"])
        self.assertNotIn("exitCode", task["containers"][0])
        self.assertNotIn("pullStartedAt", task)

    def test_health_reaches_the_api(self):
        self.register(definition("health", [container("app", "sleep 1000", stopTimeout=2, healthCheck={
            "command": ["CMD-SHELL", "true"], "interval": 5, "timeout": min(60, 5 * SLOW), "retries": 1})]))
        arn = self.start("health")["tasks"][0]["taskArn"]
        until(lambda: self.ecs.describe_tasks(tasks=[arn])["tasks"][0]["healthStatus"] == "HEALTHY", what="healthy")
        self.ecs.stop_task(task=arn)
        self.stopped(arn)

    def test_lists_and_tags(self):
        self.register(definition("lists", [container("app", "sleep 1000", stopTimeout=2)]))
        arn = self.start("lists", startedBy="me", tags=[{"key": "team", "value": "a"}])["tasks"][0]["taskArn"]
        self.assertIn(arn, self.ecs.list_tasks(family="lists")["taskArns"])
        self.assertIn(arn, self.ecs.list_tasks(startedBy="me")["taskArns"])
        shown = self.ecs.describe_tasks(tasks=[arn], include=["TAGS"])["tasks"][0]
        self.assertEqual(shown["tags"], [{"key": "team", "value": "a"}])
        self.ecs.stop_task(task=arn)
        self.stopped(arn)
        self.assertIn(arn, self.ecs.list_tasks(family="lists", desiredStatus="STOPPED")["taskArns"])

    def test_an_operation_that_is_not_built_says_so_without_a_server_error(self):
        # By hand: Debian's boto3 does not know it yet.
        status, refused = self.daemon.call("CreateDaemon", {"daemonName": "x", "daemonTaskDefinitionArn": "y"})
        self.assertEqual((status, refused["__type"]), (400, "UnsupportedFeatureException"))
        self.assertIn("CreateDaemon", refused["message"])

    def test_the_metadata_endpoint_answers_from_inside(self):
        self.register(definition("meta", [container(
            "app", "for u in '' /task /taskWithTags; do wget -q -O - $ECS_CONTAINER_METADATA_URI_V4$u; echo; done;"
                   "wget -q -O - $ECS_CONTAINER_METADATA_URI/task; echo; cat /proc/self/cgroup; hostname; cat /etc/hosts")]))
        arn = self.start("meta")["tasks"][0]["taskArn"]
        task = self.stopped(arn)
        out = self.daemon.drydock("logs", "--no-prefix", arn.split("/")[-1], check=0)[1]
        lines = out.splitlines()
        own, whole = json.loads(lines[0]), json.loads(lines[1])
        self.assertEqual(own["DockerId"], task["containers"][0]["runtimeId"])
        self.assertEqual(whole["TaskARN"], arn)
        self.assertEqual(whole["LaunchType"], "FARGATE")
        task_id = arn.split("/")[-1]
        self.assertRegex(out, rf"/ecs/{task_id}/{task_id}-\d{{10}}")
        self.assertIn("ip-10-231-", out)
