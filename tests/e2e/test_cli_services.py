"""`drydock service`, `stats`, `network`, `up` and `down`, and what shells complete, against a real daemon."""
import json
import os
import pathlib
import pty
import select
import subprocess
import tempfile

from harness import BIN, REPO, SLOW, DaemonCase, container, definition, until

STAYS = "trap 'exit 0' TERM; sleep 1000 & wait"


class Base(DaemonCase):
    config = {"images": {"offline": True}}

    def one(self, name, command=STAYS, **more):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-verbs-"))
        self.addCleanup(subprocess.run, ["rm", "-r", folder])
        path = folder / "td.json"
        path.write_text(json.dumps(definition(name, [container("app", command, stopTimeout=5, **more)])))
        return path

    def services(self):
        return json.loads(self.daemon.drydock("service", "ls", "--json", check=0)[1])["services"]


class ServiceVerbs(Base):
    kernel = False

    def test_a_service_from_its_beginning_to_its_end(self):
        d = self.daemon
        code, out, err = d.drydock("service", "create", "shop", "-f", self.one("shop"), "--desired-count", "2",
                                   "--circuit-breaker", "rollback", "--cluster", "verbs", "--wait", check=0)
        self.assertEqual(out, "shop\n")
        self.assertIn("service shop of shop:1 in verbs\n", err)
        self.assertRegex(err, r"\(service shop\) has started 2 tasks: ")
        self.assertTrue(err.endswith("(service shop) has reached a steady state.\n"), err)
        shown = self.services()[0]
        self.assertEqual((shown["runningCount"], shown["deploymentConfiguration"]["deploymentCircuitBreaker"]),
                         (2, {"enable": True, "rollback": True}))
        self.assertEqual(len(d.drydock("service", "ps", "sh", check=0)[1].splitlines()), 3)

        self.assertEqual(d.drydock("service", "scale", "sh=1", "--wait", check=0)[1], "shop\n")
        self.assertEqual(self.services()[0]["runningCount"], 1)

        _, _, err = d.drydock("service", "update", "shop", "-f", self.one("shop", environment=[
            {"name": "A", "value": "1"}]), "--wait", check=0)
        self.assertRegex(err, r"\(service shop\) \(deployment ecs-svc/\d+\) deployment completed\.")
        self.assertTrue(self.services()[0]["taskDefinition"].endswith("/shop:2"))
        # A deployment that does not work is taken back, and that is a failure.
        code, _, err = d.drydock("service", "update", "shop", "-f", self.one("shop", image="127.0.0.1:9/none:1"),
                                 "--wait", timeout=120)
        self.assertEqual(code, 1, err)
        self.assertIn("its deployment was taken back", err)

        self.assertEqual(d.drydock("service", "rm", "shop", check=0)[1], "shop\n")
        self.assertEqual(self.services(), [])
        self.assertEqual(d.drydock("service", "rm", "shop")[0], 1)

    def test_watching_redraws_when_a_service_changes(self):
        d = self.daemon
        d.drydock("service", "create", "watched", "-f", self.one("watched"), "--desired-count", "0", "--wait", check=0)
        ours, theirs = pty.openpty()
        watcher = subprocess.Popen([str(BIN / "drydock"), "service", "ls", "--watch"], env=d.env(TERM="xterm"),
                                   stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        seen = b""

        def screen():
            nonlocal seen
            while select.select([ours], [], [], 0)[0]:
                seen += os.read(ours, 65536)
            return seen.decode().split("\x1b[H\x1b[2J")[-1]
        until(lambda: "watched" in screen(), what="the first table")
        d.drydock("service", "scale", "watched=1", "--wait", check=0)
        until(lambda: any(line.split()[:5] == ["watched", "default", "ACTIVE", "1", "1"] for line in screen().splitlines()),
              what="the table with its task")
        d.drydock("service", "rm", "watched", check=0)
        until(lambda: "watched" not in screen(), what="the table without it")


class StatsAndNetworks(Base):
    def test_stats_networks_and_completion_know_what_runs(self):
        d = self.daemon
        task = d.drydock("run", "-d", self.one("busy", "while :; do :; done"), check=0)[1].strip()
        d.drydock("wait", task, "--for", "running", check=0)
        line = json.loads(d.drydock("stats", "busy", "--no-stream", "--json", check=0)[1])
        used = line["tasks"][0]["containers"][0]
        self.assertEqual((line["tasks"][0]["task"], used["name"]), (task, "app"))
        self.assertGreater(used["cpuPercent"], 1)
        self.assertGreater(used["memoryUsage"], 0)
        self.assertEqual(used["memoryLimit"], 512 << 20)
        self.assertGreaterEqual(used["pids"], 1)
        table = d.drydock("stats", "--no-stream", check=0)[1].splitlines()
        self.assertTrue(table[1].startswith(task[:12]), table)

        network = json.loads(d.drydock("network", "inspect", "busy", check=0)[1])["networks"][0]
        listed = d.drydock("network", "ls", check=0)[1]
        self.assertIn(f"{network['address']}/", listed)
        self.assertTrue(os.path.exists(network["namespace"]))

        words = d.drydock("__complete", "tasks", check=0)[1].split()
        self.assertEqual(words, sorted([task[:12], "busy"]))
        bash = ("source <(drydock __docs bash); COMP_WORDS=(drydock stop bu); COMP_CWORD=2; COMP_LINE='drydock stop bu'; "
                "COMP_POINT=15; _drydock; echo ${COMPREPLY[@]}; "
                "COMP_WORDS=(drydock network inspect bu); COMP_CWORD=3; COMP_LINE='drydock network inspect bu'; "
                "COMP_POINT=26; _drydock; echo ${COMPREPLY[@]}")
        done = subprocess.run(["bash", "-c", bash], env=d.env(PATH=f"{BIN}:{os.environ['PATH']}"), capture_output=True,
                              text=True, timeout=60 * SLOW)
        self.assertEqual(done.stdout, "busy\nbusy\n", done.stderr)
        self.assertEqual(d.drydock("__complete", "tasks", DRYDOCK_HOST="unix:///nowhere"), (0, "", ""))

        d.drydock("stop", "--now", "busy", check=0)
        self.assertEqual(d.drydock("stats", "busy", "--no-stream")[0], 1)


class UpAndDown(Base):
    kernel = False

    def test_up_twice_and_down(self):
        d = self.daemon
        file = self.one("updown")
        name = file.parent.name
        _, out, err = d.drydock("up", file, "--cluster", "updown", check=0)
        self.assertEqual(out, "updown\n")
        first = self.services()[0]
        self.assertEqual((first["runningCount"], first["taskDefinition"].split("/")[-1]), (1, "updown:1"))
        self.assertEqual(first["tags"], [{"key": "drydock:up", "value": name}])
        # The same again changes nothing; another text is another revision.
        d.drydock("up", file, "--cluster", "updown", check=0)
        self.assertEqual(self.services()[0]["deployments"][0]["id"], first["deployments"][0]["id"])
        file.write_text(file.read_text().replace("sleep 1000", "sleep 1001"))
        d.drydock("up", file, "--cluster", "updown", check=0)
        self.assertTrue(self.services()[0]["taskDefinition"].endswith("/updown:2"))
        # Somebody else's service is left alone.
        code, _, err = d.drydock("up", file, "--cluster", "updown", "--name", "other")
        self.assertEqual(code, 1)
        self.assertIn("is there already", err)

        self.assertEqual(d.drydock("down", file, check=0)[1], "updown\n")
        self.assertEqual(self.services(), [])
        self.assertEqual(d.call("ListTaskDefinitions", {"familyPrefix": "updown"})[1]["taskDefinitionArns"], [])
        self.assertNotIn("updown", json.dumps(d.call("ListClusters", {})[1]))
        _, out, err = d.drydock("down", file, check=0)
        self.assertEqual((out, err), ("", f'nothing that up made is called "{name}"\n'))


class Templates(Base):
    kernel = False

    def test_the_example(self):
        self.assertEqual(*self.daemon.example("templates"))

    def test_every_verb_takes_a_template(self):
        template = REPO / "examples/templates/template.yaml"
        given = ["--parameter", "Greeting=hello"]
        _, out, _ = self.daemon.drydock("register", template, *given, check=0)
        self.assertEqual(sorted(line.split(":")[0] for line in out.splitlines()), ["templates-job", "templates-web"])
        _, out, _ = self.daemon.drydock("validate", template, *given, check=0)
        self.assertIn(f"{template}: Job: ok\n", out)
        code, _, err = self.daemon.drydock("validate", template)
        self.assertEqual(code, 1)
        self.assertIn("--parameter 'Greeting=VALUE'", err)
        code, _, err = self.daemon.drydock("run", template, *given)
        self.assertEqual(code, 125)
        self.assertIn("choose one with --resource: Job, Web", err)
