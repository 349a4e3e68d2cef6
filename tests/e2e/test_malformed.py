"""Requests that no SDK sends: each is answered with an error of ECS, at once and never with a 5xx, and the daemon goes on."""
import json
import socket
import urllib.parse

from harness import SLOW, DaemonCase

TARGET = "AmazonEC2ContainerServiceV20141113."


class Malformed(DaemonCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = urllib.parse.urlsplit(cls.daemon.url)

    def raw(self, data):
        """Sends bytes on a connection of their own: (status, body)."""
        with socket.create_connection((self.address.hostname, self.address.port), timeout=20 * SLOW) as connection:
            connection.sendall(data)
            answer = b""
            while b"\r\n\r\n" not in answer:
                got = connection.recv(65536)
                if not got:
                    break
                answer += got
            head, _, body = answer.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                body += connection.recv(65536)
        return int(head.split()[1]), body

    def post(self, body, target="ListClusters", type="application/x-amz-json-1.1", **more):
        body = body.encode() if isinstance(body, str) else body
        headers = {"Host": "localhost", "Content-Length": str(len(body)), **more}
        if target is not None:
            headers["X-Amz-Target"] = TARGET + target
        if type is not None:
            headers["Content-Type"] = type
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        status, answer = self.raw(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body)
        return status, json.loads(answer)

    def refused(self, code, *args, **more):
        status, answer = self.post(*args, **more)
        self.assertEqual((status, answer.get("__type")), (400, code), f"{args} {more}: {answer}")
        return answer["message"]

    def test_what_is_no_json(self):
        for body in ("{", "}", "nonsense", "{\"cluster\": }", "{'cluster': 'c'}", "{\"a\": 1}{", "\x00", "[" * 100_000, '{"a":' * 100_000,
                     "\"text\"", "[]", "5", "null", "true", b"\xff\xfe{}", b"{\"cluster\": \"\xc3\x28\"}", "{\"cluster\": 1e999999}",
                     "{\"cluster\": \"" + "x" * 10 + "\\ud800\"}", "/* */ {}", "{\"a\": 01}", "{\"a\": NaN}"):
            status, answer = self.post(body)
            self.assertEqual((status, answer.get("__type")), (400, "SerializationException"), f"{body[:40]}: {answer}")

    def test_no_body_is_an_empty_object(self):
        for body in ("", " \r\n\t", "{}"):
            self.assertEqual(self.post(body), (200, {"clusterArns": []}))
        self.assertEqual(self.post("{}", type=None)[0], 200)
        self.assertEqual(self.post("{}", type="text/plain; charset=latin-1")[0], 200)  # as at AWS's JSON services, the target tells

    def test_numbers_that_fit_nowhere(self):
        for number in ("1e400", "-1e400", "9" * 400, "2147483648", "-2147483649", "1.5", "9223372036854775808", "-9223372036854775809",
                       "18446744073709551616"):
            self.refused("SerializationException", '{"maxResults": %s}' % number)
        for number in ("0", "-1", "101", "2147483647"):
            self.refused("InvalidParameterException", '{"maxResults": %s}' % number)
        self.assertEqual(self.post('{"maxResults": 1e1}')[0], 200)
        for number in ("1e400", "9" * 400, "-1", "100.5"):
            self.post('{"cluster": "c", "service": "s", "taskSet": "t", "scale": {"value": %s, "unit": "PERCENT"}}' % number,
                      target="UpdateTaskSet")

    def test_names_that_are_none(self):
        for name in ("x" * 100_000, "../../etc/passwd", "a\u0000b", "\u202e", "arn:aws:ecs:us-east-1:123456789012:cluster/", "arn:", "'; --",
                     "%s%n", "-", " ", "\n"):
            for operation, member in (("DescribeServices", "cluster"), ("RunTask", "taskDefinition"), ("DescribeTaskDefinition",
                                                                                                      "taskDefinition"),
                                      ("ListTagsForResource", "resourceArn"), ("ListTasks", "cluster"), ("DeleteCluster", "cluster"),
                                      ("ExecuteCommand", "task"), ("CreateCluster", "clusterName"), ("ListServicesByNamespace", "namespace"),
                                      ("StopServiceDeployment", "serviceDeploymentArn"), ("ListClusters", "nextToken")):
                if operation == "CreateCluster" and name == "-":
                    continue  # which is a name
                status, answer = self.post(json.dumps({member: name, "services": ["s"], "task": name, "command": "x", "interactive": True}
                                                      if operation == "ExecuteCommand" else {member: name, "services": ["s"]}), target=operation)
                self.assertEqual(status, 400, (operation, name[:30], answer))
                self.assertTrue(answer["message"], (operation, name[:30]))

    def test_targets_and_methods(self):
        self.refused("UnknownOperationException", "{}", target=None)
        for target in ("", "Nothing", "x" * 5000, "ListClusters.", "listclusters"):
            self.refused("UnknownOperationException", "{}", target=target)
        for method in ("PUT", "DELETE", "PATCH"):
            status, answer = self.raw(f"{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
            self.assertEqual((status, json.loads(answer)["__type"]), (400, "UnknownOperationException"))

    def test_chunked_bodies(self):
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {TARGET}ListClusters\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(self.raw((head + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").encode())[0], 200)
        for body in ("x\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n", "ffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}}\r\n0\r\n\r\n"):
            status = self.raw((head + body).encode())[0]
            self.assertTrue(400 <= status < 500, (body, status))
        for lengths in ("Content-Length: 2\r\nContent-Length: 3\r\n", "Content-Length: -2\r\n", "Content-Length: 2x\r\n",
                        "Content-Length: 99999999999999999999\r\n"):
            status = self.raw(f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {TARGET}ListClusters\r\n{lengths}\r\n{{}}".encode())[0]
            self.assertTrue(400 <= status < 500, (lengths, status))

    def test_a_body_that_is_too_large(self):
        status, _ = self.raw(f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {TARGET}ListClusters\r\n"
                             f"Content-Length: {64 << 20}\r\n\r\n".encode())
        self.assertTrue(400 <= status < 500, status)

    def test_a_deep_body_within_the_limit_is_refused_by_type(self):
        deep = '{"cluster": ' + "[" * 50 + "]" * 50 + "}"
        self.refused("SerializationException", deep, target="ListTasks")
        self.refused("SerializationException", '{"settings": ' + "[" * 50 + "]" * 50 + "}", target="CreateCluster")

    def tearDown(self):
        self.assertEqual(self.post("{}", target="ListTaskDefinitions")[0], 200)  # it goes on
