"""$ECS_AGENT_URI: what containers may ask of the agent about their own task."""
import json
import os
import re
import subprocess
import unittest

from harness import Daemon, DaemonCase, container, definition, until

ROLE = "arn:aws:iam::111122223333:role/pilot"
HOLE = '{"Port":8080,"Protocol":"tcp","TrafficType":"ingress"}'


def post(path, body):
    """A shell command: the answer's status line and body."""
    return (f"printf 'POST %s/fault/v1/{path} HTTP/1.0\\r\\nHost: x\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n%s' "
            f"${{ECS_AGENT_URI#http://169.254.170.2}} '{body}' | nc 169.254.170.2 80; echo; ")


class AgentTest(DaemonCase):
    def said(self, name, script, **more):
        out = self.run_task(definition(name, [container("app", script)], **more), check=0)[1]
        return [line.split("| ", 1)[-1].strip() for line in out.splitlines()]

    def answers(self, lines):
        """(status, body) of each answer."""
        text = "\n".join(lines)
        return re.findall(r"HTTP/1\.\d (\d+)[^\n]*\n(?:[^\n]+\n)*\n([^\n]*)", text)

    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("faults"))

    def test_a_task_that_does_not_allow_faults_has_none(self):
        lines = self.said("closed", post("network-latency/status", ""))
        (status, body), = self.answers(lines)
        self.assertEqual(status, "400")
        self.assertRegex(json.loads(body)["Error"], "^enableFaultInjection is not enabled for task: arn:aws:ecs:")

    def test_latency_delays_or_tells_why_it_cannot(self):
        body = '{"DelayMilliseconds":2000,"JitterMilliseconds":0,"Sources":["0.0.0.0/0"]}'
        lines = self.said("late", post("network-latency/start", body) + post("network-latency/status", "")
                          + "ping -q -c 1 -W 20 host.docker.internal | grep -o 'min.*'; "
                          + post("network-latency/stop", "") + post("network-packet-loss/start", body),
                          enableFaultInjection=True)
        start, state, stop, wrong = self.answers(lines)
        self.assertEqual(stop, ("200", '{"Status":"stopped"}'))
        self.assertEqual(wrong, ("400", '{"Error":"required parameter LossPercent is missing"}'))
        if start[0] == "500":
            self.assertIn("modprobe sch_", start[1])
            self.assertEqual(state, ("200", '{"Status":"not-running"}'))
            return
        self.assertEqual(start, ("200", '{"Status":"running"}'))
        self.assertEqual(state, ("200", '{"Status":"running"}'))
        times = re.search(r"= ([\d.]+)/", "\n".join(lines))
        self.assertGreater(float(times[1]), 1500)

    PUT = ("printf 'PUT %s/task-protection/v1/state HTTP/1.0\\r\\nHost: x\\r\\nContent-Length: 27\\r\\n\\r\\n"
           "{\"ProtectionEnabled\": true}' ${ECS_AGENT_URI#http://169.254.170.2} | nc 169.254.170.2 80; echo; ")

    def test_a_task_without_a_service_is_not_protected(self):
        (status, body), = self.answers(self.said("alone", self.PUT, taskRoleArn=ROLE))
        self.assertEqual(status, "200")
        failure = json.loads(body)["failure"]
        self.assertRegex(failure["Arn"], "^arn:aws:ecs:us-east-1:123456789012:task/default/[0-9a-f]{32}$")
        self.assertEqual((failure["Detail"], failure["Reason"]), (None, "TASK_NOT_VALID"))
        (status, body), = self.answers(self.said("roleless", self.PUT))
        self.assertEqual(status, "403")
        self.assertEqual(json.loads(body)["error"]["Code"], "AccessDeniedException")
        with self.assertRaises(self.daemon.boto().exceptions.InvalidParameterException):
            self.daemon.boto().update_task_protection(cluster="default", tasks=["x"], protectionEnabled=True,
                                                      expiresInMinutes=3000)


