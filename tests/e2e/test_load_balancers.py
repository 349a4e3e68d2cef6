"""Load balancers of services: a target group is one address of this machine, behind which the healthy tasks are."""
import collections
import http.client
import json
import threading
import urllib.request

from harness import SLOW, DaemonCase, container, definition, until

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/50dc6c495c0c9188"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
WAITER = {"Delay": 1, "MaxAttempts": 120 * SLOW}
# Serves its version; a request that is under way when it is told to stop is answered.
SERVES = ("mkdir -p /www; echo %s >/www/index.html; echo ok >/www/health; trap 'exit 0' TERM; "
          "busybox httpd -f -p 80 -h /www & wait")


class Hammer:
    """Asks one port again and again, on a connection of its own each time, from several threads."""

    def __init__(self, port, threads=4):
        self.port, self.answers, self.lost, self.over = port, collections.Counter(), [], threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.over.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10 * SLOW)
                connection.request("GET", "/index.html")
                self.answers[connection.getresponse().read().decode().strip()] += 1
                connection.close()
            except (OSError, http.client.HTTPException) as wrong:
                self.lost.append(repr(wrong))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


class LoadBalancers(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}, "services": {"target_groups": {"api": "18080/health"}, "drain": "5s",
                                                     "unhealthy_after": "2s"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs = cls.daemon.boto()
        cls.ecs.create_cluster(clusterName="c")

    def register(self, family, command):
        made = self.ecs.register_task_definition(**definition(family, [container(
            "app", command, stopTimeout=5, portMappings=[{"containerPort": 80}])]))
        return made["taskDefinition"]["taskDefinitionArn"]

    def create(self, name, arn, group=GROUP, desired=2, **more):
        self.addCleanup(self.delete, name)
        self.ecs.create_service(cluster="c", serviceName=name, taskDefinition=arn, desiredCount=desired,
                                launchType="FARGATE", networkConfiguration=NETWORK, loadBalancers=[
                                    {"targetGroupArn": group, "containerName": "app", "containerPort": 80}], **more)

    def delete(self, name):
        self.ecs.delete_service(cluster="c", service=name, force=True)
        self.ecs.get_waiter("services_inactive").wait(cluster="c", services=[name], WaiterConfig=WAITER)

    def stable(self, name):
        self.ecs.get_waiter("services_stable").wait(cluster="c", services=[name], WaiterConfig=WAITER)

    def shown(self, name):
        return self.ecs.describe_services(cluster="c", services=[name])["services"][0]

    def events(self, name):
        return [e["message"] for e in self.shown(name)["events"]]

    def groups(self):
        with urllib.request.urlopen(self.daemon.url + "/_drydock/v1/target-groups", timeout=30) as answer:
            return {g["targetGroupArn"]: g for g in json.loads(answer.read())["targetGroups"]}

    def port(self, group=GROUP):
        return int(self.groups()[group]["endpoint"].rsplit(":", 1)[1])

    def test_a_rolling_update_under_load_loses_no_request(self):
        self.create("web", self.register("web", SERVES % "one"))
        self.stable("web")
        self.assertEqual([t["health"] for t in self.groups()[GROUP]["targets"]], ["healthy"] * 2)
        port = self.port()
        hammer = Hammer(port)
        try:
            until(lambda: hammer.answers["one"] >= 20, what="answers of the first version")
            self.ecs.update_service(cluster="c", service="web", taskDefinition=self.register("web", SERVES % "two"))
            self.stable("web")
            seen = hammer.answers["two"]
            until(lambda: hammer.answers["two"] >= seen + 20, what="answers of the second version")
        finally:
            hammer.stop()
        self.assertEqual(hammer.lost, [])
        self.assertEqual(set(hammer.answers), {"one", "two"})
        told = self.events("web")
        for part in (f"registered 1 targets in (target-group {GROUP})",
                     f"deregistered 1 targets in (target-group {GROUP})"):
            self.assertTrue([e for e in told if part in e or part.replace("1 targets", "2 targets") in e], (part, told))
        self.assertTrue([e for e in told if "(service web, taskSet ecs-svc/" in e and "has begun draining connections on" in e])
        # The same address serves after the daemon was killed: connections end with it, the group does not.
        self.daemon.kill()
        self.daemon.start()
        type(self).ecs = self.daemon.boto()
        until(lambda: [t["health"] for t in self.groups()[GROUP]["targets"]] == ["healthy"] * 2, what="healthy targets")
        self.assertEqual(self.port(), port)
        hammer = Hammer(port, 1)
        until(lambda: hammer.answers["two"] >= 5, what="answers")
        hammer.stop()
        self.assertEqual(hammer.lost, [])

    def test_a_target_whose_path_fails_is_replaced_and_trips_the_breaker(self):
        group = GROUP.replace("/web/", "/api/")
        self.create("api", self.register("api", SERVES % "fine"), group, 1,
                    deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
        self.stable("api")
        self.assertEqual(self.port(group), 18080)
        good = self.shown("api")["taskDefinition"]
        self.ecs.update_service(cluster="c", service="api",
                                taskDefinition=self.register("api", (SERVES % "bad").replace("/www/health", "/www/other")))
        until(lambda: self.shown("api")["taskDefinition"] == good, 120, "the service is rolled back")
        self.stable("api")
        self.assertTrue([e for e in self.events("api") if f"(port 80) is unhealthy in (target-group {group}) due to (reason "
                         "Health checks failed with these codes: [404])" in e], self.events("api"))
        stopped = self.ecs.list_tasks(cluster="c", serviceName="api", desiredStatus="STOPPED")["taskArns"]
        reasons = {t["stoppedReason"] for t in self.ecs.describe_tasks(cluster="c", tasks=stopped)["tasks"]}
        self.assertIn(f"Task failed ELB health checks in (target-group {group})", reasons)

    def test_a_service_that_goes_gives_its_port_back(self):
        group = GROUP.replace("/web/", "/short/")
        self.create("short", self.register("short", SERVES % "x"), group, 0)
        until(lambda: group in self.groups(), what="the group")
        self.delete("short")
        until(lambda: group not in self.groups(), what="the end of the group")


class Example(DaemonCase):
    kernel = False

    def test_the_example_prints_what_it_says(self):
        self.assertEqual(*self.daemon.example("load-balancer"))
