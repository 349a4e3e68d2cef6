"""Ephemeral storage: its size, a full disk, what is left of it."""
import json
import os
import unittest

from harness import DaemonCase, Snapshot, container, definition, until

ASK = "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo"


class Storage(DaemonCase):
    def write(self, name, containers, **more):
        file = self.daemon.base / f"{name}.json"
        file.write_text(json.dumps(definition(name, containers, **more)))
        return file

    def loops(self):
        return Snapshot(self.daemon, self.daemon.instance()).parts["loops"]

    def mounts(self):
        return [line.split()[4] for line in open("/proc/self/mountinfo") if f"{self.daemon.root}/volumes/tasks" in line]

    def test_the_example_prints_what_it_promises(self):
        self.assertEqual(*self.daemon.example("ephemeral-storage"))

    def test_a_full_disk_is_the_tasks_own_and_outlives_the_daemon(self):
        fill = "dd if=/dev/zero of=/data/big bs=1M count=200 2>/dev/null; dd if=/dev/zero of=/small bs=64k count=64 2>/dev/null || echo full; "
        full = self.write("full", [container("c", f"{fill}{ASK}; rm /data/big; echo y > /small && echo free; sleep 600",
                                             mountPoints=[{"sourceVolume": "v", "containerPath": "/data"}])],
                          volumes=[{"name": "v"}])
        task = self.daemon.drydock("run", "-d", full, "--ephemeral-storage", "64MiB", check=0)[1].strip()
        until(lambda: "free" in self.daemon.drydock("logs", task)[1], what="room after the file is gone")
        lines = self.daemon.drydock("logs", "--no-prefix", "--stdout", task, check=0)[1].splitlines()
        self.assertEqual(lines[0], "full")
        metrics = json.loads(lines[1])["EphemeralStorageMetrics"]
        self.assertEqual(metrics["Reserved"], 64 + 16)
        self.assertTrue(52 <= metrics["Utilized"] <= 64, metrics)
        self.daemon.drydock("run", "--rm", self.write("beside", [container("c", "dd if=/dev/zero of=/x bs=1M count=80")]),
                            check=0)
        self.assertEqual(len(self.loops()), 1)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.drydock("exec", task, "--", "sh", "-c", "cat /small; echo z > /data/new", check=0)[1],
                         "y\n")
        self.daemon.drydock("stop", "--now", task, check=0)
        self.daemon.drydock("wait", task)
        until(lambda: not self.mounts() and not self.loops(), what="the end of its file system")
        self.assertEqual(os.listdir(self.daemon.root / "volumes/tasks"), [])

    def test_a_size_in_the_definition_or_an_override_is_kept(self):
        asked = self.write("asked", [container("c", "df -m / | tail -1; sleep 600")], ephemeralStorage={"sizeInGiB": 30})
        self.daemon.drydock("register", asked, check=0)
        self.daemon.call("CreateCluster", {})
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        for overrides, gib in (({}, 30), ({"ephemeralStorage": {"sizeInGiB": 21}}, 21)):
            _, answer = self.daemon.call("RunTask", {"taskDefinition": "asked", "networkConfiguration": network,
                                                     "overrides": overrides})
            task = answer["tasks"][0]
            self.assertEqual(task["ephemeralStorage"], {"sizeInGiB": gib})
            task_id = task["taskArn"].split("/")[-1]
            until(lambda: self.daemon.drydock("logs", task_id)[1], what="its line")
            size = int(self.daemon.drydock("logs", "--no-prefix", task_id, check=0)[1].split()[1])
            self.assertTrue(gib * 1024 * 0.97 < size <= gib * 1024, size)
            self.daemon.drydock("stop", "--now", task_id, check=0)

    def test_doctor_says_what_limits_it_and_ec2_tasks_have_none(self):
        checks = json.loads(self.daemon.drydock("doctor", "--json")[1])["checks"]
        told = next(c for c in checks if c["name"] == "ephemeral storage")
        self.assertRegex(told["detail"], "sparse file for tasks that name ephemeralStorage|project quota")
        ec2 = self.write("ec2", [container("c", "true")], requiresCompatibilities=["EC2"], networkMode="bridge")
        self.assertIn("Only tasks of launch type FARGATE",
                      self.daemon.drydock("run", ec2, "--ephemeral-storage", "64MiB", check=125)[2])


if __name__ == "__main__":
    unittest.main()
