"""The network of tasks: the same in the API, in the metadata and inside; subnets, security groups, clusters; who may
call the daemon; ports; the rules of others."""
import json
import os
import socket
import subprocess
import threading

from harness import REPO, SLOW, Daemon, DaemonCase, container, definition, until


def lines_of(text):
    return [line.split(" | ", 1)[-1].strip() for line in text.splitlines()]


class NetworkCase(DaemonCase):
    def inside(self, command, *flags, name="ask", **more):
        """What a task's only container prints."""
        code, out, err = self.run_task(definition(name, [container("app", command)], **more), "--rm", *flags)
        self.assertEqual(code, 0, err + out)
        return lines_of(out)

    def start(self, name, command, *flags, containers=None, **more):
        """Starts a task and waits until it runs; gives its id."""
        document = definition(name, containers or [container("app", command)], **more)
        task = self.daemon.drydock("run", "-d", *flags, self.file(document), check=0)[1].split()[-1]
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        return task

    def address(self, task):
        return self.local(task)["networks"][0]["address"]

    def local(self, task):
        return json.loads(self.daemon.drydock("describe", "--local", task, "--json", check=0)[1])["tasks"][0]["local"]


class Network(NetworkCase):
    def test_api_metadata_and_reality_say_the_same(self):
        ecs = self.daemon.boto()
        ecs.create_cluster(clusterName="default")
        ecs.register_task_definition(**definition("same", [container(
            "app", "cat /sys/class/net/eth1/address; cat /sys/class/net/eth1/mtu; hostname; ip -4 addr show eth1;"
                   "ip route; cat /etc/resolv.conf; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo;"
                   "wget -q -O - $ECS_CONTAINER_METADATA_URI; echo; sleep 60")]))
        run = ecs.run_task(taskDefinition="same", launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {
            "subnets": ["subnet-0a1b2c3d"], "securityGroups": ["sg-1", "sg-2"], "assignPublicIp": "ENABLED"}})
        (begun,) = run["tasks"]
        self.addCleanup(lambda: ecs.stop_task(task=begun["taskArn"]))
        self.assertEqual(begun["attachments"][0]["details"], [{"name": "subnetId", "value": "subnet-0a1b2c3d"}])
        ecs.get_waiter("tasks_running").wait(tasks=[begun["taskArn"]], WaiterConfig={"Delay": 1})
        (task,) = ecs.describe_tasks(tasks=[begun["taskArn"]])["tasks"]
        (attachment,) = task["attachments"]
        details = {d["name"]: d["value"] for d in attachment["details"]}
        (interface,) = task["containers"][0]["networkInterfaces"]
        self.assertEqual((attachment["type"], attachment["status"]), ("ElasticNetworkInterface", "ATTACHED"))
        self.assertEqual(list(details), ["subnetId", "networkInterfaceId", "macAddress", "privateDnsName",
                                         "privateIPv4Address"])
        self.assertRegex(details["networkInterfaceId"], "^eni-[0-9a-f]{17}$")
        self.assertEqual(interface, {"attachmentId": attachment["id"],
                                     "privateIpv4Address": details["privateIPv4Address"]})

        id = begun["taskArn"].split("/")[-1]
        said = until(lambda: [line for line in [lines_of(self.daemon.drydock("logs", id)[1])]
                              if sum(x.startswith("{") for x in line) == 2])[0]
        v4, v3 = (json.loads(line) for line in said if line.startswith("{"))
        (four,) = v4["Containers"][0]["Networks"]
        prefix = int(self.daemon.subnet.split("/")[1])
        gateway, resolver = (self.daemon.subnet.replace(".0/24", end) for end in (".1", ".2"))
        self.assertEqual(four, {
            "NetworkMode": "awsvpc", "IPv4Addresses": [details["privateIPv4Address"]], "AttachmentIndex": 0,
            "MACAddress": details["macAddress"], "IPv4SubnetCIDRBlock": self.daemon.subnet,
            "DomainNameServers": [resolver], "DomainNameSearchList": ["ec2.internal"],
            "PrivateDNSName": details["privateDnsName"], "SubnetGatewayIpv4Address": f"{gateway}/{prefix}"})
        self.assertEqual(v3["Networks"], [{"NetworkMode": "awsvpc", "IPv4Addresses": [details["privateIPv4Address"]]}])

        text = "\n".join(said)
        self.assertEqual(said[0], details["macAddress"])
        self.assertEqual(said[2], details["privateDnsName"])
        self.assertEqual(said[2], "ip-" + details["privateIPv4Address"].replace(".", "-") + ".ec2.internal")
        self.assertIn(f"inet {details['privateIPv4Address']}/{prefix} ", text)
        self.assertIn(f"default via {gateway} dev eth1", text)
        self.assertIn(f"nameserver {resolver}\nsearch ec2.internal", text)
        self.assertIn(f"MTU {said[1]},", self.daemon.drydock("doctor")[1])
        self.assertTrue(any("assignPublicIp" in note for note in self.local(id)["notes"]))

    def test_ports_ranges_datagrams_and_other_addresses(self):
        document = definition("ports", [container("app", "httpd -p 8071 -h /var/www; exec serve 8070", portMappings=[
            {"containerPortRange": "8070-8072"}, {"containerPort": 8099, "protocol": "udp"}])])
        task = self.daemon.drydock("run", "-d", "-p", "0.0.0.0:0:8071", self.file(document), check=0)[1].split()[-1]
        self.addCleanup(self.daemon.drydock, "stop", "--now", task)
        self.daemon.drydock("wait", task, "--for", "running", check=0)
        ports = {(p["containerPort"], p["protocol"]): (p["hostAddress"], p["hostPort"])
                 for p in self.local(task)["containers"][0]["ports"]}
        self.assertEqual(set(ports), {(8070, "tcp"), (8071, "tcp"), (8072, "tcp"), (8099, "udp")})
        self.assertEqual(ports[8070, "tcp"][0], "127.0.0.1")
        self.assertEqual(ports[8071, "tcp"][0], "0.0.0.0")
        for inner, host in ((8070, "127.0.0.1"), (8071, "127.0.0.1"), (8071, "127.0.0.2")):
            def answers(address=(host, ports[inner, "tcp"][1])):
                try:
                    with socket.create_connection(address, 5 * SLOW) as s:
                        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                        return b"200 OK" in s.recv(4096)
                except OSError:
                    return False
            until(answers, what=f"an answer of {inner} at {host}")

    def test_a_task_reaches_the_laptop_and_neither_its_loopback_nor_the_api(self):
        def serve(server):
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return
        with socket.create_server(("0.0.0.0", 0)) as everywhere, socket.create_server(("127.0.0.1", 0)) as secret:
            for server in (everywhere, secret):
                threading.Thread(target=serve, args=(server,), daemon=True).start()
            api = self.daemon.url.rsplit(":", 1)[1]
            ask = "nc -w 3 {} {} </dev/null >/dev/null 2>&1 && echo yes || echo no; "
            said = self.inside(ask.format("host.docker.internal", everywhere.getsockname()[1]) +
                               ask.format("host.docker.internal", secret.getsockname()[1]) +
                               ask.format("host.docker.internal", api) + "env | grep -c AWS_ENDPOINT_URL || true")
            for server in (everywhere, secret):
                server.shutdown(socket.SHUT_RDWR)
        self.assertEqual(said, ["yes", "no", "no", "0"])

    def test_subnets_and_groups_that_nobody_configured_are_taken(self):
        self.assertEqual(self.inside("echo ran", "--subnet", "subnet-x", "--security-group", "sg-x"), ["ran"])


