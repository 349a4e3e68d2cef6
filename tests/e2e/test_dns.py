"""Names inside tasks: of other tasks, of this machine, and of an outside that these tests play themselves."""
import re
import socket
import struct
import threading

from harness import Daemon, DaemonCase, container, definition, until


class Outside:
    """A name server on a free port of 127.0.0.1, over UDP and TCP: each name has the address 192.0.2.<number>, `big.*`
    two hundred, `no.*` none. Silent while `silent`."""

    def __init__(self, number):
        self.number, self.asked, self.silent = number, [], False
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen()
        for target in (self.over_udp, self.over_tcp):
            threading.Thread(target=target, daemon=True).start()

    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        for s in (self.udp, self.tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def answer(self, query, limit):
        end = query.index(b"\0", 12) + 5
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        name, (kind,) = ".".join(labels), struct.unpack(">H", query[end - 4:end - 2])
        self.asked.append(name)
        count = 0 if name.startswith("no.") or kind != 1 else 200 if name.startswith("big.") else 1
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2 + i, self.number])
                           for i in range(count))
        flags = 0x8180 | (3 if name.startswith("no.") else 0)
        if 12 + end + len(records) > limit:
            flags, count, records = flags | 0x0200, 0, b""
        return query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0) + query[12:end] + records

    def over_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            reply = self.answer(query, 512)
            if not self.silent:
                self.udp.sendto(reply, peer)

    def over_tcp(self):
        while True:
            try:
                client, _ = self.tcp.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                (length,) = struct.unpack(">H", stream.read(2))
                reply = self.answer(stream.read(length), 65535)
                stream.write(struct.pack(">H", len(reply)) + reply)


class Dns(DaemonCase):
    @classmethod
    def setUpClass(cls):
        cls.first, cls.second = Outside(1), Outside(2)
        cls.daemon = Daemon(config={"dns": {"upstreams": [cls.first.address(), cls.second.address()]}})
        cls.addClassCleanup(cls.first.close)
        cls.addClassCleanup(cls.second.close)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()

    def setUp(self):
        self.first.silent = False

    def inside(self, command, **more):
        """What a task's only container prints."""
        code, out, err = self.run_task(definition("ask", [container("app", command, **more)]))
        self.assertEqual(code, 0, err + out)
        return "\n".join(line.split(" | ", 1)[-1] for line in out.splitlines())

    def test_resolv_conf_names_the_resolver_as_the_metadata_do(self):
        out = self.inside("cat /etc/resolv.conf; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4; echo")
        resolver = self.daemon.subnet.replace(".0/24", ".2")
        self.assertIn(f"nameserver {resolver}\nsearch ec2.internal\n", out)
        self.assertIn(f'"DomainNameServers":["{resolver}"]', out)

    def test_names_of_the_machine_and_of_outside_are_found(self):
        gateway = self.daemon.subnet.replace(".0/24", ".1")
        out = self.inside("nslookup -type=a host.docker.internal; nslookup -type=a host.drydock.internal 169.254.169.253;"
                          "nslookup -type=a www.example.com; nslookup $(hostname -i | tr ' ' '\\n' | grep -v ^169);"
                          "nslookup -type=a no.example.com || true")
        self.assertEqual(out.count(f"Address: {gateway}\n"), 2, out)
        self.assertIn("Address: 192.0.2.1\n", out)
        self.assertIn("name = ip-10-231-", out)
        self.assertIn("NXDOMAIN", out)

    def test_a_task_is_found_by_family_and_cluster_as_long_as_it_runs(self):
        web = self.file(definition("dnsweb", [container("web", ["serve", "80"])]))
        task = self.daemon.drydock("run", "-d", web, check=0)[1].split()[-1]
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        lookup = "nslookup -type=a dnsweb.default.local; nslookup -type=aaaa dnsweb.default.local"
        out = self.inside(lookup)
        self.assertRegex(out, r"Address: 10\.231\.\d+\.\d+\n")
        self.assertNotIn("NXDOMAIN", out)
        self.daemon.kill()
        self.daemon.start()
        self.assertRegex(self.inside(lookup), r"Address: 10\.231\.\d+\.\d+\n")
        self.daemon.drydock("stop", task, check=0)
        self.daemon.drydock("wait", task, "--for", "stopped")
        out = self.inside("nslookup -type=a dnsweb.default.local || true")
        self.assertIn("NXDOMAIN", out)
        self.assertNotIn("dnsweb.default.local", self.first.asked + self.second.asked)

    @staticmethod
    def welcome(server):
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return

    def test_a_running_task_resolves_again_after_its_daemon_was_killed(self):
        # The task ends when it reaches a server of this machine, which opens only after the restart.
        with socket.socket() as gate:
            gate.bind(("0.0.0.0", 0))
            task = self.daemon.drydock("run", "-d", self.file(definition("again", [container(
                "app", "until nslookup -type=a go.example.com | grep -q 192.0.2; do sleep 0.1; done; echo first;"
                       f"until nc -w 5 host.docker.internal {gate.getsockname()[1]} </dev/null &&"
                       " nslookup -type=a later.example.com | grep -q 192.0.2; do sleep 0.1; done; echo second")])),
                check=0)[1].split()[-1]
            self.daemon.drydock("wait", task, "--for", "running", check=0)
            until(lambda: "first" in self.daemon.drydock("logs", task)[1], what="the first answer")
            self.daemon.kill()
            self.daemon.start()
            gate.listen()
            threading.Thread(target=self.welcome, args=(gate,), daemon=True).start()
            self.daemon.drydock("wait", task, "--for", "stopped")
            gate.shutdown(socket.SHUT_RDWR)
        self.assertIn("second", self.daemon.drydock("logs", task, check=0)[1])

    def test_a_server_that_does_not_answer_is_passed_over(self):
        self.first.silent = True
        out = self.inside("nslookup -type=a failover.example.com")
        self.assertIn("Address: 192.0.2.2\n", out)
        self.assertIn("failover.example.com", self.first.asked)

    def test_big_answers_come_whole_over_tcp(self):
        # A client of a few lines: busybox has none that speaks TCP.
        ask = ("printf '\\000\\041\\022\\064\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000\\003big\\007example\\003com"
               "\\000\\000\\001\\000\\001' | nc -w 5 169.254.169.253 53 | wc -c")
        size = int(self.inside(ask).split()[-1])
        self.assertEqual(size, 2 + 12 + 17 + 4 + 200 * 16)

    def test_a_container_outside_awsvpc_may_name_its_own_servers(self):
        document = definition("own", [container("app", "cat /etc/resolv.conf", dnsServers=["192.0.2.53"],
                                                dnsSearchDomains=["corp.example"])])
        document.update(networkMode="bridge")
        document.pop("requiresCompatibilities", None)
        code, out, err = self.run_task(document)
        self.assertEqual(code, 0, err)
        self.assertIn("nameserver 192.0.2.53", out)
        self.assertIn("search corp.example", out)

    def test_the_example_prints_what_it_says(self):
        told, expected = self.daemon.example("names")
        net = self.daemon.subnet.replace(".0/24", "")
        self.assertEqual(re.sub(r"NET\.(?!1\n|2\n)\d+", "NET.N", told.replace(net, "NET")), expected)
