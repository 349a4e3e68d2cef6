"""Secrets of tasks, and the Secrets Manager and Parameter Store they come from."""
import base64
import http.server
import json
import os
import subprocess
import threading
import unittest

from harness import SLOW, Daemon, DaemonCase, container, definition, until
from terraform import Workspace
from test_awslogs import client

ROLE = "arn:aws:iam::123456789012:role/exec"
FAILED = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "


def arn(name, suffix="-AbCdEf", region="us-east-1", account="123456789012"):
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}{suffix}"


def with_secrets(name, command, secrets, **more):
    return definition(name, [container("app", command, secrets=[{"name": k, "valueFrom": v} for k, v in secrets.items()],
                                       **more)], executionRoleArn=ROLE)


class Api(DaemonCase):
    kernel = False

    def setUp(self):
        self.sm, self.ssm = client(self.daemon, "secretsmanager"), client(self.daemon, "ssm")

    def test_boto3_pages_through_secrets_and_versions(self):
        names = [f"page/{i:02}" for i in range(7)]
        for name in names:
            self.sm.create_secret(Name=name, SecretString="x", Tags=[{"Key": "k", "Value": "v"}])
        pages = self.sm.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": ["page/"]}],
                                                               PaginationConfig={"PageSize": 3})
        found = [s["Name"] for page in pages for s in page["SecretList"]]
        self.assertEqual(sorted(found), names)
        for value in ("1", "2", "3"):
            made = self.sm.put_secret_value(SecretId=names[0], SecretString=value)
        self.assertEqual(self.sm.get_secret_value(SecretId=names[0])["SecretString"], "3")
        stages = self.sm.describe_secret(SecretId=names[0])["VersionIdsToStages"]
        self.assertEqual(stages[made["VersionId"]], ["AWSCURRENT"])
        versions = self.sm.list_secret_version_ids(SecretId=names[0], IncludeDeprecated=True)["Versions"]
        self.assertEqual(len(versions), 4)
        self.sm.put_secret_value(SecretId=names[1], SecretBinary=b"\0\xff")
        self.assertEqual(self.sm.get_secret_value(SecretId=names[1])["SecretBinary"], b"\0\xff")
        self.assertEqual(len(self.sm.get_random_password(PasswordLength=20)["RandomPassword"]), 20)
        with self.assertRaisesRegex(self.sm.exceptions.ResourceNotFoundException, "can't find the specified secret"):
            self.sm.get_secret_value(SecretId="nowhere")
        self.sm.delete_secret(SecretId=names[2])
        with self.assertRaisesRegex(self.sm.exceptions.InvalidRequestException, "marked for deletion"):
            self.sm.get_secret_value(SecretId=names[2])
        self.sm.restore_secret(SecretId=names[2])
        self.assertEqual(self.sm.get_secret_value(SecretId=names[2])["SecretString"], "x")

    def test_boto3_pages_through_parameters(self):
        for i in range(12):
            self.ssm.put_parameter(Name=f"/page/p{i:02}", Value=str(i), Type="String")
        self.ssm.put_parameter(Name="/page/deep/s", Value="hidden", Type="SecureString")
        by_path = self.ssm.get_paginator("get_parameters_by_path")
        flat = [p["Value"] for page in by_path.paginate(Path="/page", PaginationConfig={"PageSize": 5})
                for p in page["Parameters"]]
        self.assertEqual(flat, [str(i) for i in range(12)])
        deep = [p["Value"] for page in by_path.paginate(Path="/page", Recursive=True, WithDecryption=True)
                for p in page["Parameters"]]
        self.assertIn("hidden", deep)
        described = self.ssm.get_paginator("describe_parameters").paginate(
            ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": ["/page"]}], PaginationConfig={"PageSize": 10})
        self.assertEqual(len([p for page in described for p in page["Parameters"]]), 13)
        for value in ("b", "c"):
            self.ssm.put_parameter(Name="/page/p00", Value=value, Type="String", Overwrite=True)
        self.ssm.label_parameter_version(Name="/page/p00", ParameterVersion=2, Labels=["good"])
        self.assertEqual(self.ssm.get_parameter(Name="/page/p00:good")["Parameter"]["Value"], "b")
        history = [h["Version"] for page in self.ssm.get_paginator("get_parameter_history").paginate(Name="/page/p00")
                   for h in page["Parameters"]]
        self.assertEqual(history, [1, 2, 3])
        several = self.ssm.get_parameters(Names=["/page/p01", "/none"])
        self.assertEqual(several["InvalidParameters"], ["/none"])
        with self.assertRaises(self.ssm.exceptions.ParameterNotFound):
            self.ssm.get_parameter(Name="/none")
        with self.assertRaises(self.ssm.exceptions.ParameterAlreadyExists):
            self.ssm.put_parameter(Name="/page/p01", Value="x", Type="String")

    def test_the_aws_cli_puts_and_gets(self):
        def aws(*args):
            done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, *args], env=self.daemon.env(),
                                  capture_output=True, text=True, timeout=120 * SLOW)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.strip()

        aws("secretsmanager", "create-secret", "--name", "cli/db", "--secret-string", "one")
        aws("secretsmanager", "put-secret-value", "--secret-id", "cli/db", "--secret-string", "two")
        self.assertEqual(aws("secretsmanager", "get-secret-value", "--secret-id", "cli/db", "--query", "SecretString",
                             "--output", "text"), "two")
        aws("ssm", "put-parameter", "--name", "/cli/p", "--value", "v", "--type", "SecureString")
        self.assertEqual(aws("ssm", "get-parameter", "--name", "/cli/p", "--with-decryption", "--query",
                             "Parameter.Value", "--output", "text"), "v")

    def test_terraform_plans_nothing_after_it_applied(self):
        workspace = Workspace(self, "secretsmanager", "ssm")
        workspace.write('''
resource "aws_secretsmanager_secret" "db" {
  name = "tf/db"
  description = "made by terraform"
  recovery_window_in_days = 0
  tags = { team = "shop" }
}
resource "aws_secretsmanager_secret_version" "db" {
  secret_id = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ user = "u", password = "p" })
}
resource "aws_ssm_parameter" "plain" {
  name = "/tf/plain"
  type = "String"
  value = "v"
  tags = { team = "shop" }
}
resource "aws_ssm_parameter" "secure" {
  name = "/tf/secure"
  type = "SecureString"
  value = "hidden"
}
''')
        workspace.init()
        workspace.apply()
        self.assertEqual(json.loads(self.sm.get_secret_value(SecretId="tf/db")["SecretString"]),
                         {"user": "u", "password": "p"})
        self.assertEqual(self.ssm.get_parameter(Name="/tf/secure", WithDecryption=True)["Parameter"]["Value"], "hidden")
        workspace.destroy()
        self.assertEqual(self.ssm.describe_parameters(
            ParameterFilters=[{"Key": "Path", "Values": ["/tf"]}])["Parameters"], [])


