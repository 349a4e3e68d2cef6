"""Task sets of services with the deployment controller EXTERNAL, by boto3 and Terraform; also when the daemon dies."""
from harness import DaemonCase, container, definition, until
from terraform import Workspace

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
STAYS = "trap 'exit 0' TERM; sleep 1000 & wait"
WHERE = {"cluster": "c", "service": "shop"}


class TaskSets(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    def setUp(self):
        self.ecs = self.daemon.boto()
        self.ecs.create_cluster(clusterName="c")

    def create(self, value, percent=100):
        arn = self.ecs.register_task_definition(**definition("shop", [container(
            "app", STAYS, stopTimeout=5, environment=[{"name": "V", "value": value}])]))["taskDefinition"]["taskDefinitionArn"]
        return self.ecs.create_task_set(**WHERE, taskDefinition=arn, externalId=value, launchType="FARGATE", networkConfiguration=NETWORK,
                                        scale={"value": percent, "unit": "PERCENT"})["taskSet"]

    def shown(self, made):
        return self.ecs.describe_task_sets(**WHERE, taskSets=[made["id"]])["taskSets"][0]

    def steady(self, made, count):
        until(lambda: (self.shown(made)["stabilityStatus"], self.shown(made)["runningCount"]) == ("STEADY_STATE", count), 60,
              f"{made['externalId']} is steady with {count}")

    def tasks(self):
        arns = self.ecs.list_tasks(cluster="c", serviceName="shop")["taskArns"]
        return self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []

    def test_a_blue_and_green_deployment_by_hand(self):
        made = self.ecs.create_service(cluster="c", serviceName="shop", desiredCount=2, deploymentController={"type": "EXTERNAL"})["service"]
        self.assertEqual((made["deployments"], made["taskSets"]), ([], []))
        blue = self.create("blue")
        self.steady(blue, 2)
        self.ecs.update_service_primary_task_set(**WHERE, primaryTaskSet=blue["id"])
        self.assertEqual({t["startedBy"] for t in self.tasks()}, {blue["id"]})
        green = self.create("green", 50)
        self.steady(green, 1)
        self.assertEqual(self.shown(blue)["status"], "PRIMARY")

        self.daemon.kill()
        self.daemon.start()
        self.ecs = self.daemon.boto()
        ended = next(t for t in self.tasks() if t["startedBy"] == green["id"])["taskArn"]
        self.ecs.stop_task(cluster="c", task=ended)
        until(lambda: ended not in {t["taskArn"] for t in self.tasks()}, what="it is stopped")
        self.steady(green, 1)  # another one

        self.ecs.update_task_set(**WHERE, taskSet=green["id"], scale={"value": 100, "unit": "PERCENT"})
        self.steady(green, 2)
        self.ecs.update_service_primary_task_set(**WHERE, primaryTaskSet=green["taskSetArn"])
        self.ecs.delete_task_set(**WHERE, taskSet=blue["id"], force=True)
        self.assertEqual(self.shown(blue)["status"], "DRAINING")
        until(lambda: self.ecs.describe_task_sets(**WHERE, taskSets=[blue["id"]])["failures"], what="blue is gone")
        self.assertEqual({t["startedBy"] for t in self.tasks()}, {green["id"]})
        service = self.ecs.describe_services(cluster="c", services=["shop"])["services"][0]
        self.assertEqual(service["taskDefinition"], green["taskDefinition"])
        self.assertEqual([s["id"] for s in service["taskSets"]], [green["id"]])
        self.ecs.delete_service(cluster="c", service="shop", force=True)
        until(lambda: self.ecs.describe_services(cluster="c", services=["shop"])["services"][0]["status"] == "INACTIVE",
              what="the service is gone")
        self.assertEqual(self.tasks(), [])


TERRAFORM = """
resource "aws_ecs_cluster" "c" {
  name = "terraform"
}
resource "aws_ecs_task_definition" "web" {
  family = "terraform-set"
  cpu = "256"
  memory = "512"
  network_mode = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions = jsonencode([{
    name = "app", image = "drydock/example:latest", essential = true, stopTimeout = 5,
    command = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"]
  }])
}
resource "aws_ecs_service" "web" {
  name = "web"
  cluster = aws_ecs_cluster.c.id
  desired_count = 1
  deployment_controller {
    type = "EXTERNAL"
  }
}
resource "aws_ecs_task_set" "web" {
  service = aws_ecs_service.web.id
  cluster = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.web.arn
  launch_type = "FARGATE"
  external_id = "blue"
  wait_until_stable = true
  force_delete = true
  scale {
    value = %s
  }
  network_configuration {
    subnets = ["subnet-1"]
  }
  tags = { team = "web" }
}
"""


class Terraform(DaemonCase):
    kernel = False

    def test_a_task_set_is_made_scaled_and_destroyed(self):
        workspace = Workspace(self, "ecs")
        workspace.write(TERRAFORM % "100.0")
        workspace.init()
        workspace.apply()
        ecs = self.daemon.boto()
        sets = ecs.describe_task_sets(cluster="terraform", service="web", include=["TAGS"])["taskSets"]
        self.assertEqual([(s["externalId"], s["runningCount"], s["tags"]) for s in sets], [
            ("blue", 1, [{"key": "team", "value": "web"}])])
        workspace.write(TERRAFORM % "50")
        workspace.apply()
        self.assertEqual(ecs.describe_task_sets(cluster="terraform", service="web")["taskSets"][0]["scale"]["value"], 50)
        workspace.write(TERRAFORM % "0")
        workspace.apply()
        workspace.destroy()
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])
