"""Network modes bridge, host and none of EC2 definitions: what containers see, and what is seen of them."""
import json
import os
import pathlib
import re
import socket
import unittest
import urllib.request

from harness import SLOW, Daemon, DaemonCase, container, definition, run_text, until

ROLE = "arn:aws:iam::111122223333:role/pilot"


def ec2(name, mode, containers, **more):
    document = definition(name, containers, requiresCompatibilities=["EC2"], **more)
    document.pop("networkMode")
    if mode:
        document["networkMode"] = mode
    return document


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def page(port, host="127.0.0.1"):
    with urllib.request.urlopen(f"http://{host}:{port}/", timeout=10 * SLOW) as answer:
        return answer.read().decode()


class ModesCase(DaemonCase):
    def lines(self, document, *flags, name="web"):
        """Runs a task to its end; what container `name` wrote."""
        code, out, err = self.run_task(document, *flags)
        self.assertEqual(code, 0, out + err)
        return [line.removeprefix(name + " | ") for line in out.splitlines() if line.startswith(name + " | ")]

    def start(self, document, *flags, state="running"):
        task = self.run_task(document, "-d", *flags, check=0)[1].strip()
        self.daemon.drydock("wait", task, "--for", state, check=0)
        self.addCleanup(self.stop, task)
        return task

    def stop(self, task):
        self.daemon.drydock("stop", "--now", task)
        self.daemon.drydock("wait", task, "--for", "stopped")

    def call(self, operation, **body):
        # Older clients do not know containerPortRange.
        status, answer = self.daemon.call(operation, body)
        self.assertEqual(status, 200, answer)
        return answer

    def described(self, task):
        (found,) = self.call("DescribeTasks", tasks=[task])["tasks"]
        return found

    def local(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, check=0)[1])["tasks"][0]["local"]