class Mapped(NetworkCase):
    """The groups of the example, two subnets, and clusters kept apart."""

    strict = False

    @classmethod
    def setUpClass(cls):
        def config(network):
            made = json.loads((REPO / "examples/security-groups/drydock.json").read_text())
            made["network"].update(strict=cls.strict, isolate_clusters=True,
                                   subnets={"subnet-a": network + ".64/26", "subnet-b": network + ".128/26"})
            made["network"]["security_groups"]["default"] = {"ingress": [{"cidr": "0.0.0.0/0"}]}
            return made

        cls.daemon = Daemon(config=config)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()
        cls.net = cls.daemon.subnet.removesuffix(".0/24")


class Security(Mapped):
    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("security-groups"))

    ASK = "exec 2>/dev/null; timeout 2 wget -q -O /dev/null http://{}:{}/ && echo yes || echo no"

    def test_groups_hold_while_the_daemon_is_away_and_after_it_came_back(self):
        db = self.start("guarded", "exec serve 5432", "--security-group", "sg-db")
        address = self.address(db)
        def asks(group):
            return self.inside(self.ASK.format(address, 5432), "--security-group", group)
        self.assertEqual((asks("sg-web"), asks("sg-job")), (["yes"], ["no"]))
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual((asks("sg-web"), asks("sg-job")), (["yes"], ["no"]))
        table = f"drydock_{self.daemon.instance()}"
        subprocess.run(["nft", "delete", "table", "inet", table], check=True)
        until(lambda: subprocess.run(["nft", "list", "set", "inet", table, "guarded"], capture_output=True,
                                     text=True).stdout.count(address), what="the table that was deleted")
        self.assertEqual((asks("sg-web"), asks("sg-job")), (["yes"], ["no"]))
        self.assertIn("written again", self.daemon.drydock("doctor")[1])
        # This machine is never locked out.
        with socket.create_connection((address, 5432), 10 * SLOW):
            pass
        self.daemon.drydock("stop", "--now", db, check=0)
        self.daemon.drydock("wait", db, "--for", "stopped")
        until(lambda: address not in subprocess.run(["nft", "list", "set", "inet", table, "guarded"],
                                                    capture_output=True, text=True).stdout)

    def test_a_mapped_subnet_is_the_tasks(self):
        said = self.inside("ip -4 addr show eth1 | grep inet; ip route | grep default; wget -q -O - "
                           "$ECS_CONTAINER_METADATA_URI_V4; echo", "--subnet", "subnet-b")
        self.assertIn(f"inet {self.net}.132/26 ", said[0])
        self.assertIn(f"default via {self.net}.129 ", said[1])
        (four,) = json.loads(said[2])["Networks"]
        self.assertEqual(four["IPv4SubnetCIDRBlock"], self.net + ".128/26")
        self.assertEqual(four["SubnetGatewayIpv4Address"], self.net + ".129/26")

    def test_tasks_of_other_clusters_are_out_of_reach(self):
        web = self.start("apart", "exec serve 80")
        ask = self.ASK.format(self.address(web), 80)
        self.assertEqual(self.inside(ask), ["yes"])
        self.assertEqual(self.inside(ask, "--cluster", "other"), ["no"])


