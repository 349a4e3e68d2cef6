"""What a container sees of each parameter of its task definition: ids, limits, mounts, capabilities, signals."""
import json
import os
import pathlib
import shutil
import tempfile

from harness import Daemon, DaemonCase, Snapshot, container, definition, until

V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
MIB = 1 << 20
# Capability bits (linux/capability.h).
DEFAULT = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
CHOWN, NET_RAW, SYS_PTRACE = 0, 13, 19

# A container's own control group, as it finds it: memory, reservation, memory and swap, weight.
if V2:
    SIZES = ("cd /sys/fs/cgroup; echo memory=$(cat memory.max); echo soft=$(cat memory.low); "
             "echo swap=$(cat memory.swap.max 2>/dev/null); echo weight=$(cat cpu.weight)")
else:
    SIZES = ("cd /sys/fs/cgroup; echo memory=$(cat memory/memory.limit_in_bytes); "
             "echo soft=$(cat memory/memory.soft_limit_in_bytes); "
             "echo swap=$(cat memory/memory.memsw.limit_in_bytes 2>/dev/null); "
             "echo swappiness=$(cat memory/memory.swappiness); echo weight=$(cat cpu/cpu.shares)")


def weight(shares):
    return str(1 + (shares - 2) * 9999 // 262142 if V2 else shares)


def bits(text):
    return {n for n in range(64) if int(text, 16) >> n & 1}


def host_capabilities():
    """What this machine lets the daemon have at all."""
    return bits(next(l for l in open("/proc/self/status") if l.startswith("CapBnd")).split()[1])


def ec2(name, containers, **more):
    return definition(name, containers, requiresCompatibilities=["EC2"], networkMode="bridge", **more)


class ParameterCase(DaemonCase):
    def facts(self, output, name):
        """The lines key=value that container `name` wrote."""
        lines = [l.split(" | ", 1)[1].rstrip("\r") for l in output.splitlines() if l.startswith(name + " | ")]
        return dict(l.split("=", 1) for l in lines if "=" in l)

    def run_facts(self, document, *flags):
        code, out, err = self.run_task(document, *flags)
        self.assertEqual(code, 0, out + err)
        return (lambda name: self.facts(out, name)), err

    def started(self, document, marker):
        """A task in the background whose containers have all written `marker`."""
        task = self.daemon.drydock("run", "-d", self.file(document), check=0)[1].strip()
        count = len(document["containerDefinitions"])
        until(lambda: self.daemon.drydock("logs", task, check=0)[1].count(marker) == count, what=f"{marker} of all")
        return task, self.daemon.drydock("logs", task, check=0)[1]

    def described(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]


class Parameters(ParameterCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-env-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "one.env").write_text("# a comment\nFROM_ONE=1\nBOTH=one\nTEXT=file\nQUOTED=\"q\" \n")
        (cls.folder / "dir").mkdir()
        (cls.folder / "dir" / "two.env").write_bytes(b"FROM_TWO=2\r\nBOTH=two\r\n")
        cls.config = {"tasks": {"privileged": True}, "s3": {"objects": {
            "arn:aws:s3:::bucket/one.env": str(cls.folder / "one.env"), "bucket/dir/": str(cls.folder / "dir")}}}
        super().setUpClass()
        cls.before = cls.held()

    def test_of_a_container_on_fargate(self):
        end = "; echo all=told; exec sleep 1000"
        doc = definition("fargate", [
            container("process", [
                "echo uid=$(id -u); echo gid=$(id -g); echo cwd=$(pwd); echo soft=$(ulimit -Sn); echo hard=$(ulimit -Hn); "
                "echo core=$(ulimit -c); env" + end],
                entryPoint=["sh", "-c"], user="www", workingDirectory="/made/for/it", environment=[{"name": "TEXT", "value": "definition"}],
                environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::bucket/" + n} for n in ("one.env", "dir/two.env")],
                ulimits=[{"name": "nofile", "softLimit": 500, "hardLimit": 600}, {"name": "core", "softLimit": 0, "hardLimit": 0}]),
            container("numbers", "id; echo uid=$(id -u); echo gid=$(id -g); echo groups=$(id -G)" + end, user="4321:www"),
            container("confined", "grep Cap /proc/self/status | tr -d '\\t' | tr : =; echo first=$(cat /proc/1/comm); "
                      "touch /written 2>&1 | sed 's/^/root=/'; touch /scratch/x && echo scratch=written; "
                      "grep ' /scratch ' /proc/mounts | sed 's/^/mount=/'; echo mqueue=$(cat /proc/sys/fs/mqueue/msg_max); "
                      "echo keepalive=$(cat /proc/sys/net/ipv4/tcp_keepalive_time)" + end,
                      readonlyRootFilesystem=True,
                      systemControls=[{"namespace": "fs.mqueue.msg_max", "value": "77"},
                                      {"namespace": "net.ipv4.tcp_keepalive_time", "value": "123"}],
                      linuxParameters={"initProcessEnabled": True,
                                       "capabilities": {"add": ["SYS_PTRACE"], "drop": ["NET_RAW", "CHOWN"]},
                                       "tmpfs": [{"containerPath": "/scratch", "size": 16, "mountOptions": ["exec", "mode=700"]}]}),
            container("plain", "grep -E 'Cap|Seccomp:|NoNew' /proc/self/status | tr -d '\\t' | tr : =; echo first=$(cat /proc/1/comm); "
                      "echo hard=$(ulimit -Hn); grep ' /dev/shm ' /proc/mounts | sed 's/^/shm=/'; touch /written && echo root=written; "
                      "timeout 1 cat; echo stdin=$?; [ -t 0 ] || echo tty=no; echo mqueue=$(cat /proc/sys/fs/mqueue/msg_max); "
                      "echo keepalive=$(cat /proc/sys/net/ipv4/tcp_keepalive_time); " + SIZES + end),
            container("sized", SIZES + end, cpu=128, memory=64, memoryReservation=32),
            container("listening", "timeout 1 cat; echo stdin=$?" + end, interactive=True),
            container("terminal", "echo stdin=$(tty); [ -t 1 ] && [ -t 2 ] && echo tty=yes; echo term=$TERM; timeout 1 cat; "
                      "echo read=$?; echo err=here >&2" + end, pseudoTerminal=True, interactive=True),
            container("polite", "trap 'echo signal=TERM; exit 5' TERM; echo all=told; while :; do sleep 0.1; done", stopTimeout=60),
            container("stubborn", "trap '' TERM; echo all=told; while :; do sleep 1; done", stopTimeout=2),
        ], cpu="1 vCPU", memory="2 GB")
        for c in doc["containerDefinitions"]:  # as process 1 `sleep` ignores SIGTERM, but not below an init
            c.setdefault("stopTimeout", 2)
        task, out = self.started(doc, "all=told")
        told = lambda name: self.facts(out, name)
        here = host_capabilities()

        process = told("process")
        self.assertEqual([process[k] for k in ("uid", "gid", "cwd", "soft", "hard", "core")],
                         ["1000", "1000", "/made/for/it", "500", "600", "0"])
        self.assertEqual([process[k] for k in ("FROM_ONE", "FROM_TWO", "BOTH", "TEXT", "QUOTED")],
                         ["1", "2", "one", "definition", '"q" '])
        self.assertEqual(process["HOME"], "/var/www")
        numbers = told("numbers")
        self.assertEqual([numbers[k] for k in ("uid", "gid", "groups")], ["4321", "1000", "1000"])

        confined = told("confined")
        wanted = (DEFAULT | {SYS_PTRACE}) - {NET_RAW, CHOWN} & here
        for kind in ("CapPrm", "CapEff", "CapBnd"):
            self.assertEqual(bits(confined[kind]), wanted, kind)
        self.assertEqual(bits(confined["CapInh"]), set())
        self.assertEqual(confined["first"], "docker-init")
        self.assertIn("Read-only file system", confined["root"])
        self.assertEqual(confined["scratch"], "written")
        options = confined["mount"].split()[3].split(",")
        self.assertTrue({"nosuid", "nodev", "size=16384k", "mode=700"} <= set(options), options)
        self.assertNotIn("noexec", options)
        self.assertEqual([confined["mqueue"], confined["keepalive"]], ["77", "123"])

        plain = told("plain")
        self.assertEqual(bits(plain["CapEff"]), DEFAULT & here)
        self.assertEqual([plain["Seccomp"], plain["NoNewPrivs"], plain["first"], plain["root"]], ["2", "0", "sh", "written"])
        notes = self.described(task)["local"]["notes"]
        clamped = [n for n in notes if "ulimit nofile" in n]
        if plain["hard"] != "65535":  # only with a note
            self.assertTrue(clamped, notes)
        self.assertIn("size=65536k", plain["shm"])
        self.assertEqual([plain["stdin"], plain["tty"]], ["0", "no"])  # end of file at once
        self.assertNotEqual(plain["mqueue"], "77")                      # an IPC namespace of its own
        self.assertEqual(plain["keepalive"], "123")                     # the task's network
        self.assertEqual(plain["weight"], weight(2))

        sized = told("sized")
        self.assertEqual([sized["memory"], sized["soft"], sized["weight"]], [str(64 * MIB), str(32 * MIB), weight(128)])
        if sized["swap"]:  # none on top
            self.assertEqual(sized["swap"], "0" if V2 else str(64 * MIB))

        self.assertNotEqual(told("listening")["stdin"], "0")  # open, and nothing came
        terminal = told("terminal")
        self.assertRegex(terminal["stdin"], r"^/dev/pts/\d+$|^/dev/console$")
        self.assertEqual([terminal["tty"], terminal["term"], terminal["err"]], ["yes", "xterm", "here"])
        self.assertNotEqual(terminal["read"], "0")

        self.limits_of_the_task(task)
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task, "--for", "stopped", timeout=90)
        codes = {c["name"]: c.get("exitCode") for c in self.described(task)["containers"]}
        self.assertEqual([codes[c] for c in ("polite", "stubborn", "sized", "confined")], [5, 137, 137, 143])
        self.assertIn("polite | signal=TERM", self.daemon.drydock("logs", task, check=0)[1])

    def limits_of_the_task(self, task):
        """1024 CPU units and 2048 MiB, on the group above its containers."""
        group = os.path.dirname(self.described(task)["local"]["containers"][0]["cgroup"])
        text = lambda controller, file: pathlib.Path(
            f"/sys/fs/cgroup{'' if V2 else '/' + controller}{group}/{file}").read_text().strip()
        if V2:
            self.assertEqual([text("cpu", "cpu.max"), text("memory", "memory.max")], ["100000 100000", str(2048 * MIB)])
        else:
            self.assertEqual([text("cpu", "cpu.cfs_quota_us"), text("memory", "memory.limit_in_bytes")],
                             ["100000", str(2048 * MIB)])

    def test_labels_and_overrides_of_files_and_environment(self):
        doc = definition("labels", [container(
            "app", "env; wget -qO - $ECS_CONTAINER_METADATA_URI_V4 | sed 's/^/document=/'",
            dockerLabels={"team": "dock"}, environment=[{"name": "A", "value": "definition"}],
            environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::bucket/one.env"}])])
        overrides = self.daemon.base / "overrides.json"
        overrides.write_text(json.dumps({"containerOverrides": [{
            "name": "app", "environment": [{"name": "A", "value": "override"}],
            "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/dir/two.env"}]}]}))
        told, _ = self.run_facts(doc, "--overrides", overrides)
        app = told("app")
        self.assertEqual([app["A"], app["BOTH"], app.get("FROM_ONE")], ["override", "two", None])
        self.assertEqual(json.loads(app["document"])["Labels"]["team"], "dock")

    def test_env_file_of_a_run(self):
        file = self.daemon.base / "mine.env"
        file.write_text("BOTH=mine\n")
        named = definition("named", [container("app", "env", environmentFiles=[
            {"type": "s3", "value": "arn:aws:s3:::bucket/one.env"}, {"type": "s3", "value": "arn:aws:s3:::far/away.env"}])])
        told, err = self.run_facts(named, "--env-file", f"away.env={file}")
        self.assertEqual([told("app")["BOTH"], told("app")["FROM_ONE"]], ["one", "1"])
        self.assertIn("files of this machine stand in for the objects", err)
        bare = definition("bare", [container("a", "env", essential=False), container(
            "b", "env", dependsOn=[{"containerName": "a", "condition": "COMPLETE"}])])
        told, _ = self.run_facts(bare, "--env-file", file)
        self.assertEqual([told("a")["BOTH"], told("b")["BOTH"]], ["mine", "mine"])
        code, _, err = self.run_task(named, "--env-file", file)
        self.assertEqual(code, 125, err)
        self.assertIn("bucket/one.env, far/away.env", err)

    def test_pid_mode_task(self):
        """One PID namespace: they see each other; process 1 reaps; stop and kill end everything, also after a crash."""
        doc = definition("pids", [
            container("a", "(sh -c 'sleep 0.2; exit 3' &); (setsid sleep 98765 &); trap '' TERM; echo all=told; while :; do sleep 1; done",
                      stopTimeout=2),
            container("b", "until ps | grep -q 'sleep 9876[5]'; do sleep 0.1; done; echo ns=$(readlink /proc/self/ns/pid); "
                      "echo first=$(cat /proc/1/comm); echo parent=$(cut -d' ' -f4 /proc/$(pidof sleep | tr ' ' '\\n' | "
                      "while read p; do grep -q 98765 /proc/$p/cmdline && echo $p; done)/stat); "
                      "sleep 1; echo zombies=$(cat /proc/[0-9]*/stat | grep -c ') Z '); echo all=told; exec sleep 1000"),
        ], pidMode="task")
        task, out = self.started(doc, "all=told")
        b = self.facts(out, "b")
        self.assertEqual([b["first"], b["parent"], b["zombies"]], ["drydock-shim", "1", "0"])
        self.assertNotEqual(b["ns"], os.readlink("/proc/self/ns/pid"))
        code, out, _ = self.daemon.drydock("exec", task, "-c", "b", "--", "ps")
        self.assertIn("sleep 98765", out)
        self.daemon.kill()  # and the next daemon goes on with them
        self.daemon.start()
        self.assertEqual(self.described(task)["lastStatus"], "RUNNING")
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task, "--for", "stopped", timeout=90)
        codes = {c["name"]: c.get("exitCode") for c in self.described(task)["containers"]}
        self.assertEqual(codes, {"a": 137, "b": 143})
        left = [p for p in os.listdir("/proc") if p.isdigit() and b"98765" in self.command_line(p)]
        self.assertEqual(left, [])
        until(lambda: self.held() == self.before, what="nothing is left")

    @classmethod
    def held(cls):
        parts = Snapshot(cls.daemon, cls.daemon.instance()).parts
        return {kind: parts[kind] for kind in ("mounts", "cgroups", "shims", "tasks", "runc", "volumes")}

    @staticmethod
    def command_line(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return b""

    def test_of_containers_on_ec2(self):
        device = next(d for d in ("/dev/fuse", "/dev/loop-control", "/dev/net/tun") if os.path.exists(d))
        facts = "grep -E 'CapEff|Seccomp:|NoNew' /proc/self/status | tr -d '\\t' | tr : =; echo ipc=$(readlink /proc/self/ns/ipc); "
        doc = ec2("ec2", [
            container("writer", facts + "echo shared > /dev/shm/note; grep ' /dev/shm ' /proc/mounts | sed 's/^/shm=/'; " + SIZES,
                      essential=False, memory=64, linuxParameters={"sharedMemorySize": 96, "maxSwap": 32, "swappiness": 15},
                      systemControls=[{"namespace": "kernel.shmmax", "value": "123456"}],
                      dockerSecurityOptions=["no-new-privileges"]),
            container("reader", facts + "echo note=$(cat /dev/shm/note); echo shmmax=$(cat /proc/sys/kernel/shmmax); "
                      "(: < /dev/mine) && echo read=yes; (: > /dev/mine) 2>&1 | sed 's/^/write=/'",
                      essential=False, dependsOn=[{"containerName": "writer", "condition": "SUCCESS"}],
                      dockerSecurityOptions=["seccomp=unconfined", "label:disable"],
                      linuxParameters={"devices": [{"hostPath": device, "containerPath": "/dev/mine", "permissions": ["read"]}]}),
            container("root", facts + "echo devices=$(find /dev -type c -o -type b | wc -l); ls -l " + device + " | sed 's/^/node=/'; "
                      "mount -o remount,rw /sys && echo sys=writable", privileged=True,
                      dependsOn=[{"containerName": "reader", "condition": "SUCCESS"}]),
        ], ipcMode="task")
        told, err = self.run_facts(doc)
        writer, reader, root = told("writer"), told("reader"), told("root")
        self.assertEqual([writer["NoNewPrivs"], writer["Seccomp"]], ["1", "2"])
        self.assertIn("size=98304k", writer["shm"])
        self.assertEqual(writer["memory"], str(64 * MIB))
        if writer["swap"]:
            self.assertEqual(writer["swap"], str(32 * MIB if V2 else 96 * MIB))
        if V2:
            self.assertIn("swappiness has no effect", err)
        else:
            self.assertEqual(writer["swappiness"], "15")
        self.assertEqual({writer["ipc"]}, {reader["ipc"]})
        self.assertNotEqual(writer["ipc"], os.readlink("/proc/self/ns/ipc"))
        self.assertEqual([reader["note"], reader["shmmax"]], ["shared", "123456"])
        self.assertEqual([reader["Seccomp"], reader["NoNewPrivs"], reader["read"]], ["0", "0", "yes"])
        self.assertIn("Operation not permitted", reader["write"])
        self.assertIn("label:disable has no effect", err)
        self.assertEqual(bits(root["CapEff"]), host_capabilities())
        self.assertEqual([root["Seccomp"], root["sys"]], ["0", "writable"])
        self.assertIn(device, root["node"])
        self.assertGreater(int(root["devices"]), 15)

    def test_the_namespaces_of_this_machine(self):
        own = "echo pid=$(readlink /proc/self/ns/pid); echo ipc=$(readlink /proc/self/ns/ipc); "
        name = f"drydock-test-{os.getpid()}"
        pathlib.Path(f"/dev/shm/{name}").write_text("of the host")
        try:
            told, err = self.run_facts(ec2("host", [container(
                "app", own + f"echo daemon=$(cat /proc/{self.daemon.process.pid}/comm); echo note=$(cat /dev/shm/{name})",
                linuxParameters={"sharedMemorySize": 96})], pidMode="host", ipcMode="host"))
        finally:
            os.unlink(f"/dev/shm/{name}")
        app = told("app")
        self.assertEqual([app["pid"], app["ipc"]], [os.readlink(f"/proc/self/ns/{n}") for n in ("pid", "ipc")])
        self.assertEqual([app["daemon"], app["note"]], ["drydockd", "of the host"])
        self.assertIn("sharedMemorySize has no effect with ipcMode host", err)
        told, _ = self.run_facts(ec2("alone", [container("app", own + "echo shm=$(grep -c ' /dev/shm ' /proc/mounts)")],
                                     ipcMode="none"))
        self.assertEqual(told("app")["shm"], "0")
        self.assertNotEqual(told("app")["ipc"], os.readlink("/proc/self/ns/ipc"))

    def test_a_task_larger_than_this_machine(self):
        doc = definition("large", [container("app", SIZES, memory=122000)], cpu="16384", memory="122880")
        code, out, err = self.run_task(doc)
        self.assertEqual(code, 0, err)
        units = len(os.sched_getaffinity(0)) * 1024
        if units < 16384:
            self.assertIn(f"the task asks for 16384 CPU units and this machine has {units}: it gets what there is", err)
        total = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1]) // 1024
        self.assertLess(total, 122000)
        self.assertEqual(self.facts(out, "app")["memory"], str(total * MIB))
        code, _, err = self.run_task(doc, "--strict")
        self.assertEqual(code, 125, err)
        self.assertRegex(err, r"RESOURCE:(CPU|MEMORY)")


