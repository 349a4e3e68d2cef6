"""--firelens-local: what log routers send to AWS comes to this machine, by DNS and TLS; and files that stand in for S3."""
import json
import pathlib
import unittest

import host_image
from harness import Daemon, container, definition, until
from test_sdks import PACKAGES, PYTHON, TOP

ROLE = "arn:aws:iam::123456789012:role/app"
HAS_BOTO = pathlib.Path(PYTHON).exists() and (TOP / "boto3").exists()

# A router that is no Fluent Bit: it calls AWS as any program with an SDK does, and knows nothing of this machine.
CALLS = """
import json, socket, time, urllib.request
import boto3, botocore.exceptions

def tried(call, **arguments):
    try:
        answer = call(**arguments)
        return {k: v for k, v in answer.items() if k != "ResponseMetadata"}
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]

told = {"address": socket.gethostbyname("logs.eu-west-1.amazonaws.com")}
logs = boto3.client("logs", region_name="eu-west-1")
told["group"] = tried(logs.create_log_group, logGroupName="/direct")
told["stream"] = tried(logs.create_log_stream, logGroupName="/direct", logStreamName="s")
told["put"] = tried(logs.put_log_events, logGroupName="/direct", logStreamName="s",
                    logEvents=[{"timestamp": int(time.time() * 1000), "message": "from boto3"}])
told["delete"] = tried(logs.delete_log_group, logGroupName="/direct")
told["read"] = tried(logs.filter_log_events, logGroupName="/direct")
told["s3"] = tried(boto3.client("s3", region_name="eu-west-1").put_object, Bucket="b", Key="k", Body=b"x")
# urllib verifies with OpenSSL's own variables, and not by those of AWS.
told["plain"] = urllib.request.urlopen(urllib.request.Request("https://logs.us-west-2.amazonaws.com/", b"{}", {
    "X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": "application/x-amz-json-1.1"})).status
print(json.dumps(told), flush=True)
while True:
    time.sleep(1)
    tried(logs.put_log_events, logGroupName="/direct", logStreamName="s",
          logEvents=[{"timestamp": int(time.time() * 1000), "message": "again"}])
"""


