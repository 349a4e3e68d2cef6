"""A whole stack by Terraform: cluster, capacity providers, log group, secret, task definition and service."""
import json

from harness import DaemonCase, until
from terraform import Workspace

STACK = """
resource "aws_cloudwatch_log_group" "app" {
  name = "/stack/app"
  retention_in_days = 7
  tags = { team = "stack" }
}
resource "aws_secretsmanager_secret" "token" {
  name = "stack/token"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "token" {
  secret_id = aws_secretsmanager_secret.token.id
  secret_string = "%(secret)s"
}
resource "aws_ecs_cluster" "c" {
  name = "stack"
  setting {
    name = "containerInsights"
    value = "enabled"
  }
  tags = { team = "stack" }
}
resource "aws_ecs_cluster_capacity_providers" "c" {
  cluster_name = aws_ecs_cluster.c.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base = 1
    weight = 1
  }
}
resource "aws_ecs_task_definition" "web" {
  family = "stack-web"
  cpu = "256"
  memory = "512"
  network_mode = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn = "arn:aws:iam::123456789012:role/execution"
  container_definitions = jsonencode([{
    name = "app", image = "drydock/example:latest", essential = true, stopTimeout = 5,
    command = ["sh", "-c", "echo the token is $TOKEN; trap 'exit 0' TERM; sleep 1000 & wait"],
    environment = [{ name = "VERSION", value = "%(version)s" }],
    secrets = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn }],
    logConfiguration = { logDriver = "awslogs", options = {
      "awslogs-group" = aws_cloudwatch_log_group.app.name, "awslogs-region" = "us-east-1", "awslogs-stream-prefix" = "web" } }
  }])
  depends_on = [aws_secretsmanager_secret_version.token]
}
resource "aws_ecs_service" "web" {
  name = "web"
  cluster = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count = 2
  wait_for_steady_state = true
  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base = 1
    weight = 1
  }
  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight = 1
  }
  network_configuration {
    subnets = ["subnet-1"]
  }
  depends_on = [aws_ecs_cluster_capacity_providers.c]
}
"""


class Stack(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    def test_it_is_applied_changed_in_place_and_destroyed(self):
        workspace = Workspace(self, "ecs", "logs", "secretsmanager")
        ecs, logs = self.daemon.boto(), self.daemon.boto("logs")

        def service():
            return ecs.describe_services(cluster="stack", services=["web"])["services"][0]

        def lines():
            return [e["message"] for e in logs.filter_log_events(logGroupName="/stack/app")["events"]]

        workspace.write(STACK % {"secret": "first", "version": "1"})
        workspace.init()
        workspace.apply()
        before = service()
        self.assertEqual(before["runningCount"], 2)  # wait_for_steady_state
        tasks = ecs.describe_tasks(cluster="stack", tasks=ecs.list_tasks(cluster="stack")["taskArns"])["tasks"]
        self.assertEqual(sorted(t["capacityProviderName"] for t in tasks), ["FARGATE", "FARGATE_SPOT"])
        until(lambda: lines() == ["the token is first"] * 2, what="the tasks' lines")
        workspace.write(STACK % {"secret": "second", "version": "2"})
        workspace.apply()
        after = service()
        self.assertEqual(before["createdAt"], after["createdAt"])
        self.assertEqual([d["status"] for d in after["deployments"]], ["PRIMARY"])
        until(lambda: lines().count("the token is second") == 2, what="the new tasks' lines")
        workspace.destroy()
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])
        self.assertEqual(json.dumps(logs.describe_log_groups()["logGroups"]), "[]")