class Refusals(ParameterCase):
    def test_the_examples(self):
        for name in ("environment-files", "parameters"):
            self.assertEqual(*self.daemon.example(name))

    def refused(self, document, *texts):
        code, out, err = self.run_task(document)
        self.assertNotEqual(code, 0, out)
        for text in texts:
            self.assertIn(text, err)
        return err

    def test_privileged_needs_the_operators_word(self):
        for more in ({"privileged": True}, {"dockerSecurityOptions": ["seccomp=unconfined"]}):
            self.refused(ec2("root", [container("app", "true", **more)]), "ATTRIBUTE", "tasks.privileged")
        arn = self.daemon.call("RegisterTaskDefinition", ec2("api", [container("app", "true", privileged=True)]))[1]
        self.daemon.call("CreateCluster", {})
        answer = self.daemon.call("RunTask", {"taskDefinition": arn["taskDefinition"]["taskDefinitionArn"], "count": 2})[1]
        self.assertEqual([f["reason"] for f in answer["failures"]], ["ATTRIBUTE"] * 2)
        self.assertEqual(answer["tasks"], [])

    def test_a_missing_environment_file_stops_the_task_before_anything_starts(self):
        doc = definition("lost", [
            container("first", "echo started"),
            container("app", "env", environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::nobody/lost.env"}])])
        code, out, err = self.run_task(doc)
        self.assertNotEqual(code, 0)
        self.assertNotIn("started", out)
        self.assertIn("ResourceInitializationError: failed to download env files: ", err)
        self.assertIn("arn:aws:s3:::nobody/lost.env: NoSuchKey", err)

    def test_what_this_machine_cannot_run(self):
        arm = os.uname().machine == "aarch64"
        if not pathlib.Path("/proc/sys/fs/binfmt_misc/qemu-" + ("x86_64" if arm else "aarch64")).exists():
            self.refused(definition("foreign", [container("app", "true")], runtimePlatform={
                "cpuArchitecture": "X86_64" if arm else "ARM64", "operatingSystemFamily": "LINUX"}),
                "CannotPullContainerError", "does not contain descriptor matching platform 'linux/" + ("amd64" if arm else "arm64"),
                "qemu-user-static")
        self.refused(definition("windows", [container("app", "true")], cpu="1024", memory="2048", runtimePlatform={
            "cpuArchitecture": "X86_64", "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
            "CannotPullContainerError", "'windows/amd64'")

    def test_users_folders_and_commands_that_do_not_exist(self):
        self.refused(definition("user", [container("app", "true", user="nobody-there")]),
                     "CannotStartContainerError: unable to find user nobody-there: no matching entries in passwd file")
        self.refused(definition("group", [container("app", "true", user="www:nothing")]),
                     "unable to find group nothing: no matching entries in group file")
        self.refused(definition("folder", [container("app", "true", workingDirectory="here")]),
                     "the working directory 'here' is invalid, it needs to be an absolute path")
        self.refused(definition("command", [container("app", ["/not/there"])]), "CannotStartContainerError")
