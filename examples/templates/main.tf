# plan.json beside this: terraform plan -out plan && terraform show -json plan
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
resource "aws_iam_role" "task" {
  name               = "report-task"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_ecs_task_definition" "report" {
  family                   = "report"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task.arn
  container_definitions = jsonencode([{
    name        = "report"
    image       = "drydock/example:latest"
    essential   = true
    command     = ["sh", "-c", "ls -d $TARGET"]
    environment = [{ name = "TARGET", value = "/scratch" }]
    mountPoints = [{ sourceVolume = "scratch", containerPath = "/scratch" }]
  }])
  volume { name = "scratch" }
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
  ephemeral_storage { size_in_gib = 30 }
  tags = { team = "blue" }
}
