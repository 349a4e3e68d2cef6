"""A daemon in dry mode: the API and the life of tasks, without containers, root or images."""
import json
import os
import time
import unittest
import urllib.error
import urllib.request

from harness import BIN, SLOW, Daemon, container, definition, until

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def post(daemon, path, body):
    """A private route: (status, answer)."""
    request = urllib.request.Request(f"{daemon.url}/_drydock/dry/{path}", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=30 * SLOW) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class Dry(unittest.TestCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        # As nobody, unless the programs lie where only root comes.
        cls.user = "nobody" if all(os.stat(p).st_mode & 1 for p in BIN.resolve().parents) else None
        cls.daemon = Daemon("--dry", user=cls.user)
        cls.addClassCleanup(cls.daemon.stop)
        cls.ecs = cls.daemon.boto()
        cls.ecs.create_cluster(clusterName="c")

    def register(self, family, *containers, **more):
        self.ecs.register_task_definition(**definition(family, list(containers), **more))

    def run_tasks(self, family, **more):
        answer = self.ecs.run_task(cluster="c", taskDefinition=family, launchType="FARGATE",
                                   networkConfiguration=NETWORK, **more)
        self.assertEqual(answer["failures"], [])
        return [t["taskArn"] for t in answer["tasks"]]

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

    def reaches(self, arn, status):
        return until(lambda: self.task(arn)["lastStatus"] == status and self.task(arn), what=f"{status} of {arn}")

    def test_an_ordinary_users_daemon_and_nothing_in_the_kernel(self):
        status = json.loads(self.daemon.drydock("daemon", "status", "--json", check=0)[1])
        self.assertEqual(status["mode"], "dry")
        if self.user:
            self.assertNotEqual(os.stat(f"/proc/{status['pid']}").st_uid, 0)
        self.assertNotIn("dd" + status["instance"], os.listdir("/sys/class/net"))

    def test_a_task_runs_and_stops(self):
        self.register("plain", container("app", "x", image="any/name:1", portMappings=[{"containerPort": 80}]))
        arn = self.run_tasks("plain")[0]
        task = self.reaches(arn, "RUNNING")
        details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
        prefix = self.daemon.subnet.removesuffix("0/24")
        self.assertTrue(details["privateIPv4Address"].startswith(prefix))
        self.assertEqual(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"],
                         details["privateIPv4Address"])
        self.assertRegex(task["containers"][0]["imageDigest"], "^sha256:[0-9a-f]{64}$")
        self.assertIn("dry mode", self.daemon.drydock("describe", arn, "--local", check=0)[1])
        self.ecs.stop_task(cluster="c", task=arn, reason="enough")
        task = self.reaches(arn, "STOPPED")
        self.assertEqual((task["stopCode"], task["containers"][0]["exitCode"]), ("UserInitiated", 143))

    def test_what_becomes_of_a_container_is_told(self):
        self.register("told", container("app", "x"), container("side", "x", essential=False))
        arn = self.run_tasks("told")[0]
        self.reaches(arn, "RUNNING")
        id = arn.rsplit("/", 1)[1]
        self.assertEqual(post(self.daemon, f"tasks/{id}/stop", {"container": "side", "exitCode": 4})[0], 200)
        self.assertEqual(post(self.daemon, f"tasks/{id}/stop", {"container": "side"})[0], 409)
        status, answer = post(self.daemon, f"tasks/{id}/stop", {"exitCode": 3})
        self.assertEqual(status, 404)
        self.assertIn("app, side", answer["message"])
        self.assertEqual(post(self.daemon, f"tasks/{id}/stop", {"container": "app", "exitCode": 999})[0], 400)
        post(self.daemon, f"tasks/{id}/stop", {"container": "app", "exitCode": 137, "outOfMemory": True})
        task = self.reaches(arn, "STOPPED")
        codes = {c["name"]: (c["exitCode"], c.get("reason", "")) for c in task["containers"]}
        self.assertEqual(codes["side"][0], 4)
        self.assertEqual(codes["app"][0], 137)
        self.assertIn("OutOfMemoryError", codes["app"][1])
        self.assertEqual(task["stopCode"], "EssentialContainerExited")

    def test_containers_that_end_by_themselves(self):
        self.register("job", container("app", "x", dockerLabels={"drydock.dry.exit-after": "100ms"}))
        arn = self.run_tasks("job", overrides={"containerOverrides": [
            {"name": "app", "environment": [{"name": "DRYDOCK_DRY_EXIT_CODE", "value": "5"}]}]})[0]
        self.assertEqual(self.reaches(arn, "STOPPED")["containers"][0]["exitCode"], 5)

    def test_health_by_decree(self):
        check = {"command": ["CMD", "true"], "interval": 300, "retries": 10}
        self.register("health", container("app", "x", healthCheck=check))
        arn = self.run_tasks("health")[0]
        id = arn.rsplit("/", 1)[1]
        for status in ("HEALTHY", "UNHEALTHY", "HEALTHY"):
            if self.task(arn)["healthStatus"] != "UNKNOWN":
                self.assertEqual(post(self.daemon, f"tasks/{id}/health", {"status": status})[0], 200)
            until(lambda: self.task(arn)["healthStatus"] == status, what=status)
        self.assertEqual(post(self.daemon, f"tasks/{id}/health", {"status": "ILL"})[0], 400)

    def test_an_image_that_cannot_be_pulled_and_the_circuit_breaker(self):
        error = "CannotPullContainerError: pull access denied"
        self.assertEqual(post(self.daemon, "images", {"image": "bad:latest", "error": error})[0], 200)
        self.register("broken", container("app", "x", image="bad"))
        task = self.reaches(self.run_tasks("broken")[0], "STOPPED")
        self.assertEqual((task["stopCode"], task["stoppedReason"]), ("TaskFailedToStart", error))
        self.ecs.create_service(cluster="c", serviceName="broken", taskDefinition="broken", desiredCount=2,
                                launchType="FARGATE", networkConfiguration=NETWORK,
                                deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True,
                                                                                      "rollback": False}})

        def failed():
            service = self.ecs.describe_services(cluster="c", services=["broken"])["services"][0]
            return service["deployments"][0]["rolloutState"] == "FAILED"
        until(failed, 60, "the circuit breaker")
        self.ecs.delete_service(cluster="c", service="broken", force=True)
        post(self.daemon, "images", {"image": "bad", "error": ""})
        self.reaches(self.run_tasks("broken")[0], "RUNNING")

    def test_a_service_rolls_out(self):
        for image in ("v1", "v2"):
            self.register("rolling", container("app", "x", image=image))
        self.ecs.create_service(cluster="c", serviceName="rolling", taskDefinition="rolling:1", desiredCount=4,
                                launchType="FARGATE", networkConfiguration=NETWORK)

        def settled():
            service = self.ecs.describe_services(cluster="c", services=["rolling"])["services"][0]
            only = service["deployments"][0]
            return len(service["deployments"]) == 1 and only["rolloutState"] == "COMPLETED" and only["runningCount"] == 4
        until(settled, what="the first rollout")
        self.ecs.update_service(cluster="c", service="rolling", taskDefinition="rolling:2")
        until(settled, what="the second rollout")
        tasks = self.ecs.list_tasks(cluster="c", serviceName="rolling")["taskArns"]
        images = {self.task(arn)["containers"][0]["image"] for arn in tasks}
        self.assertEqual(images, {"v2"})
        self.ecs.delete_service(cluster="c", service="rolling", force=True)

    def test_what_needs_containers_says_so(self):
        self.register("silent", container("app", "x"))
        arn = self.run_tasks("silent", enableExecuteCommand=True)[0]
        self.reaches(arn, "RUNNING")
        for verb in (("logs", arn), ("exec", arn, "--", "ls"), ("images",), ("volumes", "ls")):
            code, _, err = self.daemon.drydock(*verb)
            self.assertNotEqual(code, 0, verb)
            self.assertIn("dry mode", err, verb)
        status, answer = self.daemon.call("ExecuteCommand", {"cluster": "c", "task": arn, "command": "ls",
                                                             "interactive": True})
        self.assertEqual(status, 400)
        self.assertIn("dry mode", answer["message"])

    def test_host_ports_of_a_bridge(self):
        self.register("bridge", container("app", "x", memory=64, portMappings=[{"containerPort": 80},
                                                                               {"containerPort": 81, "hostPort": 8081}]),
                      networkMode="bridge", requiresCompatibilities=["EC2"])
        answer = self.ecs.run_task(cluster="c", taskDefinition="bridge", launchType="EC2")
        task = self.reaches(answer["tasks"][0]["taskArn"], "RUNNING")
        ports = {b["containerPort"]: b["hostPort"] for b in task["containers"][0]["networkBindings"]}
        self.assertEqual(ports[81], 8081)
        self.assertGreater(ports[80], 1023)


