"""Secrets in other places than a container's environment: options of log drivers and routers, logins of registries."""
import json
import unittest

from harness import DaemonCase, container, definition, until
from registry import PASSWORD, USER, Registry, have
from test_builtin_router import Web
from test_log_drivers import Collector
from test_secrets import FAILED, ROLE


class Uses(DaemonCase):
    kernel = False

    def task(self, options, *more, **own):
        app = container("app", "echo hello", logConfiguration={"logDriver": own.pop("driver"), "options": options, **own})
        return definition("uses", [app, *more], executionRoleArn=ROLE)

    def test_splunk_gets_its_token_from_a_parameter(self):
        collector = Collector()
        self.addCleanup(collector.server.server_close)
        self.addCleanup(collector.server.shutdown)
        self.daemon.drydock("params", "set", "/splunk/token", "from-the-store", check=0)
        document = self.task({"splunk-url": f"http://127.0.0.1:{collector.port}"}, driver="splunk",
                             secretOptions=[{"name": "splunk-token", "valueFrom": "/splunk/token"}])
        code, _, err = self.run_task(document)
        self.assertEqual(code, 0, err)
        until(lambda: collector.events(), what="the event")
        self.assertEqual(collector.requests[-1][2], "Splunk from-the-store")
        self.daemon.drydock("params", "rm", "/splunk/token", check=0)
        code, _, err = self.run_task(document)
        self.assertEqual(code, 125)
        self.assertIn(FAILED, err)
        self.assertIn("/splunk/token", err)

    def test_a_router_finds_its_options_in_its_environment(self):
        made = json.loads(self.daemon.drydock("secrets", "set", "router/all", '{"key": "the-key"}', "--json", check=0)[1])
        router = container("router", "cat /fluent-bit/etc/fluent-bit.conf; env | sort", essential=False,
                           firelensConfiguration={"type": "fluentbit"})
        document = self.task({"Name": "null"}, router, driver="awsfirelens",
                             secretOptions=[{"name": "apikey", "valueFrom": made["ARN"] + ":key::"}])
        code, out, err = self.run_task(document)
        self.assertEqual(code, 0, err)
        lines = [line.split(" | ", 1)[1] for line in out.splitlines() if line.startswith("router | ")]
        option = next(line.split()[1] for line in lines if line.split()[:1] == ["apikey"])
        self.assertRegex(option, r"^\$\{\w+\}$")
        self.assertIn(f"{option[2:-1]}=the-key", lines)
        self.assertNotIn("the-key", self.daemon.drydock("describe", "--local", "--all", "--json")[1])

    def test_the_built_in_router_has_them_too(self):
        self.daemon.drydock("params", "set", "/router/uri", "/with-secret", check=0)
        receiver = Web()
        self.addCleanup(receiver.close)
        router = container("router", "", image="public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
                           firelensConfiguration={"type": "fluentbit"})
        document = self.task({"Name": "http", "Host": "host.drydock.internal", "Port": str(receiver.port), "Format": "json"},
                             router, driver="awsfirelens", secretOptions=[{"name": "URI", "valueFrom": "/router/uri"}])
        code, _, err = self.run_task(document, "--firelens", "builtin")
        self.assertEqual(code, 0, err)
        until(lambda: receiver.requests, what="the record")
        self.assertEqual(receiver.requests[-1][1], "/with-secret")
        self.assertIn(b"hello", receiver.requests[-1][3])

    @unittest.skipUnless(have("docker-registry", "skopeo"), "needs docker-registry and skopeo")
    def test_a_private_registry_is_logged_in_to_with_a_secret(self):
        registry = Registry(self.daemon.base, login=True)
        self.addCleanup(registry.stop)
        registry.push("private/app:1")

        def run(name):
            app = container("app", "echo from the private registry", image=f"{registry.name}/private/app:1",
                            repositoryCredentials={"credentialsParameter": name})
            return self.run_task(definition("private", [app], executionRoleArn=ROLE))

        def put(name, password):
            return json.loads(self.daemon.drydock("secrets", "set", name, json.dumps(
                {"username": USER, "password": password}), "--json", check=0)[1])["ARN"]

        wrong = put("registry/wrong", "wrong")
        code, _, err = run(wrong)
        self.assertEqual(code, 125)
        self.assertIn("CannotPullContainerError", err)
        right = put("registry/login", PASSWORD)
        code, _, err = run(right.replace("registry/login", "registry/absent"))
        self.assertEqual(code, 125)
        self.assertIn(FAILED, err)
        code, out, err = run(right)
        self.assertEqual(code, 0, err)
        self.assertEqual(out, "app | from the private registry\n")


if __name__ == "__main__":
    unittest.main()
