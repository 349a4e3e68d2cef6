"""`drydock run`: what a user sees."""
import json
import os
import signal
import subprocess
import urllib.request

from harness import BIN, IMAGE, REPO, SLOW, DaemonCase, Snapshot, container, definition, until


class Run(DaemonCase):
    def test_hello_ends_with_zero_and_prints_page_and_metadata(self):
        code, out, err = self.daemon.drydock("run", REPO / "examples/hello/task-definition.json")
        self.assertEqual(code, 0, out + err)
        self.assertIn("visitor | ", out)
        document = next(json.loads(l.split(" | ", 1)[1]) for l in out.splitlines() if '"TaskARN"' in l)
        self.assertEqual(document["Family"], "hello")
        self.assertEqual([c["Name"] for c in document["Containers"]], ["web", "visitor"])
        self.assertRegex(err, r"task [0-9a-f]{32} of hello:\d+")
        self.assertIn("visitor exited with 0", err)
        self.assertRegex(err, r"web +http://\S+:8080 +also http://127\.0\.0\.1:\d+")

    def test_the_exit_code_is_the_essential_containers(self):
        code, _, err = self.run_task(definition("e", [container("app", "exit 7")]))
        self.assertEqual(code, 7, err)
        self.assertIn("app exited with 7", err)

    def test_stdout_and_stderr_arrive_once_and_in_order(self):
        script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo last >&2"
        code, out, err = self.run_task(definition("lines", [container("app", script)]))
        self.assertEqual(code, 0, err)
        lines = [l for l in out.splitlines() if l.startswith("app | line")]
        self.assertEqual(lines, [f"app | line {i}" for i in range(2000)])
        self.assertIn("app | last", out)

    def test_an_interrupt_stops_the_task_and_gives_130(self):
        doc = self.file(definition("long", [container(
            "app", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done")]))
        p = subprocess.Popen([str(BIN / "drydock"), "run", doc], env=self.daemon.env(), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), b"app | ready\n")  # a TERM before the trap would be ignored
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60 * SLOW)
        self.assertEqual(p.returncode, 130, err)
        self.assertIn(b"bye", out)

    def test_a_vanished_client_stops_its_task(self):
        doc = self.file(definition("vanish", [container("app", "sleep 1000", stopTimeout=2)]))
        p = subprocess.Popen([str(BIN / "drydock"), "run", doc], env=self.daemon.env(), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        until(lambda: "vanish" in self.daemon.drydock("ps", "--family", "vanish")[1], what="the task runs")
        p.kill()
        p.wait()
        until(lambda: not self.daemon.drydock("ps", "-q", "--family", "vanish")[1].strip(), what="the task ends")

    def test_a_client_that_dies_before_it_follows_its_task_leaves_none(self):
        request = {"taskDefinition": definition("unfollowed", [container("app", "sleep 1000", stopTimeout=2)]),
                   "foreground": True}
        done = subprocess.run(["curl", "-sf", "--unix-socket", self.daemon.run / "drydock.sock", "-d", json.dumps(request),
                               "http://drydock/_drydock/v1/run"], capture_output=True)
        task = json.loads(done.stdout)["tasks"][0]["local"]["id"]
        self.assertEqual(self.daemon.drydock("wait", task, "--for", "stopped", timeout=90)[0], 137)
        self.assertIn("went away", self.daemon.drydock("describe", task, check=0)[1])

    def test_web_is_reached_at_its_address_and_at_localhost(self):
        _, out, _ = self.daemon.drydock("run", "-d", REPO / "examples/web/task-definition.json", check=0)
        task = out.strip()
        self.assertRegex(task, r"^[0-9a-f]{32}$")
        self.daemon.drydock("wait", task, "--for", "healthy", check=0)
        local = json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])
        text = json.dumps(local)
        address = json.loads(text)
        ports = [p for c in find(address, "ports") for p in c]
        ip = find(address, "address")[0]
        self.assertIn(b"html", urllib.request.urlopen(f"http://{ip}/", timeout=10).read().lower())
        url = f"http://127.0.0.1:{ports[0]['hostPort']}/"
        self.assertIn(b"html", urllib.request.urlopen(url, timeout=10).read().lower())
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task, "--for", "stopped")
        self.daemon.drydock("rm", task, check=0)

    def test_a_timeout_gives_124(self):
        code, _, err = self.run_task(definition("slow", [container("app", "sleep 1000", stopTimeout=2)]), "--timeout", "1s")
        self.assertEqual(code, 124, err)

    def test_out_of_memory_is_named(self):
        doc = definition("oom", [container("app", "x=a; while :; do x=$x$x; done", memory=16)])
        code, _, err = self.run_task(doc)
        self.assertEqual(code, 137, err)
        self.assertIn("OutOfMemoryError", err)

    def test_a_port_at_an_address_of_another_machine_is_refused_at_once(self):
        doc = self.file(definition("elsewhere", [container("app", "true", portMappings=[{"containerPort": 80}])]))
        code, _, err = self.daemon.drydock("run", "-p", "198.51.100.77:8080:80", doc)
        self.assertEqual(code, 125)
        self.assertIn("198.51.100.77 is no IPv4 address of this machine", err)
        self.assertEqual(self.daemon.drydock("ps", "-q", "--family", "elsewhere")[1], "")

    def test_a_container_may_have_the_name_of_a_file_that_drydock_makes(self):
        names = ("hosts", "hostname", "firelens", "rootfs")
        code, out, err = self.run_task(definition("names", [container(n, "cat /etc/hostname") for n in names]))
        self.assertEqual(code, 0, err)
        self.assertEqual(len({line.split(" | ")[1] for line in out.splitlines()}), 1, out)
        self.assertEqual(sorted(line.split(" | ")[0].strip() for line in out.splitlines()), sorted(names))

    def test_a_port_clash_inside_the_task_is_the_applications_error(self):
        serve = ["serve", "8080"]
        code, out, err = self.run_task(definition("clash", [
            container("one", serve),
            container("two", serve, dependsOn=[{"containerName": "one", "condition": "START"}])]))
        self.assertNotEqual(code, 0)
        self.assertIn("two exited with 1", err)
        self.assertIn("Address already in use", out)

    def test_a_task_may_serve_ports_80_and_53_on_the_wildcard(self):
        doc = definition("wild", [
            container("web", ["serve", "80"], essential=False),
            container("dns", ["serve", "53"], essential=False),
            container("app", "for p in 80 53; do until wget -q -O /dev/null http://127.0.0.1:$p/; do sleep 0.05; done; done;"
                             "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4 | grep -q DockerId && echo both")])
        code, out, err = self.run_task(doc)
        self.assertEqual(code, 0, err)
        self.assertIn("app | both", out)

    def test_dependencies_stop_in_reverse_order(self):
        trap = "trap 'echo stopping; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        doc = definition("order", [container("db", trap, essential=False),
                                   container("app", trap, essential=False,
                                             dependsOn=[{"containerName": "db", "condition": "START"}]),
                                   container("main", "sleep 1",
                                             dependsOn=[{"containerName": "app", "condition": "START"}])])
        code, out, err = self.run_task(doc)
        self.assertEqual(code, 0, err)
        stops = [l.split(" | ")[0] for l in out.splitlines() if l.endswith("stopping")]
        self.assertEqual(stops, ["app", "db"])


