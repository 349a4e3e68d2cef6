"""Account settings, capacity providers, and the reset that test suites post between two tests."""
import json
import subprocess
import unittest
import urllib.request

import botocore.exceptions

from harness import BIN, DaemonCase, container, definition, until

ROOT = "arn:aws:iam::123456789012:root"


def post(daemon, path):
    with urllib.request.urlopen(urllib.request.Request(daemon.url + path, b"", method="POST"), timeout=30) as answer:
        return json.loads(answer.read())


class AccountSettings(DaemonCase):
    kernel = False

    def setUp(self):
        self.ecs = self.daemon.boto()

    def tearDown(self):
        post(self.daemon, "/_drydock/reset")

    def settings(self, **more):
        pages = self.ecs.get_paginator("list_account_settings").paginate(PaginationConfig={"PageSize": 5}, **more)
        return {s["name"]: s["value"] for page in pages for s in page["settings"]}

    def test_what_is_put_counts_above_the_default_and_outlives_the_daemon(self):
        self.assertEqual(self.settings(), {})
        everything = self.settings(effectiveSettings=True)
        self.assertEqual(len(everything), 11)
        self.assertEqual((everything["taskLongArnFormat"], everything["containerInsights"]), ("enabled", "disabled"))
        self.assertEqual(  # boto3 of Debian does not know `type`
            self.daemon.call("PutAccountSettingDefault", {"name": "containerInsights", "value": "enhanced"})[1]["setting"],
            {"name": "containerInsights", "value": "enhanced", "principalArn": ROOT, "type": "user"})
        self.assertEqual(self.ecs.create_cluster(clusterName="a")["cluster"]["settings"][0]["value"], "enhanced")
        self.ecs.put_account_setting(name="containerInsights", value="enabled")
        self.daemon.kill()
        self.daemon.start()
        self.ecs = self.daemon.boto()
        self.assertEqual(self.settings(), {"containerInsights": "enabled"})
        self.assertEqual(self.settings(name="containerInsights", value="disabled"), {})
        self.assertEqual(self.ecs.delete_account_setting(name="containerInsights")["setting"]["value"], "enhanced")
        self.assertEqual(self.settings(principalArn="arn:aws:iam::123456789012:role/r"), {"containerInsights": "enhanced"})

    def test_what_is_no_setting_is_refused(self):
        for call in (lambda: self.ecs.put_account_setting(name="unknown", value="enabled"),
                     lambda: self.ecs.list_account_settings(name="unknown"),
                     lambda: self.ecs.delete_account_setting(name="unknown")):
            with self.assertRaises(botocore.exceptions.ClientError) as refused:
                call()
            self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidParameterException")
            self.assertTrue(refused.exception.response["Error"]["Message"].startswith("unknown should be one of ["))
        for name, value in (("taskLongArnFormat", "on"), ("guardDutyActivate", "on"), ("fargateTaskRetirementWaitPeriod", "")):
            with self.assertRaises(self.ecs.exceptions.InvalidParameterException):
                self.ecs.put_account_setting(name=name, value=value)

    def test_a_reset_by_either_name_forgets_every_region(self):
        import boto3
        for path in ("/_drydock/reset", "/moto-api/reset"):
            for region in ("us-east-1", "eu-west-1"):
                boto3.client("ecs", endpoint_url=self.daemon.url, region_name=region, aws_access_key_id="test",
                             aws_secret_access_key="test").create_cluster(clusterName="c")
            self.daemon.drydock("run", "-d", self.file(definition("stays", [container("app", "sleep 1000")])), check=0)
            self.assertEqual(post(self.daemon, path)["status"], "ok")
            for region in ("us-east-1", "eu-west-1"):
                self.assertEqual(self.daemon.call("ListClusters", {})[1], {"clusterArns": []})
            self.assertEqual(self.daemon.drydock("ps", "-a", "-q", check=0)[1], "")


