"""Volumes: EFS with access points, Docker and EBS volumes, what `drydock volumes` does."""
import json
import os
import pathlib
import subprocess
import time
import unittest

import host_image
from harness import BIN, Daemon, DaemonCase, container, definition, until


def efs_volume(file_system, point=None, root=None):
    efs = {"fileSystemId": file_system}
    if root:
        efs["rootDirectory"] = root
    if point:
        efs["transitEncryption"] = "ENABLED"
        efs["authorizationConfig"] = {"accessPointId": point, "iam": "ENABLED"}
    return {"name": "data", "efsVolumeConfiguration": efs}


def mounted(name, command, **more):
    return container(name, command, mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}], **more)


PYTHON = "/usr/bin/python3.11"
# A number that is read, increased and written under a lock of each kind; and lines appended without one.
COUNTING = """
import fcntl, os, time
counts = {kind: open('/data/' + kind, 'r+') for kind in ('fcntl', 'flock')}
log = os.open('/data/log', os.O_WRONLY | os.O_APPEND)
for i in range(300):
    for kind, file in counts.items():
        take = fcntl.lockf if kind == 'fcntl' else fcntl.flock
        take(file, fcntl.LOCK_EX)
        n = int(os.pread(file.fileno(), 20, 0))
        os.pwrite(file.fileno(), str(n + 1).encode(), 0)
        take(file, fcntl.LOCK_UN)
    os.write(log, b'line of a task\\n')
open('/data/done-' + os.environ['NAME'], 'w').close()
time.sleep(600)
"""