class RestartTest(unittest.TestCase):
    def rules(self, daemon):
        """What nftables holds in the namespaces of tasks."""
        text = ""
        for slot in os.listdir(f"{daemon.run}/netns"):
            text += subprocess.run(["/usr/bin/nsenter", f"--net={daemon.run}/netns/{slot}", "/usr/sbin/nft", "list",
                                    "ruleset"], capture_output=True, text=True).stdout
        return text

    def test_faults_outlive_the_daemon_and_end_with_the_task(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        daemon.load_image()
        script = (post("network-blackhole-port/start", HOLE)
                  + "trap 'exit 0' TERM; while true; do " + post("network-blackhole-port/status", HOLE) + "sleep 1; done")
        file = daemon.base / "faults.json"
        file.write_text(json.dumps(definition("faults", [container("app", script)], enableFaultInjection=True)))
        task = daemon.drydock("run", "-d", file, check=0)[1].split()[-1]

        def running():
            return daemon.drydock("logs", "--no-prefix", task)[1].count('{"Status":"running"}')

        until(lambda: running() >= 2, what="the fault")
        self.assertIn("tcp dport 8080 jump ingress-tcp-8080", self.rules(daemon))
        daemon.kill()
        before = self.rules(daemon)
        self.assertIn("tcp dport 8080 jump ingress-tcp-8080", before)
        daemon.start()
        seen = running()
        until(lambda: running() > seen, what="the fault after a restart")
        self.assertNotIn("not-running", daemon.drydock("logs", "--no-prefix", task)[1])
        self.assertIn("tcp dport 8080 jump ingress-tcp-8080", self.rules(daemon))
        daemon.drydock("stop", task, check=0)
        daemon.drydock("wait", task, "--for", "stopped", check=0)
        until(lambda: "8080" not in self.rules(daemon), what="the end of the rules")


class Ec2Test(DaemonCase):
    config = {"metadata": {"container_file": True}}
    SEE = ("until wget -q -O - http://localhost:51678/v1/metadata 2>/dev/null; do sleep 0.1; done; echo; "
           "for path in /v1/tasks '/v1/tasks?dockerid=none' /nothing; do "
           "wget -q -O - http://host.docker.internal:51678$path; echo; done; "
           "until grep -q READY $ECS_CONTAINER_METADATA_FILE; do sleep 0.1; done; tr -d '\\n\\t' < $ECS_CONTAINER_METADATA_FILE; "
           "echo; echo $ECS_CONTAINER_METADATA_FILE")

    def test_ec2_tasks_see_the_instances_agent_and_their_metadata_file(self):
        document = definition("legacy", [container("app", self.SEE, portMappings=[{"containerPort": 8080}])])
        document.update(networkMode="bridge")
        document.pop("requiresCompatibilities")
        code, out, err = self.run_task(document)
        self.assertEqual(code, 0, err)
        lines = [line.split("| ", 1)[-1].strip() for line in out.splitlines()]
        about, tasks, commands, file = [json.loads(line) for line in lines if line.startswith("{")]
        self.assertEqual(about["Cluster"], "default")
        self.assertRegex(about["ContainerInstanceArn"],
                         "^arn:aws:ecs:us-east-1:123456789012:container-instance/default/[0-9a-f]{32}$")
        self.assertRegex(about["Version"], r"^Amazon ECS Agent - v\d+\.\d+\.\d+ \([0-9a-f]{8}\)$")
        (task,) = tasks["Tasks"]
        self.assertEqual((task["Family"], task["Version"], task["DesiredStatus"]), ("legacy", "1", "RUNNING"))
        self.assertEqual(task["Containers"][0]["Name"], "app")
        self.assertEqual(commands, {"AvailableCommands": ["/v1/metadata", "/v1/tasks", "/license"]})
        self.assertEqual(file["TaskARN"], task["Arn"])
        self.assertEqual(file["ContainerInstanceARN"], about["ContainerInstanceArn"])
        self.assertEqual(file["ContainerID"], task["Containers"][0]["DockerId"])
        self.assertEqual(file["MetadataFileStatus"], "READY")
        self.assertEqual(file["Networks"][0]["NetworkMode"], "bridge")
        self.assertEqual(file["PortMappings"][0]["ContainerPort"], 8080)
        self.assertRegex(lines[-1], "^/opt/ecs/metadata/[0-9a-f-]{36}/ecs-container-metadata.json$")

    def test_fargate_tasks_see_neither(self):
        script = "wget -q -O - http://localhost:51678/ && echo there; env"
        code, out, err = self.run_task(definition("fargate", [container("app", script)]))
        self.assertEqual(code, 0, err)
        self.assertNotIn("there", out)
        self.assertNotIn("ECS_CONTAINER_METADATA_FILE", out)
        self.assertIn("ECS_AGENT_URI=http://169.254.170.2/api/", out)


if __name__ == "__main__":
    unittest.main()
