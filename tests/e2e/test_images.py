"""Images from registries, archives, layouts and engines; save, prune, offline."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import unittest

from harness import BIN, IMAGE, SLOW, Daemon, DaemonCase, container, definition, until
from registry import PASSWORD, USER, Registry, have, run

DIGEST = re.compile(r"^127\.0\.0\.1:\d+/[a-z/]+@sha256:[0-9a-f]{64}$")


def images(daemon):
    return json.loads(daemon.drydock("images", "--json", check=0)[1])["images"]


def names(daemon):
    return sorted(n for image in images(daemon) for n in image["names"])


def forget(daemon, *references):
    for reference in references:
        daemon.drydock("rmi", reference)


@unittest.skipUnless(have("docker-registry", "skopeo"), "needs docker-registry and skopeo")
class RegistryCase(unittest.TestCase):
    config = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(config=cls.config)
        cls.addClassCleanup(cls.daemon.stop)
        cls.registry = Registry(cls.daemon.base)
        cls.addClassCleanup(cls.registry.stop)
        cls.digest = cls.registry.push("team/web:one")

    def tearDown(self):
        forget(self.daemon, *names(self.daemon))

    def ref(self, name="team/web:one"):
        return f"{self.registry.name}/{name}"

    def pull(self, *args, check=0, **kw):
        return self.daemon.drydock("pull", *args, check=check, **kw)

    def task(self, reference, *flags, check=None, command="echo it runs"):
        path = self.daemon.base / "task.json"
        path.write_text(json.dumps(definition("pulled", [container("web", command, image=reference)])))
        return self.daemon.drydock("run", path, *flags, check=check)


class Pulling(RegistryCase):
    kernel = False

    def test_a_pull_prints_the_name_for_ever_and_progress_apart(self):
        _, out, err = self.pull(self.ref())
        self.assertEqual(out.strip(), f"{self.registry.name}/team/web@{self.digest}")
        self.assertIn(f"pulling {self.ref()}", err)
        self.assertRegex(err, r"(?m)^[0-9a-f]{12}  done")
        self.assertEqual(names(self.daemon), [self.ref()])
        self.assertEqual(images(self.daemon)[0]["digest"], self.digest)

    def test_quiet_prints_the_name_alone(self):
        _, out, err = self.pull("-q", self.ref())
        self.assertRegex(out.strip(), DIGEST)
        self.assertEqual(err, "")

    def test_json_tells_name_digest_id_and_size(self):
        image = json.loads(self.pull("--json", self.ref())[1])["images"][0]
        self.assertEqual(image["digest"], self.digest)
        self.assertEqual(image["name"], self.ref())
        self.assertGreater(image["size"], 0)
        self.assertEqual(image["platform"].split("/")[0], "linux")

    def test_a_digest_is_pulled_and_found_again(self):
        pinned = f"{self.registry.name}/team/web@{self.digest}"
        self.assertEqual(self.pull(pinned)[1].strip(), pinned)
        self.assertEqual(self.pull("--pull", "never", pinned)[1].strip(), pinned)

    def test_several_at_once_and_one_that_is_missing(self):
        self.registry.push("team/other:two")
        code, out, err = self.pull(self.ref(), self.ref("no/such:tag"), self.ref("team/other:two"), check=1)
        self.assertEqual(len(out.splitlines()), 2)
        self.assertIn("no/such", err)

    def test_an_unknown_tag_says_what_to_do_and_leaves_nothing(self):
        _, out, err = self.pull(self.ref("team/web:gone"), check=1)
        self.assertEqual(out, "")
        self.assertIn("team/web:gone", err)
        self.assertIn("is the name right?", err)
        self.assertIn("drydock load", err)
        self.assertEqual(images(self.daemon), [])

    def test_a_platform_that_is_not_offered_names_the_others(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.daemon.base))
        run("skopeo", "copy", f"oci-archive:{IMAGE}", f"oci:{folder}/x:one")
        self.push_index(folder / "x", "team/many:1", {"amd64", "arm64"})
        _, _, err = self.pull("--platform", "linux/s390x", self.ref("team/many:1"), check=1)
        self.assertIn("s390x", err)
        self.assertIn("linux/amd64", err)
        self.assertIn("linux/arm64", err)
        image = json.loads(self.pull("--json", "--platform", "linux/arm64", self.ref("team/many:1"))[1])["images"][0]
        self.assertEqual(image["platform"].split("/")[1], "arm64")

    def push_index(self, layout, name, architectures):
        """An index whose images differ in their configuration's architecture only."""
        import hashlib

        def blob(data):
            digest = hashlib.sha256(data).hexdigest()
            (layout / "blobs/sha256" / digest).write_bytes(data)
            return {"digest": "sha256:" + digest, "size": len(data)}

        def read(descriptor):
            return json.loads((layout / "blobs/sha256" / descriptor["digest"][7:]).read_text())

        index = json.loads((layout / "index.json").read_text())
        entries = []
        for architecture in sorted(architectures):
            manifest = read(index["manifests"][0])
            config = read(manifest["config"])
            config["architecture"] = architecture
            manifest["config"].update(blob(json.dumps(config).encode()))
            entries.append({"mediaType": "application/vnd.oci.image.manifest.v1+json",
                            "platform": {"os": "linux", "architecture": architecture},
                            **blob(json.dumps(manifest).encode())})
        whole = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                                 "manifests": entries}).encode())
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.index.v1+json", **whole,
             "annotations": {"org.opencontainers.image.ref.name": "one"}}]}))
        self.registry.push(name, f"oci:{layout}:one", "--all")

    def test_nobody_there_is_told_within_reason(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            _, _, err = self.pull(f"127.0.0.1:{port}/a/b:c", check=1)
        self.assertIn(f"127.0.0.1:{port}", err)
        self.assertIn("reachable", err)

    def test_bad_names_and_sources_are_refused(self):
        for bad in ("Upper/Case", "oci:/no/such/folder", "docker-archive:/no/such/file", "a b"):
            _, out, err = self.pull(bad, check=1)
            self.assertEqual(out, "", bad)
            self.assertIn(bad.split(":")[-1], err)
        _, _, err = self.pull("--platform", "//", self.ref(), check=1)
        self.assertIn("linux/arm64", err)

    def test_bars_are_drawn_on_a_terminal(self):
        main, other = pty.openpty()
        env = self.daemon.env(TERM="xterm")
        process = subprocess.Popen([str(BIN / "drydock"), "pull", self.ref()], env=env, stdout=subprocess.PIPE,
                                   stderr=other)
        os.close(other)
        seen = b""
        while True:
            try:
                data = os.read(main, 4096)
            except OSError:
                break
            if not data:
                break
            seen += data
        out = process.stdout.read().decode()
        process.stdout.close()
        os.close(main)
        self.assertEqual(process.wait(60 * SLOW), 0)
        self.assertRegex(out.strip(), DIGEST)
        self.assertIn(b"\x1b[2K", seen)
        self.assertIn(b"done", seen)


class RunningFromARegistry(RegistryCase):
    def test_a_task_pulls_what_it_needs(self):
        code, out, err = self.task(self.ref(), "--rm")
        self.assertEqual(code, 0, err)
        self.assertIn("it runs", out)
        self.assertEqual(names(self.daemon), [self.ref()])

    def test_missing_asks_no_registry_for_what_is_here_and_always_does(self):
        registry = Registry(self.daemon.base)
        registry.push("moving:tag")
        reference = f"{registry.name}/moving:tag"
        self.task(reference, "--rm", check=0)
        registry.stop()
        self.task(reference, "--rm", check=0)
        self.task(reference, "--rm", "--pull", "never", check=0)
        code, _, err = self.task(reference, "--rm", "--pull", "always")
        self.assertNotEqual(code, 0)
        self.assertIn("CannotPullContainerError", err)

    def test_the_example_prints_what_it_says(self):
        example = pathlib.Path(__file__).resolve().parents[2] / "examples/registry"
        env = self.daemon.env(PATH=f"{BIN}:{os.environ['PATH']}:/usr/sbin:/usr/bin:/bin")
        out = run("sh", example / "run.sh", IMAGE, env=env, timeout=120 * SLOW)
        told = re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", re.sub(r"localhost:\d+", "localhost:PORT", out))
        self.assertEqual(told, (example / "expected.txt").read_text())

    def test_never_pulls_nothing(self):
        code, _, err = self.task(self.ref(), "--rm", "--pull", "never")
        self.assertNotEqual(code, 0)
        self.assertIn("CannotPullContainerError", err)
        self.assertIn("drydock pull", err)
        self.assertEqual(images(self.daemon), [])

    def test_always_takes_the_tag_that_moved(self):
        tag = self.ref("team/move:1")
        first = self.registry.push("team/move:1", f"oci-archive:{IMAGE}", "--format", "oci")
        self.task(tag, "--rm", check=0)
        second = self.registry.push("team/move:1", f"oci-archive:{IMAGE}", "--format", "v2s2")
        self.assertNotEqual(first, second)
        for flags, digest in (((), first), (("--pull", "always"), second)):
            self.task(tag, "--rm", *flags, check=0)
            self.assertEqual([i["digest"] for i in images(self.daemon) if tag in i["names"]], [digest])

    def test_an_unknown_image_stops_the_task_as_on_ecs(self):
        code, _, err = self.task(self.ref("team/web:gone"), "--rm")
        self.assertNotEqual(code, 0)
        self.assertIn("CannotPullContainerError: pull image manifest has been retried", err)
        self.assertIn("not found", err)


@unittest.skipUnless(have("docker-registry", "skopeo"), "needs docker-registry and skopeo")
class PrivateRegistry(unittest.TestCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.stop)
        cls.registry = Registry(cls.daemon.base, login=True)
        cls.addClassCleanup(cls.registry.stop)
        cls.digest = cls.registry.push("team/private:1")
        cls.reference = f"{cls.registry.name}/team/private:1"

    def pull(self, check, **env):
        return self.daemon.drydock("pull", self.reference, check=check, **env)

    def test_docker_config_logs_in(self):
        forget(self.daemon, self.reference)
        _, out, _ = self.pull(0, DOCKER_CONFIG=str(self.registry.docker_config()))
        self.assertIn(self.digest, out)

    def test_a_home_with_docker_logs_in(self):
        forget(self.daemon, self.reference)
        home = pathlib.Path(tempfile.mkdtemp(dir=self.daemon.base))
        shutil.copytree(self.registry.docker_config(), home / ".docker")
        self.assertIn(self.digest, self.pull(0, HOME=str(home), DOCKER_CONFIG="")[1])

    def test_podmans_auth_json_logs_in(self):
        forget(self.daemon, self.reference)
        runtime = pathlib.Path(tempfile.mkdtemp(dir=self.daemon.base))
        shutil.copytree(self.registry.docker_config(), runtime / "containers")
        (runtime / "containers/config.json").rename(runtime / "containers/auth.json")
        home = tempfile.mkdtemp(dir=self.daemon.base)
        self.assertIn(self.digest, self.pull(0, HOME=home, XDG_RUNTIME_DIR=str(runtime), DOCKER_CONFIG="")[1])

    def test_a_wrong_password_is_refused_and_not_told(self):
        for config, password in ((self.registry.docker_config("wrong secret"), "wrong secret"),
                                 (tempfile.mkdtemp(dir=self.daemon.base), PASSWORD)):
            forget(self.daemon, self.reference)
            _, out, err = self.pull(1, DOCKER_CONFIG=str(config), HOME=str(config))
            self.assertEqual(out, "")
            self.assertIn("docker login", err)
            for text in (err, self.daemon.log_text()):
                self.assertNotIn(password, text)

    def test_credentials_in_the_request_are_used(self):
        forget(self.daemon, self.reference)
        lines = self.post({"reference": self.reference,
                           "credentials": {"username": USER, "password": PASSWORD}})
        self.assertEqual(lines[-1]["image"]["digest"], self.digest)
        lines = self.post({"reference": self.reference, "credentials": {"username": USER, "password": "no"}})
        self.assertEqual(lines[-1]["error"]["__type"], "Denied")

    def post(self, body):
        done = run("curl", "-sS", "--unix-socket", f"{self.daemon.run}/drydock.sock", "-d", json.dumps(body),
                   "http://localhost/_drydock/v1/images/pull")
        return [json.loads(line) for line in done.splitlines()]


class Sources(unittest.TestCase):
    """Archives and layouts, as skopeo, podman, buildah and umoci write them; and save, which they read."""

    kernel = False

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.stop)
        cls.folder = cls.daemon.base / "sources"
        cls.folder.mkdir()

    def setUp(self):
        forget(self.daemon, *names(self.daemon))
        for image in images(self.daemon):
            forget(self.daemon, image["digest"])

    def runs(self, reference):
        path = self.daemon.base / "task.json"
        path.write_text(json.dumps(definition("source", [container("web", "echo it runs", image=reference)])))
        code, out, err = self.daemon.drydock("run", path, "--rm", "--pull", "never")
        self.assertEqual(code, 0, err)
        self.assertIn("it runs", out)

    def pull(self, source, check=0):
        return self.daemon.drydock("pull", source, check=check)[1].split()

    @unittest.skipUnless(have("skopeo"), "needs skopeo")
    def test_archives_and_a_layout_of_skopeo(self):
        for kind, target in (("docker-archive", "docker.tar:sk/docker:1"), ("oci-archive", "oci.tar:sk/oci:1")):
            run("skopeo", "copy", f"oci-archive:{IMAGE}", f"{kind}:{self.folder}/{target}")
            file, name = target.split(":", 1)
            self.assertEqual(self.pull(f"{kind}:{self.folder}/{file}"), [f"docker.io/{name}"])
            self.runs(name)
        for tag in ("one", "two"):
            run("skopeo", "copy", f"oci-archive:{IMAGE}", f"oci:{self.folder}/layout:{tag}")
        self.pull(f"oci:{self.folder}/layout:two")
        self.assertEqual(len(names(self.daemon)), 3)
        code, _, err = self.daemon.drydock("pull", f"oci:{self.folder}/layout:three")
        self.assertEqual(code, 1)
        self.assertIn("one, two", err)

    @unittest.skipUnless(have("umoci"), "needs umoci")
    def test_a_layout_of_umoci(self):
        layout = self.folder / "umoci"
        run("umoci", "init", "--layout", layout)
        run("umoci", "new", "--image", f"{layout}:latest")
        tree = self.folder / "tree"
        (tree / "etc").mkdir(parents=True)
        (tree / "etc/made-by").write_text("umoci")
        run("umoci", "insert", "--image", f"{layout}:latest", tree / "etc", "/etc")
        self.assertEqual(self.pull(f"oci:{layout}:latest"), ["umoci:latest"])
        self.assertEqual(names(self.daemon), ["docker.io/library/umoci:latest"])

    @unittest.skipUnless(have("buildah"), "needs buildah")
    def test_an_archive_of_buildah(self):
        store = ["--root", str(self.folder / "buildah"), "--runroot", str(self.folder / "buildah.run"),
                 "--storage-driver", "vfs"]
        made = run("buildah", *store, "from", f"oci-archive:{IMAGE}").strip()
        run("buildah", *store, "config", "--cmd", "echo hello", made)
        run("buildah", *store, "commit", made, f"oci-archive:{self.folder}/buildah.tar:bd/image:1")
        run("buildah", *store, "rm", made)
        self.assertEqual(self.pull(f"oci-archive:{self.folder}/buildah.tar"), ["docker.io/bd/image:1"])
        self.runs("bd/image:1")

    def save(self, *references, check=0):
        file = self.folder / "saved.tar"
        self.daemon.drydock("save", *references, "-o", file, check=check)
        return file

    def test_what_was_saved_is_loaded_again(self):
        self.daemon.load_image()
        before = images(self.daemon)[0]
        self.daemon.drydock("tag", "drydock/example:latest", "again:2", check=0)
        file = self.save("drydock/example", "again:2")
        forget(self.daemon, *names(self.daemon))
        self.assertEqual(images(self.daemon), [])
        self.daemon.drydock("load", "-i", file, check=0)
        self.assertEqual(names(self.daemon), ["docker.io/drydock/example:latest", "docker.io/library/again:2"])
        self.assertEqual(images(self.daemon)[0]["digest"], before["digest"])
        self.runs("again:2")

    @unittest.skipUnless(have("skopeo"), "needs skopeo")
    def test_skopeo_reads_both_faces_of_what_was_saved(self):
        self.daemon.load_image()
        self.daemon.drydock("tag", "drydock/example:latest", "again:2", check=0)
        file = self.save("drydock/example", "again:2")
        digest = images(self.daemon)[0]["digest"]
        for name in ("docker.io/drydock/example:latest", "docker.io/library/again:2"):
            self.assertEqual(json.loads(run("skopeo", "inspect", f"oci-archive:{file}:{name}"))["Digest"], digest)
            run("skopeo", "copy", f"docker-archive:{file}:{name}", f"oci:{self.folder}/back:1")
        run("skopeo", "copy", f"oci-archive:{file}:docker.io/library/again:2", f"oci:{self.folder}/back:2")

    @unittest.skipUnless(have("podman"), "needs podman")
    def test_podman_loads_what_was_saved(self):
        self.daemon.load_image()
        podman = ["podman", "--root", str(self.folder / "podman"), "--runroot", str(self.folder / "podman.run"),
                  "--storage-driver", "vfs"]
        self.assertIn("docker.io/drydock/example:latest", run(*podman, "load", "-i", self.save("drydock/example")))
        run(*podman, "save", "-o", self.folder / "podman.tar", "drydock/example")
        forget(self.daemon, *names(self.daemon))
        self.assertEqual(self.pull(f"docker-archive:{self.folder}/podman.tar"), ["docker.io/drydock/example:latest"])

    @unittest.skipUnless(have("podman"), "needs podman")
    def test_an_engine_is_asked_by_name(self):
        podman = ["podman", "--root", str(self.folder / "engine"), "--runroot", str(self.folder / "engine.run"),
                  "--storage-driver", "vfs"]
        run(*podman, "load", "-i", IMAGE)
        run(*podman, "tag", "drydock/example:latest", "localhost/built/here:1")
        path = str(self.folder / "podman.sock")
        engine = subprocess.Popen([*podman, "system", "service", "--time=0", f"unix://{path}"],
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (engine.terminate(), engine.wait(20 * SLOW)))
        until(lambda: os.path.exists(path), 20, "the engine's socket")
        os.environ["DOCKER_HOST"] = f"unix://{path}"
        self.addCleanup(lambda: os.environ.pop("DOCKER_HOST", None))
        daemon = Daemon(config={"images": {"engine": True, "offline": True}})
        self.addCleanup(daemon.stop)
        _, out, _ = daemon.drydock("pull", "docker-daemon:drydock/example:latest", check=0)
        self.assertIn("docker.io/drydock/example@sha256:", out)
        _, _, err = daemon.drydock("pull", "docker-daemon:no/such:1", check=1)
        self.assertIn("no/such:1", err)
        # A bare name that the store lacks, with images.engine; podman's own builds are at localhost/.
        path = daemon.base / "task.json"
        path.write_text(json.dumps(definition("engine", [container("web", "echo it runs", image="built/here:1")])))
        code, out, err = daemon.drydock("run", path, "--rm")
        self.assertEqual(code, 0, err)
        self.assertIn("it runs", out)

    def test_a_save_that_fails_leaves_no_file(self):
        target = self.folder / "none.tar"
        code, _, err = self.daemon.drydock("save", "no/such:image", "-o", target)
        self.assertEqual(code, 1)
        self.assertIn("no/such:image", err)
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("none.tar")], [])

    def test_save_pipes_but_not_to_a_terminal(self):
        self.daemon.load_image()
        done = subprocess.run([str(BIN / "drydock"), "save", "drydock/example"], env=self.daemon.env(),
                              capture_output=True, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0)
        (self.folder / "piped.tar").write_bytes(done.stdout)
        with tarfile.open(self.folder / "piped.tar") as tar:
            self.assertTrue({"oci-layout", "index.json", "manifest.json"} <= set(tar.getnames()))
        main, other = pty.openpty()
        done = subprocess.run([str(BIN / "drydock"), "save", "drydock/example"], env=self.daemon.env(),
                              stdout=other, stderr=subprocess.PIPE, timeout=60 * SLOW)
        os.close(main)
        os.close(other)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"-o FILE", done.stderr)