class Kept(unittest.TestCase):
    kernel = False

    def test_tasks_of_a_killed_daemon_run_on_in_the_next(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        ecs = daemon.boto()
        ecs.create_cluster(clusterName="c")
        ecs.register_task_definition(**definition("kept", [container("app", "x")]))
        run = {"cluster": "c", "taskDefinition": "kept", "launchType": "FARGATE", "networkConfiguration": NETWORK}
        arns = [t["taskArn"] for t in ecs.run_task(**run, count=3)["tasks"]]

        def addresses():
            tasks = daemon.boto().describe_tasks(cluster="c", tasks=arns)["tasks"]
            return all(t["lastStatus"] == "RUNNING" for t in tasks) and {
                d["value"] for t in tasks for d in t["attachments"][0]["details"] if d["name"] == "privateIPv4Address"}
        before = until(addresses)
        self.assertEqual(len(before), 3)
        daemon.kill()
        daemon.start()
        self.assertEqual(until(addresses), before)
        arns = arns + [daemon.boto().run_task(**run)["tasks"][0]["taskArn"]]
        self.assertEqual(len(until(addresses)), 4)  # no address twice
        self.assertIn("143", daemon.drydock("stop", arns[0], check=0)[1] + str(
            until(lambda: [t for t in daemon.boto().describe_tasks(cluster="c", tasks=arns[:1])["tasks"]
                           if t["lastStatus"] == "STOPPED"])))

    def test_a_root_folder_has_one_mode(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        daemon.process.terminate()
        daemon.process.wait(20 * SLOW)
        daemon.flags = []
        with self.assertRaisesRegex(AssertionError, "in dry mode: give --root another folder, or add --dry"):
            daemon.start()
        daemon.flags = ["--dry"]
        daemon.start()

    def test_started_by_the_command_line(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        root = daemon.base / "other"
        flags = ("--root", root / "r", "--run", root / "u", "--listen", "none", "--dry")
        self.assertIn("--dry", daemon.drydock("daemon", "start", *flags, "--dry-run", check=0)[1])
        daemon.drydock("daemon", "start", *flags, check=0)
        host = f"unix://{root}/u/drydock.sock"
        self.assertIn("dry", daemon.drydock("daemon", "status", check=0, DRYDOCK_HOST=host)[1])
        daemon.drydock("daemon", "stop", check=0, DRYDOCK_HOST=host)


class Example(unittest.TestCase):
    kernel = False

    def test_the_example_prints_what_it_says(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        said, expected = daemon.example("dry")
        self.assertEqual(said, expected)


class Many(unittest.TestCase):
    kernel = False

    def test_fifty_services_with_two_hundred_tasks(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        ecs = daemon.boto()
        ecs.create_cluster(clusterName="c")
        ecs.register_task_definition(**definition("many", [container("app", "x"), container("side", "x")]))
        begun = time.monotonic()
        for n in range(50):
            ecs.create_service(cluster="c", serviceName=f"s{n}", taskDefinition="many", desiredCount=4,
                               launchType="FARGATE", networkConfiguration=NETWORK)

        def running():
            return ecs.describe_clusters(clusters=["c"])["clusters"][0]["runningTasksCount"] == 200
        until(running, 30, "200 running tasks")
        self.assertLess(time.monotonic() - begun, 30 * SLOW)
        begun = time.monotonic()
        daemon.drydock("daemon", "reset", check=0)
        self.assertLess(time.monotonic() - begun, 10 * SLOW)
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])


if __name__ == "__main__":
    unittest.main()
