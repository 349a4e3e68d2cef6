"""A Session Manager client on plain sockets: WebSocket and data channel, written from their documents alone."""
import base64
import hashlib
import json
import os
import socket
import struct
import time
import urllib.parse
import uuid

from harness import SLOW

HEADER = struct.Struct(">I32sIQqQ16s32sII")
OUTPUT, SIZE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE, FLAG = 1, 3, 5, 6, 7, 10


class WebSocket:
    """RFC 6455, the client's side. Frames are not fragmented."""

    def __init__(self, url, timeout=60 * SLOW, **headers):
        parts = urllib.parse.urlsplit(url)
        assert parts.scheme == "ws", url
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        head = {"Host": parts.netloc, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": key, **headers}
        self.socket.sendall((f"GET {parts.path}?{parts.query} HTTP/1.1\r\n"
                             + "".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n").encode())
        self.held = b""
        while b"\r\n\r\n" not in self.held:
            self.more()
        answer, self.held = self.held.split(b"\r\n\r\n", 1)
        self.status = int(answer.split()[1])
        if self.status == 101:
            proof = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
            assert b"Sec-WebSocket-Accept: " + proof in answer, answer

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.held += got

    def take(self, size):
        while len(self.held) < size:
            self.more()
        out, self.held = self.held[:size], self.held[size:]
        return out

    def send(self, data, opcode=2):
        mask = os.urandom(4)
        size = len(data)
        head = (bytes([0x80 | opcode, 0x80 | size]) if size < 126 else
                struct.pack(">BBH", 0x80 | opcode, 0xfe, size) if size < 65536 else
                struct.pack(">BBQ", 0x80 | opcode, 0xff, size))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """(opcode, data) of the next frame that is no ping."""
        while True:
            first, size = self.take(2)
            assert first & 0x80 and not size & 0x80, "fragmented or masked"
            if size == 126:
                size, = struct.unpack(">H", self.take(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.take(8))
            data = self.take(size)
            if first & 15 == 9:
                self.send(data, 10)
            else:
                return first & 15, data

    def close(self):
        self.socket.close()


def encode(kind, sequence, payload_type, payload, flags=0):
    return HEADER.pack(116, kind.encode().ljust(32), 1, int(time.time() * 1000), sequence, flags,
                       (lambda i: i[8:] + i[:8])(uuid.uuid4().bytes), hashlib.sha256(payload).digest(), payload_type,
                       len(payload)) + payload


def decode(data):
    length, kind, _, created, sequence, flags, ident, digest, payload_type, size = HEADER.unpack_from(data)
    payload = data[HEADER.size:]
    assert length == 116 and size == len(payload) and created > 0
    assert not payload or hashlib.sha256(payload).digest() == digest
    return {"kind": kind.decode().strip(), "sequence": sequence, "flags": flags,
            "id": str(uuid.UUID(bytes=ident[8:] + ident[:8])), "type": payload_type, "payload": payload}


class Session:
    """One session, answered as the plugin answers: handshake first, each message acknowledged, in order."""

    def __init__(self, session, deaf=0, token=None):
        self.id = session["sessionId"]
        self.ws = WebSocket(session["streamUrl"])
        self.ws.send(json.dumps({"MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()),
                                 "TokenValue": token or session["tokenValue"], "ClientId": str(uuid.uuid4()),
                                 "ClientVersion": "1.2.0.0"}).encode(), 1)
        self.next, self.expected, self.unacknowledged = 0, 0, set()
        self.output, self.closed, self.complete = b"", None, False
        self.deaf = deaf  # so many messages of output are dropped without a word, as before a plugin is set up
        self.ahead = {}

    def say(self, payload_type, payload):
        self.ws.send(encode("input_stream_data", self.next, payload_type, payload))
        self.unacknowledged.add(self.next)
        self.next += 1

    def type(self, text):
        self.say(OUTPUT, text.encode() if isinstance(text, str) else text)

    def resize(self, rows, columns):
        self.say(SIZE, json.dumps({"cols": columns, "rows": rows}).encode())

    def terminate(self):
        self.say(FLAG, struct.pack(">I", 2))

    def acknowledge(self, message):
        self.ws.send(encode("acknowledge", 0, 0, json.dumps({
            "AcknowledgedMessageType": message["kind"], "AcknowledgedMessageId": message["id"],
            "AcknowledgedMessageSequenceNumber": message["sequence"], "IsSequentialMessage": True}).encode(), 3))

    def step(self):
        """Handles one message."""
        opcode, data = self.ws.receive()
        if opcode == 8:
            self.closed = self.closed if self.closed is not None else data
            raise ConnectionError(f"closed: {data!r}")
        message = decode(data)
        if message["kind"] == "acknowledge":
            self.unacknowledged.discard(json.loads(message["payload"])["AcknowledgedMessageSequenceNumber"])
        elif message["kind"] == "channel_closed":
            self.closed = json.loads(message["payload"])
            assert self.closed["SessionId"] == self.id
        elif message["kind"] == "output_stream_data":
            if message["type"] == OUTPUT and self.deaf > 0:
                self.deaf -= 1
                return
            if message["sequence"] >= self.expected:
                self.ahead[message["sequence"]] = message
            self.acknowledge(message)
            while self.expected in self.ahead:
                self.handle(self.ahead.pop(self.expected))
                self.expected += 1

    def handle(self, message):
        if message["type"] == HANDSHAKE_REQUEST:
            actions = json.loads(message["payload"])["RequestedClientActions"]
            assert [a["ActionType"] for a in actions] == ["SessionType"], actions
            assert actions[0]["ActionParameters"]["SessionType"] == "InteractiveCommands"
            self.say(HANDSHAKE_RESPONSE, json.dumps({
                "ClientVersion": "1.2.0.0", "Errors": None,
                "ProcessedClientActions": [{"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": None,
                                            "Error": ""}]}).encode())
        elif message["type"] == HANDSHAKE_COMPLETE:
            self.complete = True
        elif message["type"] == OUTPUT:
            self.output += message["payload"]

    def open(self):
        while not self.complete:
            self.step()
        return self

    def expect(self, text):
        """Reads until the output holds `text`; gives everything before it and forgets both."""
        text = text.encode()
        while text not in self.output:
            if self.closed is not None:
                raise AssertionError(f"closed before {text}: {self.output}")
            self.step()
        before, self.output = self.output.split(text, 1)
        return before.decode(errors="replace")

    def end(self):
        """Reads to the end; gives what was written and the closing text."""
        while self.closed is None:
            self.step()
        return self.output, self.closed["Output"]

    def close(self):
        self.ws.close()
