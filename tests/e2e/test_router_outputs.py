"""The built-in log router's outputs, each against a receiver that reads what arrives without our code."""
import base64
import gzip
import json
import re
import socket
import struct
import threading
import unittest

import test_builtin_router
from harness import DaemonCase, until

try:
    import msgpack
except ImportError:
    msgpack = None

KEYS = [{"name": "AWS_ACCESS_KEY_ID", "value": "AKIDEXAMPLE"}, {"name": "AWS_SECRET_ACCESS_KEY", "value": "wJalrXUtnFEMI"}]
LINES = "for i in $(seq 20); do echo n $i; done; sleep 1000"


def signature(command, url, headers, body, service, region):
    """What botocore signs such a request with."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    given = {k.lower(): v for k, v in headers.items()}
    names = re.search("SignedHeaders=([^,]+)", given["authorization"])[1].split(";")
    request = AWSRequest(command, url, {n: given[n] for n in names}, body)
    request.context["timestamp"] = given["x-amz-date"]
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI"), service, region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


class ForwardReceiver:
    """A Forward server that acknowledges; the first connections are closed without a word."""

    def __init__(self, close_first=0):
        self.socket = socket.create_server(("0.0.0.0", 0))
        self.port, self.messages, self.closed = self.socket.getsockname()[1], [], close_first
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                peer = self.socket.accept()[0]
                threading.Thread(target=self.talk, args=(peer,), daemon=True).start()
        except OSError:
            return

    def talk(self, peer):
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
        with peer:
            while data := peer.recv(65536):
                unpacker.feed(data)
                for message in unpacker:
                    if self.closed > 0:
                        self.closed -= 1
                        return
                    self.messages.append(message)
                    if len(message) > 2 and "chunk" in message[2]:
                        peer.sendall(msgpack.packb({"ack": message[2]["chunk"]}))

    def records(self):
        found = []
        for message in self.messages:
            entries = msgpack.Unpacker(raw=False, strict_map_key=False)
            entries.feed(message[1])
            found += [(message[0], time, record) for time, record in entries]
        return found


class RouterOutputs(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}
    task, web = test_builtin_router.BuiltinRouter.task, test_builtin_router.BuiltinRouter.web

    def start(self, options, command=LINES):
        document = self.task(options, command, router={"environment": KEYS})
        task = self.daemon.drydock("run", "-d", "--firelens", "builtin", self.file(document), check=0)[1].strip()
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        return task

    def check_signed(self, web, service, region):
        for command, path, headers, body in web.requests:
            sent = re.search("Signature=([0-9a-f]{64})$", headers.get("Authorization", ""))[1]
            url = f"http://host.docker.internal:{web.port}{path}"
            self.assertEqual(sent, signature(command, url, headers, body, service, region))

    def parsed(self, service, operation, body):
        """A request's body by botocore's model of the operation."""
        import botocore.session
        from botocore.validate import ParamValidator
        shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
        value = json.loads(body)
        for record in value["Records"]:
            record["Data"] = base64.b64decode(record["Data"], validate=True)
        report = ParamValidator().validate(value, shape)
        self.assertFalse(report.has_errors(), report.generate_report())
        return value

    def test_kinesis_gets_signed_records_and_again_only_those_it_refused(self):
        web = self.web()
        some = {"FailedRecordCount": 1, "Records": [{"ErrorCode": "ProvisionedThroughputExceededException"}]}
        whole = {"FailedRecordCount": 0, "Records": []}
        web.answers = [(200, json.dumps(some)), (200, json.dumps(whole))]
        self.start({"Name": "kinesis_streams", "region": "eu-west-1", "stream": "s", "partition_key": "container_name",
                    "endpoint": f"http://host.docker.internal:{web.port}"}, "echo one; sleep 1000")
        until(lambda: len(web.requests) == 2, what="the record and the record again")
        self.check_signed(web, "kinesis", "eu-west-1")
        for _, _, headers, body in web.requests:
            self.assertEqual({k.lower(): v for k, v in headers.items()}["x-amz-target"], "Kinesis_20131202.PutRecords")
            put = self.parsed("kinesis", "PutRecords", body)
            self.assertEqual((put["StreamName"], [r["PartitionKey"] for r in put["Records"]]), ("s", ["app"]))
            record = json.loads(put["Records"][0]["Data"])
            self.assertEqual((record["log"], record["source"]), ("one", "stdout"))
            self.assertTrue(put["Records"][0]["Data"].endswith(b"\n"))

    def test_firehose_gets_signed_records_also_after_it_was_away(self):
        web = self.web()
        web.answers = [(503, "")] * 2
        self.start({"Name": "kinesis_firehose", "region": "us-west-2", "delivery_stream": "d", "log_key": "log",
                    "endpoint": f"http://host.docker.internal:{web.port}"})
        def arrived():
            return [r["Data"] for _, _, _, body in web.requests[2:]
                    for r in self.parsed("firehose", "PutRecordBatch", body)["Records"]]
        until(lambda: len(arrived()) == 20, what="20 records")
        self.assertEqual(arrived(), [b"n %d\n" % i for i in range(1, 21)])
        self.check_signed(web, "firehose", "us-west-2")

    def test_s3_gets_signed_objects_whose_names_are_made_as_told(self):
        web = self.web()
        web.answers = [(503, "<Error><Code>SlowDown</Code></Error>")]
        task = self.start({"Name": "s3", "region": "us-east-1", "bucket": "logs-bucket", "upload_timeout": "1s",
                           "s3_key_format": "/in/$TAG/%Y/a b-$UUID.json", "total_file_size": "1M",
                           "endpoint": f"http://host.docker.internal:{web.port}"})
        def records():
            return [json.loads(line) for _, _, _, body in web.requests[1:] for line in body.splitlines()]
        until(lambda: len(records()) == 20, what="20 records")
        self.assertEqual([r["log"] for r in records()], [f"n {i}" for i in range(1, 21)])
        self.assertRegex(records()[0]["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
        self.check_signed(web, "s3", "us-east-1")
        for command, path, _, _ in web.requests:
            self.assertEqual(command, "PUT")
            self.assertRegex(path, rf"^/logs-bucket/in/app-firelens-{task}/\d{{4}}/a%20b-[0-9a-zA-Z]+\.json$")

    def test_http_sends_msgpack_as_fluent_bit_does(self):
        if not msgpack:
            self.skipTest("no python3-msgpack here")
        web = self.web()
        self.start({"Name": "http", "Host": "host.docker.internal", "Port": str(web.port), "URI": "/in", "compress": "gzip",
                    "Header": "X-Token abc", "http_User": "u", "http_Passwd": "p"})
        def records():
            found = []
            for _, _, _, body in web.requests:
                unpacker = msgpack.Unpacker(raw=False)
                unpacker.feed(gzip.decompress(body))
                found += list(unpacker)
            return found
        until(lambda: len(records()) == 20, what="20 records")
        self.assertEqual([r["log"] for _, r in records()], [f"n {i}" for i in range(1, 21)])
        self.assertGreater(struct.unpack(">II", records()[0][0].data)[0], 1_700_000_000)
        command, path, headers, _ = web.requests[0]
        self.assertEqual((command, path, headers["Content-Type"], headers["X-Token"], headers["Authorization"]),
                         ("POST", "/in", "application/msgpack", "abc", "Basic " + base64.b64encode(b"u:p").decode()))

    @unittest.skipUnless(msgpack, "no python3-msgpack here")
    def test_forward_sends_again_what_was_not_acknowledged(self):
        receiver = ForwardReceiver(close_first=2)
        self.addCleanup(receiver.socket.close)
        task = self.start({"Name": "forward", "Host": "host.docker.internal", "Port": str(receiver.port),
                           "Require_ack_response": "true"})
        until(lambda: len(receiver.records()) == 20, what="20 records")
        self.assertEqual([r["log"] for _, _, r in receiver.records()], [f"n {i}" for i in range(1, 21)])
        self.assertEqual({tag for tag, _, _ in receiver.records()}, {f"app-firelens-{task}"})
        self.assertEqual({(time.code, len(time.data)) for _, time, _ in receiver.records()}, {(0, 8)})

    @unittest.skipUnless(msgpack, "no python3-msgpack here")
    def test_forward_takes_whole_seconds_and_another_tag(self):
        receiver = ForwardReceiver()
        self.addCleanup(receiver.socket.close)
        self.start({"Name": "forward", "Host": "host.docker.internal", "Port": str(receiver.port), "Tag": "mine",
                    "Time_as_Integer": "On"})
        until(lambda: len(receiver.records()) == 20, what="20 records")
        self.assertEqual({(tag, type(time)) for tag, time, _ in receiver.records()}, {("mine", int)})


if __name__ == "__main__":
    unittest.main()