def find(value, key):
    """Every value of `key`, anywhere."""
    out = []
    if isinstance(value, dict):
        for k, v in value.items():
            if k == key:
                out.append(v)
            out += find(v, key)
    elif isinstance(value, list):
        for v in value:
            out += find(v, key)
    return out


class BadInput(DaemonCase):
    def tearDown(self):
        until(lambda: not Snapshot(self.daemon, self.instance).parts["tasks"], what="nothing is left")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.instance = cls.daemon.instance()

    def test_an_unknown_file(self):
        code, out, err = self.daemon.drydock("run", "/no/such/file.json")
        self.assertEqual(code, 125, err)
        self.assertIn("/no/such/file.json", err)
        self.assertEqual(out, "")

    def test_broken_json_names_line_and_column(self):
        code, _, err = self.run_task('{"family": "x",\n  "cpu": }')
        self.assertEqual(code, 125)
        self.assertRegex(err, r"line 2, column \d+")

    def test_a_missing_image(self):
        doc = definition("noimage", [container("app", "true", image="no/such:image")])
        code, _, err = self.run_task(doc)
        self.assertEqual(code, 125, err)
        self.assertIn("CannotPullContainerError", err)
        self.assertIn("no/such:image", err)

    def test_a_command_that_does_not_exist(self):
        code, _, err = self.run_task(definition("nocmd", [container("app", ["no-such-command"])]))
        self.assertEqual(code, 127, err)
        self.assertIn("CannotStartContainerError", err)

    def test_a_command_that_is_not_executable(self):
        code, _, err = self.run_task(definition("noexec", [container("app", ["/etc/passwd"])]))
        self.assertEqual(code, 126, err)
        self.assertIn("CannotStartContainerError", err)

    def test_a_usage_error_exits_2_and_names_the_flag(self):
        code, _, err = self.daemon.drydock("run", "--no-such-flag")
        self.assertEqual(code, 2)
        self.assertIn("--no-such-flag", err)


