"""Every operation's replies, success and error, against the service's own model; every waiter and paginator works on them."""
import json
import unittest

from ecs_model import Model, signed, smallest
from harness import SLOW, DaemonCase, container, definition, until

# Operations that others of the API still lack: when one is built, take its name out here, and the scenario calls it.
# What an emulator answers with UnsupportedFeatureException (api.md part 9).
UNBUILT = {"CreateDaemon", "UpdateDaemon", "DeleteDaemon", "DescribeDaemon", "ListDaemons", "DescribeDaemonDeployments",
           "ListDaemonDeployments", "DescribeDaemonRevisions", "RegisterDaemonTaskDefinition", "DescribeDaemonTaskDefinition",
           "DeleteDaemonTaskDefinition", "ListDaemonTaskDefinitions", "CreateExpressGatewayService",
           "UpdateExpressGatewayService", "DeleteExpressGatewayService", "DescribeExpressGatewayService"}
# Built ones that never succeed here (api.md part 9).
ALWAYS_REFUSED = {"UpdateContainerAgent", "ContinueServiceDeployment"}

ROLE = "arn:aws:iam::123456789012:role/shapes"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
TAGS = [{"key": "team", "value": "shop"}]
STAYS = "trap 'exit 0' TERM; sleep 1000 & wait"
SERVES = "trap 'exit 0' TERM; busybox httpd -f -p 80 & wait"  # a healthy target of a load balancer
WAITER = {"Delay": 1, "MaxAttempts": 120 * SLOW}
FULL = definition(
    "full", [
        container("app", STAYS, cpu=10, memory=64, memoryReservation=32, stopTimeout=5, portMappings=[
            {"containerPort": 80, "name": "web", "appProtocol": "http"}], environment=[{"name": "A", "value": "1"}],
            environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/a.env"}], dockerLabels={"k": "v"},
            secrets=[{"name": "S", "valueFrom": "/s"}], ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
            mountPoints=[{"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": True}],
            volumesFrom=[{"sourceContainer": "side"}], dependsOn=[{"containerName": "side", "condition": "HEALTHY"}],
            startTimeout=30, restartPolicy={"enabled": True, "ignoredExitCodes": [0], "restartAttemptPeriod": 60},
            linuxParameters={"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]},
                             "tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["noexec"]}]},
            systemControls=[{"namespace": "net.core.somaxconn", "value": "10"}],
            logConfiguration={"logDriver": "awslogs", "secretOptions": [], "options": {
                "awslogs-group": "/g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}}),
        container("side", "true", essential=False, healthCheck={"command": ["CMD-SHELL", "true"], "interval": 5, "timeout": 2,
                                                                "retries": 1, "startPeriod": 1})],
    taskRoleArn=ROLE, executionRoleArn=ROLE, pidMode="task", ephemeralStorage={"sizeInGiB": 30},
    runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}, tags=TAGS,
    volumes=[{"name": "scratch", "host": {}}, {"name": "efs", "efsVolumeConfiguration": {
        "fileSystemId": "fs-12345678", "transitEncryption": "ENABLED", "authorizationConfig": {"iam": "DISABLED"}}},
        {"name": "block", "configuredAtLaunch": True}])


class Base(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = Model()
        cls.ecs = cls.daemon.boto()

    def setUp(self):
        self.found, self.succeeded, self.refused = [], set(), set()

    def send(self, operation, body):
        """One call, its answer checked by the model: (status, answer)."""
        status, reply = signed(self.daemon.url, operation, body)
        if status == 200:
            self.succeeded.add(operation)
            self.found += self.model.problems(operation, reply)
        else:
            self.refused.add(operation)
            self.found += self.model.error_problems(operation, status, reply)
        return status, reply

    def call(self, operation, **body):
        status, reply = self.send(operation, body)
        self.assertEqual(status, 200, f"{operation} {body}: {reply}")
        return reply

    def refuse(self, operation, code, **body):
        status, reply = self.send(operation, body)
        self.assertEqual((status, reply.get("__type")), (400, code), f"{operation} {body}: {reply}")

    def nothing_found(self):
        self.assertEqual(self.found[:40], [])

    def running(self, task):
        """Checks every state on the way."""
        shown = self.call("DescribeTasks", cluster="c", tasks=[task], include=["TAGS"])["tasks"][0]
        self.assertNotEqual(shown["lastStatus"], "STOPPED", shown)
        return shown["lastStatus"] == "RUNNING"

    def stopped(self, task):
        return self.call("DescribeTasks", cluster="c", tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED"

    def steady(self, service, count):
        shown = self.call("DescribeServices", cluster="c", services=[service], include=["TAGS"])["services"][0]
        return shown["runningCount"] == count and shown["deployments"][0]["rolloutState"] == "COMPLETED"


class TheModel(unittest.TestCase):
    kernel = False

    def test_what_is_wrong_is_found(self):
        model = Model()
        task = {"taskArn": "arn", "createdAt": 1753000000.123, "version": 1, "enableExecuteCommand": True, "containers": [{"name": "a"}]}
        self.assertEqual(model.problems("DescribeTasks", {"tasks": [task], "failures": []}), [])
        for member, value, words in (
                ("createdAt", "2025-07-20T08:26:40Z", "is no timestamp"), ("createdAt", 1753000000123, "no seconds since 1970"),
                ("version", "1", "is no long"), ("version", True, "is no long"), ("enableExecuteCommand", "true", "is no boolean"),
                ("taskArn", None, "is no string"), ("containers", None, "is no list"), ("containers", [None], "is no structure"),
                ("containers", [{"exitCode": 2**40}], "is no 32-bit integer"), ("containers", [{"exitCode": 1.5}], "is no integer"),
                ("containers", [{"color": "red"}], "has no such member"), ("healthStatus", "FINE", "is none of")):
            found = model.problems("DescribeTasks", {"tasks": [{**task, member: value}]})
            self.assertEqual(len(found), 1, (member, value, found))
            self.assertIn(words, found[0])
        self.assertEqual(list(model.error_problems("ListTasks", 400, {"__type": "ClusterNotFoundException", "message": "m"})), [])
        for status, reply in ((500, {"__type": "ServerException", "message": "m"}), (400, {"__type": "Oops", "message": "m"}),
                              (400, {"__type": "ClientException"}), (400, {"__type": "ClientException", "message": "m", "more": 1})):
            self.assertEqual(len(list(model.error_problems("ListTasks", status, reply))), 1, reply)


class OutputShapes(Base):
    def test_every_operation_answers_as_the_model_says(self):
        self.account()
        self.clusters()
        self.definitions()
        self.tasks()
        self.services()
        self.task_sets()
        self.container_instances()
        self.agent()
        self.tags()
        self.ends()
        for operation in self.model.operations & UNBUILT:
            self.refuse(operation, "UnsupportedFeatureException")
        self.nothing_found()
        due = self.model.operations - UNBUILT - ALWAYS_REFUSED
        self.assertEqual(sorted(due - self.succeeded), [], "never called, or always refused")
        self.assertEqual(sorted(ALWAYS_REFUSED - self.refused), [], "never called")

    def account(self):
        self.call("PutAccountSetting", name="containerInsights", value="enabled")
        self.call("PutAccountSettingDefault", name="fargateTaskRetirementWaitPeriod", value="7")
        self.call("ListAccountSettings", effectiveSettings=True)
        self.call("DeleteAccountSetting", name="containerInsights")

    def clusters(self):
        self.call("CreateCapacityProvider", name="mine", tags=TAGS, autoScalingGroupProvider={
            "autoScalingGroupArn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:x:autoScalingGroupName/y",
            "managedScaling": {"status": "ENABLED", "targetCapacity": 50}, "managedTerminationProtection": "DISABLED"})
        self.call("UpdateCapacityProvider", name="mine", autoScalingGroupProvider={"managedScaling": {"targetCapacity": 60}})
        self.call("DescribeCapacityProviders", capacityProviders=["FARGATE", "mine", "nobody"], include=["TAGS"])
        self.call("CreateCluster", clusterName="c", tags=TAGS, settings=[{"name": "containerInsights", "value": "enabled"}],
                  configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}, "managedStorageConfiguration": {
                      "kmsKeyId": "k"}}, capacityProviders=["FARGATE", "FARGATE_SPOT"], serviceConnectDefaults={"namespace": "ns"},
                  defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 1}])
        self.call("UpdateCluster", cluster="c", serviceConnectDefaults={"namespace": "shop"})
        self.call("UpdateClusterSettings", cluster="c", settings=[{"name": "containerInsights", "value": "disabled"}])
        self.call("PutClusterCapacityProviders", cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"],
                  defaultCapacityProviderStrategy=[])
        self.call("DescribeClusters", clusters=["c", "nobody"], include=["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS",
                                                                         "TAGS"])
        self.call("ListClusters")

    def definitions(self):
        self.call("RegisterTaskDefinition", **FULL)
        self.call("DescribeTaskDefinition", taskDefinition="full", include=["TAGS"])
        self.call("RegisterTaskDefinition", **definition("web", [
            container("app", SERVES, stopTimeout=5, portMappings=[{"containerPort": 80, "name": "web"}])]))
        self.call("RegisterTaskDefinition", **definition("bad", [container("app", STAYS, image="nowhere.example/none:1")]))
        self.call("RegisterTaskDefinition", family="ec2", networkMode="bridge", containerDefinitions=[
            container("app", STAYS, memory=32, portMappings=[{"containerPort": 80, "hostPort": 0}])])
        self.call("RegisterTaskDefinition", **FULL)
        self.call("DeregisterTaskDefinition", taskDefinition="full:2")
        self.call("DeleteTaskDefinitions", taskDefinitions=["full:2", "full:1", "nobody:1"])
        self.call("ListTaskDefinitions", sort="DESC")
        self.call("ListTaskDefinitionFamilies", status="ALL")

    def tasks(self):
        started = self.call("RunTask", cluster="c", taskDefinition="web", launchType="FARGATE", networkConfiguration=NETWORK, tags=TAGS,
                            startedBy="shapes", enableExecuteCommand=True, enableECSManagedTags=True, clientToken="t" * 36,
                            overrides={"containerOverrides": [{"name": "app", "environment": [{"name": "B", "value": "2"}]}],
                                       "ephemeralStorage": {"sizeInGiB": 25}})["tasks"][0]["taskArn"]
        until(lambda: self.running(started), 60, "the task runs")
        self.call("ListTasks", cluster="c", startedBy="shapes")
        self.call("ExecuteCommand", cluster="c", task=started, command="sh", interactive=True)
        self.call("GetTaskProtection", cluster="c", tasks=[started])  # a failure: nobody but its caller wants it
        self.call("StopTask", cluster="c", task=started, reason="seen enough")
        until(lambda: self.stopped(started), 60, "it has stopped")
        for definition_name, more in (("bad", {"launchType": "FARGATE", "networkConfiguration": NETWORK}), ("ec2", {"launchType": "EC2"})):
            other = self.call("RunTask", cluster="c", taskDefinition=definition_name, **more)["tasks"][0]["taskArn"]
            self.call("StopTask", cluster="c", task=other)
            until(lambda: self.stopped(other), 60, "it has stopped")
        self.call("DescribeTasks", cluster="c", tasks=["nobody"])

    def services(self):
        connect = {"enabled": True, "services": [{"portName": "web", "discoveryName": "web", "clientAliases": [
            {"port": 80, "dnsName": "web"}]}]}
        self.call("CreateService", cluster="c", serviceName="shop", taskDefinition="web", desiredCount=1, launchType="FARGATE",
                  networkConfiguration=NETWORK, tags=TAGS, propagateTags="SERVICE", enableExecuteCommand=True,
                  serviceConnectConfiguration=connect, healthCheckGracePeriodSeconds=5, loadBalancers=[
                      {"targetGroupArn": "arn:tg", "containerName": "app", "containerPort": 80}],
                  serviceRegistries=[{"registryArn": "arn:registry"}], deploymentConfiguration={
                      "deploymentCircuitBreaker": {"enable": True, "rollback": True}, "maximumPercent": 200,
                      "alarms": {"alarmNames": ["a"], "enable": False, "rollback": False}})
        until(lambda: self.steady("shop", 1), 60, "it is steady")
        task = self.call("ListTasks", cluster="c", serviceName="shop")["taskArns"][0]
        self.call("UpdateTaskProtection", cluster="c", tasks=[task], protectionEnabled=True, expiresInMinutes=5)
        self.call("GetTaskProtection", cluster="c", tasks=[task, "nobody"])
        self.call("UpdateTaskProtection", cluster="c", tasks=[task], protectionEnabled=False)
        self.call("UpdateService", cluster="c", service="shop", taskDefinition="bad", serviceConnectConfiguration={"enabled": False},
                  loadBalancers=[], serviceRegistries=[])
        deployments = self.call("ListServiceDeployments", cluster="c", service="shop")["serviceDeployments"]
        arns = [one["serviceDeploymentArn"] for one in deployments]
        self.call("DescribeServiceDeployments", serviceDeploymentArns=[*arns, arns[0] + "x"])
        self.call("DescribeServiceRevisions", serviceRevisionArns=[one["targetServiceRevisionArn"] for one in deployments])
        self.refuse("ContinueServiceDeployment", "InvalidParameterException", serviceDeploymentArn=arns[0], hookId="h")
        self.refuse("ContinueServiceDeployment", "ServiceDeploymentNotFoundException", serviceDeploymentArn="nobody", hookId="h")
        self.call("StopServiceDeployment", serviceDeploymentArn=arns[0])
        self.call("DescribeServiceDeployments", serviceDeploymentArns=arns)
        self.call("UpdateService", cluster="c", service="shop", desiredCount=0)
        self.call("ListServices", cluster="c")
        self.call("CreateService", cluster="c", serviceName="spread", taskDefinition="web", desiredCount=0, networkConfiguration=NETWORK,
                  capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}], serviceConnectConfiguration=connect)
        self.call("CreateService", cluster="c", serviceName="ec2", taskDefinition="ec2", desiredCount=0, launchType="EC2",
                  placementConstraints=[{"type": "distinctInstance"}], placementStrategy=[{"type": "random"}])
        # `shop` was rolled back, and has its Service Connect again.
        self.assertEqual(len(self.call("ListServicesByNamespace", namespace="shop")["serviceArns"]), 2)
        self.call("DescribeServices", cluster="c", services=["shop", "spread", "ec2", "nobody"], include=["TAGS"])

    def task_sets(self):
        where = {"cluster": "c", "service": "outside"}
        self.call("CreateService", cluster="c", serviceName="outside", desiredCount=0, deploymentController={"type": "EXTERNAL"})
        made = self.call("CreateTaskSet", **where, taskDefinition="web", externalId="e", launchType="FARGATE", tags=TAGS,
                         networkConfiguration=NETWORK, scale={"value": 50, "unit": "PERCENT"}, clientToken="u" * 36)["taskSet"]
        self.call("UpdateTaskSet", **where, taskSet=made["id"], scale={"value": 12.5, "unit": "PERCENT"})
        self.call("UpdateServicePrimaryTaskSet", **where, primaryTaskSet=made["taskSetArn"])
        self.call("DescribeTaskSets", **where, taskSets=[made["id"], "ecs-svc/1"], include=["TAGS"])
        self.call("DescribeServices", cluster="c", services=["outside"], include=["TAGS"])
        for operation, body in (("ListTagsForResource", {}), ("TagResource", {"tags": TAGS}), ("UntagResource", {"tagKeys": ["team"]})):
            self.call(operation, resourceArn=made["taskSetArn"], **body)
        self.call("DeleteTaskSet", **where, taskSet=made["id"], force=True)
        self.refuse("DeleteTaskSet", "TaskSetNotFoundException", **where, taskSet="ecs-svc/1")

    def container_instances(self):
        made = self.call("RegisterContainerInstance", cluster="c", instanceIdentityDocument=json.dumps({
            "instanceId": "i-0123456789abcdef0", "instanceType": "m5.large", "availabilityZone": "us-east-1a", "imageId": "ami-1"}),
            totalResources=[{"name": "CPU", "type": "INTEGER", "integerValue": 2048}, {
                "name": "MEMORY", "type": "INTEGER", "integerValue": 4096}],
            versionInfo={"agentVersion": "1.0.0", "dockerVersion": "1"}, attributes=[{"name": "rack", "value": "1"}], tags=TAGS)
        arn = made["containerInstance"]["containerInstanceArn"] if made else "nobody"
        attribute = {"name": "color", "value": "red", "targetType": "container-instance", "targetId": arn}
        self.call("PutAttributes", cluster="c", attributes=[attribute])
        self.call("ListAttributes", cluster="c", targetType="container-instance")
        self.call("DeleteAttributes", cluster="c", attributes=[attribute])
        self.call("ListContainerInstances", cluster="c")
        self.call("DescribeContainerInstances", cluster="c", containerInstances=[arn, "nobody"], include=[
            "TAGS", "CONTAINER_INSTANCE_HEALTH"])
        self.call("UpdateContainerInstancesState", cluster="c", containerInstances=[arn, "nobody"], status="DRAINING")
        self.call("UpdateContainerInstancesState", cluster="c", containerInstances=[arn], status="ACTIVE")
        # Nothing runs on an instance that only a test registered: whether tasks or failures, it must have the shape.
        self.call("StartTask", cluster="c", containerInstances=[arn], taskDefinition="ec2")
        self.call("DeregisterContainerInstance", cluster="c", containerInstance=arn, force=True)

    def agent(self):
        self.call("DiscoverPollEndpoint", containerInstance="nobody", cluster="nowhere")
        self.call("SubmitTaskStateChange", cluster="c", task="t", status="RUNNING", containers=[{"containerName": "app", "exitCode": 0}])
        self.call("SubmitContainerStateChange", cluster="c", task="t", containerName="app", status="RUNNING", networkBindings=[
            {"containerPort": 80, "hostPort": 80, "protocol": "tcp", "bindIP": "0.0.0.0"}])
        self.call("SubmitAttachmentStateChanges", cluster="c", attachments=[{"attachmentArn": "arn", "status": "ATTACHED"}])
        self.refuse("UpdateContainerAgent", "NoUpdateAvailableException", cluster="c", containerInstance="nobody")

    def tags(self):
        arn = "arn:aws:ecs:us-east-1:123456789012:"
        for resource in ("cluster/c", "service/c/shop", "task-definition/web:1", "capacity-provider/mine"):
            self.call("TagResource", resourceArn=arn + resource, tags=[{"key": "a", "value": ""}])
            self.call("UntagResource", resourceArn=arn + resource, tagKeys=["a"])
            self.call("ListTagsForResource", resourceArn=arn + resource)

    def ends(self):
        for service in ("shop", "spread", "ec2", "outside"):
            self.call("DeleteService", cluster="c", service=service, force=True)
        until(lambda: all(s["status"] == "INACTIVE" for s in self.call("DescribeServices", cluster="c", services=[
            "shop", "spread", "ec2", "outside"])["services"]), 60, "they are INACTIVE")
        self.call("DeleteCapacityProvider", capacityProvider="mine")
        until(lambda: self.send("DeleteCluster", {"cluster": "c"})[0] == 200, 30, "nothing is left in the cluster")
        self.call("DescribeClusters", clusters=["c"])


