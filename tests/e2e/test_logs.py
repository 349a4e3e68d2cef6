"""`drydock logs`: every line once, whole, in the order of time, from the journals of a task's containers."""
import subprocess
import unittest

from harness import BIN, SLOW, DaemonCase, container, definition, until


class Logs(DaemonCase):
    def detached(self, *containers):
        doc = definition(self.id().split(".")[-1][:60], list(containers))
        return self.run_task(doc, "-d", check=0)[1].strip()

    def stopped(self, *containers):
        task = self.detached(*containers)
        self.daemon.drydock("wait", task, "--for", "stopped", timeout=120)
        return task

    def raw(self, *args):
        done = subprocess.run([str(BIN / "drydock"), "logs", *args], env=self.daemon.env(), capture_output=True,
                              timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_containers_are_interleaved_by_time(self):
        # Each waits for the other's file, so the order is fixed.
        left = "for i in 1 2 3; do echo left $i; touch /both/l$i; until [ -e /both/r$i ]; do sleep 0.02; done; done"
        right = "for i in 1 2 3; do until [ -e /both/l$i ]; do sleep 0.02; done; sleep 0.05; echo right $i; touch /both/r$i; sleep 0.05; done"
        mounts = [{"sourceVolume": "both", "containerPath": "/both"}]
        doc = definition("interleaved", [container("left", left, mountPoints=mounts),
                                         container("right", right, mountPoints=mounts, essential=False)],
                         volumes=[{"name": "both"}])
        task = self.run_task(doc, "-d", check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "stopped", timeout=120)
        want = [f"{who} | {who} {i}" for i in (1, 2, 3) for who in ("left", "right")]
        got = self.raw(task).decode().splitlines()
        self.assertEqual(got[:5], want[:5])
        self.assertEqual(self.raw(task, "right").decode().splitlines()[:2], ["right | right 1", "right | right 2"])

    def test_any_bytes_come_through(self):
        octal = "".join(f"\\{i:03o}" for i in range(256) if i != 10)
        task = self.stopped(container("bytes", f"printf '{octal}\\n'"))
        self.assertEqual(self.raw("--no-prefix", task), bytes(i for i in range(256) if i != 10) + b"\n")

    def test_very_long_lines_are_whole(self):
        task = self.stopped(container("long", "head -c 900000 /dev/zero | tr '\\0' x; echo; echo next"))
        self.assertEqual(self.raw("--no-prefix", task), b"x" * 900000 + b"\nnext\n")

    def test_a_follower_sees_every_line_once_until_the_task_ends(self):
        task = self.detached(container("seq", "seq 1 2000; until [ -e /tmp/go ]; do sleep 0.05; done; seq 2001 60000; "
                                              "printf 'no newline'"))
        until(lambda: b"2000" in self.raw("--tail", "1", task), what="the first lines")
        with subprocess.Popen([str(BIN / "drydock"), "logs", "-f", "--no-prefix", task], env=self.daemon.env(),
                              stdout=subprocess.PIPE) as follower:
            self.assertEqual(follower.stdout.readline(), b"1\n")
            self.daemon.drydock("exec", task, "touch", "/tmp/go", check=0)
            rest = follower.stdout.read()
        want = b"".join(b"%d\n" % i for i in range(2, 60001)) + b"no newline\n"
        self.assertEqual(rest, want)
        self.assertEqual(self.raw("--no-prefix", task), b"1\n" + want)

    def test_tail_since_and_until_choose(self):
        task = self.stopped(container("app", "for i in 1 2 3 4; do echo $i; sleep 0.05; done"))
        times = [line.split(" ", 1) for line in
                 self.raw("--no-prefix", "--timestamps", task).decode().splitlines()]
        self.assertEqual([text for _, text in times], ["1", "2", "3", "4"])
        since, end = times[1][0], times[3][0]
        self.assertEqual(self.raw("--no-prefix", "--since", since, task), b"2\n3\n4\n")
        self.assertEqual(self.raw("--no-prefix", "--since", since, "--until", end, task), b"2\n3\n")
        self.assertEqual(self.raw("--no-prefix", "--tail", "2", task), b"3\n4\n")
        self.assertEqual(self.raw("--no-prefix", "--tail", "1", "--until", end, task), b"3\n")
        self.assertEqual(self.raw("--no-prefix", "--tail", "0", task), b"")
        self.assertEqual(self.raw("--no-prefix", "--since", "1h", "--stderr", task), b"")

    def test_tail_counts_what_is_shown(self):
        task = self.stopped(container("app", "echo e1 >&2; echo e2 >&2; sleep 0.1; for i in $(seq 50); do echo $i; done"))
        self.assertEqual(self.raw("--no-prefix", "--stderr", "-n", "1", task), b"e2\n")
        self.assertEqual(self.raw("--no-prefix", "--stderr", "-n", "5", task), b"e1\ne2\n")
        self.assertEqual(self.raw("--no-prefix", "--stdout", "-n", "2", task), b"49\n50\n")

    def test_a_time_that_is_none_is_a_usage_error(self):
        for flag in ("--since", "--until"):
            code, _, err = self.daemon.drydock("logs", flag, "banana", "task")
            self.assertEqual(code, 2)
            self.assertIn(flag, err)
            self.assertIn('"banana" must be a time', err)


if __name__ == "__main__":
    unittest.main()