class NoAddress(DaemonCase):
    def test_no_free_address(self):
        small = type(self).small
        code, out, err = small.drydock("run", "-d", self.file(definition("many", [container("app", "sleep 1000", stopTimeout=2)])),
                                       "--count", "10")
        self.assertEqual(code, 0, err)
        more = small.drydock("run", "-d", self.file(definition("many", [container("app", "sleep 1000", stopTimeout=2)])),
                             "--count", "10", check=0)[1]
        for task in (out + more).split():
            small.drydock("wait", task, "--for", "running", "--timeout", "20s")
        listed = json.loads(small.drydock("ps", "-a", "--json", check=0)[1])
        text = json.dumps(listed)
        self.assertIn("no free address", text)
        self.assertIn("--subnet", text)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        from harness import Daemon
        cls.small = Daemon()
        cls.small.kill()
        cls.small.subnet = cls.small.subnet.replace(".0/24", ".0/28")
        cls.small.start()
        cls.addClassCleanup(cls.small.stop)
        cls.small.load_image()


class FullDisk(DaemonCase):
    """The state folder's file system is full."""

    @classmethod
    def setUpClass(cls):
        from harness import Daemon
        cls.daemon = Daemon(small_disk=48)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()

    def test_a_full_disk_is_named_and_nothing_is_lost(self):
        doc = definition("full", [container("app", "echo hello")])
        self.run_task(doc, check=0)
        filler = self.daemon.root / "filler"
        with open(filler, "wb") as f:
            try:
                while True:
                    f.write(b"x" * 65536)
                    f.flush()
            except OSError:
                pass
        code, out, err = self.run_task(doc)
        self.assertIn(code, (0, 125), err)  # 0: a little room was left in what was there already
        if code == 125:
            self.assertIn("No space left", err)
        code, _, err = self.daemon.drydock("load", "-i", IMAGE, "--name", "other:1")
        filler.unlink()
        code, out, err = self.run_task(doc)
        self.assertEqual(code, 0, err)
        self.assertIn("app | hello", out)
        instance = self.daemon.instance()
        until(lambda: not Snapshot(self.daemon, instance).parts["tasks"], what="nothing is left")


class MissingRuntime(DaemonCase):
    @classmethod
    def setUpClass(cls):
        pass

    def test_the_daemon_says_what_to_install(self):
        from harness import Daemon
        with self.assertRaisesRegex(AssertionError, r"/no/runtime"):
            Daemon("--runtime", "/no/runtime")