class FirelensLocal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(config={"images": {"offline": True}, "dns": {"upstreams": ["127.0.0.1:9"]}})
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()

    def start(self, document, *flags, daemon=None):
        daemon = daemon or self.daemon
        path = daemon.base / f"{document['family']}.json"
        path.write_text(json.dumps(document))
        task = daemon.drydock("run", "-d", "--firelens-local", path, *flags, check=0)[1].strip()
        self.addCleanup(daemon.drydock, "stop", "--now", task)
        return task

    def notes(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]["local"]["notes"]

    def logs(self, region="us-east-1"):
        import boto3
        return boto3.client("logs", endpoint_url=self.daemon.url, region_name=region, aws_access_key_id="test",
                            aws_secret_access_key="test")

    def messages(self, group, region="us-east-1"):
        client = self.logs(region)
        if not [g for g in client.describe_log_groups()["logGroups"] if g["logGroupName"] == group]:
            return []
        return [e["message"] for e in client.filter_log_events(logGroupName=group)["events"]]

    def app(self, options, command="echo one; echo two; sleep 1000"):
        return container("app", command, logConfiguration={"logDriver": "awsfirelens", "options": options})

    def router(self, **more):
        c = container("log_router", "true", image="public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
                      firelensConfiguration={"type": "fluentbit"}, **more)
        c.pop("command")
        return c

    def test_the_built_in_routers_records_land_in_cloudwatch_logs_here(self):
        options = {"Name": "cloudwatch_logs", "region": "us-east-1", "log_group_name": "/local/app",
                   "log_stream_prefix": "fl-", "auto_create_group": "true", "log_key": "log"}
        task = self.start(definition("flocal", [self.app(options), self.router()], taskRoleArn=ROLE),
                          "--firelens", "builtin")
        until(lambda: len(self.messages("/local/app")) == 2, what="two events")
        self.assertEqual(self.messages("/local/app"), ["one", "two"])
        self.assertEqual([n for n in self.notes(task) if "--firelens-local" in n], [])
        stored = json.loads(self.daemon.drydock("describe", task, check=0)[1])["tasks"][0]["taskDefinitionArn"]
        document = self.daemon.boto().describe_task_definition(taskDefinition=stored)["taskDefinition"]
        self.assertEqual(document["containerDefinitions"][0]["logConfiguration"]["options"], options)

    def test_what_cannot_land_is_said_at_the_start(self):
        path = self.daemon.base / "notes.json"
        path.write_text(json.dumps(definition("notes", [
            self.app({"Name": "s3", "bucket": "b", "region": "us-east-1"}, "true"), self.router()])))
        code, _, err = self.daemon.drydock("run", "--firelens-local", "--firelens", "builtin", path)
        self.assertIn("--firelens-local: the output s3 of container app will fail: s3 is not emulated here", err)
        self.assertIn("has no taskRoleArn", err)

    def test_a_task_without_it_asks_the_world_as_ever(self):
        path = self.daemon.base / "plain.json"
        path.write_text(json.dumps(definition("plain", [container(
            "app", "nslookup logs.us-east-1.amazonaws.com || echo not found; env")])))
        out = self.daemon.drydock("run", path, check=0)[1]
        self.assertIn("not found", out)
        self.assertNotIn("SSL_CERT_FILE", out)

    @unittest.skipUnless(HAS_BOTO, f"no {PYTHON} with boto3 here")
    def test_a_program_with_an_sdk_finds_the_local_endpoint_also_after_the_daemon_was_killed(self):
        core = TOP / "botocore"
        folders = [("/usr/lib/python3.11", "/usr/lib/python3.11")]
        folders += [(TOP / p, str(TOP / p)) for p in PACKAGES if p != "botocore"]
        files = {str(p): p.read_bytes() for p in [*core.rglob("*.py"), *core.glob("data/*.json"), *core.glob("*.pem"),
                                                  TOP / "six.py"]}
        for service in ("logs", "s3"):
            files.update({str(p): p.read_bytes() for p in core.glob(f"data/{service}/**/*") if p.is_file()})
        archive = self.daemon.base / "router.tar"
        host_image.make(archive, "sdk-router:latest", programs=[PYTHON], folders=folders,
                        files={**files, "/calls.py": CALLS.encode()})
        self.daemon.drydock("load", "-i", archive, check=0, timeout=120)
        archive.unlink()
        router = container("log_router", [PYTHON, "/calls.py"], image="sdk-router:latest",
                           firelensConfiguration={"type": "fluentbit"})
        task = self.start(definition("sdk", [self.app({"Name": "s3", "bucket": "b"}, "sleep 1000"), router],
                                     taskRoleArn=ROLE))
        def said():
            out = self.daemon.drydock("logs", "--no-prefix", task, "log_router", check=0)[1]
            return [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        until(said, seconds=60, what="what the router's SDK got")
        told = said()[0]
        self.assertEqual(told["address"], "169.254.170.3")
        self.assertEqual((told["group"], told["stream"]), ({}, {}))
        self.assertIn("nextSequenceToken", told["put"])
        self.assertEqual(told["delete"]["Code"], "AccessDeniedException")
        self.assertEqual(told["read"]["Code"], "AccessDeniedException")
        self.assertIn("not s3", told["s3"]["Message"])
        self.assertEqual(told["plain"], 200)
        self.assertIn("from boto3", self.messages("/direct", "eu-west-1"))
        self.daemon.kill()
        self.daemon.start()
        before = len(self.messages("/direct", "eu-west-1"))
        until(lambda: len(self.messages("/direct", "eu-west-1")) > before, seconds=60, what="events after the restart")

    def test_the_authority_is_for_root_alone_and_stays(self):
        options = {"Name": "cloudwatch_logs", "region": "us-east-1", "log_group_name": "/ca", "log_stream_prefix": "x",
                   "auto_create_group": "true"}
        task = self.start(definition("ca", [self.app(options), self.router()], taskRoleArn=ROLE), "--firelens", "builtin")
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        key = self.daemon.root / "tls/authority.pem"
        self.assertEqual((key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777), (0o600, 0o700))
        bundle = self.daemon.drydock("exec", "-c", "app", task, "--", "sh", "-c", "cat $SSL_CERT_FILE", check=0)[1]
        authority = key.read_text().split("-----BEGIN PRIVATE KEY")[0]
        self.assertIn("-----BEGIN CERTIFICATE-----", authority)
        self.assertTrue(bundle.endswith(authority))
        self.assertNotIn("PRIVATE", bundle)

    def test_the_example_prints_what_it_says(self):
        out, want = self.daemon.example("firelens-local")
        self.assertEqual(out, want)


class FilesForS3(unittest.TestCase):
    def test_a_router_gets_the_file_that_stands_in_for_an_object(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        folder = daemon.base / "configs"
        (folder / "team").mkdir(parents=True)
        (folder / "team/extra.conf").write_text("[SERVICE]\n    Flush 1\n")
        daemon.kill()
        daemon.config = {"s3": {"objects": {"arn:aws:s3:::configs/": str(folder)}}}
        daemon.start()
        daemon.load_image()
        def run(arn):
            router = container("log_router", "cat /fluent-bit/etc/fluent-bit.conf /fluent-bit/etc/external.conf",
                               firelensConfiguration={"type": "fluentbit", "options": {
                                   "config-file-type": "s3", "config-file-value": arn}})
            path = daemon.base / "s3.json"
            path.write_text(json.dumps(definition("s3", [router], requiresCompatibilities=["EC2"])))
            return daemon.drydock("run", path)
        code, out, err = run("arn:aws:s3:::configs/team/extra.conf")
        self.assertEqual(code, 0, err)
        self.assertIn("@INCLUDE /fluent-bit/etc/external.conf", out)
        self.assertIn("    Flush 1", out)
        for arn, why in (("arn:aws:s3:::configs/none.conf", "none.conf"),
                         ("arn:aws:s3:::other/x", "name the file that stands for it in s3.objects")):
            code, _, err = run(arn)
            self.assertEqual(code, 125)
            self.assertIn("unable to fetch the configuration file of container log_router", err)
            self.assertIn(why, err)


if __name__ == "__main__":
    unittest.main()
