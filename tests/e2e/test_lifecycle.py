"""What DescribeTasks tells of a task's life: states, times, codes and reasons, each from the kernel."""
import json
import random
import socket
import threading
import time

from harness import SLOW, DaemonCase, Snapshot, container, definition, until

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
OOM = "OutOfMemoryError: Container killed due to memory usage"
HOG = "x=a; while :; do x=$x$x; done"
REST = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.1; done"
ORDER = ("createdAt", "startedAt", "stoppingAt", "stoppedAt")


class Lifecycle(DaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.call("CreateCluster", {"clusterName": "default"})
        # The shortest period is a minute: this one ages while the other tests run.
        cls.restarting = cls("run").start(definition("restarting", [
            container("app", "if [ -e /again ]; then wget -q -O /again $ECS_CONTAINER_METADATA_URI_V4; cat /again; echo; "
                             "exec sleep 1000; fi; touch /again; echo first; sleep 62; exit 3",
                      stopTimeout=2, restartPolicy={"enabled": True, "restartAttemptPeriod": 60}),
            container("young", "exit 4", essential=False, restartPolicy={"enabled": True, "restartAttemptPeriod": 60}),
            container("ignored", "sleep 61; exit 7", essential=False,
                      restartPolicy={"enabled": True, "ignoredExitCodes": [7], "restartAttemptPeriod": 60})]))

    # ---- words ----
    def start(self, doc):
        status, made = self.daemon.call("RegisterTaskDefinition", doc)
        self.assertEqual(status, 200, made)
        run = {"taskDefinition": doc["family"]}
        if doc.get("networkMode") == "awsvpc":
            run["networkConfiguration"] = NETWORK
        status, ran = self.daemon.call("RunTask", run)
        self.assertEqual((status, ran.get("failures")), (200, []), ran)
        self.assertEqual(ran["tasks"][0]["lastStatus"], "PROVISIONING")
        return ran["tasks"][0]["taskArn"]

    def describe(self, arn):
        return self.daemon.call("DescribeTasks", {"tasks": [arn]})[1]["tasks"][0]

    def reach(self, arn, status, seconds=30):
        return until(lambda: (t := self.describe(arn))["lastStatus"] == status and t, seconds, f"the task is {status}")

    def stop(self, arn):
        """Stops the task; gives what StopTask answered and how it ended."""
        status, answer = self.daemon.call("StopTask", {"task": arn, "reason": "enough"})
        self.assertEqual(status, 200, answer)
        self.assertEqual((answer["task"]["desiredStatus"], answer["task"]["stopCode"]), ("STOPPED", "UserInitiated"))
        ended = self.reach(arn, "STOPPED", 60)
        self.assertEqual((ended["stopCode"], ended["stoppedReason"]), ("UserInitiated", "enough"))
        return ended

    def containers(self, task):
        return {c["name"]: c for c in task["containers"]}

    def ends(self, doc, seconds=30):
        task = self.reach(self.start(doc), "STOPPED", seconds)
        self.check_times(task)
        return task, self.containers(task)

    def check_times(self, task):
        seen = [task[name] for name in ORDER if name in task]
        self.assertEqual(seen, sorted(seen), task)
        self.assertLessEqual(task["executionStoppedAt"], task["stoppedAt"])
        if "connectivityAt" in task:  # the network may come after the stop was asked for
            self.assertLessEqual(task["createdAt"], task["connectivityAt"])
            self.assertLessEqual(task["connectivityAt"], task["stoppedAt"])
        if "pullStartedAt" in task:
            self.assertLessEqual(task["createdAt"], task["pullStartedAt"])
        if "pullStoppedAt" in task:  # not of a pull that a stop has cut off
            self.assertLessEqual(task["pullStartedAt"], task["pullStoppedAt"])

    # ---- ends ----
    def test_a_task_that_ends_by_itself(self):
        task, c = self.ends(definition("plain", [container("app", "exit 0")]))
        self.assertEqual((task["stopCode"], task["stoppedReason"]),
                         ("EssentialContainerExited", "Essential container in task exited"))
        self.assertEqual((c["app"]["exitCode"], c["app"]["lastStatus"]), (0, "STOPPED"))
        self.assertNotIn("reason", c["app"])
        self.assertEqual((task["version"], task["desiredStatus"], task["connectivity"]), (5, "STOPPED", "CONNECTED"))
        self.assertEqual(task["attachments"][0]["status"], "DELETED")
        self.assertLessEqual({"pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "executionStoppedAt"}, set(task))

    def test_out_of_memory_by_the_containers_own_limit(self):
        task, c = self.ends(definition("own-limit", [container("app", REST, stopTimeout=5),
                                                     container("hog", HOG, essential=False, memory=16),
                                                     container("end", "sleep 1", dependsOn=[
                                                         {"containerName": "hog", "condition": "COMPLETE"}])]))
        self.assertEqual((c["hog"]["exitCode"], c["hog"].get("reason")), (137, OOM))
        self.assertEqual((c["app"]["exitCode"], c["app"].get("reason")), (0, None))
        self.assertEqual(task["stopCode"], "EssentialContainerExited")

    def test_out_of_memory_by_the_tasks_limit_is_told_of_the_victim_only(self):
        task, c = self.ends({"family": "task-limit", "networkMode": "awsvpc", "memory": "40", "containerDefinitions": [
            container("hog", HOG, dependsOn=[{"containerName": "bystander", "condition": "START"}]),
            container("bystander", STUBBORN, essential=False, stopTimeout=2)]})
        self.assertEqual((c["hog"]["exitCode"], c["hog"].get("reason")), (137, OOM))
        self.assertEqual((c["bystander"]["exitCode"], c["bystander"].get("reason")), (137, None))
        self.assertEqual(task["stoppedReason"], "Essential container in task exited")

    def test_a_container_that_ignores_sigterm_is_killed_and_that_is_no_oom(self):
        arn = self.start(definition("stubborn", [container("app", STUBBORN, stopTimeout=2)]))
        self.reach(arn, "RUNNING")
        task = self.stop(arn)
        app = self.containers(task)["app"]
        self.assertEqual((app["exitCode"], app.get("reason")), (137, None))
        self.assertGreaterEqual(task["stoppedAt"] - task["stoppingAt"], 2)

    def test_a_command_that_cannot_be_started_has_no_exit_code(self):
        task, c = self.ends(definition("nocmd", [container("app", ["/no/such/program"])]))
        self.assertEqual((task["stopCode"], task["stoppedReason"]), ("TaskFailedToStart", "Task failed to start"))
        self.assertNotIn("exitCode", c["app"])
        self.assertTrue(c["app"]["reason"].startswith("CannotStartContainerError: "), c["app"])
        self.assertNotIn("startedAt", task)

    def test_a_failed_dependency_ends_its_dependents_with_143(self):
        task, c = self.ends(definition("chain", [
            container("init", "exit 3", essential=False),
            container("middle", "true", essential=False, dependsOn=[{"containerName": "init", "condition": "SUCCESS"}]),
            container("app", "true", dependsOn=[{"containerName": "middle", "condition": "START"}])]))
        self.assertEqual((c["init"]["exitCode"], c["middle"]["exitCode"], c["app"]["exitCode"]), (3, 143, 143))
        self.assertEqual(c["middle"]["reason"], (
            "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [init] for "
            "target [middle] as dependency did not exit successfully."))
        self.assertEqual(task["stopCode"], "TaskFailedToStart")

    def test_a_start_timeout_fails_who_waits_and_not_who_is_slow(self):
        task, c = self.ends(definition("late", [
            container("slow", REST, essential=False, startTimeout=2, stopTimeout=5,
                      healthCheck={"command": ["CMD", "false"], "interval": 5}),
            container("app", "true", dependsOn=[{"containerName": "slow", "condition": "HEALTHY"}])]))
        self.assertEqual(c["app"]["exitCode"], 143)
        self.assertIn("has timed out", c["app"]["reason"])
        self.assertEqual(c["slow"]["exitCode"], 0)

    def test_the_example_runs_as_it_says(self):
        self.assertEqual(*self.daemon.example("lifecycle"))

    # ---- stops ----
    def test_a_stop_while_an_image_is_pulled(self):
        silent = socket.create_server(("127.0.0.1", 0))  # a registry that never answers
        self.addCleanup(silent.close)
        asked = threading.Event()

        def accept():
            held = []
            try:
                while True:
                    held.append(silent.accept())
                    asked.set()
            except OSError:
                pass
        threading.Thread(target=accept, daemon=True).start()
        doc = definition("pulling", [container("app", "true")])
        doc["containerDefinitions"][0]["image"] = f"127.0.0.1:{silent.getsockname()[1]}/nobody/image:1"
        arn = self.start(doc)
        self.assertTrue(asked.wait(30 * SLOW))
        self.reach(arn, "PENDING")
        task = self.stop(arn)
        app = self.containers(task)["app"]
        self.assertEqual({"exitCode", "imageDigest", "reason"} & set(app), set())
        self.assertEqual({"startedAt", "pullStoppedAt"} & set(task), set())

    def test_a_stop_while_a_container_waits_for_another(self):
        arn = self.start(definition("waiting", [
            container("first", REST, essential=False, stopTimeout=2),
            container("second", "true", dependsOn=[{"containerName": "first", "condition": "COMPLETE"}])]))
        until(lambda: self.containers(self.describe(arn))["first"]["lastStatus"] == "RUNNING", what="the first runs")
        self.assertEqual(self.describe(arn)["lastStatus"], "PENDING")
        task = self.stop(arn)
        c = self.containers(task)
        self.assertIn(c["first"]["exitCode"], (0, 137))
        self.assertEqual({"exitCode", "reason"} & set(c["second"]), set())
        self.assertNotIn("startedAt", task)

    def test_stops_at_any_moment_of_the_start_leave_nothing(self):
        rng = random.Random(5)
        arns = []
        for i in range(12):
            arns.append(self.start(definition(f"early{i}", [container("app", REST, stopTimeout=2), container("side", REST, essential=False, stopTimeout=2)])))
            time.sleep(rng.random() * 0.15)
            self.assertEqual(self.daemon.call("StopTask", {"task": arns[-1]})[0], 200)
        for arn in arns:
            task = self.reach(arn, "STOPPED", 60)
            self.assertEqual((task["stopCode"], task["stoppedReason"]), ("UserInitiated", "Task stopped by user"))
            self.check_times(task)
            for c in task["containers"]:
                self.assertEqual(c["lastStatus"], "STOPPED")
                # 137: the signal came before the trap; 2: it met runc's init, a Go program that as process 1 ends so
                self.assertIn(c.get("exitCode", 0), (0, 2, 137))
                self.assertNotIn("reason", c)
        ids = [arn.split("/")[-1] for arn in arns]  # other tasks of this class may run beside them

        def left():
            mounts = Snapshot(self.daemon, self.daemon.instance()).parts["mounts"]
            return [m for m in mounts if any(i in m for i in ids)]
        until(lambda: not left(), what="no mounts are left")

    # ---- health ----
    def test_the_tasks_health_is_that_of_its_essential_containers(self):
        good = {"command": ["CMD", "true"], "interval": 5}
        bad = {"command": ["CMD", "false"], "interval": 5, "retries": 1}
        arns = {name: self.start(definition("health-" + name, [
            container("app", REST, healthCheck=check),
            container("side", REST, essential=False, healthCheck=other), *more]))
            for name, check, other, more in (("good", good, bad, []), ("bad", bad, good, []),
                                             ("unknown", good, good, [container("third", REST)]))}
        until(lambda: self.describe(arns["bad"])["healthStatus"] == "UNHEALTHY", 40, "it is UNHEALTHY")
        until(lambda: self.containers(self.describe(arns["good"]))["side"]["healthStatus"] == "UNHEALTHY", 40)
        self.assertEqual(self.describe(arns["good"])["healthStatus"], "HEALTHY")
        self.assertEqual(self.describe(arns["unknown"])["healthStatus"], "UNKNOWN")
        self.assertEqual(self.describe(arns["bad"])["lastStatus"], "RUNNING")  # no service replaces it
        for arn in arns.values():
            self.stop(arn)

    # ---- restarts: last by name, since they age meanwhile ----
    def test_z_restarts_are_in_place_and_counted(self):
        arn = self.restarting
        task = arn.rsplit("/", 1)[1]
        c = self.containers(self.describe(arn))
        self.assertEqual((c["young"]["lastStatus"], c["young"]["exitCode"]), ("STOPPED", 4))  # it had not run a minute
        runtime_id = c["app"]["runtimeId"]

        def restarted():
            out = self.daemon.drydock("logs", task, "app", "--no-prefix", check=0)[1].splitlines()
            shown = self.containers(self.describe(arn))["app"]
            self.assertEqual((shown["lastStatus"], "exitCode" in shown), ("RUNNING", False))
            return len(out) > 1 and out
        out = until(restarted, 90, "the container was restarted")
        self.assertEqual(out[0], "first")  # and its file system was kept
        told = json.loads(out[1])
        self.assertEqual((told["RestartCount"], told["KnownStatus"], told["DockerId"]), (1, "RUNNING", runtime_id))
        until(lambda: self.containers(self.describe(arn))["ignored"]["lastStatus"] == "STOPPED", 30)
        self.assertEqual(self.containers(self.describe(arn))["ignored"]["exitCode"], 7)
        self.assertEqual(self.describe(arn)["lastStatus"], "RUNNING")
        self.daemon.kill()
        self.daemon.start()
        local = json.loads(self.daemon.drydock("describe", task, "--local", check=0)[1])
        text = json.dumps(local)
        self.assertIn('"restartCount": 1', text)
        self.assertEqual(self.containers(self.describe(arn))["app"]["runtimeId"], runtime_id)
        self.assertEqual(self.containers(self.stop(arn))["app"]["exitCode"], 137)  # sleep as first process hears no SIGTERM
