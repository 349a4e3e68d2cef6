"""Settings that must mean what they say, and starts that fail."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import BIN, Daemon, container, definition, until

ROLE = "arn:aws:iam::123456789012:role/app"


class Settings(unittest.TestCase):
    kernel = False

    def daemon(self, *flags, **more):
        daemon = Daemon(*flags, **more)
        self.addCleanup(daemon.stop)
        daemon.load_image()
        return daemon

    def file(self, daemon, document):
        path = daemon.base / "task.json"
        path.write_text(json.dumps(document))
        return path

    def test_the_tasks_api_is_shown_and_keeps_its_port(self):
        daemon = self.daemon(config={"tasks": {"api": "sts", "endpoint_url": "local"}})

        def address():
            return json.loads(daemon.drydock("daemon", "status", "--json", check=0)[1])["tasksAddress"]
        before = address()
        self.assertRegex(before, r"^host\.docker\.internal:\d+$")
        self.assertIn(f"tasks call http://{before} (sts)", daemon.drydock("doctor")[1])
        daemon.kill()
        daemon.start()
        self.assertEqual(address(), before)

    def test_a_port_that_a_task_has_is_refused_with_the_tasks_name(self):
        daemon = self.daemon()
        path = self.file(daemon, definition("web", [container("web", "sleep 1000", portMappings=[{"containerPort": 80}])]))
        first = daemon.drydock("run", "-d", "-p", "0:80", path, check=0)[1].strip()
        daemon.drydock("wait", first, "--for", "running", check=0)
        seen = json.loads(daemon.drydock("describe", "--local", first, check=0)[1])["tasks"][0]["local"]
        port = seen["containers"][0]["ports"][0]["hostPort"]
        for _ in range(2):
            code, _, err = daemon.drydock("run", "-p", f"{port}:80", path)
            self.assertEqual(code, 125)
            self.assertIn(f"host port {port}/tcp on 127.0.0.1 is taken by task {first};", err)
            daemon.kill()
            daemon.start()

    def test_where_subnets_must_be_known_a_run_names_one(self):
        daemon = self.daemon(config={"network": {"strict": True}})
        path = self.file(daemon, definition("app", [container("app", "true")]))
        code, _, err = daemon.drydock("run", path)
        self.assertEqual(code, 125)
        self.assertIn("Network Configuration must be provided", err)

    def test_a_profile_without_keys_is_told_at_the_run(self):
        daemon = self.daemon()
        path = self.file(daemon, definition("app", [container("app", "sleep 1000")], taskRoleArn=ROLE))
        task = daemon.drydock("run", "-d", "--creds", "profile:nobody", path, check=0)[1].strip()

        def notes():
            return json.loads(daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]["local"]["notes"]
        until(lambda: any(f"no credentials for the role {ROLE}" in note for note in notes()), what="the note")

    def test_who_waits_for_an_unhealthy_container_is_told(self):
        daemon = self.daemon()
        db = container("db", "sleep 1000", healthCheck={"command": ["CMD-SHELL", "echo down; exit 1"], "interval": 5,
                                                        "retries": 1})
        app = container("app", "true", dependsOn=[{"containerName": "db", "condition": "HEALTHY"}])
        task = daemon.drydock("run", "-d", self.file(daemon, definition("app", [db, app])), check=0)[1].strip()

        def notes():
            return json.loads(daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]["local"]["notes"]
        until(lambda: "container app waits for db to be HEALTHY, and it is UNHEALTHY: down" in notes(), what="the note")

    def test_a_start_that_fails_leaves_no_folders(self):
        with tempfile.TemporaryDirectory() as base:
            root, run = pathlib.Path(base, "a/root"), pathlib.Path(base, "b/run")
            for flags in (["--listen", "9.9.9.9:1"], ["--runtime", "/nonexistent/runc", "--listen", "127.0.0.1:0"]):
                done = subprocess.run([BIN / "drydock", "daemon", "start", "--root", root, "--run", run, *flags],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1)
                self.assertIn("the daemon did not start", done.stderr)
                self.assertEqual(os.listdir(base), [], done.stderr)