class VolumeCase(DaemonCase):
    def efs(self):
        import boto3
        return boto3.client("efs", endpoint_url=self.daemon.url, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test")

    def aws_efs(self, *args, code=0):
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "efs", *args],
                              env=self.daemon.env(), capture_output=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr.decode()

    def run_task(self, name, containers, *flags, check=0, **more):
        file = self.daemon.base / f"{name}.json"
        file.write_text(json.dumps(definition(name, containers, **more)))
        return self.daemon.drydock("run", file, "--rm", *flags, check=check)

    def start(self, name, containers, **more):
        file = self.daemon.base / f"{name}.json"
        file.write_text(json.dumps(definition(name, containers, **more)))
        task = self.daemon.drydock("run", file, "-d", check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        return task

    def mounts(self):
        return [line.split()[4] for line in open("/proc/self/mountinfo") if str(self.daemon.base) in line
                and "/netns" not in line and "cgroupns" not in line]


class Efs(VolumeCase):
    def test_file_systems_and_access_points_by_the_aws_command(self):
        fs = self.aws_efs("create-file-system", "--creation-token", "one", "--encrypted", "--tags", "Key=Name,Value=web")
        self.assertRegex(fs["FileSystemId"], "^fs-[0-9a-f]{17}$")
        self.assertEqual((fs["LifeCycleState"], fs["Name"], fs["Encrypted"]), ("available", "web", True))
        self.assertIn("FileSystemAlreadyExists", self.aws_efs("create-file-system", "--creation-token", "one", code=254))
        point = self.aws_efs("create-access-point", "--file-system-id", fs["FileSystemId"],
                             "--posix-user", json.dumps({"Uid": 1000, "Gid": 1001, "SecondaryGids": [1002]}), "--root-directory",
                             "Path=/app,CreationInfo={OwnerUid=1000,OwnerGid=1001,Permissions=0750}")
        self.assertEqual(point["PosixUser"], {"Uid": 1000, "Gid": 1001, "SecondaryGids": [1002]})
        self.assertEqual(point["RootDirectory"]["CreationInfo"]["Permissions"], "0750")
        shown = self.aws_efs("describe-access-points", "--file-system-id", fs["FileSystemId"])["AccessPoints"]
        self.assertEqual([p["AccessPointId"] for p in shown], [point["AccessPointId"]])
        self.aws_efs("tag-resource", "--resource-id", point["AccessPointId"], "--tags", "Key=a,Value=b")
        self.assertEqual(self.aws_efs("list-tags-for-resource", "--resource-id", point["AccessPointId"])["Tags"],
                         [{"Key": "a", "Value": "b"}])
        self.aws_efs("delete-access-point", "--access-point-id", point["AccessPointId"])
        self.assertIn("AccessPointNotFound",
                      self.aws_efs("delete-access-point", "--access-point-id", point["AccessPointId"], code=254))
        self.aws_efs("delete-file-system", "--file-system-id", fs["FileSystemId"])
        self.assertIn("FileSystemNotFound",
                      self.aws_efs("describe-file-systems", "--file-system-id", fs["FileSystemId"], code=254))
        self.assertIn("BadRequest", self.aws_efs("create-access-point", "--file-system-id", "nonsense", code=254))

    # In the order in which Terraform's aws_efs_file_system, aws_efs_backup_policy, aws_efs_file_system_policy and
    # aws_efs_mount_target call.
    def test_what_has_no_effect_here_is_kept_for_who_asks(self):
        efs = self.efs()
        fs = efs.create_file_system(CreationToken="kept", Backup=False)["FileSystemId"]
        self.assertEqual(efs.describe_lifecycle_configuration(FileSystemId=fs)["LifecyclePolicies"], [])
        policies = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
        efs.put_lifecycle_configuration(FileSystemId=fs, LifecyclePolicies=policies)
        with self.assertRaises(efs.exceptions.BadRequest):
            efs.put_lifecycle_configuration(FileSystemId=fs, LifecyclePolicies=[{"TransitionToIA": "AFTER_2_DAYS"}])
        for call in (efs.describe_backup_policy, efs.describe_file_system_policy):
            with self.assertRaises(efs.exceptions.PolicyNotFound):
                call(FileSystemId=fs)
        efs.put_backup_policy(FileSystemId=fs, BackupPolicy={"Status": "ENABLED"})
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        efs.put_file_system_policy(FileSystemId=fs, Policy=policy)
        target = efs.create_mount_target(FileSystemId=fs, SubnetId="subnet-0a1b2c3d", SecurityGroups=["sg-0a1b2c3d"])
        with self.assertRaises(efs.exceptions.MountTargetConflict):
            efs.create_mount_target(FileSystemId=fs, SubnetId="subnet-0a1b2c3d")
        self.daemon.kill()
        self.daemon.start()
        efs = self.efs()
        self.assertEqual(efs.describe_lifecycle_configuration(FileSystemId=fs)["LifecyclePolicies"], policies)
        self.assertEqual(efs.describe_backup_policy(FileSystemId=fs)["BackupPolicy"], {"Status": "ENABLED"})
        self.assertEqual(efs.describe_file_system_policy(FileSystemId=fs)["Policy"], policy)
        shown = efs.describe_mount_targets(MountTargetId=target["MountTargetId"])["MountTargets"]
        self.assertEqual([(t["FileSystemId"], t["SubnetId"], t["LifeCycleState"]) for t in shown],
                         [(fs, "subnet-0a1b2c3d", "available")])
        groups = efs.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"]
        self.assertEqual(groups, ["sg-0a1b2c3d"])
        self.assertEqual(efs.describe_file_systems(FileSystemId=fs)["FileSystems"][0]["NumberOfMountTargets"], 1)
        with self.assertRaises(efs.exceptions.FileSystemInUse):
            efs.delete_file_system(FileSystemId=fs)
        efs.delete_file_system_policy(FileSystemId=fs)
        with self.assertRaises(efs.exceptions.PolicyNotFound):
            efs.describe_file_system_policy(FileSystemId=fs)
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
        with self.assertRaises(efs.exceptions.MountTargetNotFound):
            efs.describe_mount_targets(MountTargetId=target["MountTargetId"])
        efs.delete_file_system(FileSystemId=fs)

    def test_boto3_pages_through_file_systems(self):
        efs = self.efs()
        made = sorted(efs.create_file_system(CreationToken=f"page-{i}")["FileSystemId"] for i in range(5))
        found = [fs["FileSystemId"] for page in efs.get_paginator("describe_file_systems").paginate(
            PaginationConfig={"PageSize": 2}) for fs in page["FileSystems"]]
        self.assertEqual(sorted(set(found) & set(made)), made)
        self.assertEqual(len(found), len(set(found)))
        for fs in made:
            efs.delete_file_system(FileSystemId=fs)

    def point(self, user=None, **root):
        efs = self.efs()
        fs = efs.create_file_system(CreationToken=os.urandom(8).hex())["FileSystemId"]
        ask = {"FileSystemId": fs, "RootDirectory": root or {"Path": "/"}}
        if user:
            ask["PosixUser"] = user
        return fs, efs.create_access_point(**ask)["AccessPointId"]

    def folder(self, fs):
        return self.daemon.root / "volumes/efs" / fs

    def test_an_access_point_is_one_user_for_containers_of_any(self):
        fs, point = self.point({"Uid": 4711, "Gid": 4712}, Path="/app",
                               CreationInfo={"OwnerUid": 4711, "OwnerGid": 4712, "Permissions": "0700"})
        wanted = {"volumes": [efs_volume(fs, point)]}
        self.run_task("root", [mounted("c", "id -u; echo root > /data/root && chmod 600 /data/root && mkdir /data/d")],
                      **wanted)
        out = self.run_task("other", [mounted("c", "cat /data/root && echo other >> /data/root && mv /data/root /data/d/x"
                                                   " && ln /data/d/x /data/y && stat -c '%u:%g %a' /data/y; "
                                                   "chown 33 /data/y 2>&1 | grep -o 'not permitted'", user="33:33")],
                            **wanted)[1]
        self.assertIn("c | root\n", out)
        self.assertIn("c | 4711:4712 600\n", out)
        self.assertIn("not permitted", out)
        top = self.folder(fs) / "app"
        self.assertEqual((top.stat().st_uid, top.stat().st_gid, top.stat().st_mode & 0o7777), (4711, 4712, 0o700))
        self.assertEqual((top / "y").read_text(), "root\nother\n")
        self.assertEqual((top / "y").stat().st_uid, 4711)
        self.assertEqual([m for m in self.mounts() if "/volumes/" in m], [])

    def test_without_creation_info_a_missing_root_directory_fails_the_task(self):
        fs, point = self.point({"Uid": 1, "Gid": 1}, Path="/missing")
        code, out, err = self.run_task("missing", [mounted("c", "true")], check=125, volumes=[efs_volume(fs, point)])
        self.assertIn("without CreationInfo none is made", out + err)

    @unittest.skipUnless(os.path.exists(PYTHON), f"no {PYTHON} here")
    def test_tasks_append_and_lock_together_and_outlive_the_daemon(self):
        archive = self.daemon.base / "python.tar"
        host_image.make(archive, "python:latest", programs=[PYTHON], folders=[("/usr/lib/python3.11",) * 2],
                        files={"/count.py": COUNTING.encode()})
        self.daemon.drydock("load", "-i", archive, check=0, timeout=120)
        fs, point = self.point({"Uid": 4711, "Gid": 4712}, Path="/", )
        folder = self.folder(fs)
        folder.mkdir(parents=True)
        for name, text in (("fcntl", "0"), ("flock", "0"), ("log", "")):
            (folder / name).write_text(text)
        for path in (folder, *folder.iterdir()):
            os.chown(path, 4711, 4712)
        ways = {"root": ("0", efs_volume(fs, point)), "other": ("33:33", efs_volume(fs, point)),
                "plain": ("4711:4712", efs_volume(fs))}
        plain = [self.start(name, [mounted("c", [PYTHON, "/count.py"], user=user, image="python:latest",
                                           environment=[{"name": "NAME", "value": name}])], volumes=[volume])
                 for name, (user, volume) in ways.items()]
        self.daemon.kill()
        self.daemon.start()
        until(lambda: len(list(folder.glob("done-*"))) == 3, 60, "the writers' end")
        self.assertEqual([(folder / kind).read_text() for kind in ("fcntl", "flock")], ["900", "900"])
        self.assertEqual((folder / "log").read_text(), "line of a task\n" * 900)
        code, out, err = self.daemon.drydock("volumes", "rm", fs, check=1)
        self.assertIn("is in use by task", err)
        rows = json.loads(self.daemon.drydock("volumes", "ls", "--json", check=0)[1])["volumes"]
        row = next(r for r in rows if r["name"] == fs)
        self.assertEqual(sorted(row["usedBy"]), sorted(plain))
        self.assertGreater(row["size"], 0)
        self.daemon.drydock("stop", "--now", *plain, check=0)
        for task in plain:
            self.daemon.drydock("wait", task)
        until(lambda: not [m for m in self.mounts() if "/volumes/" in m], 20, "the mounts' end")
        self.daemon.drydock("daemon", "reset", check=0)
        self.assertTrue((self.folder(fs) / "log").exists(), "a reset keeps EFS data")
        self.daemon.drydock("volumes", "rm", fs, check=0)
        self.assertFalse(self.folder(fs).exists())

    def test_a_killed_server_is_replaced_for_the_next_task(self):
        fs, point = self.point({"Uid": 4711, "Gid": 4712}, Path="/a",
                               CreationInfo={"OwnerUid": 4711, "OwnerGid": 4712, "Permissions": "0755"})
        task = self.start("kept", [mounted("c", "sleep 60")], volumes=[efs_volume(fs, point)])
        server = [p for p in os.listdir("/proc") if p.isdigit() and self.is_server(p, point)]
        self.assertEqual(len(server), 1)
        os.kill(int(server[0]), 9)
        self.run_task("next", [mounted("c", "touch /data/x")], volumes=[efs_volume(fs, point)])
        self.assertTrue((self.folder(fs) / "a/x").exists())
        self.daemon.drydock("stop", "--now", task, check=0)

    @staticmethod
    def is_server(pid, point):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read().decode()
        except OSError:
            return False
        return "drydock-efs" in line and point in line

    def test_the_example_prints_what_it_promises(self):
        self.assertEqual(*self.daemon.example("efs"))

    def test_a_mapped_folder_is_the_file_system_and_is_never_removed(self):
        folder = self.daemon.base / "mine"
        folder.mkdir()
        (folder / "there").write_text("before\n")
        self.daemon.drydock("volumes", "map", "fs-mapped1", folder, check=0)
        out = self.run_task("mapped", [mounted("c", "cat /data/there; echo after > /data/new")],
                            volumes=[efs_volume("fs-mapped1")])[1]
        self.assertEqual(out, "c | before\n")
        self.assertEqual((folder / "new").read_text(), "after\n")
        self.daemon.kill()
        self.daemon.start()
        shown = json.loads(self.daemon.drydock("volumes", "inspect", "fs-mapped1", check=0)[1])[0]
        self.assertEqual((shown["folder"], shown["mapped"]), (str(folder), True))
        self.daemon.drydock("volumes", "rm", "fs-mapped1", check=0)
        self.assertTrue((folder / "there").exists())
        self.assertIn("does not exist", self.daemon.drydock("volumes", "map", "fs-mapped1", "/no/such", check=1)[2])

    def test_what_a_file_system_held_before_it_was_mapped_is_not_removed_unseen(self):
        def shows(command):
            return self.run_task("own", [mounted("c", command)], volumes=[efs_volume("fs-own1")])[1]

        shows("echo precious > /data/f")
        (self.daemon.base / "other").mkdir()
        noted = subprocess.run([BIN / "drydock", "volumes", "map", "fs-own1", "other"], cwd=self.daemon.base,
                               env=self.daemon.env(), check=True, capture_output=True, text=True).stderr
        self.assertIn(f"fs-own1 is {self.daemon.base}/other", noted)
        self.assertIn("what it held before stays in", noted)
        self.assertIn("unmap it first", self.daemon.drydock("volumes", "rm", "fs-own1", check=1)[2])
        self.daemon.drydock("volumes", "map", "fs-own1", "--remove", check=0)
        self.assertEqual(shows("cat /data/f"), "c | precious\n")
        self.daemon.drydock("volumes", "rm", "fs-own1", check=0)
        self.assertEqual(shows("ls /data"), "")


class Others(VolumeCase):
    def test_a_shared_docker_volume_is_kept_with_its_labels_until_it_is_pruned(self):
        volume = {"name": "data", "dockerVolumeConfiguration": {
            "scope": "shared", "autoprovision": True, "driver": "local", "labels": {"team": "web"}}}
        self.run_task("write", [mounted("c", "echo kept > /data/x")], requiresCompatibilities=["EC2"], volumes=[volume])
        out = self.run_task("read", [mounted("c", "cat /data/x")], requiresCompatibilities=["EC2"], volumes=[volume])[1]
        self.assertEqual(out, "c | kept\n")
        shown = json.loads(self.daemon.drydock("volumes", "inspect", "data", check=0)[1])[0]
        self.assertEqual((shown["kind"], shown["labels"]), ("docker", {"team": "web"}))
        self.assertEqual(self.daemon.drydock("volumes", "prune", "--dry-run", check=0)[1], "data\n")
        self.assertEqual(self.daemon.drydock("prune", "--volumes", check=0)[1].splitlines()[-1], "volume data")
        self.assertEqual(self.daemon.drydock("volumes", "inspect", "data", check=1)[1], "")

    def test_a_shared_docker_volume_with_other_options_is_refused(self):
        def docker(size):
            return {"requiresCompatibilities": ["EC2"], "volumes": [{"name": "cache", "dockerVolumeConfiguration": {
                "scope": "shared", "autoprovision": True,
                "driverOpts": {"type": "tmpfs", "device": "tmpfs", "o": f"size={size}"}}}]}

        c = container("c", "true", mountPoints=[{"sourceVolume": "cache", "containerPath": "/c"}])
        self.run_task("cache1", [c], **docker("1m"))
        code, out, err = self.run_task("cache2", [c], check=125, **docker("2m"))
        self.assertIn('it exists with driverOpts {"device":"tmpfs","o":"size=1m","type":"tmpfs"}', out + err)
        self.daemon.drydock("volumes", "rm", "cache", check=0)
        self.run_task("cache2", [c], **docker("2m"))
        self.daemon.drydock("volumes", "rm", "cache", check=0)

    def test_driver_options_mount_a_tmpfs_or_bind_a_folder_and_refuse_what_is_not_there(self):
        def docker(options):
            return {"requiresCompatibilities": ["EC2"],
                    "volumes": [{"name": "data", "dockerVolumeConfiguration": {"driverOpts": options}}]}

        out = self.run_task("tmpfs", [mounted("c", "grep ' /data ' /proc/mounts; df -k /data | tail -1")],
                            **docker({"type": "tmpfs", "device": "tmpfs", "o": "size=2m,noexec"}))[1]
        self.assertIn("tmpfs rw,nosuid,nodev,noexec", out)
        self.assertIn("2048", out)
        folder = self.daemon.base / "bound"
        folder.mkdir()
        self.run_task("bind", [mounted("c", "echo x > /data/x")],
                      **docker({"type": "none", "device": str(folder), "o": "bind"}))
        self.assertTrue((folder / "x").exists())
        code, out, err = self.run_task("none", [mounted("c", "true")], check=125,
                                       **docker({"type": "nosuchfs", "device": "x"}))
        self.assertIn("kernel has no such file system", out + err)
        self.assertEqual([m for m in self.mounts() if "/volumes/" in m], [])

    def run_ebs(self, name, script, **managed):
        volume = {"name": "data", "configuredAtLaunch": True}
        self.daemon.call("CreateCluster", {})  # Debian's clients do not know EBS volumes
        self.daemon.call("RegisterTaskDefinition", definition(name, [mounted("c", script)], volumes=[volume]))
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        _, answer = self.daemon.call("RunTask", {"taskDefinition": name, "networkConfiguration": network,
                                                 "volumeConfigurations": [{"name": "data", "managedEBSVolume": {
                                                     "roleArn": "arn:aws:iam::1:role/ebs", **managed}}]})
        self.assertIn("tasks", answer, answer)
        task = answer["tasks"][0]
        self.daemon.drydock("wait", task["taskArn"].split("/")[-1])
        return task, self.daemon.drydock("logs", task["taskArn"].split("/")[-1], check=0)[1]

    def test_an_ebs_volume_has_its_size_and_type_and_goes_with_its_task(self):
        for kind in ("ext4", "xfs"):
            task, out = self.run_ebs("ebs-" + kind, "grep ' /data ' /proc/mounts | cut -d' ' -f3; "
                                     "df -m /data | tail -1 | tr -s ' ' | cut -d' ' -f2; "
                                     "dd if=/dev/zero of=/data/x bs=1M count=2000 2>&1 | grep -o 'No space left'",
                                     sizeInGiB=1, filesystemType=kind)
            lines = [line.split("| ")[1] for line in out.splitlines()]
            self.assertEqual(lines[0], kind)
            self.assertTrue(850 < int(lines[1]) <= 1024, lines)
            self.assertEqual(lines[2], "No space left")
            block = [a for a in task["attachments"] if a["type"] == "AmazonElasticBlockStorage"][0]
            details = {d["name"]: d["value"] for d in block["details"]}
            self.assertEqual((details["volumeName"], details["deleteOnTermination"]), ("data", "true"))
            until(lambda: not (self.daemon.root / "volumes/ebs" / details["volumeId"]).exists(), 20, "its removal")

    def test_an_ebs_volume_that_is_to_be_kept_is_listed_and_removed_by_command(self):
        task, _ = self.run_ebs("ebs-kept", "echo x > /data/x", sizeInGiB=1, filesystemType="ext4",
                               terminationPolicy={"deleteOnTermination": False})
        rows = json.loads(self.daemon.drydock("volumes", "ls", "--json", check=0)[1])["volumes"]
        row = next(r for r in rows if r["kind"] == "ebs")
        self.assertEqual((row["sizeInGiB"], row["filesystemType"]), (1, "ext4"))
        self.assertLess(row["size"], 200 << 20, "the file is sparse")
        until(lambda: self.daemon.drydock("volumes", "rm", row["name"])[0] == 0, 20, "its removal")
        self.assertFalse(os.path.exists(row["folder"]))

    def test_the_size_of_an_ebs_volume_is_a_flag_of_run(self):
        out = self.run_task("ebs-flag", [mounted("c", "df -m /data | tail -1 | tr -s ' ' | cut -d' ' -f2")],
                            "--volume-size", "data=2", volumes=[{"name": "data", "configuredAtLaunch": True}])[1]
        self.assertTrue(1850 < int(out.split("| ")[1]) <= 2048, out)
        self.assertIn("does not have a matching volume", self.run_task(
            "ebs-flag", [mounted("c", "true")], "--volume-size", "other=2", check=125,
            volumes=[{"name": "data", "configuredAtLaunch": True}])[2])

    def test_what_ebs_cannot_be_here_is_refused_by_run_task(self):
        for managed, text in (({"snapshotId": "snap-1"}, "snapshotId is not there"), ({"sizeInGiB": 0}, "sizeInGiB"),
                              ({"sizeInGiB": 1, "filesystemType": "ntfs"}, "ext3,ext4,xfs")):
            with self.assertRaisesRegex(AssertionError, text):
                self.run_ebs("ebs-no", "true", **managed)

    def test_volumes_are_shared_nested_read_only_and_taken_from_others(self):
        first = container("a", "echo one > /data/x; mkdir -p /data/in; echo two > /data/in/y; sleep 0.2; echo ok",
                          essential=False, mountPoints=[{"sourceVolume": "data", "containerPath": "/data"},
                                                        {"sourceVolume": "inner", "containerPath": "/data/in"}])
        second = container("b", "cat /data/x /data/in/y; echo no 2>&1 > /data/z; mount | grep -c ' /data'",
                           volumesFrom=[{"sourceContainer": "a", "readOnly": True}],
                           dependsOn=[{"containerName": "a", "condition": "SUCCESS"}])
        out = self.run_task("shared", [first, second], check=0, volumes=[{"name": "data"}, {"name": "inner", "host": {}}])[1]
        for text in ("b | one\n", "b | two\n", "b | 2\n"):
            self.assertIn(text, out)
        self.assertRegex(out, "b \\| .*Read-only file system")


if __name__ == "__main__":
    unittest.main()
