"""A registry on loopback for tests (Debian's docker-registry), and images to put into it."""
import base64
import crypt
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

from harness import IMAGE, SLOW

USER, PASSWORD = "tester", "correct horse"


class Registry:
    """docker-registry with a folder and a port of its own; with `login` it asks for USER and PASSWORD."""

    def __init__(self, base, login=False):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="registry-", dir=base))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        config = {"version": 0.1, "log": {"accesslog": {"disabled": True}, "level": "error"},
                  "storage": {"filesystem": {"rootdirectory": str(self.base / "data")}, "delete": {"enabled": True}},
                  "http": {"addr": self.name}}
        if login:
            secret = crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
            (self.base / "htpasswd").write_text(f"{USER}:{secret}\n")
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(self.base / "htpasswd")}}
        self.login = login
        (self.base / "config.yml").write_text(json.dumps(config))  # JSON is YAML
        self.log = open(self.base / "log", "wb")
        self.process = subprocess.Popen(["/usr/bin/docker-registry", "serve", str(self.base / "config.yml")],
                                        stdout=self.log, stderr=self.log)
        end = time.monotonic() + 20 * SLOW
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("the registry did not start: " + (self.base / "log").read_text())
            time.sleep(0.02)  # the program does not tell when it is ready

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def push(self, name, source=f"oci-archive:{IMAGE}", *flags):
        """Puts an image there by skopeo; gives its digest."""
        digest = self.base / "digest"
        creds = ["--dest-creds", f"{USER}:{PASSWORD}"] if self.login else []
        run("skopeo", "copy", "--dest-tls-verify=false", "--digestfile", digest, *creds, *flags, source,
            f"docker://{self.name}/{name}")
        return digest.read_text().strip()

    def docker_config(self, password=PASSWORD):
        """A folder with a config.json that logs in here, as `docker login` writes it."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.base))
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (folder / "config.json").write_text(json.dumps({"auths": {self.name: {"auth": auth}}}))
        return folder

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20 * SLOW)
        self.log.close()


def run(*args, **kw):
    done = subprocess.run([str(a) for a in args], capture_output=True, **kw)
    if done.returncode:
        raise AssertionError(f"{args} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def have(*programs):
    return all(any(os.access(f"{d}/{p}", os.X_OK) for d in ("/usr/bin", "/usr/sbin")) for p in programs)