class CapacityProviders(DaemonCase):
    kernel = False
    GROUP = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:a4536b1a:autoScalingGroupName/test"

    def setUp(self):
        self.ecs = self.daemon.boto()

    def tearDown(self):
        post(self.daemon, "/_drydock/reset")

    def refused(self, call, text, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertIn(text, str(caught.exception))

    def names(self, **more):
        found, token = [], {}
        while True:
            answer = self.ecs.describe_capacity_providers(maxResults=2, **token, **more)
            found += [p["name"] for p in answer["capacityProviders"]]
            if "nextToken" not in answer:
                return found, answer["failures"]
            token = {"nextToken": answer["nextToken"]}

    def test_the_life_of_one(self):
        made = self.ecs.create_capacity_provider(name="own", autoScalingGroupProvider={
            "autoScalingGroupArn": self.GROUP, "managedScaling": {"status": "ENABLED", "targetCapacity": 80}},
            tags=[{"key": "a", "value": "b"}])["capacityProvider"]
        self.assertEqual(made["capacityProviderArn"], "arn:aws:ecs:us-east-1:123456789012:capacity-provider/own")
        shown = self.daemon.call("DescribeCapacityProviders", {"capacityProviders": ["own"]})[1]["capacityProviders"][0]
        self.assertEqual(shown["type"], "EC2_AUTOSCALING")
        self.assertEqual(shown["autoScalingGroupProvider"], {  # boto3 of Debian does not know managedDraining
            "autoScalingGroupArn": self.GROUP, "managedDraining": "ENABLED", "managedTerminationProtection": "DISABLED",
            "managedScaling": {"status": "ENABLED", "targetCapacity": 80, "minimumScalingStepSize": 1,
                               "maximumScalingStepSize": 10000, "instanceWarmupPeriod": 300}})
        self.assertEqual(self.names(), (["FARGATE", "FARGATE_SPOT", "own"], []))
        found, failures = self.names(capacityProviders=["own", "none", made["capacityProviderArn"]])
        self.assertEqual(found, ["own", "own"])
        self.assertEqual(failures, [{"arn": made["capacityProviderArn"].replace("own", "none"), "reason": "MISSING"}])
        changed = self.ecs.update_capacity_provider(name="own", autoScalingGroupProvider={
            "managedScaling": {"targetCapacity": 100}})["capacityProvider"]
        self.assertEqual(changed["updateStatus"], "UPDATE_COMPLETE")
        self.assertEqual(changed["autoScalingGroupProvider"]["managedScaling"]["status"], "ENABLED")
        self.ecs.tag_resource(resourceArn=made["capacityProviderArn"], tags=[{"key": "c", "value": "d"}])
        self.daemon.kill()
        self.daemon.start()
        self.ecs = self.daemon.boto()
        shown = self.ecs.describe_capacity_providers(capacityProviders=["own"], include=["TAGS"])["capacityProviders"][0]
        self.assertEqual(shown["tags"], [{"key": "a", "value": "b"}, {"key": "c", "value": "d"}])
        self.ecs.create_cluster(clusterName="uses", capacityProviders=["own", "FARGATE"])
        self.refused(self.ecs.delete_capacity_provider, "associated with the cluster 'uses'", capacityProvider="own")
        self.ecs.put_cluster_capacity_providers(cluster="uses", capacityProviders=[], defaultCapacityProviderStrategy=[])
        self.assertEqual(self.ecs.delete_capacity_provider(capacityProvider="own")["capacityProvider"]["status"], "INACTIVE")
        self.assertEqual(self.names()[0], ["FARGATE", "FARGATE_SPOT"])
        self.refused(self.ecs.create_cluster, "'own' was not found", clusterName="late", capacityProviders=["own"])

    def test_a_task_of_one_runs_as_on_an_instance(self):
        self.ecs.create_capacity_provider(name="instances", autoScalingGroupProvider={"autoScalingGroupArn": self.GROUP})
        self.ecs.create_cluster(clusterName="mixed", capacityProviders=["instances", "FARGATE_SPOT"])
        self.ecs.register_task_definition(**definition("mixed", [container("app", "true")],
                                                       requiresCompatibilities=["EC2", "FARGATE"]))
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        for provider, launch in (("instances", "EC2"), ("FARGATE_SPOT", "FARGATE")):
            task = self.ecs.run_task(cluster="mixed", taskDefinition="mixed", networkConfiguration=network,
                                     capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}])["tasks"][0]
            self.assertEqual((task["capacityProviderName"], task["launchType"]), (provider, launch))
            self.ecs.get_waiter("tasks_stopped").wait(cluster="mixed", tasks=[task["taskArn"]],
                                                      WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def test_a_spot_task_is_interrupted_as_by_aws(self):
        self.ecs.create_cluster(clusterName="spot", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        self.ecs.register_task_definition(**definition("spot", [container(
            "app", "trap 'read x < /gate; echo noticed; exit 0' TERM; mkfifo /gate; echo ready; sleep 1000 & wait")]))
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        task, other = [self.ecs.run_task(cluster="spot", taskDefinition="spot", networkConfiguration=network,
                                         capacityProviderStrategy=[{"capacityProvider": p, "weight": 1}])["tasks"][0]["taskArn"]
                       for p in ("FARGATE_SPOT", "FARGATE")]
        name = task.split("/")[-1]

        def shown():
            return self.ecs.describe_tasks(cluster="spot", tasks=[task])["tasks"][0]

        until(lambda: "ready" in self.daemon.drydock("logs", name)[1], what="its shell")
        interrupting = subprocess.Popen([BIN / "drydock", "spot-interrupt", name], env=self.daemon.env(),
                                        stdout=subprocess.PIPE, text=True)
        until(lambda: shown().get("stopCode"), what="the notice")
        noticed = shown()
        self.assertEqual((noticed["stopCode"], noticed["desiredStatus"], noticed["stoppedReason"]),
                         ("TerminationNotice", "STOPPED", "Your Spot Task was interrupted."))
        self.daemon.drydock("exec", name, "--", "sh", "-c", "echo > /gate")  # it ends with its container
        self.assertEqual(interrupting.communicate(timeout=60)[0].strip(), name)
        stopped = shown()
        self.assertEqual((stopped["stopCode"], stopped["lastStatus"], stopped["containers"][0]["exitCode"]),
                         ("SpotInterruption", "STOPPED", 0))
        code, _, err = self.daemon.drydock("spot-interrupt", other.split("/")[-1])
        self.assertEqual(code, 1)
        self.assertIn("does not run on FARGATE_SPOT", err)
        self.ecs.stop_task(cluster="spot", task=other)

    def test_what_is_wrong_is_named(self):
        for name in ("aws-one", "ECSone", "fargate1", "a b", "x" * 256):
            self.refused(self.ecs.create_capacity_provider, "name", name=name,
                         autoScalingGroupProvider={"autoScalingGroupArn": self.GROUP})
        status, answer = self.daemon.call("CreateCapacityProvider", {"name": "neither"})
        self.assertEqual((status, answer["__type"]), (400, "InvalidParameterException"))
        self.assertIn("Specify either", answer["message"])
        self.refused(self.ecs.create_capacity_provider, "between 1 and 100", name="much", autoScalingGroupProvider={
            "autoScalingGroupArn": self.GROUP, "managedScaling": {"targetCapacity": 101}})
        self.refused(self.ecs.delete_capacity_provider, "cannot be deleted", capacityProvider="FARGATE")
        self.refused(self.ecs.delete_capacity_provider, "does not exist", capacityProvider="nobody")
        self.refused(self.ecs.update_capacity_provider, "does not exist", name="FARGATE", autoScalingGroupProvider={})
        self.refused(self.ecs.describe_capacity_providers, "maxResults", maxResults=11)


class Agent(DaemonCase):
    kernel = False

    def test_an_agent_is_told_to_come_here_and_acknowledged(self):
        ecs = self.daemon.boto()
        here = self.daemon.url + "/"
        answer = ecs.discover_poll_endpoint(cluster="unknown", containerInstance="i")
        self.assertEqual((answer["endpoint"], answer["telemetryEndpoint"]), (here, here))
        self.assertEqual(ecs.submit_task_state_change(task="t", status="RUNNING")["acknowledgment"], "ok")
        self.assertEqual(ecs.submit_container_state_change(task="t", containerName="c", exitCode=0)["acknowledgment"], "ok")
        self.assertEqual(ecs.submit_attachment_state_changes(attachments=[
            {"attachmentArn": "arn:aws:ecs:us-east-1:123456789012:attachment/a", "status": "ATTACHED"}])["acknowledgment"], "ok")
        with self.assertRaises(ecs.exceptions.NoUpdateAvailableException):
            ecs.update_container_agent(containerInstance="i")


if __name__ == "__main__":
    unittest.main()
