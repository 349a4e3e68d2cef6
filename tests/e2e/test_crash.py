"""kill -9 of the daemon, and what is left after many tasks."""
import json
import os
import random
import time
import unittest

from harness import Daemon, Snapshot, container, definition, settled, until

TICK = "trap 'exit 3' TERM; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.02; done"


class Crash(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.stop)
        self.daemon.load_image()
        self.path = str(self.daemon.base / "task.json")
        self.write(definition("tick", [container("app", TICK, stopTimeout=2)]))
        self.modes = [self.path]
        for mode in ("bridge", "host"):
            document = definition("tick-" + mode, [container("app", TICK, stopTimeout=2, links=["side"] * (mode == "bridge")),
                                                   container("side", TICK, stopTimeout=2, essential=False,
                                                             portMappings=[{"containerPort": 8080}] * (mode == "bridge"))])
            document.update(networkMode=mode, requiresCompatibilities=["EC2"])
            self.modes.append(str(self.daemon.base / f"{mode}.json"))
            self.write(document, self.modes[-1])

    def write(self, doc, path=None):
        with open(path or self.path, "w") as f:
            json.dump(doc, f)

    def status(self, task):
        return json.loads(self.daemon.drydock("describe", task, check=0)[1])

    def test_a_running_task_is_adopted_and_loses_no_line(self):
        task = self.daemon.drydock("run", "-d", self.path, check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        until(lambda: "tick 5" in self.daemon.drydock("logs", task)[1], what="some lines")
        self.daemon.kill()
        time.sleep(0.5)  # the container writes on without a daemon
        self.daemon.start()
        self.assertIn(task[:8], self.daemon.drydock("ps", check=0)[1])
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task, "--for", "stopped")
        out = self.daemon.drydock("logs", "--no-prefix", task, check=0)[1].split("\n")
        ticks = [int(l.split()[1]) for l in out if l.startswith("tick")]
        self.assertEqual(ticks, list(range(len(ticks))))
        self.assertGreater(len(ticks), 15)

    def test_an_exit_without_a_daemon_keeps_its_code(self):
        self.write(definition("leave", [container("app", "sleep 0.6; echo over; exit 9")]))
        task = self.daemon.drydock("run", "-d", self.path, check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        self.daemon.kill()
        time.sleep(1.5)
        self.daemon.start()
        code, _, err = self.daemon.drydock("wait", task, "--for", "stopped")
        self.assertEqual(code, 9, err)
        self.assertIn("over", self.daemon.drydock("logs", task, check=0)[1])

    def test_a_killed_shim_ends_its_container_with_255(self):
        task = self.daemon.drydock("run", "-d", self.path, check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        shims = [p for p in os.listdir("/proc") if p.isdigit() and Snapshot.is_shim(p, str(self.daemon.run))]
        self.assertEqual(len(shims), 1)
        os.kill(int(shims[0]), 9)
        code, _, err = self.daemon.drydock("wait", task, "--for", "stopped")
        self.assertEqual(code, 255, err)

    def test_fifty_crashes_at_random_moments_leave_nothing(self):
        rounds = int(os.environ.get("DRYDOCK_CRASHES", "50"))
        dice = random.Random(7)
        for path in self.modes:
            self.daemon.drydock("run", path, "--timeout", "1s")
        self.daemon.drydock("daemon", "reset", check=0)
        before = settled(self.daemon)
        for _ in range(rounds):
            definition = dice.choice(self.modes)
            sized = definition == self.path and dice.random() < 0.5
            self.daemon.drydock("run", "-d", definition, "--count", str(dice.randint(1, 2)),
                                *(["--ephemeral-storage", "32MiB"] if sized else []), check=0)
            time.sleep(dice.random() * 0.25)
            if dice.random() < 0.5:
                for task in self.daemon.drydock("ps", "-q")[1].split():
                    self.daemon.drydock("stop", "--now", task)
            time.sleep(dice.random() * 0.1)
            self.daemon.kill()
            self.daemon.start()
        self.daemon.drydock("daemon", "reset", check=0, timeout=120)
        self.assertEqual(settled(self.daemon), before)


class Cycles(unittest.TestCase):
    def test_two_hundred_runs_and_stops_leave_nothing(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        daemon.load_image()
        ecs = daemon.boto()
        ecs.create_cluster(clusterName="default")
        ecs.register_task_definition(**definition("cycle", [
            container("web", ["serve", "8080"], portMappings=[{"containerPort": 8080}]),
            container("side", "sleep 1000", essential=False, stopTimeout=2, mountPoints=[
                {"sourceVolume": "v", "containerPath": "/data"}])], volumes=[{"name": "v"}]))
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}

        def cycle(count):
            arns = [t["taskArn"] for t in ecs.run_task(taskDefinition="cycle", launchType="FARGATE", count=count,
                                                       networkConfiguration=network)["tasks"]]
            until(lambda: all(t["lastStatus"] == "RUNNING" for t in ecs.describe_tasks(tasks=arns)["tasks"]),
                  what="running", seconds=60)
            for arn in arns:
                ecs.stop_task(task=arn)
                daemon.drydock("stop", "--now", arn.split("/")[-1])
            until(lambda: all(t["lastStatus"] == "STOPPED" for t in ecs.describe_tasks(tasks=arns)["tasks"]),
                  what="stopped", seconds=60)

        cycle(5)
        before = settled(daemon)
        fds = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
        for _ in range(int(os.environ.get("DRYDOCK_CYCLES", "200")) // 10):
            cycle(10)
        self.assertEqual(settled(daemon), before)
        self.assertLessEqual(len(os.listdir(f"/proc/{daemon.process.pid}/fd")), fds + 10)


class End(unittest.TestCase):
    def test_an_ephemeral_daemon_leaves_nothing_at_all(self):
        daemon = Daemon("--ephemeral")
        daemon.load_image()
        instance = daemon.instance()
        path = str(daemon.base / "t.json")
        with open(path, "w") as f:
            json.dump(definition("e", [container("app", "sleep 1000", stopTimeout=2)]), f)
        daemon.drydock("run", "-d", path, check=0)
        daemon.process.terminate()
        self.assertEqual(daemon.process.wait(60), 0)
        after = Snapshot(daemon, instance).parts
        self.assertEqual({k: v for k, v in after.items() if v}, {})
        self.assertEqual([d for d, _, _ in os.walk("/sys/fs/cgroup") if f"drydock-{instance}" in d], [])
        self.assertFalse(daemon.run.exists())
        self.assertFalse(daemon.root.exists())
        daemon.stop()

    def test_two_daemons_side_by_side_do_not_touch_each_other(self):
        one, two = Daemon(), Daemon()
        self.addCleanup(one.stop)
        self.addCleanup(two.stop)
        for d in (one, two):
            d.load_image()
            path = str(d.base / "t.json")
            with open(path, "w") as f:
                json.dump(definition("s", [container("app", "sleep 1000", stopTimeout=2)]), f)
            task = d.drydock("run", "-d", path, check=0)[1].strip()
            d.drydock("wait", task, "--for", "running", check=0)
        two.drydock("daemon", "reset", check=0)
        two.kill()
        two.start()
        self.assertEqual(len(one.drydock("ps", "-q", check=0)[1].split()), 1)
        self.assertEqual(two.drydock("ps", "-q", check=0)[1].split(), [])
