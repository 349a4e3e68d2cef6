"""Regions and accounts (an access key of twelve digits is the account): nothing of one is seen in another."""
import inspect
import time
import unittest

from harness import Daemon, container, definition, until

PLACES = [("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("222222222222", "us-east-1")]
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


class Place:
    """One account in one region, and what is in it."""

    def __init__(self, daemon, account, region):
        import boto3
        self.daemon, self.account, self.region = daemon, account, region

        def client(service):
            return boto3.client(service, endpoint_url=daemon.url, region_name=region, aws_access_key_id=account,
                                aws_secret_access_key="x")
        self.ecs, self.logs, self.secrets, self.ssm, self.sts = map(
            client, ("ecs", "logs", "secretsmanager", "ssm", "sts"))

    def fill(self):
        tag = [{"key": "of", "value": f"{self.account}/{self.region}"}]
        self.cluster = self.ecs.create_cluster(clusterName="same", tags=tag)["cluster"]["clusterArn"]
        self.definition = self.ecs.register_task_definition(
            **definition("same", [container("app", "x")]), tags=tag)["taskDefinition"]["taskDefinitionArn"]
        self.ecs.put_account_setting(name="containerInsights",
                                     value="enhanced" if self.account[0] == "2" else "enabled")
        self.service = self.ecs.create_service(
            cluster="same", serviceName="same", taskDefinition="same", desiredCount=1, launchType="FARGATE",
            networkConfiguration=NETWORK, tags=tag)["service"]["serviceArn"]
        self.logs.create_log_group(logGroupName="/same", tags={"of": tag[0]["value"]})
        self.logs.create_log_stream(logGroupName="/same", logStreamName="s")
        self.logs.put_log_events(logGroupName="/same", logStreamName="s",
                                 logEvents=[{"timestamp": int(time.time() * 1000), "message": tag[0]["value"]}])
        self.secret = self.secrets.create_secret(Name="same", SecretString=tag[0]["value"])["ARN"]
        self.ssm.put_parameter(Name="/same", Value=tag[0]["value"], Type="String")


class Isolation(unittest.TestCase):
    kernel = False

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon("--dry")
        cls.addClassCleanup(cls.daemon.stop)
        cls.places = [Place(cls.daemon, *place) for place in PLACES]
        for place in cls.places:
            place.fill()

    def each(self):
        return [(place, f"{place.account}/{place.region}") for place in self.places]

    def test_names_carry_their_place(self):
        for place, _ in self.each():
            for arn in (place.cluster, place.definition, place.service, place.secret):
                self.assertIn(f":{place.region}:{place.account}:", arn)
            self.assertEqual(place.sts.get_caller_identity()["Account"], place.account)
            self.assertTrue(place.definition.endswith("/same:1"), place.definition)

    def test_lists_show_ones_own(self):
        for place, _ in self.each():
            self.assertEqual(place.ecs.list_clusters()["clusterArns"], [place.cluster])
            self.assertEqual(place.ecs.list_task_definitions()["taskDefinitionArns"], [place.definition])
            self.assertEqual(place.ecs.list_task_definition_families()["families"], ["same"])
            self.assertEqual(place.ecs.list_services(cluster="same")["serviceArns"], [place.service])
            self.assertEqual(len(place.logs.describe_log_groups()["logGroups"]), 1)
            self.assertEqual([s["ARN"] for s in place.secrets.list_secrets()["SecretList"]], [place.secret])
            self.assertEqual(len(place.ssm.describe_parameters()["Parameters"]), 1)

    def test_tasks_tags_and_values(self):
        for place, own in self.each():
            task = until(lambda: place.ecs.list_tasks(cluster="same")["taskArns"])[0]
            self.assertIn(f":{place.region}:{place.account}:", task)
            for arn in (place.cluster, place.definition, place.service):
                self.assertEqual(place.ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "of", "value": own}])
            self.assertEqual(place.secrets.get_secret_value(SecretId="same")["SecretString"], own)
            self.assertEqual(place.ssm.get_parameter(Name="/same")["Parameter"]["Value"], own)
            events = place.logs.get_log_events(logGroupName="/same", logStreamName="s", startFromHead=True)["events"]
            self.assertEqual([e["message"] for e in events], [own])
            setting = place.ecs.list_account_settings(name="containerInsights", effectiveSettings=True)["settings"][0]
            self.assertEqual(setting["value"], "enhanced" if place.account[0] == "2" else "enabled")

    def test_what_is_elsewhere_is_not_found_here(self):
        here = self.places[0]
        task = until(lambda: self.places[1].ecs.list_tasks(cluster="same")["taskArns"])[0]
        for there in self.places[1:]:
            with self.subTest(account=there.account, region=there.region):
                found = here.ecs.describe_clusters(clusters=[there.cluster])
                self.assertEqual(found["clusters"], [])
                self.assertEqual([f["reason"] for f in found["failures"]], ["MISSING"])
                for call in (lambda: here.ecs.describe_task_definition(taskDefinition=there.definition),
                             lambda: here.ecs.delete_cluster(cluster=there.cluster),
                             lambda: here.ecs.update_service(cluster=there.cluster, service=there.service, desiredCount=0),
                             lambda: here.ecs.deregister_task_definition(taskDefinition=there.definition),
                             lambda: here.ecs.tag_resource(resourceArn=there.cluster, tags=[{"key": "a", "value": "b"}]),
                             lambda: here.ecs.stop_task(cluster="same", task=task)):
                    with self.assertRaises(here.ecs.exceptions.ClientError, msg=inspect.getsource(call)):
                        call()
        abroad = self.places[1]
        self.assertEqual(abroad.ecs.describe_services(cluster="same", services=["same"])["services"][0]["desiredCount"], 1)
        with self.assertRaises(here.secrets.exceptions.ResourceNotFoundException):
            here.secrets.get_secret_value(SecretId=abroad.secret)
        with self.assertRaises(here.ssm.exceptions.ParameterNotFound):
            here.ssm.get_parameter(Name=f"arn:aws:ssm:{abroad.region}:{abroad.account}:parameter/same")

    def test_zz_deleting_here_leaves_the_rest(self):
        here = self.places[0]
        here.ecs.delete_service(cluster="same", service="same", force=True)
        here.ecs.deregister_task_definition(taskDefinition="same:1")
        here.logs.delete_log_group(logGroupName="/same")
        here.secrets.delete_secret(SecretId="same", ForceDeleteWithoutRecovery=True)
        here.ssm.delete_parameter(Name="/same")
        for there in self.places[1:]:
            self.assertEqual(there.ecs.describe_services(cluster="same", services=["same"])["services"][0]["status"],
                             "ACTIVE")
            self.assertEqual(len(there.logs.describe_log_groups()["logGroups"]), 1)
            self.assertEqual(there.ssm.get_parameter(Name="/same")["Parameter"]["Value"], f"{there.account}/{there.region}")
            self.assertEqual(len(there.secrets.list_secrets()["SecretList"]), 1)

    def test_zzz_a_reset_is_everywhere(self):
        import urllib.request
        with urllib.request.urlopen(urllib.request.Request(self.daemon.url + "/moto-api/reset", b"")) as answer:
            self.assertEqual(answer.status, 200)
        for place in self.places:
            self.assertEqual(place.ecs.list_clusters()["clusterArns"], [])
            self.assertEqual(place.ecs.list_task_definitions()["taskDefinitionArns"], [])
            self.assertEqual(place.logs.describe_log_groups()["logGroups"], [])
            self.assertEqual(place.secrets.list_secrets()["SecretList"], [])
            self.assertEqual(place.ssm.describe_parameters()["Parameters"], [])


if __name__ == "__main__":
    unittest.main()