class Refusals(Base):
    def test_each_wrong_type_is_refused_by_name(self):
        tried = 0
        for operation in sorted(self.model.operations - UNBUILT):
            for path, body in self.model.wrong_inputs(operation):
                status, reply = self.send(operation, body)
                tried += 1
                if (status, reply.get("__type")) != (400, "SerializationException"):
                    self.found.append(f"{operation}{path} {json.dumps(body)[:80]}: {status} {json.dumps(reply)[:200]}")
        self.assertGreater(tried, 600)
        self.nothing_found()

    def test_each_missing_member_and_unknown_name_is_an_error_or_a_failure(self):
        for operation in sorted(self.model.operations - UNBUILT):
            shape = self.model.service.operation_model(operation).input_shape
            body = smallest(shape)
            self.send(operation, body)
            for name in body:
                status, reply = self.send(operation, {k: v for k, v in body.items() if k != name})
                if status != 400:
                    self.found.append(f"{operation} without {name}: {status} {json.dumps(reply)[:200]}")
        self.nothing_found()


class Clients(Base):
    """The waiters and paginators that boto3 makes of the model."""

    def test_every_waiter(self):
        known = {name for name in self.ecs.waiter_names if not name.startswith("daemon")}
        self.assertEqual(known, {"services_stable", "services_inactive", "tasks_running", "tasks_stopped"})
        self.ecs.create_cluster(clusterName="c")
        self.call("RegisterTaskDefinition", **definition("web", [container("app", STAYS, stopTimeout=5)]))
        self.ecs.create_service(cluster="c", serviceName="s", taskDefinition="web", desiredCount=1, launchType="FARGATE",
                                networkConfiguration=NETWORK)
        tasks = until(lambda: self.ecs.list_tasks(cluster="c", serviceName="s")["taskArns"], what="a task is begun")

        def wait(name, **what):
            self.ecs.get_waiter(name).wait(cluster="c", WaiterConfig=WAITER, **what)
        wait("tasks_running", tasks=tasks)
        wait("services_stable", services=["s"])
        self.ecs.delete_service(cluster="c", service="s", force=True)
        wait("services_inactive", services=["s"])
        wait("tasks_stopped", tasks=tasks)

    def test_every_paginator(self):
        self.ecs.create_cluster(clusterName="p")
        for name in ("one", "two", "three"):
            self.ecs.create_cluster(clusterName=name)
            self.call("RegisterTaskDefinition", **definition(name, [container("app", "true", image="nowhere.example/none:1")]))
            self.ecs.run_task(cluster="p", taskDefinition=name, launchType="FARGATE", networkConfiguration=NETWORK)
            self.ecs.create_service(cluster="p", serviceName=name, taskDefinition=name, desiredCount=0, launchType="FARGATE",
                                    networkConfiguration=NETWORK, serviceConnectConfiguration={"enabled": True, "namespace": "shop"})
        self.ecs.create_service(cluster="p", serviceName="often", taskDefinition="one", desiredCount=0, launchType="FARGATE",
                                networkConfiguration=NETWORK)
        for _ in range(2):
            self.ecs.update_service(cluster="p", service="often", forceNewDeployment=True)
        until(lambda: len(self.ecs.list_tasks(cluster="p", desiredStatus="STOPPED")["taskArns"]) == 3, what="the tasks have failed")
        for i in range(3):
            self.call("RegisterContainerInstance", cluster="p", instanceIdentityDocument=json.dumps({
                "instanceId": f"i-0123456789abcdef{i}", "availabilityZone": "us-east-1a"}), attributes=[
                    {"name": "color", "value": str(i)}])
        inputs = {"ListTasks": {"cluster": "p", "desiredStatus": "STOPPED"}, "ListServices": {"cluster": "p"},
                  "ListServicesByNamespace": {"namespace": "shop"}, "ListAccountSettings": {"effectiveSettings": True},
                  "ListContainerInstances": {"cluster": "p"},
                  "ListAttributes": {"cluster": "p", "targetType": "container-instance", "attributeName": "color"}}
        keys = {name: one["result_key"] for name, one in self.model.paginators().items()}
        keys.update({"ListServiceDeployments": "serviceDeployments", "DescribeCapacityProviders": "capacityProviders"})  # 1.4
        inputs["ListServiceDeployments"] = {"cluster": "p", "service": "often"}
        for operation in sorted(set(keys) - UNBUILT):
            body = inputs.get(operation, {})
            everything = [one for page in self.pages_by_hand(operation, keys[operation], body, 10) for one in page]
            self.assertGreaterEqual(len(everything), 2, operation)
            pages = list(self.pages(operation, keys[operation], body))
            # Debian's boto3 drops members that it does not know yet.
            named = [[one.get("name") if isinstance(one, dict) and "name" in one else one for one in items]
                     for items in ([one for page in pages for one in page], everything)]
            self.assertEqual(named[0], named[1], operation)
            self.assertEqual({len(page) for page in pages}, {1}, operation)
            self.refuse(operation, "InvalidParameterException", **body, nextToken="nobody's")
        self.nothing_found()

    def pages(self, operation, key, body):
        """By the client's paginator where it has one."""
        from botocore import xform_name
        if operation in self.model.paginators():
            for page in self.ecs.get_paginator(xform_name(operation)).paginate(**body, PaginationConfig={"PageSize": 1}):
                yield page[key]
        else:
            yield from self.pages_by_hand(operation, key, body, 1)

    def pages_by_hand(self, operation, key, body, size):
        token = {}
        while token is not None:
            page = self.call(operation, **body, **token, maxResults=size)
            yield page[key]
            token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