class Care(DaemonCase):
    kernel = False
    config = {"images": {"offline": True, "aliases": {"registry.example.com/": "local/",
                                                      "123456789012.dkr.ecr.us-east-1.amazonaws.com/web":
                                                          "drydock/example"}}}

    def test_offline_asks_no_registry(self):
        code, _, err = self.daemon.drydock("pull", "registry.invalid/a:1")
        self.assertEqual(code, 1)
        self.assertIn("images.offline", err)
        code, _, err = self.run_task(definition("off", [container("web", "true", image="registry.invalid/a:1")]))
        self.assertNotEqual(code, 0)
        self.assertIn("images.offline", err)
        self.run_task(definition("on", [container("web", "true")]), check=0)

    def test_an_alias_stands_for_a_name_in_ecr(self):
        name = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:latest"
        role = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
        self.run_task(definition("alias", [container("web", "true", image=name)], executionRoleArn=role), check=0)
        self.daemon.drydock("tag", "drydock/example", "local/tool:3", check=0)
        self.run_task(definition("start", [container("web", "true", image="registry.example.com/tool:3")]), check=0)
        self.daemon.drydock("rmi", "local/tool:3", check=0)

    def test_prune_keeps_what_a_task_uses(self):
        self.run_task(definition("over", [container("web", "true")]), check=0)
        _, task, _ = self.run_task(definition("long", [container("web", "sleep 1000")]), "--detach", check=0)
        task = task.strip()
        until(lambda: images(self.daemon)[0]["used"], 20, "the hold")
        plan = json.loads(self.daemon.drydock("prune", "--images", "--dry-run", "--json", check=0)[1])
        self.assertGreaterEqual(len(plan["tasks"]), 1)
        self.assertEqual(plan["deleted"], [])
        self.daemon.drydock("prune", "--images", check=0)
        self.assertEqual(names(self.daemon), ["docker.io/drydock/example:latest"])
        self.daemon.drydock("stop", task, "--now", check=0)
        self.daemon.drydock("wait", task, "--for", "stopped")
        until(lambda: not images(self.daemon)[0]["used"], 20, "the hold's end")
        self.daemon.drydock("prune", check=0)
        self.assertEqual(len(images(self.daemon)), 1)
        _, out, err = self.daemon.drydock("prune", "--images", check=0)
        self.assertIn("image docker.io/drydock/example:latest", out)
        self.assertIn("1 images", err)
        self.assertEqual(images(self.daemon), [])
        self.daemon.load_image()

    def test_images_tells_shared_and_unique_sizes(self):
        image = images(self.daemon)[0]
        self.assertEqual(image["shared"] + image["unique"], image["size"])
        header = self.daemon.drydock("images", check=0)[1].splitlines()[0].split()
        self.assertEqual(header, ["IMAGE", "DIGEST", "ARCHITECTURE", "SIZE", "SHARED", "UNIQUE", "CREATED"])


class Cancelling(unittest.TestCase):
    def test_a_client_that_leaves_ends_its_pull(self):
        """A registry that never answers: the daemon lets go of the connection when the client is killed."""
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            port = silent.getsockname()[1]
            process = subprocess.Popen([str(BIN / "drydock"), "pull", f"127.0.0.1:{port}/a/b:c"], env=daemon.env(),
                                       stderr=subprocess.DEVNULL)
            connection, _ = silent.accept()
            self.addCleanup(connection.close)
            process.send_signal(signal.SIGINT)
            self.assertNotEqual(process.wait(60 * SLOW), 0)
            connection.settimeout(20 * SLOW)
            while connection.recv(4096):
                pass  # ends when the daemon has closed it


if __name__ == "__main__":
    unittest.main()
