"""The built-in log router, where a router's image is not wanted or cannot be had."""
import gzip
import http.server
import json
import threading

from harness import DaemonCase, container, definition, until

ROUTER = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"


class Web:
    """Keeps the requests that it gets; the first ones are answered as told."""

    def __init__(self):
        self.requests, self.answers = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                status, text = outer.answers.pop(0) if outer.answers else (200, "{}")
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_PUT = answer

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class BuiltinRouter(DaemonCase):
    config = {"images": {"offline": True}}

    def web(self):
        web = Web()
        self.addCleanup(web.close)
        return web

    def task(self, options, command="echo one; echo two >&2; echo /healthz; sleep 1000", router=None, image=ROUTER):
        app = container("app", command, logConfiguration={"logDriver": "awsfirelens", "options": options})
        log = container("log_router", "true", image=image, firelensConfiguration={"type": "fluentbit"}, **(router or {}))
        log.pop("command")
        return definition("fl", [app, log])

    def start(self, document, *flags):
        task = self.daemon.drydock("run", "-d", self.file(document), *flags, check=0)[1].strip()
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        return task

    def local(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]

    def test_it_stands_in_for_a_public_image_that_cannot_be_had_and_says_so(self):
        web = self.web()
        task = self.start(self.task({"Name": "http", "Host": "host.docker.internal", "Port": str(web.port), "URI": "/in",
                                     "Format": "json", "exclude-pattern": "^/healthz"}))
        def records():
            return [r for _, _, _, body in web.requests for r in json.loads(body)]
        until(lambda: len(records()) == 2, what="two records")
        self.assertEqual(sorted((r["log"], r["source"]) for r in records()), [("one", "stdout"), ("two", "stderr")])
        self.assertEqual({r["container_name"] for r in records()}, {"app"})
        self.assertEqual({r["ecs_task_definition"].split(":")[0] for r in records()}, {"fl"})
        seen = self.local(task)
        self.assertIn(f"container log_router: its image {ROUTER} cannot be had, so the built-in log router stands in "
                      "for it", seen["local"]["notes"])
        states = {c["name"]: c["lastStatus"] for c in seen["containers"]}
        self.assertEqual(states, {"app": "RUNNING", "log_router": "RUNNING"})
        self.daemon.drydock("stop", task, check=0)
        codes = {c["name"]: c["exitCode"] for c in self.local(task)["containers"]}
        self.assertEqual(codes["log_router"], 0)

    def test_what_an_application_sends_to_24224_is_routed_by_its_tag(self):
        # ["app-firelens-x", 5, {"log": "direct"}] and one for nobody
        message = "\\x93\\xaeapp-firelens-x\\x05\\x81\\xa3log\\xa6direct\\x93\\xa5other\\x05\\x81\\xa3log\\xa1x"
        task = self.start(self.task({"Name": "stdout", "Format": "json_lines"},
                                    f"printf '{message}' | nc -w 1 $FLUENT_HOST $FLUENT_PORT; sleep 1000"),
                          "--firelens", "builtin")
        def lines():
            out = self.daemon.drydock("logs", "--no-prefix", task, "log_router", check=0)[1]
            return [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        until(lambda: lines(), what="the record")
        self.assertEqual([r["log"] for r in lines()], ["direct"])
        self.assertEqual(self.local(task)["containers"][1]["image"], "drydock.internal/log-router:builtin")

    def test_its_health_command_is_answered_whatever_it_asks(self):
        check = {"command": ["CMD-SHELL", "curl -f http://127.0.0.1:2020/api/v1/uptime || exit 1"], "interval": 5}
        document = self.task({"Name": "null"}, router={"healthCheck": check})
        document["containerDefinitions"][0]["dependsOn"] = [{"containerName": "log_router", "condition": "HEALTHY"}]
        task = self.start(document, "--firelens", "builtin")
        self.daemon.drydock("wait", task, "--for", "running", "--timeout", "60s", check=0, timeout=90)
        health = {c["name"]: c["healthStatus"] for c in self.local(task)["containers"]}
        self.assertEqual(health["log_router"], "HEALTHY")

    def test_nothing_is_lost_while_the_receiver_is_down_and_the_task_ends(self):
        web = self.web()
        web.answers = [(503, "")] * 3
        document = self.task({"Name": "http", "Host": "host.docker.internal", "Port": str(web.port),
                              "Format": "json_lines", "compress": "gzip"}, "for i in $(seq 2000); do echo n $i; done")
        code, _, err = self.run_task(document, "--firelens", "builtin")
        self.assertEqual(code, 0, err)
        numbers = []
        for _, _, headers, body in web.requests[3:]:
            self.assertEqual(headers["Content-Encoding"], "gzip")
            numbers += [int(json.loads(line)["log"].split()[1]) for line in gzip.decompress(body).splitlines()]
        self.assertEqual(sorted(set(numbers)), list(range(1, 2001)))

    def test_cloudwatch_logs_gets_group_stream_and_events_signed_with_the_tasks_role(self):
        web = self.web()
        web.answers = [(400, '{"__type":"ResourceNotFoundException"}')]
        document = self.task({"Name": "cloudwatch_logs", "region": "eu-west-1", "log_group_name": "/shop",
                              "log_stream_prefix": "fl-", "auto_create_group": "true", "log_key": "log",
                              "endpoint": f"http://host.docker.internal:{web.port}"}, "echo hello; sleep 1000")
        document["taskRoleArn"] = "arn:aws:iam::123456789012:role/app"
        task = self.start(document, "--firelens", "builtin")
        until(lambda: any("PutLogEvents" in h.get("X-Amz-Target", h.get("x-amz-target", "")) for _, _, h, _ in web.requests),
              what="PutLogEvents")
        _, _, headers, body = web.requests[-1]
        put = json.loads(body)
        self.assertEqual((put["logGroupName"], put["logStreamName"]), ("/shop", f"fl-app-firelens-{task}"))
        self.assertEqual([e["message"] for e in put["logEvents"]], ["hello"])
        self.assertIn("/eu-west-1/logs/aws4_request", headers["Authorization"])

    def test_a_definition_that_needs_more_is_refused_at_its_start(self):
        for options, router, why in [
                ({"Name": "es"}, {}, "has no output es"),
                ({"Name": "stdout"}, {"firelensConfiguration": {
                    "type": "fluentbit", "options": {"config-file-type": "file", "config-file-value": "/x.conf"}}},
                 "brings a configuration file of its own")]:
            document = self.task(options)
            document["containerDefinitions"][1].update(router)
            code, _, err = self.run_task(document, "--firelens", "builtin")
            self.assertEqual(code, 125)
            self.assertIn(why, err)
            self.assertIn("--firelens image", err)
            code, _, err = self.run_task(document)
            self.assertEqual(code, 125)
            self.assertIn("CannotPullContainerError", err)

    def test_another_image_that_cannot_be_had_is_not_replaced(self):
        code, _, err = self.run_task(self.task({"Name": "null"}, image="registry.invalid/our-fluent-bit:1"))
        self.assertEqual(code, 125)
        self.assertIn("CannotPullContainerError", err)

    def test_the_example_prints_what_it_says(self):
        out, want = self.daemon.example("builtin-router")
        self.assertEqual(out, want)
