"""`local` and the program called ecs-cli: what people who know ecs-cli type."""
import json
import pathlib
import stat
import subprocess
import tempfile

from harness import BIN, DaemonCase, container, until

STAYS = "trap 'exit 0' TERM; echo $MODE; sleep 1000 & wait"


class EcsCliLocal(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-local-"))
        self.addCleanup(subprocess.run, ["rm", "-r", self.folder])
        (self.folder / "ecs-cli").symlink_to(BIN / "drydock")
        self.name = "local-" + self.id().split(".")[-1].replace("_", "-")[5:40]
        self.definition = {"family": self.name, "containerDefinitions": [
            container("app", STAYS, memory=64, stopTimeout=5, environment=[{"name": "MODE", "value": "file"}],
                      portMappings=[{"containerPort": 80}])]}
        (self.folder / "task-definition.json").write_text(json.dumps(self.definition))

    def tearDown(self):
        self.cli("down", "--all")

    def cli(self, *args, check=0, input=""):
        done = subprocess.run(["./ecs-cli", "local", *args], cwd=self.folder, env=self.daemon.env(),
                              capture_output=True, text=True, input=input)
        self.assertEqual(done.returncode, check, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def test_the_example_shows_what_its_readme_says(self):
        out, expected = self.daemon.example("ecs-cli-local")
        self.assertEqual(out, expected)

    def test_a_definition_is_run_listed_and_taken_down(self):
        _, err = self.cli("up")
        self.assertIn("INFO[0000] Successfully wrote docker-compose.ecs-local.yml\n", err)
        self.assertRegex(err, r"Started task [0-9a-f]{32} of " + self.name)
        for name in ("docker-compose.ecs-local.yml", "docker-compose.ecs-local.override.yml"):
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)
        rows = self.cli("ps")[0].splitlines()
        self.assertEqual(rows[0].split(), "CONTAINER ID IMAGE STATUS PORTS NAMES TASKDEFINITION".split())
        self.assertRegex(rows[1], r"^[0-9a-f]{12} +drydock/example:latest +Up .* +127\.0\.0\.1:\d+->80/tcp +"
                                  rf"/ecs-{self.name}-1-app-[0-9a-f]{{12}} +{self.folder}/task-definition\.json$")
        listed = json.loads(self.cli("ps", "-f", "task-definition.json", "--json")[0])
        self.assertEqual(set(listed[0]), {"Id", "Names", "Image", "ImageID", "State", "Status", "Ports", "Labels"})
        self.assertEqual(listed[0]["Labels"]["ecs-local.task-definition-input.type"], "local")

        _, err = self.cli("up", check=1, input="n\n")  # the files are there, and the answer is no
        self.assertIn("already exists. Do you want to write over this file? [y/N]", err)
        _, err = self.cli("down", "-f", str(self.folder / "task-definition.json"))
        self.assertIn("Stop and remove 1 container(s)", err)
        self.assertEqual(json.loads(self.cli("ps", "--all", "--json")[0]), [])
        self.assertIn("WARN[0000] No running ECS local tasks found", self.cli("down")[1])

    def test_a_registered_one_is_found_by_every_spelling_of_its_name(self):
        self.daemon.drydock("register", self.folder / "task-definition.json", check=0)
        self.cli("up", "-t", self.name + ":1", "-o", "remote.yml")
        self.assertTrue((self.folder / "remote.override.yml").exists())
        self.assertIn(self.name + ":1\n", self.cli("ps", "-t", self.name)[0])
        self.assertEqual(len(self.daemon.boto().list_task_definitions(familyPrefix=self.name)["taskDefinitionArns"]), 1)
        self.assertIn("Removed container with id", self.cli("down", "-t", self.name)[1])

    def test_the_files_that_create_wrote_run_after_they_were_edited(self):
        self.cli("create")
        (self.folder / "task-definition.json").unlink()
        file = self.folder / "docker-compose.ecs-local.yml"
        file.write_text(file.read_text().replace("MODE: file", "MODE: edited"))
        (self.folder / "more.yml").write_text("services: {app: {labels: {a: b}}}")
        _, err = self.cli("up", "--override", "more.yml")
        self.assertIn("Using docker-compose.ecs-local.yml, docker-compose.ecs-local.override.yml, more.yml files to start "
                      "containers", err)
        family = self.folder.name.lower()
        until(lambda: self.daemon.drydock("logs", family, check=0)[1] == "app | edited\n", what="it has written")
        rows = self.cli("ps")[0].splitlines()
        self.assertTrue(rows[1].endswith(f"{self.folder}/task-definition.json"), rows)

    def test_a_container_that_cannot_start_is_told(self):
        self.definition["containerDefinitions"][0]["image"] = "nowhere.example/none:1"
        (self.folder / "task-definition.json").write_text(json.dumps(self.definition))
        _, err = self.cli("up", check=1)
        self.assertIn("the task did not start: CannotPullContainerError", err)
