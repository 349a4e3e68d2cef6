"""A task that does its worst harms nobody but itself."""
import json
import os
import pathlib
import subprocess
import unittest

from harness import SLOW, Daemon, container, definition, until

ROLE = "arn:aws:iam::111122223333:role/pilot"
PATIENCE = str(10 * SLOW)  # seconds that curl waits

# Runs in the hostile task's network namespace, as root with every capability there: more than a container has.
FLOOD = """
import os, resource, select, socket, sys, time
where = ("169.254.170.2", 80)
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
heads = [b"", b"GET /", b"GET /v4/x HTTP/1.1\\r\\nX-A: ", b"\\x16\\x03\\x01\\x02\\x00\\x01\\x00", os.urandom(900),
         b"POST /v4/x HTTP/1.1\\r\\nContent-Length: 99999999999\\r\\n\\r\\n", b"GET /%00 HTTP/9.9\\r\\n\\r\\n",
         b"POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nffffffffffff\\r\\n", b"X" * 60000]
held, opened = [], 0
def more():
    global opened
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(where)
    opened += 1
    held.append(s)
    if len(held) > 3000:
        held.pop(0).close()
print("started", flush=True)
while opened < 10000 or not select.select([sys.stdin], [], [], 0)[0]:
    more()
    for s in held[-64::8]:
        try:
            s.send(heads[opened % len(heads)])
        except OSError:
            pass
    if opened >= 10000:
        time.sleep(0.002)  # goes on, slowly, until it is told to end
print("opened", opened, flush=True)
"""


class HostileTask(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.stop)
        self.daemon.load_image()

    def sleeping(self, name):
        path = self.daemon.base / f"{name}.json"
        path.write_text(json.dumps(definition(name, [container(
            "app", "echo $ECS_CONTAINER_METADATA_URI_V4 $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; sleep 1000")],
            taskRoleArn=ROLE)))
        task = self.daemon.drydock("run", "-d", path, check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        said = until(lambda: self.daemon.drydock("logs", "--no-prefix", task)[1].split(), 20, "the task speaks")
        (network,) = json.loads((self.daemon.run / "tasks" / task / "network.json").read_text())["namespaces"]
        return {"id": task, "pid": self.process(task), "metadata": said[0], "credentials": said[1],
                "address": network["address"].split("/")[0]}

    def process(self, task):
        for folder in pathlib.Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and f"/{task}/" in (folder / "cgroup").read_text():
                    return folder.name
            except OSError:
                pass
        self.fail(f"no process of {task}")

    def inside(self, task, *command, timeout=60):
        return subprocess.run(["nsenter", "-t", task["pid"], "-n", *map(str, command)], capture_output=True, text=True,
                              timeout=timeout * SLOW)

    def files(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def resident_mib(self):
        for line in open(f"/proc/{self.daemon.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0

    def test_a_flood_of_connections_leaves_others_and_the_daemon_alone(self):
        bad, good = self.sleeping("bad"), self.sleeping("good")
        files, memory = self.files(), self.resident_mib()
        flood = subprocess.Popen(["nsenter", "-t", bad["pid"], "-n", "/usr/bin/python3", "-c", FLOOD],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(flood.wait)
        self.addCleanup(flood.kill)
        self.assertEqual(flood.stdout.readline().strip(), "started")
        for path in ("", "/task", "/stats"):
            for _ in range(10):
                got = self.inside(good, "curl", "-sf", "-m", PATIENCE, good["metadata"] + path)
                self.assertEqual(got.returncode, 0, got.stderr)
                json.loads(got.stdout)
        got = self.inside(good, "curl", "-sf", "-m", PATIENCE, "http://169.254.170.2" + good["credentials"])
        self.assertIn("AccessKeyId", json.loads(got.stdout))
        self.daemon.drydock("ps", check=0)
        self.assertLess(self.files(), files + 600)
        flood.stdin.write("end\n")
        flood.stdin.flush()
        said = flood.stdout.readline().split()
        self.assertEqual(said[0], "opened")
        self.assertGreaterEqual(int(said[1]), 10000)
        flood.wait()
        # Nothing stays: neither connections nor what they sent.
        until(lambda: self.files() <= files + 8, 60, "the connections are gone")
        self.assertLess(self.resident_mib(), memory + 64)
        again = self.inside(bad, "curl", "-sf", "-m", PATIENCE, bad["metadata"])
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_an_address_of_another_task_opens_nothing(self):
        bad, good = self.sleeping("bad"), self.sleeping("good")
        self.assertEqual(self.inside(bad, "ip", "address", "add", good["address"] + "/32", "dev", "eth0").returncode, 0)
        for path in ("/v2/metadata", good["credentials"], good["metadata"].removeprefix("http://169.254.170.2")):
            got = self.inside(bad, "curl", "-s", "-m", PATIENCE, "--interface", good["address"],
                              "http://169.254.170.2" + path)
            self.assertNotIn("/" + good["id"], got.stdout)  # its ARN
            self.assertNotIn("SecretAccessKey", got.stdout)
        # Its packets do not leave under that address, and nobody else's come to it.
        server = subprocess.Popen(["nsenter", "-t", good["pid"], "-n", "/usr/bin/python3", "-u", "-m", "http.server",
                                   "8099"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        url = f"http://{good['address']}:8099/"
        until(lambda: self.inside(good, "curl", "-sf", "-o", "/dev/null", url).returncode == 0, 20, "the server answers")
        got = subprocess.run(["curl", "-sf", "-o", "/dev/null", "-m", PATIENCE, url])
        self.assertEqual(got.returncode, 0)
        self.inside(bad, "ip", "address", "del", good["address"] + "/32", "dev", "eth0")
        got = self.inside(bad, "curl", "-sf", "-o", "/dev/null", "-m", PATIENCE, url)
        self.assertEqual(got.returncode, 0, "tasks reach each other under their own addresses")

    def test_neither_the_hosts_loopback_nor_the_api_is_reached(self):
        bad = self.sleeping("bad")
        port = int(self.daemon.url.rsplit(":", 1)[1])
        gateway = self.inside(bad, "ip", "-4", "route", "show", "default").stdout.split()[2]
        self.inside(bad, "ip", "route", "add", "127.9.9.9/32", "via", gateway)
        self.inside(bad, "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        hosts = {gateway, "127.0.0.1", "127.9.9.9", "169.254.170.2"}
        hosts |= {a["local"] for link in json.loads(subprocess.check_output(["ip", "-j", "-4", "address"]))
                  for a in link["addr_info"] if a["scope"] == "global"}
        for host in sorted(hosts):
            got = self.inside(bad, "curl", "-s", "-m", "3", "-X", "POST", "-H",
                              "X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters", "-d", "{}",
                              f"http://{host}:{port}/")
            self.assertNotEqual(got.returncode, 0, f"{host}:{port} answered {got.stdout[:200]}")


if __name__ == "__main__":
    unittest.main()
