"""Calls for services that are not here: passed on to another emulator (a small server of the test), or to AWS."""
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import threading
import unittest
import urllib.parse
import zlib

from harness import SLOW, Daemon, container, definition, until

PROFILE = b"\n[drydock-e2e]\naws_access_key_id = OWNERKEY\naws_secret_access_key = owner-secret\n"
ABSENT = (b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",'
          b'"message":"Requested resource not found"}')


class Emulator:
    """Keeps objects as S3 does, answers SQS and DynamoDB, and remembers what it was sent."""

    def __init__(self):
        self.seen, self.objects, self.released = [], {}, threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def body(self):
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                whole = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def serve(self):
                body = self.body()
                outer.seen.append((self.command, self.path, self.headers, body))
                target = self.headers.get("X-Amz-Target", "")
                action = urllib.parse.parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
                if action == "ReceiveMessage":
                    outer.released.wait(30 * SLOW)  # a long poll
                if action:  # SQS in its older protocol
                    said = "<QueueUrl>http://q/1</QueueUrl>" if action == "CreateQueue" else ""
                    return self.answer(200, f"<{action}Response><{action}Result>{said}</{action}Result></{action}Response>"
                                       .encode(), {"Content-Type": "text/xml"})
                if target.startswith("DynamoDB_"):
                    return self.answer(400, ABSENT, {"Content-Type": "application/x-amz-json-1.0",
                                                     "x-amz-crc32": str(zlib.crc32(ABSENT))})
                path = self.path.split("?")[0]
                if self.command == "PUT":
                    outer.objects[path] = body
                    return self.answer(200, b"", {"ETag": '"%s"' % hashlib.md5(body).hexdigest()})
                if path not in outer.objects:
                    return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>",
                                       {"Content-Type": "application/xml"})
                return self.answer(200, outer.objects[path], {"x-amz-meta-kept": "yes"})

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

            def answer(self, status, body, headers):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def client(daemon, service, **config):
    import boto3
    from botocore.config import Config
    return boto3.client(service, endpoint_url=daemon.url, region_name="eu-west-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(**config))


class ToAnEmulator(unittest.TestCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.daemon = Daemon(config={"upstream": {"endpoint": cls.emulator.url,
                                                 "services": {"kinesis": "none", "sns": "http://127.0.0.1:1"}}})
        cls.addClassCleanup(cls.daemon.stop)

    def test_objects_of_any_size_with_their_lengths(self):
        s3 = client(self.daemon, "s3")
        big = os.urandom(1 << 20) * 40  # ten times what an API request may have
        s3.put_object(Bucket="my-bucket", Key="a key/ü", Body=big)
        command, path, headers, _ = self.emulator.seen[-1]
        self.assertEqual((command, urllib.parse.unquote(path)), ("PUT", "/my-bucket/a key/ü"))
        self.assertIn("/eu-west-1/s3/aws4_request", headers["Authorization"])
        self.assertIn("test", headers["Authorization"])
        self.assertEqual(headers["Host"], self.daemon.url.removeprefix("http://"))
        got = s3.get_object(Bucket="my-bucket", Key="a key/ü")
        self.assertEqual(got["Metadata"], {"kept": "yes"})
        head = s3.head_object(Bucket="my-bucket", Key="a key/ü")
        self.assertEqual(head["ContentLength"], got["ContentLength"])
        whole = got["Body"].read()
        self.assertTrue(whole == self.emulator.objects[path] and big in whole)
        with self.assertRaisesRegex(Exception, "NoSuchKey.*no such key"):
            s3.get_object(Bucket="my-bucket", Key="none")

    def test_a_bucket_in_the_host(self):
        door = http.client.HTTPConnection(self.daemon.url.removeprefix("http://"), timeout=20 * SLOW)
        door.request("PUT", "/k", b"text", {"Host": "bkt.localhost:4590", "Connection": "keep-alive, X-Mine",
                                            "X-Mine": "1"})
        self.assertEqual(door.getresponse().read(), b"")
        _, path, headers, body = self.emulator.seen[-1]
        self.assertEqual((path, headers["Host"], body), ("/k", "bkt.localhost:4590", b"text"))
        self.assertNotIn("X-Mine", headers)
        door.request("GET", "/k", headers={"Host": "bkt.localhost:4590"})  # on the same connection
        self.assertEqual(door.getresponse().read(), b"text")
        door.close()

    def test_an_upstream_that_leads_back(self):
        daemon = Daemon("--dry")
        self.addCleanup(daemon.stop)
        port = daemon.url.rsplit(":", 1)[1]
        daemon.process.terminate()
        daemon.process.wait(20 * SLOW)
        daemon.config = {"upstream": {"endpoint": daemon.url}}
        daemon.flags += ["--listen", f"127.0.0.1:{port}"]
        daemon.start()
        with self.assertRaisesRegex(Exception, "upstream.endpoint leads back to this daemon"):
            client(daemon, "sqs").list_queues()

    def test_other_services_and_their_errors_unchanged(self):
        self.assertEqual(client(self.daemon, "sqs").create_queue(QueueName="q")["QueueUrl"], "http://q/1")
        dynamodb = client(self.daemon, "dynamodb")
        with self.assertRaises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.describe_table(TableName="none")
        self.assertEqual(len([s for s in self.emulator.seen if b'"none"' in s[3]]), 1)

    def test_a_rules_queue_and_function_get_its_events(self):
        rules = client(self.daemon, "events")
        rules.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        rules.put_targets(Rule="orders", Targets=[
            {"Id": "queue", "Arn": "arn:aws:sqs:eu-west-1:123456789012:jobs", "InputPath": "$.detail"},
            {"Id": "function", "Arn": "arn:aws:lambda:eu-west-1:123456789012:function:take", "Input": '{"given": 1}'}])
        before = len(self.emulator.seen)
        rules.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"id": 7}'}])

        def sent():
            found = {}
            for _, path, headers, body in self.emulator.seen[before:]:
                found[headers.get("X-Amz-Target") or urllib.parse.unquote(path)] = body
            return found if len(found) == 2 else None
        found = until(sent, what="both calls")
        message = json.loads(found["AmazonSQS.SendMessage"])
        self.assertEqual(message["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs")
        self.assertEqual(json.loads(message["MessageBody"]), {"id": 7})
        invoked = "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:take/invocations"
        self.assertEqual(json.loads(found[invoked]), {"given": 1})

    def test_what_goes_nowhere_says_why_once(self):
        for service, call, words in (("kinesis", "list_streams", "not kinesis"),
                                     ("sns", "list_topics", "upstream.services.sns: http://127.0.0.1:1")):
            with self.assertRaises(Exception) as caught:
                getattr(client(self.daemon, service), call)()
            self.assertIn(words, str(caught.exception))
            self.assertEqual(caught.exception.response["ResponseMetadata"]["RetryAttempts"], 0)

    def test_long_polls_hold_up_nobody(self):
        sqs = client(self.daemon, "sqs", read_timeout=60 * SLOW, max_pool_connections=40)
        polls = [threading.Thread(target=sqs.receive_message, kwargs={"QueueUrl": self.daemon.url + "/1/q"})
                 for _ in range(40)]
        for poll in polls:
            poll.start()
        self.assertEqual(self.daemon.call("ListClusters", {})[0], 200)
        self.assertEqual(client(self.daemon, "sqs").create_queue(QueueName="q")["QueueUrl"], "http://q/1")
        self.emulator.released.set()
        for poll in polls:
            poll.join(30 * SLOW)
            self.assertFalse(poll.is_alive())

    def test_our_own_services_stay(self):
        before = len(self.emulator.seen)
        self.assertIn("clusterArns", self.daemon.call("ListClusters", {})[1])
        self.assertEqual(client(self.daemon, "sts").get_caller_identity()["Account"], "123456789012")
        client(self.daemon, "ssm").put_parameter(Name="p", Value="v", Type="String")
        self.assertEqual(len(self.emulator.seen), before)


class ToAws(unittest.TestCase):
    """Signed anew with the owner's profile; the test's server stands in for AWS."""
    kernel = False

    def test_calls_are_the_owners(self):
        emulator = Emulator()
        self.addCleanup(emulator.close)
        credentials = pathlib.Path("~root/.aws/credentials").expanduser()
        there, before = credentials.parent.exists(), credentials.read_bytes() if credentials.exists() else None
        credentials.parent.mkdir(exist_ok=True)
        credentials.write_bytes((before or b"") + PROFILE)
        if not there:
            self.addCleanup(credentials.parent.rmdir)
        self.addCleanup(lambda: credentials.unlink() if before is None else credentials.write_bytes(before))
        daemon = Daemon(config={"upstream": {"endpoint": emulator.url, "profile": "drydock-e2e"}})
        self.addCleanup(daemon.stop)
        s3 = client(daemon, "s3")
        s3.put_object(Bucket="bkt", Key="k", Body=b"some bytes")
        _, path, headers, body = emulator.seen[-1]
        self.assertEqual(path, "/bkt/k")
        self.assertIn("Credential=OWNERKEY/", headers["Authorization"])
        self.assertEqual(headers["Host"], emulator.url.removeprefix("http://"))
        self.assertEqual(s3.get_object(Bucket="bkt", Key="k")["Body"].read(), body)
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "bkt", "Key": "k"})
        host = daemon.url.removeprefix("http://")
        door = http.client.HTTPConnection(host, timeout=20 * SLOW)
        parts = urllib.parse.urlsplit(url)
        door.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        self.assertEqual(door.getresponse().read(), body)
        self.assertNotIn("X-Amz-Signature", emulator.seen[-1][1])
        client(daemon, "sqs").create_queue(QueueName="q")
        self.assertIn("Credential=OWNERKEY/", emulator.seen[-1][2]["Authorization"])
        # What Java's SDK sends: chunks that the client signed for another host.
        chunks = b"5;chunk-signature=0a\r\nhello\r\n6;chunk-signature=0b\r\n world\r\n0;chunk-signature=0c\r\n\r\n"
        door.request("PUT", "/bkt/chunks", chunks, {
            "Host": host, "Authorization": "AWS4-HMAC-SHA256 Credential=them/20260504/eu-west-1/s3/aws4_request, "
                                           "SignedHeaders=host, Signature=00",
            "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "X-Amz-Decoded-Content-Length": "11",
            "Content-Encoding": "aws-chunked"})
        self.assertEqual(door.getresponse().status, 200)
        _, _, headers, body = emulator.seen[-1]
        self.assertEqual((body, headers["Content-Length"]), (b"hello world", "11"))
        self.assertEqual(headers["X-Amz-Content-Sha256"], "UNSIGNED-PAYLOAD")
        self.assertNotIn("Content-Encoding", headers)
        door.close()

    def test_without_keys_the_profile_is_named(self):
        daemon = Daemon(config={"upstream": {"endpoint": "aws", "profile": "nobody-has-this"}})
        self.addCleanup(daemon.stop)
        with self.assertRaisesRegex(Exception, "upstream.profile.*nobody-has-this"):
            client(daemon, "sqs").list_queues()


class FromTasks(unittest.TestCase):
    """Through the door that tasks have, where the configuration lets them."""

    def fetched(self, **upstream):
        emulator = Emulator()
        self.addCleanup(emulator.close)
        emulator.objects["/bkt/k"] = b"kept there\n"
        daemon = Daemon(config={"tasks": {"api": "sts", "endpoint_url": "local"},
                                "upstream": {"endpoint": emulator.url, **upstream}})
        self.addCleanup(daemon.stop)
        daemon.load_image()
        file = daemon.base / "task.json"
        file.write_text(json.dumps(definition("asks", [container("app", "wget -O - $AWS_ENDPOINT_URL/bkt/k")])))
        return daemon.drydock("run", file), emulator.seen

    def test_not_unless_the_configuration_says_so(self):
        (code, out, _), seen = self.fetched()
        self.assertNotEqual(code, 0)
        self.assertIn("403", out)
        self.assertEqual(seen, [])

    def test_where_it_does(self):
        (code, out, err), _ = self.fetched(tasks=True)
        self.assertEqual(code, 0, err)
        self.assertIn("kept there", out)


if __name__ == "__main__":
    unittest.main()
