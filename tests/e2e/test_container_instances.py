"""Container instances: registered ones and this machine, by boto3 and Debian's aws; also when the daemon dies."""
import json
import re

from harness import DaemonCase, container, until

STAYS = "trap 'exit 0' TERM; sleep 1000 & wait"  # and ends at once when it is told to
ASKS = "until wget -q -O - http://localhost:51678/v1/metadata 2>/dev/null; do sleep 0.1; done; echo; " + STAYS
IDENTITY = json.dumps({"instanceId": "i-0a1b", "imageId": "ami-1", "instanceType": "t2.micro",
                       "availabilityZone": "us-east-1b"})


class Case(DaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs = cls.daemon.boto()

    def setUp(self):
        self.name = re.sub(r"[^a-z0-9]", "-", self.id().split(".")[-1])[:60]

    def cluster(self):
        self.ecs.create_cluster(clusterName=self.name)
        return self.name

    def register(self, cluster, **more):
        return self.ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=IDENTITY,
                                                    **more)["containerInstance"]["containerInstanceArn"]

    def described(self, cluster, arn):
        (found,) = self.ecs.describe_container_instances(cluster=cluster, containerInstances=[arn])["containerInstances"]
        return found

    def definition(self, command=STAYS, **more):
        made = self.ecs.register_task_definition(family=self.name, networkMode="bridge", containerDefinitions=[
            container("app", command, cpu=128, memory=64, stopTimeout=5, **more)])
        return made["taskDefinition"]["taskDefinitionArn"]

    def remaining(self, cluster, arn, name="CPU"):
        found = [r for r in self.described(cluster, arn)["remainingResources"] if r["name"] == name]
        return found[0]["integerValue"] if name in ("CPU", "MEMORY") else found[0]["stringSetValue"]

    def running(self, cluster, arns):
        self.ecs.get_waiter("tasks_running").wait(cluster=cluster, tasks=arns, WaiterConfig={"Delay": 1})
        return self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]

    def stop(self, cluster, arn):
        self.ecs.stop_task(cluster=cluster, task=arn)
        self.ecs.get_waiter("tasks_stopped").wait(cluster=cluster, tasks=[arn], WaiterConfig={"Delay": 1})


class Registered(Case):
    """The API alone: nothing runs."""
    kernel = False
    config = {"images": {"offline": True}}

    def test_instances_are_registered_listed_described_and_deregistered(self):
        cluster = self.cluster()
        arns = sorted(self.register(cluster, tags=[{"key": "n", "value": str(n)}]) for n in range(5))
        pages = self.ecs.get_paginator("list_container_instances").paginate(
            cluster=cluster, PaginationConfig={"PageSize": 2})
        self.assertEqual([a for page in pages for a in page["containerInstanceArns"]], arns)
        answer = self.ecs.describe_container_instances(cluster=cluster, containerInstances=arns + ["nobody"],
                                                       include=["TAGS"])
        self.assertEqual([i["containerInstanceArn"] for i in answer["containerInstances"]], arns)
        self.assertEqual([f["reason"] for f in answer["failures"]], ["MISSING"])
        self.assertEqual({i["ec2InstanceId"] for i in answer["containerInstances"]}, {"i-0a1b"})
        self.assertEqual(sorted(i["tags"][0]["value"] for i in answer["containerInstances"]), list("01234"))
        shown = self.ecs.describe_clusters(clusters=[cluster])["clusters"][0]
        self.assertEqual(shown["registeredContainerInstancesCount"], 5)
        with self.assertRaises(self.ecs.exceptions.ClusterContainsContainerInstancesException):
            self.ecs.delete_cluster(cluster=cluster)
        for arn in arns:
            gone = self.ecs.deregister_container_instance(cluster=cluster, containerInstance=arn)
            self.assertEqual(gone["containerInstance"]["status"], "INACTIVE")
        self.assertEqual(self.ecs.list_container_instances(cluster=cluster)["containerInstanceArns"], [])
        self.ecs.delete_cluster(cluster=cluster)

    def test_the_aws_cli_puts_lists_and_deletes_attributes(self):
        cluster = self.cluster()
        arns = [self.register(cluster) for _ in range(3)]
        self.daemon.aws("put-attributes", "--cluster", cluster, "--attributes", "name=stack,value=prod",
                        f"name=disk,value=ssd,targetId={arns[0]}")
        listed = self.daemon.aws("list-attributes", "--cluster", cluster, "--target-type", "container-instance",
                                 "--attribute-name", "stack", "--page-size", "2")["attributes"]
        self.assertEqual(sorted(a["targetId"] for a in listed), sorted(arns))
        found = self.daemon.aws("list-container-instances", "--cluster", cluster, "--filter",
                                "attribute:disk in [ssd, nvme] and attribute:ecs.instance-type =~ t2.*")
        self.assertEqual(found["containerInstanceArns"], [arns[0]])
        self.daemon.aws("delete-attributes", "--cluster", cluster, "--attributes", f"name=disk,targetId={arns[0]}")
        pages = self.ecs.get_paginator("list_attributes").paginate(
            cluster=cluster, targetType="container-instance", PaginationConfig={"PageSize": 4})
        self.assertEqual(sum(len(page["attributes"]) for page in pages), 3 * 5)
        with self.assertRaisesRegex(self.ecs.exceptions.TargetNotFoundException, "Could not find nobody"):
            self.ecs.put_attributes(cluster=cluster, attributes=[
                {"name": "a", "targetType": "container-instance", "targetId": "nobody"}])

    def test_they_outlive_a_daemon_that_is_killed(self):
        cluster = self.cluster()
        arn = self.register(cluster, attributes=[{"name": "stack", "value": "prod"}])
        self.ecs.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}])
        self.ecs.update_container_instances_state(cluster=cluster, containerInstances=[arn], status="DRAINING")
        before = self.described(cluster, arn)
        self.daemon.kill()
        self.daemon.start()
        type(self).ecs = self.daemon.boto()
        self.assertEqual(self.described(cluster, arn), before)
        self.assertEqual(self.ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "k", "value": "v"}])


