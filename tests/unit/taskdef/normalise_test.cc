#include "taskdef/normalise.h"

#include "taskdef/parse.h"
#include "taskdef/shapes.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::ec2;
using test::ec2_container;
using test::fargate;
using test::fargate_container;
using test::json;

Json container_of(const Json& request) { return normalise(request)["containerDefinitions"][0]; }

TEST(Normalise, task_sizes_become_plain_numbers) {
  const Json document = normalise(fargate(R"({"cpu": ".25 vcpu", "memory": ".5 gb"})"));
  EXPECT_EQ(document["cpu"], "256");
  EXPECT_EQ(document["memory"], "512");
}

TEST(Normalise, a_container_gets_the_defaults_that_describe_shows) {
  EXPECT_EQ(
      container_of(fargate()),
      json(
          R"({"name": "app", "image": "nginx", "cpu": 0, "portMappings": [], "essential": true, "environment": [],
                     "mountPoints": [], "volumesFrom": [], "systemControls": []})"));
}

TEST(Normalise, a_host_port_defaults_to_the_container_port_with_awsvpc_and_to_0_with_bridge) {
  constexpr std::string_view kPorts = R"({"portMappings": [{"containerPort": 80}]})";
  EXPECT_EQ(container_of(fargate_container(kPorts))["portMappings"],
            json(R"([{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}])"));
  EXPECT_EQ(container_of(ec2_container(kPorts))["portMappings"],
            json(R"([{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}])"));
  EXPECT_EQ(container_of(
                ec2_container(kPorts, R"({"networkMode": "host"})"))["portMappings"][0]["hostPort"],
            80);
}

TEST(Normalise, a_port_range_gets_no_host_port) {
  EXPECT_EQ(container_of(fargate_container(
                R"({"portMappings": [{"containerPortRange": "80-90"}]})"))["portMappings"],
            json(R"([{"protocol": "tcp", "containerPortRange": "80-90"}])"));
}

TEST(Normalise, a_health_check_gets_its_times_but_no_start_period) {
  EXPECT_EQ(container_of(fargate_container(
                R"({"healthCheck": {"command": ["CMD", "true"]}})"))["healthCheck"],
            json(R"({"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3})"));
}

TEST(Normalise, an_efs_root_defaults_to_slash_and_the_network_to_bridge) {
  const Json document = normalise(
      ec2(R"({"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]})"));
  EXPECT_EQ(document["volumes"][0]["efsVolumeConfiguration"]["rootDirectory"], "/");
  EXPECT_EQ(document["networkMode"], "bridge");
  EXPECT_FALSE(document.contains("requiresCompatibilities"));
  EXPECT_EQ(document["placementConstraints"], Json::array());
}

TEST(Normalise, compatibilities_are_the_launch_types_the_definition_is_valid_for) {
  EXPECT_EQ(normalise(fargate())["compatibilities"],
            json(R"(["EC2", "MANAGED_INSTANCES", "FARGATE"])"));
  EXPECT_EQ(normalise(fargate(R"({"requiresCompatibilities": null})"))["compatibilities"],
            json(R"(["EC2", "MANAGED_INSTANCES", "FARGATE"])"));
  EXPECT_EQ(normalise(ec2(R"({"networkMode": "awsvpc"})"))["compatibilities"],
            json(R"(["EC2", "MANAGED_INSTANCES"])"));
  EXPECT_EQ(normalise(ec2())["compatibilities"], json(R"(["EXTERNAL", "EC2"])"));
}

TEST(Normalise, tags_travel_beside_the_document) {
  const Json request = fargate(R"({"tags": [{"key": "a", "value": "b"}]})");
  EXPECT_FALSE(normalise(request).contains("tags"));
  EXPECT_EQ(tags_of(request), json(R"([{"key": "a", "value": "b"}])"));
  EXPECT_EQ(tags_of(fargate()), Json::array());
}

TEST(Normalise, the_order_of_members_in_the_request_makes_no_difference) {
  EXPECT_EQ(dump_json(normalise(
                json(R"({"containerDefinitions": [{"image": "i", "name": "n"}], "family": "f"})"))),
            dump_json(normalise(json(
                R"({"family": "f", "containerDefinitions": [{"name": "n", "image": "i"}]})"))));
}

TEST(Normalise, what_is_registered_comes_back_the_same_when_registered_again) {
  for (const char* name : {"web", "every_member", "plain"}) {
    const Json first = normalise(json(test::read_golden(std::string(name) + ".request.json")));
    EXPECT_EQ(normalise(to_request(registered(first, {"arn", 7, 1.5, "me"}))), first) << name;
  }
}

TEST(Normalise, responses_to_register_are_as_reviewed) {
  for (const std::string name : {"web", "every_member", "plain"}) {
    const Json request = json(test::read_golden(name + ".request.json"));
    if (name != "every_member") {
      EXPECT_EQ(test::answer(request), "") << name;
    }
    const Json response = registered(
        normalise(request), {"arn:aws:ecs:us-east-1:123456789012:task-definition/" + name + ":1", 1,
                             1700000000.25, "arn:aws:iam::123456789012:root"});
    test::expect_golden(name + ".registered.json", pretty_json(response) + "\n");
  }
}

}  // namespace
}  // namespace drydock::taskdef
