"""Processes in running containers: `drydock exec`, and ExecuteCommand with a Session Manager client."""
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from harness import BIN, SLOW, Daemon, container, definition, until
from session_manager import Session, WebSocket


# Stands where `aws` looks for the real one, and is called as that is.
PLUGIN = """#!/usr/bin/python3
import json, os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "{here}")
from session_manager import Session
if len(sys.argv) > 1:
    answer = sys.argv[1]
    session = json.loads(os.environ.get(answer, answer))
    output, reason = Session(session).open().end()
    print(sys.argv[2], sys.argv[3], json.loads(sys.argv[5])["Target"], output.decode().strip(), sep="\\n")
    sys.exit(1 if reason else 0)
"""


def processes(mark):
    """Pids of processes whose command line holds `mark`."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes() and int(path.parts[2]) != os.getpid():
                found.append(int(path.parts[2]))
        except OSError:
            pass
    return found


class Terminal:
    """`drydock exec` on a terminal of its own."""

    def __init__(self, daemon, *args, rows=24, columns=80):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen([str(BIN / "drydock"), "exec", *args], stdin=slave, stdout=slave, stderr=slave,
                                        env=daemon.env(), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave, self.text = slave, ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, text, seconds=20):
        end = time.monotonic() + seconds * SLOW
        while text not in self.text:
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {text!r} in {self.text!r}")
            self.text += os.read(self.master, 65536).decode(errors="replace")
        before, self.text = self.text.split(text, 1)
        return before

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class ExecCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()
        cls.daemon.call("CreateCluster", {})
        cls.task = cls.start("exec", [container("app", "exec sleep 100000", user="1000:1000", workingDirectory="/tmp",
                                                environment=[{"name": "COLOUR", "value": "teal"}]),
                                      container("other", "exec sleep 100000", essential=False)])

    @classmethod
    def start(cls, name, containers, enable=True, **more):
        cls.daemon.call("RegisterTaskDefinition", definition(name, containers, **more))
        status, answer = cls.daemon.call("RunTask", {
            "taskDefinition": name, "enableExecuteCommand": enable,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        assert status == 200, answer
        task = answer["tasks"][0]["taskArn"].split("/")[-1]
        cls.daemon.drydock("wait", task, "--for", "running", check=0)
        return task

    def exec(self, *args, **more):
        return self.daemon.drydock("exec", self.task, "-c", "app", *args, **more)

    def nothing_is_left(self, mark):
        until(lambda: not processes(mark), what=f"the end of every {mark}")
        until(lambda: not os.listdir(self.daemon.run / "exec"), what="an empty session folder")
        until(lambda: not [p for p in processes("drydock-shim") if str(self.daemon.run / "exec").encode() in
                           self.command_line(p)], what="the end of the sessions' parents")

    @staticmethod
    def command_line(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return b""


class ExecTest(ExecCase):
    def test_a_command_runs_as_the_container_does_and_gives_its_code(self):
        code, out, err = self.exec("--", "sh", "-c",
                                   "id -u; id -g; pwd; echo $COLOUR; grep CapEff /proc/self/status; echo bad >&2; exit 7")
        self.assertEqual((code, err), (7, "bad\n"))
        uid, gid, folder, colour, effective = out.splitlines()
        self.assertEqual((uid, gid, folder, colour), ("1000", "1000", "/tmp", "teal"))
        self.assertEqual(effective.split()[1], "0" * 16)
        groups = self.exec("--", "cat", "/proc/self/cgroup")[1]
        self.assertEqual(groups, self.exec("--", "cat", "/proc/1/cgroup")[1])
        self.assertIn(self.task, groups)

    def test_user_folder_and_environment_can_be_others(self):
        out = self.exec("-u", "root", "-w", "/", "-e", "COLOUR=red", "-e", "MORE=a=b", "--", "sh", "-c",
                        "id -u; pwd; echo $COLOUR $MORE $HOME; grep CapEff /proc/self/status", check=0)[1].splitlines()
        self.assertEqual(out[:3], ["0", "/", "red a=b /root"])
        self.assertEqual(out[3].split()[1], "00000000a80425fb")

    def test_input_goes_in_byte_for_byte_and_ends(self):
        data = os.urandom(3_000_000) + bytes(range(256))
        done = subprocess.run([str(BIN / "drydock"), "exec", "-i", "-c", "app", self.task, "--", "cat"], input=data,
                              capture_output=True, env=self.daemon.env(), timeout=60 * SLOW)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == data)
        self.assertEqual(self.exec("--", "cat", check=0, input=b"not passed on")[1], "")

    def test_it_goes_by_the_tcp_endpoint_too(self):
        code, out, _ = self.exec("-i", "--", "sh", "-c", "cat; exit 9", input=b"in\nand out", DRYDOCK_HOST=self.daemon.url)
        self.assertEqual((code, out), (9, "in\nand out"))

    def test_words_arrive_whole(self):
        words = ["[a,b]", "", "--", "-c", "two words", "'", "\\", "é"]
        out = self.exec("--", "sh", "-c", 'for word; do echo "<$word>"; done', "sh", *words, check=0)[1]
        self.assertEqual(out.splitlines(), [f"<{word}>" for word in words])

    def test_a_command_that_cannot_be_started_says_so(self):
        code, out, err = self.exec("--", "no-such-program")
        self.assertEqual((code, out), (127, ""))
        self.assertIn("no-such-program", err)
        self.assertEqual(self.exec("--", "/etc/passwd")[0], 126)
        code, _, err = self.exec("-u", "nobody-here", "--", "id")
        self.assertEqual(code, 125)
        self.assertIn("nobody-here", err)

    def test_the_container_must_be_named_and_run(self):
        code, _, err = self.daemon.drydock("exec", self.task, "--", "id")
        self.assertEqual(code, 125)
        self.assertIn("app, other", err)
        code, _, err = self.daemon.drydock("exec", self.task, "-c", "nope", "--", "id")
        self.assertIn("no container 'nope'", err)
        code, _, err = self.daemon.drydock("exec", "nothing", "--", "id")
        self.assertEqual(code, 125)

    def test_signals_reach_the_process_and_a_death_by_signal_is_told(self):
        process = subprocess.Popen([str(BIN / "drydock"), "exec", "-c", "app", self.task, "--", "sh", "-c",
                                    "trap 'echo got usr1' USR1; echo ready; while :; do sleep 0.1; done"],
                                   stdout=subprocess.PIPE, env=self.daemon.env())
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(process.stdout.readline(), b"got usr1\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20 * SLOW), 128 + signal.SIGTERM)
        process.stdout.close()

    def test_a_terminal_has_a_size_and_keys(self):
        t = Terminal(self.daemon, "-c", "app", self.task, "--", "sh", rows=33, columns=101)
        self.addCleanup(t.close)
        t.type("stty size; tty; echo $TERM; echo mark-$((1+1))\n")
        shown = t.expect("mark-2")
        self.assertIn("33 101", shown)
        self.assertIn("/dev/pts/", shown)
        self.assertIn("xterm", shown)
        t.type("until [ \"$(stty size)\" = '40 120' ]; do sleep 0.1; done; echo resized-$((2+2))\n")
        t.resize(40, 120)  # the kernel tells the client
        t.expect("resized-4")
        t.type("sleep 86410\n")
        until(lambda: processes("86410"), what="sleep")
        t.type("\x03")
        t.type("echo interrupted-$((3+3))\n")
        t.expect("interrupted-6")
        t.type("exit 5\n")
        self.assertEqual(t.process.wait(20 * SLOW), 5)

    def test_a_client_that_vanishes_takes_its_process_along(self):
        process = subprocess.Popen([str(BIN / "drydock"), "exec", "-c", "app", self.task, "--", "sh", "-c",
                                    "echo ready; sleep 86401"], stdout=subprocess.PIPE, env=self.daemon.env())
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.kill()
        process.wait()
        process.stdout.close()
        self.nothing_is_left("86401")
        t = Terminal(self.daemon, "-c", "app", self.task, "--", "sh", "-c", "echo up-$((1+1)); sleep 86402")
        t.expect("up-2")
        t.close()
        self.nothing_is_left("86402")

    def test_output_that_nobody_reads_waits(self):
        reader, writer = os.pipe()
        process = subprocess.Popen([str(BIN / "drydock"), "exec", "-c", "app", self.task, "--", "sh", "-c",
                                    "head -c 20000000 /dev/zero; echo end >&2"], stdout=writer, stderr=subprocess.PIPE,
                                   env=self.daemon.env())
        os.close(writer)
        self.assertEqual(select.select([process.stderr], [], [], 1)[0], [])
        total = 0
        while got := os.read(reader, 1 << 20):
            total += len(got)
        os.close(reader)
        self.assertEqual((total, process.stderr.read(), process.wait()), (20000000, b"end\n", 0))
        process.stderr.close()

    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("exec"))


class ExecuteCommandTest(ExecCase):
    def session(self, command, task=None, container="app"):
        answer = self.daemon.boto().execute_command(cluster="default", task=task or self.task, container=container,
                                                    command=command, interactive=True)
        return answer["session"]

    def error(self, **change):
        request = {"task": self.task, "container": "app", "command": "sh", "interactive": True, **change}
        status, answer = self.daemon.call("ExecuteCommand", {k: v for k, v in request.items() if v is not None})
        self.assertEqual(status, 400, answer)
        return answer["__type"], answer["message"]

    def test_the_answer_and_the_agents(self):
        answer = self.daemon.aws("describe-tasks", "--tasks", self.task)["tasks"][0]
        self.assertIs(answer["enableExecuteCommand"], True)
        for one in answer["containers"]:
            agent = one["managedAgents"][0]
            self.assertEqual((agent["name"], agent["lastStatus"]), ("ExecuteCommandAgent", "RUNNING"))
            self.assertIn("lastStartedAt", agent)
        made = self.daemon.boto().execute_command(task=self.task, container="app", command="sh", interactive=True)
        self.assertEqual((made["taskArn"], made["clusterArn"], made["containerName"], made["interactive"]),
                         (answer["taskArn"], answer["clusterArn"], "app", True))
        self.assertEqual(made["containerArn"], answer["containers"][0]["containerArn"])
        session = made["session"]
        self.assertRegex(session["sessionId"], "^ecs-execute-command-[0-9a-f]{17}$")
        self.assertEqual(session["streamUrl"], self.daemon.url.replace("http", "ws") + "/v1/data-channel/"
                         + session["sessionId"] + "?role=publish_subscribe")
        self.assertGreaterEqual(len(session["tokenValue"]), 64)

    def test_refusals(self):
        self.assertEqual(self.error(interactive=False), ("InvalidParameterException",
                                                         "Interactive is the only mode supported currently."))
        self.assertEqual(self.error(task="0" * 32)[1], "The referenced task was not found.")
        self.assertEqual(self.error(cluster="none")[0], "ClusterNotFoundException")
        self.assertIn("app, other", self.error(container=None)[1])
        self.assertIn("open '", self.error(command="sh -c 'x")[1])
        plain = self.start("plain", [container("app", "exec sleep 100000")], enable=False)
        not_enabled = ("The execute command failed because execute command was not enabled when the task was run or the "
                       "execute command agent isn’t running. Wait and try again or run a new task with execute command "
                       "enabled and try again.")
        self.assertEqual(self.error(task=plain), ("InvalidParameterException", not_enabled))
        self.assertEqual(self.daemon.aws("describe-tasks", "--tasks", plain)["tasks"][0]["containers"][0]["managedAgents"],
                         [])
        locked = self.start("locked", [container("app", "exec sleep 100000", readonlyRootFilesystem=True)])
        self.assertEqual(self.error(task=locked)[1], not_enabled)
        self.daemon.drydock("exec", locked, "--", "true", check=0)  # our own way needs no agent

    def test_an_interactive_shell(self):
        s = Session(self.session("sh")).open()
        self.addCleanup(s.close)
        s.resize(31, 99)
        s.type("stty size; id -u; echo $TERM; echo $COLOUR; echo mark-$((1+1))\r")
        shown = s.expect("mark-2").split()
        for part in ("31", "99", "0", "xterm-256color", "teal"):
            self.assertIn(part, shown)
        s.resize(50, 132)
        s.type("stty size; echo mark-$((1+2))\r")
        self.assertIn("50 132", s.expect("mark-3"))
        s.type("sleep 86411\r")
        until(lambda: processes("86411"), what="sleep")
        s.type(b"\x03")
        s.type("echo mark-$((1+3))\r")
        s.expect("mark-4")
        s.type("exit\r")
        self.assertEqual(s.end()[1], "")
        self.assertFalse(s.unacknowledged)
        self.nothing_is_left("no-such-mark")

    def test_the_aws_command_line_hands_the_session_to_its_plugin(self):
        plugin = self.daemon.base / "session-manager-plugin"
        plugin.write_text(PLUGIN.format(here=pathlib.Path(__file__).parent))
        plugin.chmod(0o755)
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "ecs", "execute-command", "--task",
                               self.task, "--container", "app", "--interactive", "--command", "echo 'two  words'"],
                              env=self.daemon.env(PATH=f"{self.daemon.base}:{os.environ['PATH']}"), capture_output=True,
                              text=True, timeout=120 * SLOW)
        self.assertEqual(done.returncode, 0, done.stderr)
        region, operation, target, output = done.stdout.splitlines()[-4:]
        self.assertEqual((region, operation, output), ("us-east-1", "StartSession", "two  words"))
        runtime = self.daemon.aws("describe-tasks", "--tasks", self.task)["tasks"][0]["containers"][0]["runtimeId"]
        self.assertEqual(target, f"ecs:default_{self.task}_{runtime}")

    def test_the_end_of_input_ends_the_shell(self):
        s = Session(self.session("sh")).open()
        self.addCleanup(s.close)
        s.type("echo mark-$((1+1))\r")
        s.expect("mark-2")
        s.expect("# ")  # before its prompt the shell would take it for a character
        s.type(b"\x04")
        self.assertEqual(s.end()[1], "")

    def test_a_command_with_arguments_and_much_output(self):
        s = Session(self.session("sh -c 'seq 1 60000'")).open()
        self.addCleanup(s.close)
        out, reason = s.end()
        self.assertEqual(out.split(), [str(n).encode() for n in range(1, 60001)])
        self.assertEqual(reason, "")

    def test_output_that_a_client_was_not_ready_for_is_sent_again(self):
        s = Session(self.session("echo hello"), deaf=3).open()
        self.addCleanup(s.close)
        self.assertEqual(s.end(), (b"hello\r\n", ""))

    def test_a_client_that_acknowledges_nothing_does_not_make_the_daemon_grow(self):
        s = Session(self.session("cat /dev/zero")).open()
        self.addCleanup(s.close)
        s.acknowledge = lambda message: None
        seen = set()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            opcode, data = s.ws.receive()
            seen.add(struct.unpack_from(">q", data, 48)[0])
        self.assertLessEqual(len(seen), 70)

    def test_a_command_that_is_not_there(self):
        s = Session(self.session("no-such-program"))
        self.addCleanup(s.close)
        self.assertIn("no-such-program", s.end()[1])

    def test_a_session_opens_once_with_its_token(self):
        made = self.session("sh")
        with self.assertRaisesRegex(ConnectionError, "closed"):
            Session(made, token="0" * 64).open()
        with self.assertRaisesRegex(ConnectionError, "closed"):  # a wrong token uses it up
            Session(made).open()
        made = self.session("sh")
        s = Session(made).open()
        self.addCleanup(s.close)
        with self.assertRaisesRegex(ConnectionError, "closed"):
            Session(made).open()
        self.assertEqual(WebSocket(made["streamUrl"], Origin="http://evil.example").status, 403)

    def test_nonsense_ends_a_session(self):
        for nonsense in (b"", b"x" * 50, os.urandom(120), os.urandom(70000), struct.pack(">I", 116) + os.urandom(200)):
            s = Session(self.session("sleep 86403")).open()
            s.ws.send(nonsense)
            self.assertIn("no message", s.end()[1])
            s.close()
        self.nothing_is_left("86403")

    def test_a_session_ends_with_its_client_its_flag_and_its_task(self):
        s = Session(self.session("sleep 86404")).open()
        s.close()
        self.nothing_is_left("86404")
        s = Session(self.session("sleep 86405")).open()
        s.terminate()
        s.end()
        s.close()
        self.nothing_is_left("86405")
        brief = self.start("brief", [container("app", "exec sleep 100000")])
        s = Session(self.session("sleep 86406", brief)).open()
        unopened = self.session("sleep 86407", brief)
        self.daemon.drydock("stop", brief, "--now", check=0)
        s.end()
        s.close()
        self.daemon.drydock("wait", brief)
        late = Session(unopened)
        self.assertIn("not RUNNING", late.end()[1])
        late.close()
        self.nothing_is_left("8640")


class DaemonDeathTest(ExecCase):
    def test_sessions_end_with_the_daemon_and_the_task_runs_on(self):
        process = subprocess.Popen([str(BIN / "drydock"), "exec", "-c", "app", self.task, "--", "sh", "-c",
                                    "trap '' HUP; echo ready; exec sleep 86408"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.daemon.env())
        self.assertEqual(process.stdout.readline(), b"ready\n")
        s = Session(self.daemon.boto().execute_command(task=self.task, container="app", command="sleep 86409",
                                                       interactive=True)["session"]).open()
        self.daemon.kill()
        with self.assertRaises(ConnectionError):
            while True:
                s.step()
        s.close()
        self.assertEqual(process.wait(30 * SLOW), 125)
        process.communicate()
        self.daemon.log.close()
        self.daemon.start()
        self.nothing_is_left("8640")
        self.assertEqual(self.exec("--", "echo", "again", check=0)[1], "again\n")


if __name__ == "__main__":
    unittest.main()
