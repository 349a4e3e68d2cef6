"""What a task's containers see at 169.254.170.2: statistics and credentials."""
import hashlib
import http.server
import json
import os
import subprocess
import threading
import unittest
import urllib.parse

from harness import Daemon, container, definition, until

ROLE = "arn:aws:iam::111122223333:role/team/pilot"
EXECUTION_ROLE = "arn:aws:iam::111122223333:role/puller"


class MetadataTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.load_image()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def run_task(self, name, script, *flags, daemon=None, **more):
        """Runs one container to its end; gives the lines it wrote."""
        daemon = daemon or self.daemon
        file = daemon.base / (name + ".json")
        containers = [container("app", script)]
        if "beside" in more:
            containers.append(container("beside", more.pop("beside"), essential=False))
        file.write_text(json.dumps(definition(name, containers, **more)))
        out = daemon.drydock("run", "-f", file, *flags, check=0)[1]
        return [line.split("| ", 1)[-1].strip() if "| " in line else line.strip() for line in out.splitlines()]

    def answers(self, lines):
        return [json.loads(line[line.index("{"):]) for line in lines if "{" in line]

    def test_statistics_of_a_busy_container(self):
        lines = self.run_task(
            "busy", "until wget -q -O - $ECS_CONTAINER_METADATA_URI_V4 | grep -q '\"KnownStatus\":\"RUNNING\"'; do "
                    "sleep 0.1; done; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/stats; echo; i=0; while [ $i -lt 200000 ]; do "
                    "i=$((i+1)); done; sleep 1; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/stats; echo; "
                    "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task/stats; echo; "
                    "wget -q -O - $ECS_CONTAINER_METADATA_URI/stats; echo; wget -q -O - http://169.254.170.2/v2/stats; echo",
            beside="sleep 30")
        first, later, task, third, second = self.answers(lines)
        self.assertEqual(first["preread"], "0001-01-01T00:00:00Z")
        self.assertNotIn("network_rate_stats", first)
        self.assertEqual(later["preread"], first["read"])
        self.assertEqual(later["precpu_stats"], first["cpu_stats"])
        used = later["cpu_stats"]["cpu_usage"]["total_usage"] - first["cpu_stats"]["cpu_usage"]["total_usage"]
        host = later["cpu_stats"]["system_cpu_usage"] - first["cpu_stats"]["system_cpu_usage"]
        self.assertGreater(used, 0)
        self.assertGreater(host, used)
        self.assertEqual(later["cpu_stats"]["online_cpus"], os.cpu_count())
        self.assertGreater(later["memory_stats"]["usage"], 0)
        self.assertLessEqual(later["memory_stats"]["limit"], 512 << 20)
        self.assertTrue(later["memory_stats"]["stats"])
        self.assertGreater(later["pids_stats"]["current"], 0)
        self.assertEqual(list(later["networks"]), ["eth1"])
        self.assertEqual(set(later["network_rate_stats"]), {"rx_bytes_per_sec", "tx_bytes_per_sec"})
        self.assertEqual(later["name"], "app")
        self.assertEqual(list(later), ["read", "preread", "pids_stats", "blkio_stats", "num_procs", "storage_stats",
                                       "cpu_stats", "precpu_stats", "memory_stats", "name", "id", "networks",
                                       "network_rate_stats"])
        self.assertEqual(len(task), 2)
        self.assertEqual({one["name"] for one in task.values()}, {"app", "beside"})
        self.assertEqual(len({json.dumps(one["networks"]) for one in task.values()}), 1)
        self.assertNotIn("network_rate_stats", third)
        self.assertEqual(set(second), set(task))

    def test_what_a_task_wrote_is_its_ephemeral_storage(self):
        lines = self.run_task("storage", "dd if=/dev/zero of=/changed bs=1M count=8; sync; "
                              "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo")
        (task,) = self.answers(lines)
        self.assertEqual(list(task["EphemeralStorageMetrics"]), ["Utilized", "Reserved"])
        self.assertEqual(task["EphemeralStorageMetrics"]["Reserved"], 20496)
        self.assertEqual(task["EphemeralStorageMetrics"]["Utilized"], 8)

    ASK = ("echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; wget -q -O - "
           "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo")

    def test_fake_keys_are_the_tasks_and_the_local_sts_knows_them(self):
        lines = self.run_task("fake", self.ASK + "; env", taskRoleArn=ROLE, executionRoleArn=EXECUTION_ROLE)
        (keys,) = self.answers(lines)
        self.assertEqual(list(keys), ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"])
        self.assertEqual(keys["RoleArn"], ROLE)
        self.assertRegex(keys["AccessKeyId"], "^ASIA[A-Z2-7]{16}$")
        self.assertNotIn("puller", "\n".join(lines))
        import boto3
        sts = boto3.client("sts", endpoint_url=self.daemon.url, region_name="us-east-1",
                           aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                           aws_session_token=keys["Token"])
        me = sts.get_caller_identity()
        self.assertEqual(me["Account"], "111122223333")
        self.assertRegex(me["Arn"], "^arn:aws:sts::111122223333:assumed-role/pilot/[0-9a-f]{32}$")
        other = sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/book", RoleSessionName="me")
        self.assertEqual(other["AssumedRoleUser"]["Arn"], "arn:aws:sts::444455556666:assumed-role/book/me")

    def test_the_container_credentials_provider_of_botocore_takes_the_answer(self):
        lines = self.run_task("provider", self.ASK, taskRoleArn=ROLE)
        (keys,) = self.answers(lines)
        from botocore.credentials import ContainerProvider

        class Fetcher:
            def full_url(self, uri):
                return uri

            def retrieve_full_uri(self, url, headers=None):
                return keys

        got = ContainerProvider({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, Fetcher()).load()
        self.assertEqual(got.get_frozen_credentials().access_key, keys["AccessKeyId"])
        self.assertFalse(got.refresh_needed())

    def test_aws_sts_get_caller_identity(self):
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.daemon.url, "sts", "get-caller-identity"],
                              env=self.daemon.env(), capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["Account"], "123456789012")

    def test_without_a_role_or_with_none_there_is_no_variable(self):
        script = "env; wget -S -O - http://169.254.170.2/v2/credentials/x 2>&1 | grep HTTP/ || true"
        for flags, more in (((), {}), (("--creds", "none"), {"taskRoleArn": ROLE})):
            text = "\n".join(self.run_task("norole", script, *flags, **more))
            self.assertNotIn("AWS_CONTAINER_CREDENTIALS", text)
            self.assertIn("400 Bad Request", text)

    def test_another_tasks_credentials_are_unknown(self):
        lines = self.run_task("first", self.ASK + "; sleep 60", "-d", taskRoleArn=ROLE)
        task = lines[-1]
        uri = until(lambda: [line for line in self.daemon.drydock("logs", "--no-prefix", task)[1].splitlines()
                             if line.startswith("/v2/credentials/")])[0]
        out = "\n".join(self.run_task("thief", f"wget -S -O - http://169.254.170.2{uri} 2>&1 || true",
                                      taskRoleArn=ROLE))
        self.assertIn("400 Bad Request", out)
        self.assertNotIn("SecretAccessKey", out)
        self.daemon.drydock("stop", task, check=0)

    def test_a_mode_that_is_none_is_refused(self):
        file = self.daemon.base / "mode.json"
        file.write_text(json.dumps(definition("mode", [container("app", "true")], taskRoleArn=ROLE)))
        code, _, err = self.daemon.drydock("run", "-f", file, "--creds", "real")
        self.assertNotEqual(code, 0)
        self.assertIn("fake,profile,assume,none", err)


class ProfileTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(config={"credentials": {"roles": {"pilot": "profile:dev"}}})
        self.daemon.load_image()
        self.home = self.daemon.base / "home"
        (self.home / ".aws").mkdir(parents=True)

    def tearDown(self):
        self.daemon.stop()

    def keys(self, *flags):
        file = self.daemon.base / "profile.json"
        # What botocore does, too: a 503 is asked again.
        file.write_text(json.dumps(definition("profile", [container(
            "app", "until wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; do sleep 1; done;"
                   "echo")], taskRoleArn=ROLE)))
        out = self.daemon.drydock("run", "-f", file, *flags, check=0, HOME=str(self.home))[1]
        return json.loads(out[out.index("{"):out.index("}") + 1])

    def test_a_role_of_the_configuration_gets_the_profiles_static_keys(self):
        (self.home / ".aws/credentials").write_text("[dev]\naws_access_key_id = AKIADEV\n"
                                                    "aws_secret_access_key = s3cr3t\n")
        keys = self.keys()
        self.assertEqual((keys["AccessKeyId"], keys["SecretAccessKey"], keys["RoleArn"]), ("AKIADEV", "s3cr3t", ROLE))
        self.assertNotIn("s3cr3t", self.daemon.log_text())

    def test_a_credential_process_is_asked(self):
        program = self.home / "keys"
        program.write_text("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKIAPROC\",\"SecretAccessKey\":\"x\","
                           "\"SessionToken\":\"t\",\"Expiration\":\"2099-01-01T00:00:00Z\"}'\n")
        program.chmod(0o755)
        (self.home / ".aws/config").write_text(f"[profile proc]\ncredential_process = {program} a b\n")
        keys = self.keys("--creds", "profile:proc")
        self.assertEqual((keys["AccessKeyId"], keys["Token"], keys["Expiration"]),
                         ("AKIAPROC", "t", "2099-01-01T00:00:00Z"))

    def keys_of_another(self, config, *flags):
        """The same from a second daemon."""
        other = Daemon(config={"credentials": config})
        mine, self.daemon = self.daemon, other
        try:
            other.load_image()
            return self.keys(*flags)
        finally:
            self.daemon = mine
            other.stop()

    def holder(self, keys):
        import boto3
        return boto3.client("sts", endpoint_url=self.daemon.url, region_name="us-east-1",
                            aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                            aws_session_token=keys["Token"]).get_caller_identity()["Arn"]

    def test_assume_asks_sts_for_the_task_role(self):
        # The local STS stands in for AWS's: it gives keys of the role that it is asked for.
        (self.home / ".aws/credentials").write_text("[default]\naws_access_key_id = AKIAME\n"
                                                    "aws_secret_access_key = x\n")
        keys = self.keys_of_another({"sts_endpoint": self.daemon.url}, "--creds", "assume")
        self.assertEqual(keys["RoleArn"], ROLE)
        self.assertRegex(keys["AccessKeyId"], "^ASIA")
        self.assertRegex(self.holder(keys), "^arn:aws:sts::111122223333:assumed-role/pilot/[0-9a-f]{32}$")

    def test_a_chain_of_assumed_roles_is_followed(self):
        (self.home / ".aws/credentials").write_text("[base]\naws_access_key_id = AKIAME\n"
                                                    "aws_secret_access_key = x\n")
        (self.home / ".aws/config").write_text(
            "[profile middle]\nrole_arn = arn:aws:iam::222233334444:role/middle\nsource_profile = base\n"
            "[profile end]\nrole_arn = arn:aws:iam::333344445555:role/end\nsource_profile = middle\n"
            "role_session_name = me\n"
            "[profile circle]\nrole_arn = arn:aws:iam::333344445555:role/end\nsource_profile = turn\n"
            "[profile turn]\nrole_arn = arn:aws:iam::333344445555:role/end\nsource_profile = circle\n")
        keys = self.keys_of_another({"sts_endpoint": self.daemon.url}, "--creds", "profile:end")
        self.assertEqual(self.holder(keys), "arn:aws:sts::333344445555:assumed-role/end/me")
        path = self.daemon.base / "circle.json"
        path.write_text(json.dumps(definition("circle", [container("app", "sleep 1000")], taskRoleArn=ROLE)))
        self.daemon.drydock("run", "-d", path, "--creds", "profile:circle", check=0, HOME=str(self.home))
        until(lambda: "in a circle" in self.daemon.log_text(), 20, "the daemon tells of the circle")

    def test_an_sso_login_in_the_cache_gives_the_roles_keys(self):
        asked = []

        class Portal(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers["x-amz-sso_bearer_token"]))
                body = json.dumps({"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "y",
                                                       "sessionToken": "z", "expiration": 4070908800000}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        portal = http.server.HTTPServer(("127.0.0.1", 0), Portal)
        threading.Thread(target=portal.serve_forever, daemon=True).start()
        self.addCleanup(portal.server_close)
        self.addCleanup(portal.shutdown)
        (self.home / ".aws/config").write_text(
            "[sso-session team]\nsso_region = eu-west-1\nsso_start_url = https://team.awsapps.com/start\n"
            "[profile sso]\nsso_session = team\nsso_account_id = 444455556666\nsso_role_name = Dev Ops\n")
        cache = self.home / ".aws/sso/cache"
        cache.mkdir(parents=True)
        (cache / (hashlib.sha1(b"team").hexdigest() + ".json")).write_text(json.dumps(
            {"accessToken": "t0ken", "expiresAt": "2099-01-01T00:00:00Z"}))
        keys = self.keys_of_another({"sso_endpoint": f"http://127.0.0.1:{portal.server_port}"}, "--creds", "profile:sso")
        self.assertEqual((keys["AccessKeyId"], keys["Token"], keys["Expiration"]),
                         ("ASIASSO", "z", "2099-01-01T00:00:00Z"))
        (path, token), *_ = asked
        self.assertEqual(token, "t0ken")
        self.assertEqual(urllib.parse.parse_qs(urllib.parse.urlsplit(path).query),
                         {"role_name": ["Dev Ops"], "account_id": ["444455556666"]})


if __name__ == "__main__":
    unittest.main()
