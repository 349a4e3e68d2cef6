"""AWS SDKs and an OpenTelemetry detector inside containers find what they look for, as on Fargate."""
import json
import pathlib
import shutil
import subprocess
import unittest

import host_image
from harness import Daemon, container, definition

ROLE = "arn:aws:iam::111122223333:role/pilot"
PYTHON = "/usr/bin/python3.11"
TOP = pathlib.Path("/usr/lib/python3/dist-packages")
PACKAGES = ["boto3", "botocore", "certifi", "chardet", "charset_normalizer", "dateutil", "idna", "jmespath", "requests", "s3transfer",
            "urllib3"]
SERVICES = ["sts", "ecs"]

BOTO = """
import boto3, json, os
session = boto3.Session()
keys = session.get_credentials()
# Debian's botocore is older than AWS_ENDPOINT_URL.
me = session.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).get_caller_identity()
print(json.dumps({"method": keys.method, "key": keys.access_key, "arn": me["Arn"], "account": me["Account"]}))
"""

NODE = """
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
const { awsEcsDetector } = require('@opentelemetry/resource-detector-aws');
(async () => {
  const me = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  const found = awsEcsDetector.detect();
  const attributes = {};
  for (const [key, value] of Object.entries(found.attributes)) attributes[key] = await value;
  console.log(JSON.stringify({ arn: me.Arn, account: me.Account, attributes }));
})();
"""


class Sdks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(config={"tasks": {"api": "sts", "endpoint_url": "local"}})
        cls.addClassCleanup(cls.daemon.stop)

    def load(self, name, **parts):
        archive = self.daemon.base / f"{name}.tar"
        host_image.make(archive, f"{name}:latest", **parts)
        self.daemon.drydock("load", "-i", archive, check=0, timeout=120)
        archive.unlink()

    def answer(self, name, command, **more):
        """What a container of the image prints: one line of JSON."""
        path = self.daemon.base / f"{name}.json"
        app = container("app", command, image=f"{name}:latest", environment=[
            {"name": "AWS_REGION", "value": "us-east-1"}, {"name": "AWS_DEFAULT_REGION", "value": "us-east-1"}],
            logConfiguration={"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/sdk", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}})
        path.write_text(json.dumps(definition(name, [app], taskRoleArn=ROLE, executionRoleArn=ROLE, **more)))
        code, out, err = self.daemon.drydock("run", "-q", path, timeout=120)
        self.assertEqual(code, 0, out + err)
        return json.loads(out.strip().splitlines()[-1].removeprefix("app | "))

    @unittest.skipUnless(pathlib.Path(PYTHON).exists() and (TOP / "boto3").exists(), f"no {PYTHON} with boto3 here")
    def test_boto3_takes_the_tasks_keys_and_asks_the_local_sts(self):
        folders = [("/usr/lib/python3.11", "/usr/lib/python3.11")]
        for package in PACKAGES:
            if package != "botocore":
                folders.append((TOP / package, str(TOP / package)))
        core = TOP / "botocore"
        files = {str(p): p.read_bytes() for p in [*core.rglob("*.py"), *core.glob("data/*.json"), TOP / "six.py"]}
        for service in SERVICES:
            files.update({str(p): p.read_bytes() for p in core.glob(f"data/{service}/**/*") if p.is_file()})
        self.load("python", programs=[PYTHON], folders=folders, files={**files, "/app.py": BOTO.encode()})
        told = self.answer("python", [PYTHON, "/app.py"])
        self.assertEqual(told["method"], "container-role")
        self.assertRegex(told["key"], "^ASIA")
        self.assertEqual(told["account"], "111122223333")
        self.assertRegex(told["arn"], "^arn:aws:sts::111122223333:assumed-role/pilot/[0-9a-f]{32}$")

    @unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "no node and npm here")
    def test_the_javascript_sdk_and_the_opentelemetry_detector(self):
        app = self.daemon.base / "app"
        app.mkdir()
        got = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--fetch-retries=1", "--fetch-timeout=60000",
                              "@aws-sdk/client-sts@3",
                              "@opentelemetry/resource-detector-aws@2"], cwd=app, capture_output=True, text=True)
        if got.returncode != 0:
            self.skipTest("npm gives no packages here: " + got.stderr[-200:])
        (app / "app.js").write_text(NODE)
        self.load("node", programs=[shutil.which("node")], folders=[(app, "/app")])
        told = self.answer("node", [shutil.which("node"), "/app/app.js"])
        self.assertEqual(told["account"], "111122223333")
        self.assertRegex(told["arn"], ":assumed-role/pilot/")
        attributes = told["attributes"]
        task = attributes["aws.ecs.task.arn"]
        self.assertRegex(task, "^arn:aws:ecs:us-east-1:123456789012:task/default/[0-9a-f]{32}$")
        self.assertEqual(attributes["aws.ecs.task.family"], "node")
        self.assertEqual(attributes["aws.ecs.launchtype"], "fargate")
        self.assertEqual(attributes["cloud.region"], "us-east-1")
        self.assertEqual(attributes["cloud.account.id"], "123456789012")
        self.assertRegex(attributes["aws.ecs.cluster.arn"], ":cluster/default$")
        self.assertRegex(attributes["aws.ecs.container.arn"], ":container/default/")
        self.assertEqual(attributes["aws.log.group.names"], ["/ecs/sdk"])
        self.assertRegex(attributes["container.id"], "^[0-9a-f-]{32,}$")


if __name__ == "__main__":
    unittest.main()
