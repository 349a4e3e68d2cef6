"""FireLens: a log router with what ECS gives it, and lines that arrive whoever is killed."""
import importlib.util
import json
import pathlib
import socket
import unittest

import harness
import loss
from harness import SLOW, Daemon, container, definition, until

build = importlib.util.spec_from_file_location("build", harness.REPO / "examples/firelens/build.py")
IMAGE = "drydock/example-router:latest"
HAS_ROUTER = all(pathlib.Path(p).exists() for p in ("/usr/bin/python3.11", "/usr/lib/python3/dist-packages/msgpack"))
# Starts the router again when it ends.
KEEPER = "import subprocess\nwhile True: subprocess.run(['/usr/bin/python3.11', '/router.py'])"
KILL = "import os, pathlib\n" \
       "for p in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n" \
       "    if p.read_bytes().split(b'\\0')[1:2] == [b'/router.py']: os.kill(int(p.parent.name), 9)"


def router(command=None, **more):
    more.setdefault("firelensConfiguration", {"type": "fluentbit"})
    return container("router", command or ["python3.11", "/router.py"], image=IMAGE, **more)


def client(name, command, options=None, **more):
    log = {"logDriver": "awsfirelens", "options": options or {}}
    return container(name, command, logConfiguration=log, **more)


@unittest.skipUnless(HAS_ROUTER, "no python3.11 with msgpack here")
class Firelens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()
        module = importlib.util.module_from_spec(build)
        build.loader.exec_module(module)
        archive = cls.daemon.base / "router.tar"
        module.make(archive)
        cls.daemon.drydock("load", "-i", archive, check=0, timeout=120)
        archive.unlink()

    def start(self, containers, **more):
        path = self.daemon.base / (self.id().split(".")[-1] + ".json")
        path.write_text(json.dumps(definition("fl", containers, **more)))
        task = self.daemon.drydock("run", "-d", path, check=0)[1].strip()
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        return task

    def described(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])

    def local(self, task, name):
        return next(c for c in self.described(task)["tasks"][0]["local"]["containers"] if c["name"] == name)

    def arrived(self, task):
        """The records that the router wrote."""
        lines = self.daemon.drydock("logs", "--no-prefix", task, "router", check=0)[1].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def numbers(self, task, stream="stdout"):
        return [int(r["log"].split()[1]) for r in self.arrived(task)
                if r["source"] == stream and r["log"].startswith("n ")]

    def expect_all_in_order(self, numbers, count):
        """Each at least once; what comes twice comes from its place on."""
        self.assertEqual(sorted(set(numbers)), list(range(count)))
        first = []
        for n in numbers:
            if not first or n > first[-1]:
                first.append(n)
        self.assertEqual(first, list(range(count)))
        for before, after in zip(numbers, numbers[1:]):
            self.assertLessEqual(after, before + 1)

    def test_the_example_prints_what_it_says(self):
        out, want = self.daemon.example("firelens")
        self.assertEqual(out, want)

    def test_the_router_has_its_file_its_socket_and_its_clients_their_variables(self):
        task = self.start([client("app", "echo hello; sleep 100", {"Name": "null", "include-pattern": "h.*o"}),
                           router(user="0:0", memory=64)])
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        made = self.local(task, "router")["routerConfiguration"]
        self.assertTrue(made.startswith("\n[INPUT]\n    Name forward\n    Mem_Buf_Limit 32MB\n"), made)
        self.assertTrue(made.endswith("[OUTPUT]\n    Name null\n    Match app-firelens*\n"), made)
        seen = self.daemon.drydock("exec", "-c", "router", task, "--", "python3.11", "-c",
                                   "print(open('/fluent-bit/etc/fluent-bit.conf').read(), end='')", check=0)[1]
        self.assertEqual(seen, made)
        environment = self.local(task, "app")["environment"]
        self.assertIn("FLUENT_HOST=127.0.0.1", environment)
        self.assertIn("FLUENT_PORT=24224", environment)
        until(lambda: [r["log"] for r in self.arrived(task)] == ["hello"], what="the line's arrival")
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task)
        self.assertFalse((self.daemon.run / "firelens" / task).exists())

    def test_a_router_of_type_fluentd_has_fluentds_file(self):
        task = self.start([client("app", "sleep 100", {"@type": "stdout"}),
                           container("router", "sleep 100", firelensConfiguration={"type": "fluentd"})])
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        self.assertIn("<match app-firelens**>\n    @type stdout\n</match>\n",
                      self.local(task, "router")["routerConfiguration"])
        self.assertIn("FLUENT_UID=0", self.local(task, "router")["environment"])

    def test_a_file_that_cannot_be_made_stops_the_task_with_ecs_words(self):
        task = self.start([client("app", "true", {"name": "stdout"}), router()])
        self.daemon.drydock("wait", task)
        stopped = self.described(task)["tasks"][0]
        self.assertEqual(stopped["stopCode"], "TaskFailedToStart")
        self.assertEqual(stopped["stoppedReason"],
                         "ResourceInitializationError: unable to apply log options of container app to firelens "
                         "config: missing output key Name which is required for firelens configuration of type "
                         "fluentbit")

    def test_a_router_with_a_named_user_is_refused(self):
        task = self.start([client("app", "true", {"Name": "null"}), router(user="fluent")])
        self.daemon.drydock("wait", task)
        self.assertIn("ResourceInitializationError", self.described(task)["tasks"][0]["stoppedReason"])

    def test_long_and_binary_lines_come_whole(self):
        long = 40000
        task = self.start([client("app", f"head -c {long} /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\tc\\r\\n'; "
                                         "printf end", {"Name": "null"}), router()])
        self.daemon.drydock("wait", task)
        records = self.arrived(task)
        pieces = [r for r in records if "partial_message" in r]
        self.assertEqual([len(p["log"]) for p in pieces], [16384, 16384, long - 2 * 16384])
        self.assertEqual([p["partial_ordinal"] for p in pieces], ["1", "2", "3"])
        self.assertEqual([p["partial_last"] for p in pieces], ["false", "false", "true"])
        self.assertEqual(len({p["partial_id"] for p in pieces}), 1)
        self.assertEqual([r["log"] for r in records if r not in pieces], ["a\\xffb\tc\r", "end"])

    def test_no_line_is_lost_when_router_and_daemon_are_killed(self):
        # It writes until it is told to end: however slow the machine is, each kill finds it at work.
        write = f"i=0; while [ ! -e /tmp/end ]; do echo n $i; echo n $i >&2; i=$((i+1)); " \
                f"[ $((i % 100)) != 0 ] || sleep {0.1 * SLOW}; done"
        task = self.start([client("app", write, {"Name": "null"}), router(["python3.11", "-c", KEEPER], stopTimeout=2)])
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        for turn in range(3):
            seen = len(self.arrived(task))
            until(lambda: len(self.arrived(task)) > seen, what="some lines")
            self.daemon.drydock("exec", "-c", "router", task, "--", "python3.11", "-c", KILL, check=0)
            self.daemon.kill()
            self.daemon.start()
        self.daemon.drydock("exec", "-c", "app", task, "--", "touch", "/tmp/end", check=0)
        self.daemon.drydock("wait", task, timeout=120)
        for stream in ("stdout", "stderr"):
            written = self.daemon.drydock("logs", "--no-prefix", f"--{stream}", task, "app", check=0)[1].splitlines()
            self.assertEqual(written, [f"n {i}" for i in range(len(written))])
            self.expect_all_in_order(self.numbers(task, stream), len(written))

    def test_what_lies_in_the_sockets_place_leads_nowhere(self):
        path = str(self.daemon.base / "host.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        up = "../" * 12 + path.lstrip("/")
        for trap in (f"ln -s {path} /var/run/fluent.sock", f"ln -s {up} /var/run/fluent.sock",
                     "mkfifo /var/run/fluent.sock", "mkdir /var/run/fluent.sock"):
            task = self.start([client("app", "while :; do echo secret; sleep 0.05; done", {"Name": "null"}),
                               container("router", f"{trap}; sleep 100", firelensConfiguration={"type": "fluentbit"})])
            until(lambda: "does not take it" in self.daemon.log_text().split(task, 1)[-1], what="its trouble told")
            self.daemon.drydock("stop", "--now", task, check=0)
            self.daemon.drydock("wait", task)
        listener.setblocking(False)
        with self.assertRaises(BlockingIOError):
            listener.accept()

    def test_a_router_that_has_ended_for_good_holds_nobody_up(self):
        daemon = Daemon(config={"logs": {"segment_bytes": 65536, "journal_bytes": 262144}})
        self.addCleanup(daemon.stop)
        daemon.load_image()
        path = daemon.base / "gone.json"
        path.write_text(json.dumps(definition("gone", [
            client("app", "sleep 1; seq 1 50000; exit 7", {"Name": "null"}),
            container("router", "true", essential=False, firelensConfiguration={"type": "fluentbit"})])))
        code, out, err = daemon.drydock("run", path)
        self.assertEqual(code, 7, out[-500:] + err)
        self.assertIn("50000", out)
        self.assertIn("awsfirelens has gone", daemon.log_text())

    def test_a_client_that_is_not_blocking_waits_for_no_router(self):
        daemon = Daemon(config={"logs": {"segment_bytes": 65536, "journal_bytes": 262144}})
        self.addCleanup(daemon.stop)
        daemon.load_image()
        path = daemon.base / "deaf.json"
        path.write_text(json.dumps(definition("deaf", [
            client("app", "seq 1 50000; exit 7", {"Name": "null", "mode": "non-blocking"}),
            container("router", "sleep 1000", stopTimeout=2, firelensConfiguration={"type": "fluentbit"})])))
        code, out, err = daemon.drydock("run", path)
        self.assertEqual(code, 7, out[-500:] + err)
        self.assertIn("awsfirelens has gone", daemon.log_text())

    def test_a_router_that_acknowledges_nothing_gets_everything_too(self):
        task = self.start([client("app", "for i in $(seq 0 499); do echo n $i; done", {"Name": "null"}),
                           router(environment=[{"name": "ROUTER_ACK", "value": "no"}])])
        self.daemon.drydock("wait", task)
        self.assertEqual(self.numbers(task), list(range(500)))


@unittest.skipUnless(HAS_ROUTER, "no python3.11 with msgpack here")
class Loss(unittest.TestCase):
    def test_nothing_is_lost_whoever_is_killed_and_however_full_the_disk_is(self):
        # A journal of a tenth of what is written: its writer has to wait for the router.
        trial = loss.Trial(400_000, small_disk=200, config={"logs": {"segment_bytes": 262144, "journal_bytes": 2097152}})
        self.addCleanup(trial.daemon.stop)
        trial.start()
        for _ in range(2):
            trial.kill_daemon()
            trial.kill_router()
            trial.stall(0.5)
            trial.fill_disk(0.5)
        seen, (lines, missing) = trial.finish(300)
        self.assertEqual(seen["missing"], [])
        self.assertEqual((lines, missing), (400_000, 0))


if __name__ == "__main__":
    unittest.main()
