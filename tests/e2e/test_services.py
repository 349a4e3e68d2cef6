"""Services: kept, scaled, rolled over and rolled back, by boto3, Debian's aws and Terraform; also when the daemon dies."""
import json
import random
import re
import subprocess
import time

from harness import SLOW, DaemonCase, container, definition, until
from terraform import Workspace

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
STAYS = "trap 'exit 0' TERM; sleep 1000 & wait"  # and ends at once when it is told to
WAITER = {"Delay": 1, "MaxAttempts": 120 * SLOW}


class Base(DaemonCase):
    config = {"images": {"offline": True}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs = cls.daemon.boto()
        cls.ecs.create_cluster(clusterName="c")

    def setUp(self):
        self.name = re.sub(r"[^a-z0-9]", "-", self.id().split(".")[-1])[:60]

    def tearDown(self):
        for arn in self.ecs.list_services(cluster="c")["serviceArns"]:
            self.ecs.delete_service(cluster="c", service=arn, force=True)
            self.ecs.get_waiter("services_inactive").wait(cluster="c", services=[arn], WaiterConfig=WAITER)

    def register(self, command=STAYS, **more):
        made = self.ecs.register_task_definition(**definition(self.name, [container("app", command, stopTimeout=5, **more)]))
        return made["taskDefinition"]["taskDefinitionArn"]

    def create(self, arn, desired=2, **more):
        return self.ecs.create_service(cluster="c", serviceName=self.name, taskDefinition=arn, desiredCount=desired,
                                       launchType="FARGATE", networkConfiguration=NETWORK, **more)["service"]

    def update(self, **more):
        return self.ecs.update_service(cluster="c", service=self.name, **more)["service"]

    def shown(self):
        return self.ecs.describe_services(cluster="c", services=[self.name])["services"][0]

    def steady(self, seconds=60):
        def look():
            now = self.shown()
            return now if (len(now["deployments"]) == 1 and now["deployments"][0]["rolloutState"] == "COMPLETED"
                           and now["runningCount"] == now["desiredCount"] and now["pendingCount"] == 0
                           and now["events"][0]["message"].endswith("has reached a steady state.")) else None
        return until(look, seconds, f"{self.name} is steady")

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster="c", serviceName=self.name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []

    def events(self):
        return [e["message"] for e in self.shown()["events"]]


class Services(Base):
    kernel = False

    def test_a_service_is_kept_scaled_and_deleted(self):
        made = self.create(self.register())
        self.ecs.get_waiter("services_stable").wait(cluster="c", services=[self.name], WaiterConfig=WAITER)
        steady = self.steady()
        self.assertEqual(steady["runningCount"], 2)
        first = {t["taskArn"] for t in self.tasks()}
        self.assertEqual({t["startedBy"] for t in self.tasks()}, {made["deployments"][0]["id"]})
        self.assertEqual({t["group"] for t in self.tasks()}, {f"service:{self.name}"})

        self.update(desiredCount=3)
        self.assertEqual(self.steady()["runningCount"], 3)
        self.update(desiredCount=1)
        self.steady()
        left = {t["taskArn"] for t in self.tasks()}
        self.assertEqual(len(left), 1)
        self.assertLess(left, first)  # the newest ones went
        stopped = [t for t in self.tasks("STOPPED")]
        self.assertEqual({t["stopCode"] for t in stopped}, {"ServiceSchedulerInitiated"})
        self.assertEqual({t["stoppedReason"] for t in stopped},
                         {f"Scaling activity initiated by (deployment {made['deployments'][0]['id']})"})

        with self.assertRaises(self.ecs.exceptions.InvalidParameterException):
            self.ecs.delete_service(cluster="c", service=self.name)
        self.update(desiredCount=0)
        self.steady()
        self.ecs.delete_service(cluster="c", service=self.name)
        self.ecs.get_waiter("services_inactive").wait(cluster="c", services=[self.name], WaiterConfig=WAITER)
        self.assertEqual(self.shown()["status"], "INACTIVE")

    def test_a_task_that_ends_or_is_stopped_is_replaced(self):
        self.create(self.register())
        self.steady()
        first = self.tasks()
        self.ecs.stop_task(cluster="c", task=first[0]["taskArn"])
        until(lambda: len(self.tasks()) == 2 and {t["taskArn"] for t in self.tasks()} != {t["taskArn"] for t in first},
              what="another one begins")
        self.steady()
        task = self.tasks()[0]
        described = self.daemon.drydock("describe", "--local", task["taskArn"].split("/")[-1], check=0)[1]
        pid = json.loads(described)["tasks"][0]["local"]["containers"][0]["pid"]
        subprocess.run(["kill", "-KILL", str(pid)], check=True)
        until(lambda: task["taskArn"] not in {t["taskArn"] for t in self.tasks()}, what="it has ended")
        self.steady()
        ended = self.ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]
        self.assertEqual(ended["stopCode"], "EssentialContainerExited")
        self.assertEqual(len(self.tasks()), 2)

    def test_a_rolling_update_stays_within_its_bounds(self):
        old = self.register()
        self.create(old, desired=4, deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50})
        self.steady()
        new = self.register(environment=[{"name": "A", "value": "2"}])
        self.assertNotEqual(old, new)
        after = self.update(taskDefinition=new)
        self.assertEqual([d["status"] for d in after["deployments"]], ["PRIMARY", "ACTIVE"])
        seen = []

        def done():
            now = self.shown()
            seen.append((sum(d["runningCount"] for d in now["deployments"]),
                         sum(d["runningCount"] + d["pendingCount"] for d in now["deployments"])))
            return len(now["deployments"]) == 1
        until(done, 60, "the old deployment is gone")
        self.assertGreaterEqual(min(running for running, _ in seen), 2)
        self.assertLessEqual(max(alive for _, alive in seen), 6)
        self.steady()
        self.assertEqual({t["taskDefinitionArn"] for t in self.tasks()}, {new})
        self.assertIn(f"(service {self.name}) (deployment {self.shown()['deployments'][0]['id']}) deployment completed.",
                      self.events())

    def test_a_bad_image_is_rolled_back_by_the_circuit_breaker(self):
        good = self.register()
        self.create(good, deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
        self.steady()
        bad = self.register(image="nowhere.example/none:1")
        self.update(taskDefinition=bad)
        until(lambda: self.shown()["taskDefinition"] == good, 60, "the service is rolled back")
        self.steady()
        self.assertEqual({t["taskDefinitionArn"] for t in self.tasks()}, {good})
        status, told = self.daemon.call("ListServiceDeployments", {"cluster": "c", "service": self.name})
        self.assertEqual(status, 200, told)
        self.assertEqual([d["status"] for d in told["serviceDeployments"]], ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"])
        failed = [e for e in self.events() if "deployment failed: tasks failed to start." in e]
        self.assertEqual(len(failed), 1)

    def test_an_unhealthy_task_is_replaced(self):
        command = "touch /tmp/ok; " + STAYS
        check = {"command": ["CMD-SHELL", "test -e /tmp/ok"], "interval": 5, "timeout": 2, "retries": 1}
        self.create(self.register(command, healthCheck=check), desired=1)
        self.steady()
        task = self.tasks()[0]["taskArn"]
        self.daemon.drydock("exec", task.split("/")[-1], "rm", "/tmp/ok", check=0)
        until(lambda: self.tasks() and task not in {t["taskArn"] for t in self.tasks()}, 60, "another one has its place")
        self.steady()
        ended = self.ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]
        self.assertEqual((ended["stopCode"], ended["stoppedReason"]),
                         ("ServiceSchedulerInitiated", "Task failed container health checks"))

    def test_a_fixed_host_port_is_one_tasks(self):
        bridge = {"family": self.name, "networkMode": "bridge", "containerDefinitions": [
            container("app", STAYS, memory=64, stopTimeout=5, portMappings=[{"containerPort": 80, "hostPort": 28471}])]}
        arn = self.ecs.register_task_definition(**bridge)["taskDefinition"]["taskDefinitionArn"]
        self.ecs.create_service(cluster="c", serviceName=self.name, taskDefinition=arn, desiredCount=2, launchType="EC2")
        until(lambda: any("is already using a port required by your task" in e for e in self.events()),
              what="the second task finds no place")
        self.assertEqual(len(self.tasks()), 1)
        self.update(desiredCount=1, deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0})
        self.steady()
        bridge["containerDefinitions"][0]["environment"] = [{"name": "A", "value": "2"}]
        new = self.ecs.register_task_definition(**bridge)["taskDefinition"]["taskDefinitionArn"]
        self.update(taskDefinition=new)  # the old task goes first
        self.steady()
        self.assertEqual({t["taskDefinitionArn"] for t in self.tasks()}, {new})

    def test_an_interrupted_spot_task_is_replaced_by_its_provider(self):
        self.ecs.put_cluster_capacity_providers(cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"],
                                                defaultCapacityProviderStrategy=[])
        self.ecs.create_service(cluster="c", serviceName=self.name, taskDefinition=self.register(), desiredCount=3,
                                networkConfiguration=NETWORK, capacityProviderStrategy=[
                                    {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
                                    {"capacityProvider": "FARGATE_SPOT", "weight": 1}])
        self.steady()
        providers = sorted(t["capacityProviderName"] for t in self.tasks())
        self.assertEqual(providers, ["FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"])
        spot = next(t["taskArn"] for t in self.tasks() if t["capacityProviderName"] == "FARGATE_SPOT")
        self.daemon.drydock("spot-interrupt", spot.split("/")[-1], check=0)
        until(lambda: spot not in {t["taskArn"] for t in self.tasks()}, what="it is interrupted")
        self.steady()
        self.assertEqual(sorted(t["capacityProviderName"] for t in self.tasks()), providers)
        self.assertEqual(self.shown()["deployments"][0]["failedTasks"], 0)

    def test_a_daemon_runs_once(self):
        arn = self.ecs.register_task_definition(family=self.name, networkMode="bridge", containerDefinitions=[
            container("app", STAYS, memory=64, stopTimeout=5)])["taskDefinition"]["taskDefinitionArn"]
        self.ecs.create_service(cluster="c", serviceName=self.name, taskDefinition=arn, schedulingStrategy="DAEMON")
        self.steady()
        self.assertEqual([t["launchType"] for t in self.tasks()], ["EC2"])

    def test_a_protected_task_is_not_scaled_in(self):
        self.create(self.register())
        self.steady()
        newest = max(self.tasks(), key=lambda t: t["createdAt"])["taskArn"]
        self.ecs.update_task_protection(cluster="c", tasks=[newest], protectionEnabled=True)
        self.update(desiredCount=1)
        self.steady()
        self.assertEqual([t["taskArn"] for t in self.tasks()], [newest])

    def test_paginators_and_failures(self):
        arn = self.register()
        names = [f"{self.name}-{i}" for i in range(12)]
        for name in names:
            self.ecs.create_service(cluster="c", serviceName=name, taskDefinition=arn, desiredCount=0,
                                    networkConfiguration=NETWORK)
        pages = list(self.ecs.get_paginator("list_services").paginate(cluster="c"))
        self.assertEqual([len(p["serviceArns"]) for p in pages], [10, 2])
        self.assertEqual({a.split("/")[-1] for p in pages for a in p["serviceArns"]}, set(names))
        shown = self.ecs.describe_services(cluster="c", services=[names[0], "none"])
        self.assertEqual([f["reason"] for f in shown["failures"]], ["MISSING"])
        with self.assertRaises(self.ecs.exceptions.ServiceNotFoundException):
            self.ecs.list_tasks(cluster="c", serviceName="none")
        with self.assertRaises(self.ecs.exceptions.ClusterContainsServicesException):
            self.ecs.delete_cluster(cluster="c")

    def test_debians_aws_creates_waits_and_deletes(self):
        arn = self.register()
        made = self.daemon.aws("create-service", "--cluster", "c", "--service-name", self.name, "--task-definition", arn,
                               "--desired-count", "1", "--network-configuration",
                               "awsvpcConfiguration={subnets=[subnet-1]}")["service"]
        self.assertEqual(made["status"], "ACTIVE")
        self.steady()
        self.daemon.aws("wait", "services-stable", "--cluster", "c", "--services", self.name)
        self.daemon.aws("update-service", "--cluster", "c", "--service", self.name, "--force-new-deployment")
        self.steady()
        self.daemon.aws("delete-service", "--cluster", "c", "--service", self.name, "--force")
        until(lambda: self.shown()["status"] == "INACTIVE", what="it is deleted")
        self.daemon.aws("wait", "services-inactive", "--cluster", "c", "--services", self.name)


class AfterAKill(Base):
    def test_a_roll_out_goes_on(self):
        self.create(self.register(), desired=3)
        self.steady()
        new = self.register(environment=[{"name": "A", "value": "2"}])
        self.update(taskDefinition=new)
        self.daemon.kill()
        self.daemon.start()
        type(self).ecs = self.daemon.boto()
        self.steady()
        self.assertEqual({t["taskDefinitionArn"] for t in self.tasks()}, {new})
        self.assertEqual(len(self.tasks()), 3)
        kept = {t["taskArn"] for t in self.tasks()}
        self.daemon.kill()
        self.daemon.start()
        type(self).ecs = self.daemon.boto()
        self.steady()
        self.assertEqual({t["taskArn"] for t in self.tasks()}, kept)  # what ran runs on

    def test_killed_at_any_moment_it_comes_to_rest_with_what_it_should_have(self):
        self.create(self.register(), desired=3)
        wanted = None
        for n in range(6):
            wanted = self.register(environment=[{"name": "N", "value": str(n)}])
            self.update(taskDefinition=wanted, desiredCount=2 + n % 3)
            time.sleep(random.uniform(0, 2))  # any moment of the roll-out
            self.daemon.kill()
            self.daemon.start()
            type(self).ecs = self.daemon.boto()
        self.steady(120)
        self.assertEqual([t["taskDefinitionArn"] for t in self.tasks()], [wanted] * 4)
        alive = self.ecs.list_tasks(cluster="c")["taskArns"]
        self.assertEqual(len(alive), 4)  # no task that the service has lost sight of

    def test_reset_forgets_services_and_their_tasks(self):
        self.create(self.register())
        self.steady()
        self.daemon.drydock("daemon", "reset", check=0)
        self.ecs.create_cluster(clusterName="c")
        self.assertEqual(self.ecs.list_tasks(cluster="c")["taskArns"], [])
        self.assertEqual(self.ecs.list_services(cluster="c")["serviceArns"], [])


TERRAFORM = """
resource "aws_ecs_cluster" "c" {
  name = "terraform"
}
resource "aws_ecs_task_definition" "web" {
  family = "terraform-web"
  cpu = "256"
  memory = "512"
  network_mode = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions = jsonencode([{
    name = "app", image = "drydock/example:latest", essential = true, stopTimeout = 5,
    command = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"],
    environment = [{ name = "A", value = "%(value)s" }]
  }])
}
resource "aws_ecs_service" "web" {
  name = "web"
  cluster = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count = %(count)s
  launch_type = "FARGATE"
  propagate_tags = "SERVICE"
  enable_ecs_managed_tags = true
  deployment_circuit_breaker {
    enable = true
    rollback = true
  }
  network_configuration {
    subnets = ["subnet-1"]
  }
  tags = { team = "web" }
}
"""


class Terraform(DaemonCase):
    kernel = False

    def test_a_service_is_applied_changed_and_destroyed(self):
        workspace = Workspace(self, "ecs")
        ecs = self.daemon.boto()

        def write(value, count):
            workspace.write(TERRAFORM % {"value": value, "count": count})

        def shown():
            return ecs.describe_services(cluster="terraform", services=["web"])["services"][0]

        write(1, 1)
        workspace.init()
        workspace.apply()
        before = shown()
        write(2, 2)
        workspace.apply()
        until(lambda: shown()["runningCount"] == 2 and len(shown()["deployments"]) == 1, 60, "the roll-out is over")
        after = shown()
        self.assertEqual(before["createdAt"], after["createdAt"])  # updated in place
        self.assertNotEqual(before["taskDefinition"], after["taskDefinition"])
        workspace.destroy()
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])


class Example(DaemonCase):
    kernel = False

    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("service"))
