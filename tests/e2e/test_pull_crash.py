"""Pulls that are stopped, and pulls, prunes, tasks and killed daemons all at once."""
import http.server
import json
import os
import pathlib
import random
import threading
import time
import unittest

from harness import IMAGE, SLOW, Daemon, container, definition, settled, until
from registry import Registry, have, run


class Stalling(http.server.BaseHTTPRequestHandler):
    """Serves an OCI layout as a registry does, but of the layer only the first half; then it waits."""

    layout = None
    asked = threading.Event()
    goes_on = threading.Event()

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        if "/manifests/" in self.path and not name.startswith("sha256:"):
            name = json.loads((self.layout / "index.json").read_text())["manifests"][0]["digest"]
        if not name.startswith("sha256:"):
            return self.answer(b"{}", "application/json")
        body = (self.layout / "blobs/sha256" / name[7:]).read_bytes()
        if "/manifests/" in self.path:
            return self.answer(body, json.loads(body)["mediaType"])
        if body[:1] == b"{":
            return self.answer(body, "application/octet-stream")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        self.asked.set()
        self.goes_on.wait(120)

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@unittest.skipUnless(have("skopeo"), "needs skopeo")
class StoppedPull(unittest.TestCase):
    def test_a_task_that_is_still_pulling_stops_at_once_and_leaves_nothing(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        Stalling.layout = daemon.base / "layout"
        run("skopeo", "copy", f"oci-archive:{IMAGE}", f"oci:{Stalling.layout}:x")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.addCleanup(Stalling.goes_on.set)
        before = settled(daemon)
        path = daemon.base / "t.json"
        path.write_text(json.dumps(definition("slow", [container(
            "app", "true", image=f"127.0.0.1:{server.server_address[1]}/team/app:v1")])))
        task = daemon.drydock("run", "-d", path, check=0)[1].strip()
        self.assertTrue(Stalling.asked.wait(30 * SLOW))
        began = time.monotonic()
        daemon.drydock("stop", task, check=0)
        daemon.drydock("wait", task)
        self.assertLess(time.monotonic() - began, 10 * SLOW)  # the registry itself stalls for 120 s
        shown = json.loads(daemon.drydock("describe", task, check=0)[1])["tasks"][0]
        self.assertEqual((shown["lastStatus"], shown["stopCode"]), ("STOPPED", "UserInitiated"))
        self.assertEqual(json.loads(daemon.drydock("images", "--json", check=0)[1])["images"], [])
        daemon.drydock("rm", task, check=0)
        until(lambda: not list((daemon.root / "images/staging").iterdir()), what="the cut off layer is gone")
        self.assertEqual(settled(daemon), before)


@unittest.skipUnless(have("docker-registry", "skopeo"), "needs docker-registry and skopeo")
class PullsAndCrashes(unittest.TestCase):
    NAMES = ("one", "two", "three")

    def pulling(self, name, number):
        while not self.stop.is_set():
            self.daemon.drydock("pull", "-q", self.reference(name), timeout=300)
            self.daemon.drydock("run", self.documents[name], "--pull", ("always", "missing")[number % 2], timeout=300)
            self.turns += 1

    def pruning(self):
        while not self.stop.is_set():
            for name in self.NAMES:
                self.daemon.drydock("rmi", self.reference(name), timeout=300)
            self.daemon.drydock("prune", "--images", timeout=300)

    def reference(self, name):
        return f"{self.registry.name}/crash/{name}:1"

    def test_pulls_prunes_tasks_and_killed_daemons_lose_and_leak_nothing(self):
        self.daemon = daemon = Daemon()
        self.addCleanup(daemon.stop)
        self.registry = Registry(daemon.base)
        self.addCleanup(self.registry.stop)
        self.documents, self.stop, self.turns = {}, threading.Event(), 0
        self.addCleanup(self.stop.set)
        for name in self.NAMES:
            extra = daemon.base / f"{name}.bin"
            extra.write_bytes(random.Random(name).randbytes(3 << 20))
            archive = daemon.base / f"{name}.tar"
            run("/usr/bin/python3", pathlib.Path(__file__).parents[2] / "examples/image/build.py", archive, "--add",
                f"{extra}:/extra")
            self.registry.push(f"crash/{name}:1", f"oci-archive:{archive}")
            path = daemon.base / f"{name}.json"
            path.write_text(json.dumps(definition(name, [container(
                "app", "wc -c < /extra", image=self.reference(name))])))
            self.documents[name] = path
        threads = [threading.Thread(target=self.pulling, args=(n, i)) for i, n in enumerate(self.NAMES)]
        threads.append(threading.Thread(target=self.pruning))
        for t in threads:
            t.start()
        chance = random.Random(7)
        for _ in range(int(os.environ.get("DRYDOCK_CRASHES", "20"))):
            time.sleep(chance.uniform(0.05, 0.7) * SLOW)  # the moment of the crash is to be any
            daemon.kill()
            daemon.start()
        turns = self.turns
        until(lambda: self.turns >= turns + 3, 120, "pulls and tasks after the last crash")
        self.stop.set()
        for t in threads:
            t.join()
        until(lambda: not daemon.drydock("ps", "-q")[1].strip(), 60, "the tasks end")
        for name in self.NAMES:  # whatever was cut: all of it is there, or is got again
            code, out, err = daemon.drydock("run", self.documents[name], timeout=120)
            self.assertEqual((code, out.strip()), (0, f"app | {3 << 20}"), err)
        listed = json.loads(daemon.drydock("images", "--json", check=0)[1])["images"]
        self.assertEqual(sorted(n for i in listed for n in i["names"]), sorted(map(self.reference, self.NAMES)))
        daemon.kill()
        daemon.start()  # sweeps
        self.assertEqual(list((daemon.root / "images/staging").iterdir()), [])
        for reference in map(self.reference, self.NAMES):
            daemon.drydock("rmi", "-f", reference, check=0)
        daemon.drydock("prune", "--images", check=0)
        self.assertEqual(sorted(p.name for p in (daemon.root / "images/layers").iterdir()), [])
        self.assertEqual(sorted(p.name for p in (daemon.root / "images/blobs/sha256").iterdir()), [])
