"""Every field of a task definition comes back as it was sent: through boto3, and through Terraform where it is."""
import json

from harness import DaemonCase
from terraform import Workspace

# What the reference has and Debian's botocore does not know yet: sent without it.
NEWER = {
    "containerDefinitions[].portMappings[].containerPortRange", "containerDefinitions[].restartPolicy.enabled",
    "containerDefinitions[].restartPolicy.ignoredExitCodes[]", "containerDefinitions[].restartPolicy.restartAttemptPeriod",
    "containerDefinitions[].versionConsistency", "containerDefinitions[].credentialSpecs[]", "volumes[].configuredAtLaunch",
    "volumes[].s3filesVolumeConfiguration.fileSystemArn", "volumes[].s3filesVolumeConfiguration.rootDirectory",
    "volumes[].s3filesVolumeConfiguration.transitEncryptionPort", "volumes[].s3filesVolumeConfiguration.accessPointArn",
    "enableFaultInjection"}
REFUSED = {"inferenceAccelerators[].deviceName", "inferenceAccelerators[].deviceType"}  # as by AWS, since the service was retired

ROLE = "arn:aws:iam::123456789012:role/r"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf"
TAGS = [{"key": "team", "value": "web"}, {"key": "empty", "value": ""}]

# What awsvpc and Fargate allow.
ON_FARGATE = {
    "family": "all-fargate", "taskRoleArn": ROLE, "executionRoleArn": ROLE, "networkMode": "awsvpc",
    "requiresCompatibilities": ["EC2", "FARGATE"], "cpu": "1024", "memory": "4096", "pidMode": "task",
    "enableFaultInjection": True, "ephemeralStorage": {"sizeInGiB": 30},
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "proxyConfiguration": {"type": "APPMESH", "containerName": "side", "properties": [
        {"name": "IgnoredUID", "value": "1337"}, {"name": "ProxyIngressPort", "value": "15000"},
        {"name": "ProxyEgressPort", "value": "15001"}, {"name": "AppPorts", "value": "80"}]},
    "placementConstraints": [],
    "volumes": [
        {"name": "plain", "host": {}},
        {"name": "efs", "efsVolumeConfiguration": {
            "fileSystemId": "fs-1", "rootDirectory": "/", "transitEncryption": "ENABLED", "transitEncryptionPort": 2999,
            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"}}},
        {"name": "objects", "s3filesVolumeConfiguration": {
            "fileSystemArn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-2", "rootDirectory": "/d",
            "transitEncryptionPort": 2998, "accessPointArn": "arn:aws:s3files:us-east-1:123456789012:access-point/a"}},
        {"name": "block", "configuredAtLaunch": True}],
    "containerDefinitions": [
        {"name": "app", "image": "private.example/app:1", "repositoryCredentials": {"credentialsParameter": SECRET},
         "cpu": 512, "memory": 2048, "memoryReservation": 1024, "essential": True,
         "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp", "name": "web", "appProtocol": "http"},
                          {"containerPortRange": "9000-9010", "protocol": "udp"}],
         "restartPolicy": {"enabled": True, "ignoredExitCodes": [0, 42], "restartAttemptPeriod": 90},
         "entryPoint": ["sh", "-c"], "command": ["sleep 1"],
         "environment": [{"name": "Z", "value": "1"}, {"name": "A", "value": ""}],
         "environmentFiles": [{"value": "arn:aws:s3:::bucket/a.env", "type": "s3"}],
         "mountPoints": [{"sourceVolume": "plain", "containerPath": "/plain", "readOnly": True},
                         {"sourceVolume": "efs", "containerPath": "/efs", "readOnly": False}],
         "volumesFrom": [{"sourceContainer": "side", "readOnly": True}],
         "linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["NET_RAW"]}, "initProcessEnabled": True},
         "secrets": [{"name": "S", "valueFrom": SECRET + ":k::"}],
         "dependsOn": [{"containerName": "side", "condition": "HEALTHY"}], "startTimeout": 30, "stopTimeout": 60,
         "versionConsistency": "disabled", "user": "1000:1000", "workingDirectory": "/w", "privileged": False,
         "readonlyRootFilesystem": True, "interactive": True, "pseudoTerminal": True, "dockerLabels": {"b": "1", "a": ""},
         "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
         "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"},
                              "secretOptions": [{"name": "key", "valueFrom": "/p/key"}]},
         "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 7, "timeout": 3, "retries": 2, "startPeriod": 1},
         "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}]},
        {"name": "side", "image": "router:1", "cpu": 0, "essential": False, "portMappings": [], "environment": [],
         "mountPoints": [], "volumesFrom": [], "systemControls": [],
         "healthCheck": {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3},
         "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}}}]}

# What only other modes and EC2 instances have.
ON_EC2 = {
    "family": "all-ec2", "networkMode": "bridge", "requiresCompatibilities": ["EC2"], "cpu": "2048", "memory": "3000",
    "pidMode": "host", "ipcMode": "host", "placementConstraints": [{"type": "memberOf", "expression": "attribute:a == b"}],
    "volumes": [
        {"name": "host", "host": {"sourcePath": "/srv"}},
        {"name": "docker", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True, "driver": "local",
                                                         "driverOpts": {"type": "tmpfs"}, "labels": {"l": "v"}}},
        {"name": "windows", "fsxWindowsFileServerVolumeConfiguration": {
            "fileSystemId": "fs-3", "rootDirectory": "share",
            "authorizationConfig": {"credentialsParameter": SECRET, "domain": "example.com"}}}],
    "containerDefinitions": [
        {"name": "app", "image": "app:1", "cpu": 10, "memory": 100, "essential": True, "links": ["other:alias"],
         "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}], "environment": [],
         "mountPoints": [{"sourceVolume": "host", "containerPath": "/h"}], "volumesFrom": [], "systemControls": [],
         "linuxParameters": {
             "devices": [{"hostPath": "/dev/fuse", "containerPath": "/dev/f", "permissions": ["read", "mknod"]}],
             "sharedMemorySize": 128, "tmpfs": [{"containerPath": "/t", "size": 10, "mountOptions": ["noexec"]}],
             "maxSwap": 0, "swappiness": 10},
         "hostname": "h", "privileged": True, "disableNetworking": False, "dnsServers": ["10.0.0.2"],
         "dnsSearchDomains": ["example.com"], "extraHosts": [{"hostname": "db", "ipAddress": "10.0.0.3"}],
         "dockerSecurityOptions": ["no-new-privileges"], "resourceRequirements": [{"value": "1", "type": "GPU"}],
         "credentialSpecs": ["credentialspec:arn:aws:s3:::b/c.json"]},
        {"name": "other", "image": "other:1", "cpu": 0, "memoryReservation": 50, "essential": False, "portMappings": [],
         "environment": [], "mountPoints": [], "volumesFrom": [], "systemControls": []}]}


def members_of(shape, path=""):
    """The model's members as paths, "[]" for the elements of a list."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from members_of(member, f"{path}.{name}" if path else name)
    elif shape.type_name == "list":
        yield from members_of(shape.member, path + "[]")
    else:
        yield path


def members_given(value, maps, path=""):
    if isinstance(value, dict) and path not in maps:
        for name, member in value.items():
            yield from members_given(member, maps, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from members_given(member, maps, path + "[]")
    else:
        yield path


class RoundTrip(DaemonCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs = cls.daemon.boto()

    def test_the_definitions_here_use_every_member_of_the_model(self):
        shape = self.ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
        known = set(members_of(shape))
        maps = {"containerDefinitions[].dockerLabels", "containerDefinitions[].logConfiguration.options",
                "containerDefinitions[].firelensConfiguration.options", "volumes[].dockerVolumeConfiguration.driverOpts",
                "volumes[].dockerVolumeConfiguration.labels"}
        given = {m for d in (ON_FARGATE, ON_EC2, {"tags": TAGS}) for m in members_given(d, maps)}
        self.assertEqual((known | NEWER) - given, REFUSED)
        self.assertLessEqual(given, known | NEWER)

    def test_every_member_comes_back_as_it_was_sent(self):
        for sent in (ON_FARGATE, ON_EC2):
            status, made = self.daemon.call("RegisterTaskDefinition", {**sent, "tags": TAGS})
            self.assertEqual(status, 200, made)
            self.assertEqual(sorted(made["tags"], key=str), sorted(TAGS, key=str))
            status, shown = self.daemon.call("DescribeTaskDefinition", {"taskDefinition": sent["family"], "include": ["TAGS"]})
            self.assertEqual(status, 200, shown)
            self.assertEqual(shown["tags"], made["tags"])
            self.assertEqual(shown["taskDefinition"], made["taskDefinition"])
            of_aws = {"taskDefinitionArn", "revision", "status", "registeredAt", "registeredBy", "compatibilities",
                      "requiresAttributes"}
            back = {k: v for k, v in shown["taskDefinition"].items() if k not in of_aws}
            self.assertEqual(back, sent)
            self.assertLessEqual(of_aws, set(shown["taskDefinition"]))
            # What GitHub Actions for ECS and others do: describe, take the answer, register it again.
            status, again = self.daemon.call("RegisterTaskDefinition", back)
            self.assertEqual(status, 200, again)

    def test_boto_parses_what_it_knows(self):
        status, _ = self.daemon.call("RegisterTaskDefinition", ON_FARGATE)
        self.assertEqual(status, 200)
        shown = self.ecs.describe_task_definition(taskDefinition="all-fargate")["taskDefinition"]
        app = shown["containerDefinitions"][0]
        self.assertEqual(app["healthCheck"]["startPeriod"], 1)
        self.assertEqual(app["dockerLabels"], {"b": "1", "a": ""})
        self.assertEqual(shown["volumes"][1]["efsVolumeConfiguration"]["transitEncryptionPort"], 2999)

    def test_defaults_are_those_of_ecs(self):
        status, made = self.daemon.call("RegisterTaskDefinition", {
            "family": "bare", "cpu": ".25 vCPU", "memory": "0.5 gb", "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
            "containerDefinitions": [{"name": "a", "image": "i", "portMappings": [{"containerPort": 80}],
                                      "healthCheck": {"command": ["CMD", "x"]}}]})
        self.assertEqual(status, 200, made)
        shown = made["taskDefinition"]
        self.assertEqual((shown["cpu"], shown["memory"]), ("256", "512"))
        self.assertEqual(shown["volumes"], [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1",
                                                                                   "rootDirectory": "/"}}])
        self.assertEqual(shown["placementConstraints"], [])
        self.assertEqual(shown["containerDefinitions"], [{
            "name": "a", "image": "i", "cpu": 0, "essential": True, "environment": [], "mountPoints": [], "volumesFrom": [],
            "systemControls": [], "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
            "healthCheck": {"command": ["CMD", "x"], "interval": 30, "timeout": 5, "retries": 3}}])


TERRAFORM = """
resource "aws_ecs_task_definition" "all" {
  family = "terraform-all"
  cpu = "1024"
  memory = "4096"
  network_mode = "awsvpc"
  pid_mode = "task"
  enable_fault_injection = true
  requires_compatibilities = ["FARGATE"]
  task_role_arn = "%(role)s"
  execution_role_arn = "%(role)s"
  container_definitions = file("containers.json")
  ephemeral_storage {
    size_in_gib = 30
  }
  runtime_platform {
    cpu_architecture = "X86_64"
    operating_system_family = "LINUX"
  }
  proxy_configuration {
    type = "APPMESH"
    container_name = "side"
    properties = { AppPorts = "80", IgnoredUID = "1337", ProxyIngressPort = "15000", ProxyEgressPort = "15001" }
  }
  volume {
    name = "plain"
  }
  volume {
    name = "efs"
    efs_volume_configuration {
      file_system_id = "fs-1"
      transit_encryption = "ENABLED"
      transit_encryption_port = 2999
      authorization_config {
        access_point_id = "fsap-1"
        iam = "ENABLED"
      }
    }
  }
  tags = { team = "web" }
}
resource "aws_ecs_task_definition" "ec2" {
  family = "terraform-ec2"
  network_mode = "bridge"
  container_definitions = file("ec2.json")
  placement_constraints {
    type = "memberOf"
    expression = "attribute:a == b"
  }
  volume {
    name = "host"
    host_path = "/srv"
  }
  volume {
    name = "docker"
    docker_volume_configuration {
      scope = "shared"
      autoprovision = true
      driver = "local"
      driver_opts = { type = "tmpfs" }
      labels = { l = "v" }
    }
  }
}
"""


class Terraform(DaemonCase):
    kernel = False

    def test_a_second_plan_is_empty(self):
        workspace = Workspace(self, "ecs")
        workspace.write(TERRAFORM % {"role": ROLE})
        # Fields that an older provider would drop from its own comparison have no place in it.
        containers = json.loads(json.dumps(ON_FARGATE["containerDefinitions"]))
        containers[0]["portMappings"].pop()
        (workspace.folder / "containers.json").write_text(json.dumps(containers))
        (workspace.folder / "ec2.json").write_text(json.dumps(ON_EC2["containerDefinitions"]))
        workspace.init()
        workspace.apply()
        workspace.destroy()