class Strict(Mapped):
    strict = True

    def test_what_is_not_known_is_refused_in_the_words_of_aws(self):
        self.daemon.boto().create_cluster(clusterName="default")
        self.daemon.drydock("register", self.file(definition("strict", [container("app", "true")])), check=0)
        def refusal(subnet, group):
            status, answer = self.daemon.call("RunTask", {
                "taskDefinition": "strict", "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}})
            return status, answer.get("__type"), answer.get("message")
        self.assertEqual(refusal("subnet-z", "sg-web"), (400, "InvalidParameterException",
                         "Error retrieving subnet information for [subnet-z]: The subnet ID 'subnet-z' does not exist "
                         "(ErrorCode: InvalidSubnetID.NotFound)"))
        self.assertEqual(refusal("subnet-a", "sg-z"), (400, "InvalidParameterException",
                         "Error retrieving security group information for [sg-z]: The security group 'sg-z' does not "
                         "exist (ErrorCode: InvalidGroup.NotFound)"))


class DualStack(NetworkCase):
    @classmethod
    def setUpClass(cls):
        cls.net = f"fd00:dd:{os.getpid() % 65536:x}:1::"
        cls.daemon = Daemon(config={"network": {"ipv6": cls.net + "/64"}})
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.load_image()

    def test_a_task_has_both_addresses_everywhere(self):
        web = self.start("six", "exec httpd -f -p 80 -h /var/www")
        task = json.loads(self.daemon.drydock("describe", "--local", web, check=0)[1])["tasks"][0]
        details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
        six = details["ipv6Address"]
        self.assertTrue(six.startswith(self.net), six)
        self.assertEqual(task["containers"][0]["networkInterfaces"][0]["ipv6Address"], six)
        said = self.inside("ip -6 addr show eth1 | grep inet6; cat /etc/hosts; wget -q -O - $ECS_CONTAINER_METADATA_URI_V4;"
                           f"echo; exec 2>/dev/null; wget -q -O /dev/null http://[{six}]/ && echo reached;"
                           "nslookup -type=aaaa six.default.local | grep Address | tail -1")
        (four,) = json.loads(next(line for line in said if line.startswith("{")))["Networks"]
        (mine,) = four["IPv6Addresses"]
        self.assertEqual(four["IPv6SubnetCIDRBlock"], self.net + "/64")
        self.assertIn(f"inet6 {mine}/128 ", "\n".join(said))
        self.assertIn(f"{mine} {four['PrivateDNSName']}", said)
        self.assertIn("reached", said)
        self.assertEqual(said[-1], f"Address: {six}")


class Endpoint(NetworkCase):
    config = {"tasks": {"api": "sts", "endpoint_url": "local"}}

    STS = ("wget -q -O - --header 'Content-Type: application/x-www-form-urlencoded' --post-data "
           "'Action=GetCallerIdentity&Version=2011-06-15' $AWS_ENDPOINT_URL/ | grep -o 'arn:aws[^<]*'")

    def test_a_container_finds_the_local_sts_and_nothing_else(self):
        said = self.inside("echo $AWS_ENDPOINT_URL; " + self.STS + "; wget -S -O - --post-data '{}' --header "
                           "'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' $AWS_ENDPOINT_URL/ 2>&1 | "
                           "grep HTTP/; wget -S -O - $AWS_ENDPOINT_URL/_drydock/v1/status 2>&1 | grep HTTP/")
        self.assertRegex(said[0], r"^http://host\.docker\.internal:\d+$")
        self.assertEqual(said[1], "arn:aws:iam::123456789012:root")
        self.assertIn("403", said[2])
        self.assertIn("403", said[3])

    def test_programs_of_this_machine_do_not_get_in_there(self):
        port = int(self.inside("echo ${AWS_ENDPOINT_URL##*:}")[0])
        with self.assertRaises(OSError):
            socket.create_connection((self.daemon.subnet.replace(".0/24", ".1"), port), 1)

    def test_a_variable_of_the_definition_stays(self):
        document = definition("own", [container("app", "echo $AWS_ENDPOINT_URL", environment=[
            {"name": "AWS_ENDPOINT_URL", "value": "http://mine"}])])
        self.assertIn("http://mine", self.run_task(document, "--rm", check=0)[1])


class WholeApi(NetworkCase):
    config = {"tasks": {"api": "all", "endpoint_url": "local"}}

    def test_a_task_may_call_ecs_when_it_was_allowed(self):
        said = self.inside("wget -q -O - --post-data '{}' --header 'Content-Type: application/x-amz-json-1.1' --header "
                           "'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' $AWS_ENDPOINT_URL/; echo")
        self.assertIn("cluster/default", said[0])