class Tasks(DaemonCase):
    kernel = False
    config = {"secrets": {"file": "/dev/null"}}

    def shows(self, document, *flags, **kw):
        code, out, err = self.run_task(document, *flags, **kw)
        self.assertEqual(code, 0, err)
        return [line.split(" | ", 1)[1] for line in out.splitlines()]

    def test_a_container_sees_the_value_of_every_form(self):
        d = self.daemon
        made = json.loads(d.drydock("secrets", "set", "form/db", '{"user": "u1", "n": 5}', "--json", check=0)[1])
        old = made["VersionId"]
        d.drydock("secrets", "set", "form/db", '{"user": "u2", "n": 1000000}', check=0)
        d.drydock("params", "set", "/form/deep/p", "secure", check=0)
        d.drydock("params", "set", "formplain", "--type", "String", "--from-env", "VALUE", check=0, VALUE="of a variable")
        full = made["ARN"]
        lines = self.shows(with_secrets(
            "forms", "for v in FULL PARTIAL KEY BIG OLD ID PATH_ ARN PLAIN; do eval echo $v=\\$$v; done", {
                "FULL": full, "PARTIAL": arn("form/db", ""), "KEY": full + ":user::", "BIG": full + ":n::",
                "OLD": full + ":user:AWSPREVIOUS:", "ID": f"{full}:user::{old}", "PATH_": "/form/deep/p",
                "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/form/deep/p", "PLAIN": "formplain"}))
        self.assertEqual(lines, ['FULL={"user": "u2", "n": 1000000}', 'PARTIAL={"user": "u2", "n": 1000000}', "KEY=u2", "BIG=1e+06",
                                 "OLD=u1", "ID=u1", "PATH_=secure", "ARN=secure", "PLAIN=of a variable"])

    def test_the_local_store_comes_first_and_the_file_brings_what_is_not_here(self):
        self.daemon.drydock("params", "set", "/win", "secret", check=0)
        (self.daemon.base / "more.json").write_text(json.dumps(
            {"elsewhere/db": {"password": "of the file"}, "/win": "not this one"}))
        document = with_secrets("wins", "echo $A $B", {"A": "/win", "B": arn("elsewhere/db", region="eu-west-3",
                                                                           account="999988887777") + ":password::"})
        self.assertEqual(self.shows(document, "--secrets", str(self.daemon.base / "more.json")),
                         ["secret of the file"])
        self.assertIn("The secret name must be unique", self.run_task(document, "--env", "A=override")[2])
        code, _, err = self.run_task(document)
        self.assertEqual(code, 125)
        self.assertIn(FAILED + "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to "
                      "fetch secret arn:aws:secretsmanager:eu-west-3:999988887777:secret:elsewhere/db-AbCdEf from secrets "
                      "manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.", err)

    def test_a_missing_secret_stops_the_task_before_its_start(self):
        self.daemon.drydock("run", "-d", self.file(with_secrets("missing", "echo x", {"A": "/not/there", "B": "nor-this"})),
                            check=0)
        self.daemon.drydock("wait", "missing", "--for", "stopped")
        task = self.daemon.boto().describe_tasks(
            tasks=self.daemon.boto().list_tasks(desiredStatus="STOPPED", family="missing")["taskArns"])["tasks"][0]
        self.assertEqual(task["stopCode"], "TaskFailedToStart")
        self.assertTrue(task["stoppedReason"].startswith(
            FAILED + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): fetching secret data "
            "from SSM Parameter Store in us-east-1: invalid parameters: /not/there,nor-this"), task["stoppedReason"])
        self.assertNotIn("exitCode", task["containers"][0])
        self.daemon.drydock("secrets", "set", "nojson", "x", check=0)
        for value, why in ((arn("nojson") + ":k::", "is not a JSON object"),
                           (arn("nojson") + ":k", "an invalid ARN format for the AWS Secrets Manager secret was "
                                                  "specified. Specify a valid ARN and try again.")):
            _, _, err = self.run_task(with_secrets("wrong", "echo x", {"A": value}))
            self.assertIn(FAILED, err)
            self.assertIn(why, err)

    def test_values_are_masked_and_never_in_clear_on_the_disk(self):
        value = "Very-Hidden-" + os.urandom(6).hex()
        self.daemon.drydock("params", "set", "/mask", "--from-env", "V", check=0, V=value)
        (self.daemon.base / "mask.env").write_text(f"OTHER={value}-file\n")
        task = self.daemon.drydock("run", "-d", "--secrets", self.daemon.base / "mask.env", self.file(
            with_secrets("mask", "trap 'exit 0' TERM; while :; do sleep 0.1; done", {"A": "/mask", "OTHER": "elsewhere"})),
                                   check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        seen = self.daemon.drydock("describe", task, "--local", check=0)[1]
        self.assertIn("A=********", seen)
        self.assertNotIn(value, seen)
        shown = self.daemon.drydock("describe", task, "--local", "--show-secrets", check=0)[1]
        self.assertIn(f"A={value}", shown)
        self.assertIn(f"OTHER={value}-file", shown)
        self.daemon.drydock("stop", "--now", task, check=0)
        self.daemon.drydock("wait", task)
        found = subprocess.run(["grep", "-rlaF", value, str(self.daemon.root)], capture_output=True, text=True).stdout
        self.assertEqual(found, "")
        self.assertNotIn(value, self.daemon.log_text())
        for listed in (self.daemon.drydock("params", "ls", "/", check=0)[1],
                       json.dumps(self.daemon.call("DescribeTasks", {"tasks": [task]})[1])):
            self.assertNotIn(value, listed)

    def test_another_container_has_its_secrets_after_the_daemon_was_killed(self):
        self.daemon.drydock("params", "set", "/late", "kept", check=0)
        (self.daemon.base / "late.env").write_text("FILE=of the file\n")
        late = container("late", "echo $LATE $FILE", essential=True, dependsOn=[{"containerName": "app", "condition": "COMPLETE"}],
                         secrets=[{"name": "LATE", "valueFrom": "/late"}, {"name": "FILE", "valueFrom": "nowhere"}])
        app = container("app", "until [ -e /shared/go ]; do sleep 0.1; done", essential=False,
                        mountPoints=[{"sourceVolume": "v", "containerPath": "/shared"}])
        shared = self.daemon.base / "shared"
        shared.mkdir()
        document = definition("late", [app, late], executionRoleArn=ROLE, volumes=[{"name": "v", "host": {"sourcePath": str(shared)}}])
        document["requiresCompatibilities"] = ["EC2"]
        task = self.daemon.drydock("run", "-d", "--secrets", self.daemon.base / "late.env", self.file(document), check=0)[1].strip()
        until(lambda: self.daemon.call("DescribeTasks", {"tasks": [task]})[1]["tasks"][0]["containers"][0]["lastStatus"] == "RUNNING",
              what="the first container")
        self.daemon.kill()
        self.daemon.start()
        self.daemon.drydock("params", "rm", "/late", check=0)  # it was read once
        (shared / "go").touch()
        self.daemon.drydock("wait", task, "--for", "stopped", check=0)
        self.assertIn("late | kept of the file", self.daemon.drydock("logs", task, check=0)[1])

    def test_verbs_set_get_list_and_remove(self):
        d = self.daemon
        (d.base / "binary").write_bytes(b"\0\xff\n")
        self.assertRegex(d.drydock("secrets", "set", "verb/a", "--from-file", d.base / "binary", check=0)[1],
                         r"^arn:aws:secretsmanager:us-east-1:123456789012:secret:verb/a-\w{6}\n$")
        self.assertEqual(base64.b64decode(json.loads(d.drydock("secrets", "get", "verb/a", "--json", check=0)[1])["SecretBinary"]),
                         b"\0\xff\n")
        d.drydock("secrets", "set", "verb/b", input=b'{"k": "of stdin"}\n', check=0)
        self.assertEqual(d.drydock("secrets", "get", "verb/b", "--key", "k", check=0)[1], "of stdin\n")
        self.assertIn("verb/b", d.drydock("secrets", "ls", check=0)[1])
        self.assertEqual(d.drydock("secrets", "rm", "verb/b", check=0)[1], "verb/b\n")
        self.assertIn("can't find the specified secret", d.drydock("secrets", "rm", "verb/b", check=1)[2])
        other = arn("verb/c", region="eu-west-1", account="111122223333")
        self.assertIn(":eu-west-1:111122223333:secret:verb/c-", d.drydock("secrets", "set", other, "x", check=0)[1])
        self.assertNotIn("verb/c", d.drydock("secrets", "ls", check=0)[1])
        self.assertEqual(d.drydock("params", "set", "/verb/p", "1", check=0)[1], "/verb/p:1\n")
        self.assertEqual(d.drydock("params", "set", "/verb/p", "2", check=0)[1], "/verb/p:2\n")
        self.assertEqual(d.drydock("params", "get", "/verb/p:1", check=0)[1], "1\n")
        self.assertEqual(json.loads(d.drydock("params", "ls", "/verb", "--json", check=0)[1])["Parameters"][0]["Type"],
                         "SecureString")
        d.drydock("params", "rm", "/verb/p", check=0)
        self.assertIn("is empty", d.drydock("params", "set", "/verb/p", "", check=1)[2])
        d.drydock("params", "set", "/verb/p", "x", "--from-env", "HOME", check=2)
        (d.base / "bad.env").write_text("A=1\nhidden\n")
        _, _, err = self.run_task(with_secrets("bad", "echo", {"A": "x"}), "--secrets", d.base / "bad.env", check=125)
        self.assertIn("line 2 has no =", err)
        self.assertNotIn("hidden", err)

    def test_the_example_shows_what_it_says(self):
        self.assertEqual(*self.daemon.example("secrets"))


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Somebody else's Secrets Manager and Parameter Store."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.headers["X-Amz-Target"], self.headers["Authorization"], body))
        status, answer = 200, {"SecretString": '{"k": "elsewhere"}'}
        if self.headers["X-Amz-Target"] == "AmazonSSM.GetParameters":
            answer = {"Parameters": [{"Name": n, "Value": "value of " + n} for n in body["Names"] if n != "/denied"]}
        elif body["SecretId"].endswith("denied-AbCdEf"):
            status, answer = 400, {"__type": "AccessDeniedException", "message": "not for you"}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Elsewhere(DaemonCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
        cls.server.seen = []
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)
        cls.config = {"secrets": {"endpoint": f"http://127.0.0.1:{cls.server.server_port}"}}
        super().setUpClass()

    def test_another_endpoint_is_asked_for_what_is_not_here_signed_and_in_tens(self):
        self.daemon.drydock("params", "set", "/here", "local", check=0)
        secrets = {f"P{i}": f"/p/{i}" for i in range(11)}
        code, out, err = self.run_task(with_secrets(
            "elsewhere", "echo $HERE $S $P0 $P10", {**secrets, "HERE": "/here", "S": arn("s") + ":k::"}))
        self.assertEqual(code, 0, err)
        self.assertEqual(out, "app | local elsewhere value of /p/0 value of /p/10\n")
        asked = [(target, len(body.get("Names", ["one"]))) for target, _, body in self.server.seen]
        self.assertEqual(asked, [("secretsmanager.GetSecretValue", 1), ("AmazonSSM.GetParameters", 10),
                                 ("AmazonSSM.GetParameters", 1)])
        self.assertRegex(self.server.seen[0][1], r"^AWS4-HMAC-SHA256 Credential=test/\d{8}/us-east-1/secretsmanager/"
                                                 r"aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$")
        _, _, err = self.run_task(with_secrets("denied", "echo", {"S": arn("denied")}))
        self.assertIn("from secrets manager: AccessDeniedException: not for you", err)


class Killed(unittest.TestCase):
    def test_what_was_put_outlives_kill_and_reset_forgets_it(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        sm, ssm = client(daemon, "secretsmanager"), client(daemon, "ssm")
        made = sm.create_secret(Name="kept", SecretString="hidden-here")
        ssm.put_parameter(Name="/kept", Value="hidden-there", Type="SecureString")
        daemon.kill()
        self.assertEqual(subprocess.run(["grep", "-rlaE", "hidden-|kept", str(daemon.root)], capture_output=True).stdout, b"")
        for path in (daemon.root / "secrets").rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        daemon.start()
        sm, ssm = client(daemon, "secretsmanager"), client(daemon, "ssm")
        self.assertEqual(sm.get_secret_value(SecretId=made["ARN"])["SecretString"], "hidden-here")
        self.assertEqual(ssm.get_parameter(Name="/kept", WithDecryption=True)["Parameter"]["Value"], "hidden-there")
        daemon.drydock("daemon", "reset", check=0)
        self.assertEqual(sm.list_secrets()["SecretList"], [])
        self.assertEqual(list((daemon.root / "secrets/documents").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