class Bridge(ModesCase):
    SEE = ("until wget -q -O /tmp/page http://database:8080/ 2>/dev/null; do sleep 0.1; done; grep -c Hello /tmp/page; "
           "wget -q -O - http://localhost:8080/ >/dev/null 2>&1 || echo own localhost; hostname; "
           "sed 's/^/hosts /' /etc/hosts; sed 's/^/dns /' /etc/resolv.conf; ls /sys/class/net | tr '\\n' ' '; echo; "
           "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4; echo; wget -q -O - $ECS_CONTAINER_METADATA_URI; echo; "
           "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo; "
           "wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; "
           "wget -O - http://169.254.170.2/v2/metadata 2>&1 | grep -o ' 400 '; nslookup host.docker.internal | grep ^Address | tail -1")

    def test_each_container_has_a_network_of_its_own_with_docker_files(self):
        lines = self.lines(ec2("shop", None, [
            container("db", ["serve", "8080"], essential=False),
            container("web", self.SEE, links=["db:database"], hostname="front", dnsSearchDomains=["corp.example"],
                      extraHosts=[{"hostname": "api.local", "ipAddress": "10.0.0.9"},
                                  {"hostname": "me", "ipAddress": "host-gateway"}])], taskRoleArn=ROLE))
        gateway = self.daemon.subnet.replace(".0/24", ".1")
        self.assertEqual(lines[:3], ["1", "own localhost", "front"])
        hosts = [line[6:] for line in lines if line.startswith("hosts ")]
        self.assertEqual(hosts[0], "127.0.0.1\tlocalhost")
        self.assertEqual(hosts[-4:-2], ["10.0.0.9\tapi.local", f"{gateway}\tme"])
        database, names = hosts[-2].split("\t")
        self.assertRegex(names, r"^database [0-9a-f]{12} ecs-shop-1-db-[0-9a-f]+$")
        own, name = hosts[-1].split("\t")
        self.assertEqual(name, "front")
        self.assertNotEqual(own, database)
        dns = [line[4:] for line in lines if line.startswith("dns ")]
        self.assertEqual(dns, ["nameserver " + gateway[:-1] + "2", "search corp.example"])
        self.assertIn("eth0 lo ", lines)
        self.assertIn(" 400 ", lines)
        v4, v3, task, keys = [json.loads(line) for line in lines if line.startswith("{")]
        for document in (v4, v3):
            self.assertEqual(document["Networks"], [{"NetworkMode": "bridge", "IPv4Addresses": [own]}])
        by_name = {c["Name"]: c["Networks"][0]["IPv4Addresses"][0] for c in task["Containers"]}
        self.assertEqual(by_name, {"db": database, "web": own})
        self.assertEqual(keys["RoleArn"], ROLE)
        self.assertIn(gateway, lines[-1])

    def test_ports_are_bound_as_they_are_mapped(self):
        fixed = free_port()
        self.call("CreateCluster", clusterName="default")
        document = ec2("ports", "bridge", [container("web", "serve 8080 & serve 8081 & serve 9001 & wait", portMappings=[
            {"containerPort": 8080}, {"containerPort": 8081, "hostPort": fixed},
            {"containerPortRange": "9000-9002", "protocol": "tcp"}])])
        self.call("RegisterTaskDefinition", **document)
        started = self.call("RunTask", taskDefinition="ports")
        self.assertEqual(started["failures"], [])
        (task,) = started["tasks"]
        self.assertEqual(task["lastStatus"], "PENDING")
        self.assertEqual(task["attachments"], [])
        arn = task["taskArn"]
        self.addCleanup(self.stop, arn.split("/")[-1])
        self.daemon.drydock("wait", arn.split("/")[-1], "--for", "running", check=0)

        def bindings():
            return self.described(arn)["containers"][0]["networkBindings"]

        one, two, block = before = bindings()
        first, last = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
        self.assertEqual(one, {"bindIP": "127.0.0.1", "containerPort": 8080, "hostPort": one["hostPort"],
                               "protocol": "tcp"})
        self.assertTrue(first <= one["hostPort"] <= last, one)
        self.assertEqual((two["containerPort"], two["hostPort"]), (8081, fixed))
        self.assertEqual(block["containerPortRange"], "9000-9002")
        low, high = map(int, block["hostPortRange"].split("-"))
        self.assertEqual(high - low, 2)
        self.assertEqual(self.described(arn)["containers"][0]["networkInterfaces"], [])
        for port in (one["hostPort"], fixed, low + 1):
            self.assertIn("Hello", until(lambda: self.quiet_page(port), what=f"a page on port {port}"))
        self.assertIn(f"127.0.0.1:{fixed}->8081/tcp", self.daemon.drydock("ps", check=0)[1])

        # A second one finds no place on this instance.
        again = self.call("RunTask", taskDefinition="ports", count=2)
        self.assertEqual(again["tasks"], [])
        self.assertEqual([f["reason"] for f in again["failures"]], ["RESOURCE:PORTS"] * 2)
        self.assertIn(f"{fixed}/tcp", again["failures"][0]["detail"])
        code, _, err = self.run_task(document)
        self.assertEqual(code, 125)
        self.assertIn("RESOURCE:PORTS", err)

        # Tasks reach it at their instance's address and port, as through Docker, where bridges ask no iptables.
        gateway = self.daemon.subnet.replace(".0/24", ".1")
        asks = pathlib.Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
        said = self.lines(ec2("caller", "bridge", [container(
            "web", f"wget -q -O - http://{gateway}:{one['hostPort']}/ 2>&1 | grep -c Hello; true")]))
        self.assertEqual(said, ["0" if asks.exists() and asks.read_text().strip() == "1" else "1"])

        # And the next daemon has it all as it was.
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(bindings(), before)
        self.assertIn("Hello", page(one["hostPort"]))

    def quiet_page(self, port):
        try:
            return page(port)
        except OSError:
            return ""

    def test_clients_of_a_log_router_are_told_its_address(self):
        task = self.start(ec2("logs", "bridge", [
            container("log_router", [], image="drydock/example:latest", firelensConfiguration={"type": "fluentbit"}),
            container("app", "echo $FLUENT_HOST $FLUENT_PORT; nc -w 5 $FLUENT_HOST 24224 </dev/null && echo reached; sleep 1000",
                      stopTimeout=2, logConfiguration={"logDriver": "awsfirelens", "options": {"Name": "null"}})]),
            "--firelens", "builtin")
        (router,) = [n for n in self.local(task)["networks"] if n["containers"] == ["log_router"]]
        until(lambda: f"{router['address']} 24224\nreached" in self.daemon.drydock("logs", "--no-prefix", task)[1],
              what="the client's lines")

    def test_the_example_prints_what_it_says(self):
        told, expected = self.daemon.example("bridge")
        net = self.daemon.subnet.replace(".0/24", "")
        told = re.sub(r"NET\.\d+", "NET.N", told.replace(net, "NET"))
        told = re.sub(r"ecs-bridge-1-store-[0-9a-f]+", "ecs-bridge-1-store-ID", re.sub(r"\b[0-9a-f]{12}\b", "ID", told))
        self.assertEqual(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", told), expected)


class None_(ModesCase):
    SEE = ("ls /sys/class/net | tr '\\n' ' '; echo; ip address show lo | grep -c 'inet 127.0.0.1'; "
           "echo $ECS_CONTAINER_METADATA_URI_V4; wget -q -T 5 -O - $ECS_CONTAINER_METADATA_URI_V4 2>/dev/null || echo unreachable; "
           "tail -1 /etc/hosts")

    def test_without_a_network_there_is_only_loopback(self):
        for document in (ec2("alone", "none", [container("web", self.SEE)]),
                         ec2("apart", "bridge", [container("web", self.SEE, disableNetworking=True)])):
            lines = self.lines(document)
            self.assertEqual(lines[:2], ["lo ", "1"])
            self.assertRegex(lines[2], "^http://169.254.170.2/v4/[0-9a-f]{32}-[0-9]+$")
            self.assertEqual(lines[3], "unreachable")
            self.assertEqual(lines[4], "ff02::2\tip6-allrouters")


@unittest.skipUnless(os.stat("/proc/self/ns/cgroup").st_ino == 0xEFFFFFFB and any(
    "cgroup2 " in line for line in open("/proc/mounts")), "no control groups of version 2, or not all of them to be seen")
class Host(ModesCase):
    SEE = ("wget -q -O - $ECS_CONTAINER_METADATA_URI_V4; echo; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo; "
           "wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; "
           "wget -O - http://169.254.170.2/v2/metadata 2>&1 | grep -o ' 400 '; hostname; ls /sys/class/net | tr '\\n' ' '; echo; "
           "wget -q -O - http://127.0.0.1:%d/ 2>&1; cat /etc/hosts; echo $FLUENT_HOST")

    def traces(self):
        instance = self.daemon.instance()
        table = run_text("/usr/sbin/nft", "list", "table", "inet", "drydock_" + instance)
        return table.count("cgroupv2"), run_text("/usr/sbin/ip", "route", "show", "169.254.170.2", "dev", "dd" + instance)

    def test_a_container_is_in_this_machines_network_and_finds_its_endpoint(self):
        api = int(self.daemon.url.rsplit(":", 1)[1])
        lines = self.lines(ec2("host", "host", [container("web", self.SEE % api)], taskRoleArn=ROLE))
        v4, task, keys = [json.loads(line) for line in lines if line.startswith("{")]
        self.assertEqual(v4["Networks"], [{"NetworkMode": "host"}])
        self.assertEqual(task["Family"], "host")
        self.assertEqual(keys["RoleArn"], ROLE)
        self.assertIn(" 400 ", lines)
        self.assertIn(socket.gethostname(), lines)
        self.assertTrue(any("dd" + self.daemon.instance() in line.split() for line in lines), lines)
        # The daemon's own API is the one thing of this machine that it does not reach.
        self.assertTrue(any("Connection refused" in line or "reset" in line for line in lines), lines)
        self.assertEqual(self.traces(), (0, ""))

    def test_its_ports_are_this_machines_and_others_do_not_see_its_endpoint(self):
        port = free_port()
        document = ec2("server", "host", [container("web", ["serve", str(port)],
                                                    portMappings=[{"containerPort": port}])], taskRoleArn=ROLE)
        task = self.start(document)
        self.assertIn("Hello", until(lambda: self.quiet_page(port), what="the page"))
        (binding,) = self.described(task)["containers"][0]["networkBindings"]
        self.assertEqual(binding, {"bindIP": "0.0.0.0", "containerPort": port, "hostPort": port, "protocol": "tcp"})
        self.assertIn("RESOURCE:PORTS", self.run_task(document)[2])
        self.assertEqual(self.traces()[0], 2)
        with self.assertRaises(OSError):
            socket.create_connection(("169.254.170.2", 80), timeout=1)
        # A second task keeps the door open beyond the first one's end; kill -9 does, too.
        second = self.start(ec2("watcher", "host", [container(
            "web", "while :; do wget -q -O - $ECS_CONTAINER_METADATA_URI_V4 | grep -c watcher; sleep 0.2; done",
            stopTimeout=2)]))
        self.stop(task)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.traces()[0], 2)
        seen = self.daemon.drydock("logs", "--no-prefix", second)[1].count("1\n")
        until(lambda: self.daemon.drydock("logs", "--no-prefix", second)[1].count("1\n") > seen + 1,
              what="answers after a restart")
        self.stop(second)
        until(lambda: self.traces() == (0, ""), what="the end of the door")

    def quiet_page(self, port):
        try:
            return page(port)
        except OSError:
            return ""

    def test_faults_would_be_this_machines_and_are_refused(self):
        lines = self.lines(ec2("faults", "host", [container(
            "web", "wget -O - --post-data '{\"Port\": 9, \"Protocol\": \"tcp\", \"TrafficType\": \"egress\"}' "
                   "$ECS_AGENT_URI/fault/v1/network-blackhole-port/start 2>&1 | grep -o ' 500 '")],
            enableFaultInjection=True))
        self.assertEqual(lines, [" 500 "])


class HostForbidden(unittest.TestCase):
    def test_the_operator_may_forbid_it(self):
        daemon = Daemon(config={"tasks": {"host_network": False}})
        self.addCleanup(daemon.stop)
        daemon.load_image()
        file = daemon.base / "host.json"
        file.write_text(json.dumps(ec2("host", "host", [container("web", "true")])))
        code, _, err = daemon.drydock("run", str(file))
        self.assertEqual(code, 125, err)
        self.assertIn("network mode host is not allowed here (tasks.host_network is false", err)


if __name__ == "__main__":
    unittest.main()
