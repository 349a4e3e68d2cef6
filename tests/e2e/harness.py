"""A daemon for tests: its own folders, subnet and port; and what is left of it afterwards."""
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

REPO = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DRYDOCK_BIN", REPO / "build/release/bin"))
IMAGE = os.environ.get("DRYDOCK_IMAGE", str(REPO / "build/example-image.tar"))
# Emulated machines are some twenty times slower: deadlines stretch, nothing else changes.
SLOW = 20 if os.environ.get("DRYDOCK_SLOW") else 1


def free_subnet():
    """A subnet that no other test's daemon has, nor a daemon that was left; and the lock that keeps it."""
    folder = pathlib.Path(tempfile.gettempdir()) / "drydock-e2e-subnets"
    folder.mkdir(exist_ok=True)
    routes = run_text("ip", "-4", "route")
    for n in range(250):
        lock = open(folder / str(n), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if f"10.231.{n}." not in routes:
                return f"10.231.{n}.0/24", lock
        except BlockingIOError:
            pass
        lock.close()
    raise AssertionError("all 250 subnets for tests' daemons are in use")


class Daemon:
    """drydockd with --root, --run, --listen and --subnet of its own. `config`: its configuration, or a function that
    makes it from the first three numbers of its subnet."""

    aws_program = "/usr/bin/aws"

    def __init__(self, *flags, config=None, small_disk=None, run=None, user=None):
        self.base, self.user = pathlib.Path(tempfile.mkdtemp(prefix="drydock-e2e-")), user
        if user:
            shutil.chown(self.base, user)
        self.root, self.run = self.base / "root", run or self.base / "run"
        self.subnet, self.subnet_lock = free_subnet()
        if small_disk:  # the state on a file system of that many MiB
            self.root.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={small_disk}m", "tmpfs", str(self.root)], check=True)
        self.small_disk = small_disk
        self.flags = list(flags)
        self.process = None
        self.config = config(self.subnet.removesuffix(".0/24")) if callable(config) else config
        self.start()

    def start(self):
        args = [str(BIN / "drydockd"), "--root", str(self.root), "--run", str(self.run), "--foreground",
                "--listen", "127.0.0.1:0", "--subnet", self.subnet, *self.flags]
        if self.config is not None:
            (self.base / "config.json").write_text(json.dumps(self.config))
            args += ["--config", str(self.base / "config.json")]
        self.log = open(self.base / "log", "ab")
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=self.log, user=self.user)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready"):
            raise AssertionError(f"the daemon did not start ({self.process.wait(20)}): "
                                 + (self.base / "log").read_text()[-2000:])
        self.url = re.search(r"http://\S+", line)[0]
        self.host = f"unix://{self.run}/drydock.sock"

    def env(self, **more):
        return {**os.environ, "DRYDOCK_HOST": self.host, "AWS_ENDPOINT_URL": self.url, "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1", **more}

    def drydock(self, *args, check=None, timeout=60, input=None, **kw):
        """Runs `drydock ARGS`; gives (code, stdout, stderr)."""
        done = subprocess.run([str(BIN / "drydock"), *map(str, args)], env=self.env(**kw), capture_output=True,
                              timeout=timeout * SLOW, input=input)
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check is not None and done.returncode != check:
            raise AssertionError(f"drydock {args} ended with {done.returncode}, not {check}\n{out}\n{err}\n"
                                 f"{self.log_text()[-1500:]}")
        return done.returncode, out, err

    def aws(self, *args, timeout=120):
        """Runs `aws ecs ARGS`, Debian's unless `aws_program` is another; gives the parsed answer."""
        done = subprocess.run([self.aws_program, "--endpoint-url", self.url, "ecs", *map(str, args)], env=self.env(),
                              capture_output=True, timeout=timeout * SLOW)
        if done.returncode:
            raise AssertionError(f"aws ecs {args}: {done.stderr.decode()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def boto(self, service="ecs"):
        import boto3
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test")

    def call(self, operation, body):
        """One API call without a client in between: (status, answer)."""
        request = urllib.request.Request(self.url + "/", json.dumps(body).encode(), {
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation,
            "Content-Type": "application/x-amz-json-1.1"})
        try:
            with urllib.request.urlopen(request, timeout=60 * SLOW) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def example(self, name):
        """Runs examples/<name>/run.sh; gives what it wrote and what expected.txt says."""
        folder = REPO / "examples" / name
        done = subprocess.run(["sh", folder / "run.sh"], env=self.env(PATH=f"{BIN}:{os.environ['PATH']}"),
                              capture_output=True, text=True, timeout=120 * SLOW)
        if done.returncode:
            raise AssertionError(f"examples/{name}/run.sh ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout, (folder / "expected.txt").read_text()

    def load_image(self):
        self.drydock("load", "-i", IMAGE, check=0)

    def log_text(self):
        return (self.base / "log").read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def instance(self):
        return json.loads(self.drydock("daemon", "status", "--json", check=0)[1])["instance"]

    def stop(self, remove=True):
        if self.process and self.process.poll() is None:
            self.drydock("daemon", "reset")
            self.process.terminate()
            self.process.wait(60 * SLOW)
            self.process.stdout.close()
        self.log.close()
        self.subnet_lock.close()
        if self.small_disk:
            subprocess.run(["umount", "-l", str(self.root)])
        if remove:
            shutil.rmtree(self.base, ignore_errors=True)


def definition(name, containers, **more):
    doc = {"family": name, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
           "memory": "512", "containerDefinitions": containers}
    doc.update(more)
    return doc


def container(name, command, **more):
    c = {"name": name, "image": "drydock/example:latest", "essential": True,
         "command": command if isinstance(command, list) else ["sh", "-c", command]}
    c.update(more)
    return c


def until(condition, seconds=20, what="the condition"):
    """Waits for something outside that sends no event."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.05)


def run_text(*args):
    return subprocess.run(args, capture_output=True, text=True).stdout


def iptables_rules(program):
    """The rules of one iptables; asked for only where its table is there, since asking makes it."""
    family = "ip6" if program.startswith("ip6") else "ip"
    if program.endswith("-nft"):
        there = f"table {family} filter" in run_text("/usr/sbin/nft", "list", "tables")
    else:
        names = pathlib.Path(f"/proc/net/{family}_tables_names")
        there = names.exists() and "filter" in names.read_text()
    path = f"/usr/sbin/{program}"
    return run_text(path, "-w", "5", "-S").splitlines() if there and os.path.exists(path) else []


class Snapshot:
    """Everything of one daemon that the kernel and the disk hold."""

    def __init__(self, daemon, instance):
        run, root = str(daemon.run), str(daemon.root)
        self.parts = {
            "namespaces": sorted(m.split()[4] for m in open("/proc/self/mountinfo") if f"{run}/netns/" in m),
            "mounts": sorted(m.split()[4] for m in open("/proc/self/mountinfo")
                             if (run in m or root in m) and "/netns" not in m and "cgroupns" not in m),
            "links": sorted(l for l in os.listdir("/sys/class/net") if l.startswith("dd" + instance[:4])),
            "cgroups": sorted({os.path.relpath(d, "/sys/fs/cgroup") for d, _, _ in os.walk("/sys/fs/cgroup")
                               if f"drydock-{instance}/ecs/" in d}),
            "elements": sorted(set(re.findall(r"\d+\.\d+\.\d+\.\d+ \. \d+|\d+ : \S+ \. \d+",
                                              run_text("/usr/sbin/nft", "list", "table", "inet", f"drydock_{instance}")))),
            "elements6": sorted(set(re.findall(r"[0-9a-f]*:[0-9a-f:]+:[0-9a-f]*",
                                               run_text("/usr/sbin/nft", "list", "table", "inet", f"drydock_{instance}")))),
            "accept rules": [line for tables in ("iptables", "ip6tables") for kind in ("nft", "legacy")
                             for line in iptables_rules(f"{tables}-{kind}") if f"drydock_{instance}" in line],
            "host door": re.findall(".*cgroupv2.*", run_text("/usr/sbin/nft", "list", "table", "inet", f"drydock_{instance}"))
                         + run_text("/usr/sbin/ip", "route", "show", "dev", f"dd{instance}", "169.254.170.2").splitlines(),
            "loops": sorted(b for b in os.listdir("/sys/block") if b.startswith("loop") and self.is_loop(b, root)),
            "shims": sorted(p for p in os.listdir("/proc") if p.isdigit() and self.is_shim(p, run)),
            "tasks": sorted(os.listdir(f"{run}/tasks")) if os.path.isdir(f"{run}/tasks") else [],
            "runc": sorted(os.listdir(f"{run}/runc")) if os.path.isdir(f"{run}/runc") else [],
            "volumes": sorted(os.listdir(f"{root}/volumes/tasks")) if os.path.isdir(f"{root}/volumes/tasks") else [],
        }

    @staticmethod
    def is_loop(device, root):
        try:
            return root in pathlib.Path(f"/sys/block/{device}/loop/backing_file").read_text()
        except OSError:
            return False

    @staticmethod
    def is_shim(pid, run):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read().decode(errors="replace")
        except OSError:
            return False
        return "drydock-shim" in line and run in line


def settled(daemon):
    """How many things of each kind there are, once the stock of namespaces is full and what was taken down is gone: the
    kernel does that in the background."""
    last = None
    instance = daemon.instance()
    for _ in range(200):
        counts = {k: len(v) for k, v in Snapshot(daemon, instance).parts.items()}
        if counts["links"] == counts["namespaces"] + 1 and counts == last:
            return counts
        last = counts
        time.sleep(0.1)
    return last


class DaemonCase(unittest.TestCase):
    """One daemon for all tests of a class."""

    flags = ()
    config = None

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(*cls.flags, config=cls.config)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()

    def file(self, document):
        path = self.daemon.base / f"{self.id().split('.')[-1]}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    def run_task(self, document, *flags, check=None, timeout=60):
        return self.daemon.drydock("run", self.file(document), *flags, check=check, timeout=timeout)