class OnThisMachine(Case):
    config = {"images": {"offline": True}, "instances": {"virtual": ["*"]}}

    def instance(self, cluster):
        (arn,) = self.ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
        return arn

    def test_a_task_is_started_on_it_and_knows_it(self):
        cluster = self.cluster()
        arn = self.instance(cluster)
        before = self.remaining(cluster, arn), self.remaining(cluster, arn, "PORTS")
        made = self.definition(ASKS, portMappings=[{"containerPort": 80, "hostPort": 18080}])
        answer = self.ecs.start_task(cluster=cluster, taskDefinition=made, containerInstances=[arn], startedBy="me")
        task = answer["tasks"][0]["taskArn"]
        (shown,) = self.running(cluster, [task])
        self.assertEqual((shown["containerInstanceArn"], shown["startedBy"]), (arn, "me"))
        now = self.described(cluster, arn)
        self.assertEqual((now["runningTasksCount"], now["pendingTasksCount"]), (1, 0))
        self.assertEqual(self.remaining(cluster, arn), before[0] - 128)
        self.assertEqual(self.remaining(cluster, arn, "PORTS"), before[1] + ["18080"])
        until(lambda: arn in self.daemon.drydock("logs", task.split("/")[-1])[1], what="the task is told the instance")
        again = self.ecs.run_task(cluster=cluster, taskDefinition=made, launchType="EC2")
        self.assertEqual([f["reason"] for f in again["failures"]], ["RESOURCE:PORTS"])
        self.daemon.kill()
        self.daemon.start()
        type(self).ecs = self.daemon.boto()
        self.assertEqual(self.described(cluster, arn)["runningTasksCount"], 1)
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "Found running tasks"):
            self.ecs.deregister_container_instance(cluster=cluster, containerInstance=arn)
        self.ecs.deregister_container_instance(cluster=cluster, containerInstance=arn, force=True)
        self.ecs.get_waiter("tasks_stopped").wait(cluster=cluster, tasks=[task], WaiterConfig={"Delay": 1})
        ended = self.ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]
        self.assertEqual(ended["stoppedReason"], "Container instance deregistration forced by user")

    def test_a_daemon_service_follows_the_instances(self):
        cluster = self.cluster()
        own = self.instance(cluster)
        other = self.register(cluster)
        self.ecs.create_service(cluster=cluster, serviceName="agent", taskDefinition=self.definition(),
                                schedulingStrategy="DAEMON")

        def places():
            arns = self.ecs.list_tasks(cluster=cluster, serviceName="agent")["taskArns"]
            tasks = self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
            return sorted(t["containerInstanceArn"] for t in tasks if t["lastStatus"] == "RUNNING")

        until(lambda: places() == sorted([own, other]), what="a task on each")
        self.ecs.update_container_instances_state(cluster=cluster, containerInstances=[own], status="DRAINING")
        until(lambda: places() == [other] and self.described(cluster, own)["runningTasksCount"] == 0,
              what="the task has left")
        self.ecs.update_container_instances_state(cluster=cluster, containerInstances=[own], status="ACTIVE")
        until(lambda: places() == sorted([own, other]), what="a task on each again")
        self.ecs.delete_service(cluster=cluster, service="agent", force=True)
        self.ecs.get_waiter("services_inactive").wait(cluster=cluster, services=["agent"], WaiterConfig={"Delay": 1})


class Example(Case):
    kernel = False
    config = {"images": {"offline": True}, "instances": {"virtual": ["*"]}}

    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("container-instance"))
