"""Compose files: run, kept as tasks and services with ecs-cli's verbs, and refused where they are wrong."""
import json
import pathlib
import subprocess
import tempfile
import urllib.request

from harness import BIN, DaemonCase, until

FILE = """
services:
  web:
    image: drydock/example:latest
    command: ["serve", "8080"]
    ports: ["%(port)s:8080"]
    mem_limit: 64m
    stop_grace_period: 5s
    environment: ["A=${VALUE:-%(value)s}"]
"""
AWSVPC = "task_definition: {ecs_network_mode: awsvpc}\n"


class Compose(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-compose-"))
        self.addCleanup(subprocess.run, ["rm", "-r", self.folder])

    def write(self, port=0, value="1", **files):
        host = port or "0"
        text = FILE % {"port": host, "value": value}
        (self.folder / "docker-compose.yml").write_text(text.replace('"0:8080"', '"8080"'))
        for name, content in files.items():
            (self.folder / name.replace("_", "-").replace("-yml", ".yml")).write_text(content)

    def compose(self, *args, check=0):
        done = subprocess.run([str(BIN / "drydock"), "compose", *args], cwd=self.folder, env=self.daemon.env(),
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, check, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def rows(self, *words):
        lines = self.compose("-p", "trade", *words)[0].splitlines()
        self.assertEqual(lines[0].split(), ["Name", "State", "Ports", "TaskDefinition", "Health"])
        # A task with several addresses has them in one column: "a:1->1/tcp, b:1->1/tcp".
        return [l.replace("/tcp, ", "/tcp,").split() for l in lines[1:]]

    def test_the_example_shows_what_its_readme_says(self):
        out, expected = self.daemon.example("compose")
        self.assertEqual(out, expected)

    def test_a_port_of_the_file_is_at_that_port_here(self):
        self.write(port=18431, ecs_params_yml=AWSVPC)
        code, out, err = self.daemon.drydock("run", "-d", "-c", self.folder / "docker-compose.yml", check=0)
        self.daemon.drydock("wait", out.split()[-1], "--for", "running", check=0)
        page = until(lambda: self.page(18431), what="the page is there")
        self.assertIn("Drydock", page)
        self.daemon.drydock("stop", out.split()[-1], check=0)

    @staticmethod
    def page(port):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()
        except OSError:
            return None

    def test_a_project_is_started_changed_scaled_and_stopped(self):
        self.write(ecs_params_yml=AWSVPC)
        _, err = self.compose("-p", "trade", "up")
        self.assertRegex(err, r'Using ECS task definition +TaskDefinition="trade:1"')
        self.assertRegex(err, r"Started container\.\.\. +container=default/[0-9a-f]{32}/web desiredStatus=RUNNING")
        self.assertIn("nothing to do", self.compose("-p", "trade", "up")[1])
        first = self.rows("ps", "--desired-status", "RUNNING")
        self.assertEqual([(r[1], r[3]) for r in first], [("RUNNING", "trade:1")])
        self.assertRegex(first[0][2], r"^\d+\.\d+\.\d+\.\d+:8080->8080/tcp")

        self.write(value="2", ecs_params_yml=AWSVPC)
        self.compose("-p", "trade", "up")
        self.assertEqual([r[3] for r in self.rows("ps", "--desired-status", "RUNNING")], ["trade:2"])
        self.compose("-p", "trade", "scale", "2")
        self.assertEqual(len(self.rows("ps", "--desired-status", "RUNNING")), 2)
        self.compose("-p", "trade", "down")
        self.assertEqual(self.rows("ps", "--desired-status", "RUNNING"), [])
        self.assertTrue(all("ExitCode:" in row for row in self.rows("ps")))

    def test_one_run_has_another_command(self):
        self.write()
        _, err = self.compose("-p", "once", "run", "web", "sh -c 'echo \"it ran: $A\"'")
        task = self.daemon.drydock("ps", "-a", "-q", "--family", "once", check=0)[1].split()[-1]
        self.daemon.drydock("wait", task, check=0)
        self.assertEqual(self.daemon.drydock("logs", task, check=0)[1], "web | it ran: 1\n")
        link = self.folder / "ecs-cli"
        link.symlink_to(BIN / "drydock")
        done = subprocess.run([link, "logs", "--task-id", task], env=self.daemon.env(), capture_output=True, text=True)
        self.assertEqual(done.stdout, "it ran: 1\n", done.stderr)
        done = subprocess.run([link, "ps"], env=self.daemon.env(), capture_output=True, text=True)
        self.assertRegex(done.stdout, rf"default/{task}/web +STOPPED ExitCode: 0 ")

    def test_a_service_is_kept_scaled_and_removed(self):
        self.write(ecs_params_yml=AWSVPC + "run_params: {network_configuration: {awsvpc_configuration: "
                                           "{subnets: [subnet-7]}}}\n")
        _, err = self.compose("-p", "kept", "service", "up")
        self.assertIn("ECS Service has reached a stable state", err)
        self.assertRegex(err, r"\(service kept\) has started 1 tasks")
        shown = self.daemon.boto().describe_services(services=["kept"])["services"][0]
        self.assertEqual((shown["desiredCount"], shown["launchType"]), (1, "EC2"))
        self.assertEqual(shown["networkConfiguration"]["awsvpcConfiguration"]["subnets"], ["subnet-7"])
        self.compose("-p", "kept", "service", "scale", "2")
        rows = self.compose("-p", "kept", "service", "ps")[0].splitlines()
        self.assertEqual(len(rows), 3, rows)
        self.write(value="2", ecs_params_yml=AWSVPC)
        self.compose("-p", "kept", "service", "up")
        running = self.compose("-p", "kept", "service", "ps", "--desired-status", "RUNNING")[0]
        self.assertEqual(running.count("kept:2"), 2, running)
        self.compose("-p", "kept", "service", "rm")
        self.assertIn("there is no service kept", self.compose("-p", "kept", "service", "scale", "1", check=1)[1])


class ComposeFiles(DaemonCase):
    kernel = False

    def test_validate_and_register_take_them(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as f:
            f.write("services:\n  web: {image: nginx, mem_limit: 64m, labels: {a: b}}\n")
            f.flush()
            code, out, _ = self.daemon.drydock("validate", "--json", f.name)
            self.assertEqual((code, json.loads(out)[0]["valid"]), (0, True), out)
            self.assertRegex(self.daemon.drydock("register", f.name, check=0)[1], r"^\S+:1\n$")
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as f:
            f.write("services:\n  web:\n    image: nginx\n    mem_limit: lots\n")
            f.flush()
            code, out, err = self.daemon.drydock("validate", f.name)
            self.assertEqual(code, 1)
            self.assertIn(f"{f.name}: line 4: services.web.mem_limit: \"lots\" must be a size", err)
