#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;

class Tasks : public testing::ApiTest {
 protected:
  void SetUp() override { prepare(); }
  Json described(const std::string& id, bool tags = false) {
    Json input = {{"cluster", "c"}, {"tasks", {id}}};
    if (tags) input["include"] = {"TAGS"};
    const auto r = call("DescribeTasks", input);
    EXPECT_EQ(r.body["tasks"].size(), 1u) << r.body.dump();
    return r.body["tasks"][0];
  }
  std::string error_of(const Json& change,
                       const std::string& expected_type = "InvalidParameterException") {
    Json input = run_input();
    input.update(change);
    const auto r = call("RunTask", input);
    EXPECT_EQ(r.status, 400) << r.body.dump();
    EXPECT_EQ(r.type(), expected_type) << r.body.dump();
    return r.message();
  }
};

TEST_F(Tasks, RunTaskAnswersAProvisioningFargateTask) {
  Json input = run_input();
  input.update({{"startedBy", "ci/7"},
                {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})},
                {"enableECSManagedTags", true}});
  const auto r = call("RunTask", input);
  ASSERT_EQ(r.status, 200) << r.body.dump();
  EXPECT_EQ(r.body["failures"], Json::array());
  const Json t = r.body["tasks"][0];
  const std::string id = id_of(t);
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(t["taskArn"], "arn:aws:ecs:us-east-1:123456789012:task/c/" + id);
  EXPECT_EQ(t["clusterArn"], "arn:aws:ecs:us-east-1:123456789012:cluster/c");
  EXPECT_EQ(t["taskDefinitionArn"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  EXPECT_EQ(t["lastStatus"], "PROVISIONING");
  EXPECT_EQ(t["desiredStatus"], "RUNNING");
  EXPECT_EQ(t["version"], 1);
  EXPECT_EQ(t["launchType"], "FARGATE");
  EXPECT_EQ(t["platformVersion"], "1.4.0");
  EXPECT_EQ(t["platformFamily"], "Linux");
  EXPECT_EQ(t["cpu"], "256");
  EXPECT_EQ(t["memory"], "512");
  EXPECT_EQ(t["group"], "family:web");
  EXPECT_EQ(t["startedBy"], "ci/7");
  EXPECT_EQ(t["availabilityZone"], "us-east-1a");
  EXPECT_EQ(t["ephemeralStorage"]["sizeInGiB"], 20);
  EXPECT_EQ(t["attributes"].dump(), R"([{"name":"ecs.cpu-architecture","value":"x86_64"}])");
  EXPECT_EQ(t["overrides"]["containerOverrides"].dump(), R"([{"name":"web"},{"name":"log"}])");
  EXPECT_EQ(t["overrides"]["inferenceAcceleratorOverrides"], Json::array());
  EXPECT_EQ(t["attachments"][0]["type"], "ElasticNetworkInterface");
  EXPECT_EQ(t["attachments"][0]["status"], "PRECREATED");
  EXPECT_EQ(t["attachments"][0]["details"].dump(), R"([{"name":"subnetId","value":"subnet-1"}])");
  EXPECT_TRUE(t["createdAt"].is_number_float());
  EXPECT_EQ(t["tags"].dump(),
            R"([{"key":"aws:ecs:clusterName","value":"c"},{"key":"k","value":"v"}])");
  for (const char* absent : {"stopCode", "stoppedReason", "startedAt", "connectivity",
                             "capacityProviderName", "containerInstanceArn"})
    EXPECT_FALSE(t.contains(absent)) << absent;
  const Json& c = t["containers"][0];
  EXPECT_EQ(c["name"], "web");
  EXPECT_EQ(c["lastStatus"], "PENDING");
  EXPECT_EQ(c["cpu"], "0");
  EXPECT_EQ(c["networkBindings"], Json::array());
  EXPECT_EQ(c["networkInterfaces"], Json::array());
  EXPECT_EQ(c["managedAgents"], Json::array());
  for (const char* absent : {"exitCode", "reason", "imageDigest", "memory", "runtimeId"})
    EXPECT_FALSE(c.contains(absent)) << absent;
}

TEST_F(Tasks, DescribeShowsWhatTheEngineSays) {
  const std::string id = id_of(run_one());
  change(id, [](runtime::TaskView& v) {
    v.last_status = TaskStatus::kRunning;
    v.connectivity_at = v.started_at = Time(std::chrono::milliseconds(1753000000123));
    v.attachment_status = "ATTACHED";
    auto& network = v.networks.emplace_back();
    network.containers = {"web", "side"};
    network.address = "172.31.0.5";
    network.eni_id = "eni-0123456789abcdef0";
    network.mac = "02:00:00:00:00:05";
    network.private_dns_name = "ip-172-31-0-5.us-east-1.compute.internal";
    v.containers[0].known = runtime::ContainerStatus::kRunning;
    v.containers[0].image_digest = "sha256:abc";
    v.containers[1].known = runtime::ContainerStatus::kStopped;
    v.containers[1].exit_code = 0;
  });
  const Json t = described(id);
  EXPECT_EQ(t["lastStatus"], "RUNNING");
  EXPECT_EQ(t["connectivity"], "CONNECTED");
  EXPECT_NE(t.dump().find("\"startedAt\":1753000000.123"), std::string::npos);
  EXPECT_EQ(t["healthStatus"], "UNKNOWN");
  EXPECT_EQ(t["attachments"][0]["details"][4].dump(),
            R"({"name":"privateIPv4Address","value":"172.31.0.5"})");
  EXPECT_EQ(t["attachments"][0]["details"][1]["name"], "networkInterfaceId");
  const Json& web = t["containers"][0];
  EXPECT_EQ(web["lastStatus"], "RUNNING");
  EXPECT_EQ(web["imageDigest"], "sha256:abc");
  EXPECT_EQ(web["networkInterfaces"][0]["privateIpv4Address"], "172.31.0.5");
  EXPECT_EQ(web["networkInterfaces"][0]["attachmentId"], t["attachments"][0]["id"]);
  EXPECT_EQ(web["runtimeId"].get<std::string>().substr(0, 33), id + "-");
  EXPECT_EQ(t["containers"][1]["exitCode"], 0);
  EXPECT_EQ(t["tags"], Json::array());
}

TEST_F(Tasks, DescribeFindsByIdAndArnAndNamesTheMissing) {
  const Json task = run_one();
  const std::string id = id_of(task);
  auto r = call("DescribeTasks",
                {{"cluster", "c"}, {"tasks", {id, task["taskArn"], "0000", id.substr(0, 8)}}});
  EXPECT_EQ(r.body["tasks"].size(), 2u);
  ASSERT_EQ(r.body["failures"].size(), 2u);
  EXPECT_EQ(r.body["failures"][0].dump(),
            R"({"arn":"arn:aws:ecs:us-east-1:123456789012:task/c/0000","reason":"MISSING"})");
  call("CreateCluster", {{"clusterName", "d"}});
  EXPECT_EQ(call("DescribeTasks", {{"cluster", "d"}, {"tasks", {id}}}).body["failures"].size(), 1u);
  r = call("DescribeTasks", {{"cluster", "nope"}});
  EXPECT_EQ(r.type(), "ClusterNotFoundException");
  r = call("DescribeTasks", {{"cluster", "c"}, {"tasks", Json::array()}});
  EXPECT_EQ(r.message(), "Tasks cannot be empty.");
  EXPECT_EQ(call("DescribeTasks", {{"cluster", "c"}}).message(), "Tasks cannot be empty.");
}

TEST_F(Tasks, WithAStrictNetworkUnknownSubnetsAndGroupsAreRefusedInTheWordsOfAws) {
  control::TasksOptions options;
  options.vpc = {true, {"subnet-1"}, {"sg-1"}};
  restart(options);
  const auto network = [](const std::string& subnet, const std::string& group) {
    return Json{{"networkConfiguration",
                 {{"awsvpcConfiguration", {{"subnets", {subnet}}, {"securityGroups", {group}}}}}}};
  };
  EXPECT_EQ(error_of(network("subnet-9", "sg-1")),
            "Error retrieving subnet information for [subnet-9]: The subnet ID 'subnet-9' does not "
            "exist (ErrorCode: InvalidSubnetID.NotFound)");
  EXPECT_EQ(error_of(network("subnet-1", "sg-9")),
            "Error retrieving security group information for [sg-9]: The security group 'sg-9' "
            "does not exist (ErrorCode: InvalidGroup.NotFound)");
  Json input = run_input();
  input.update(network("subnet-1", "sg-1"));
  EXPECT_EQ(call("RunTask", input).status, 200);
}

TEST_F(Tasks, RunTaskRefusesInTheWordsOfEcs) {
  EXPECT_EQ(
      error_of({{"launchType", "MOON"}}).find("launch type should be one of [EC2,FARGATE,EXTERNAL"),
      0u);
  EXPECT_EQ(
      error_of({{"capacityProviderStrategy", Json::array({{{"capacityProvider", "FARGATE"}}})}})
          .find("Specifying both a launch type"),
      0u);
  EXPECT_EQ(error_of({{"cluster", "nope"}}, "ClusterNotFoundException"), "Cluster not found.");
  EXPECT_EQ(error_of({{"taskDefinition", "nope"}}, "ClientException"), "TaskDefinition not found.");
  EXPECT_EQ(error_of({{"networkConfiguration", nullptr}}),
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  EXPECT_EQ(
      error_of({{"networkConfiguration", {{"awsvpcConfiguration", {{"subnets", Json::array()}}}}}}),
      "subnets can not be empty.");
  EXPECT_EQ(error_of({{"platformVersion", "9"}}, "PlatformUnknownException"),
            "The specified platform version does not exist.");
  EXPECT_EQ(error_of({{"overrides", {{"containerOverrides", Json::array({{{"name", "x"}}})}}}}),
            "Override for container named x is not a container in the TaskDefinition.");
  error_of({{"count", 0}});
  error_of({{"count", 11}});
  error_of({{"propagateTags", "SERVICE"}});
  error_of({{"group", "service:x"}});
  error_of({{"startedBy", "no spaces"}});
  error_of({{"clientToken", std::string(65, 'a')}});
  error_of({{"tags", Json::array({{{"key", "aws:x"}, {"value", ""}}})}});
  error_of({{"tags", Json::array({{{"key", "a"}, {"value", ""}}, {{"key", "a"}, {"value", ""}}})}});
  error_of({{"overrides",
             {{"containerOverrides",
               Json::array({{{"name", "web"}, {"command", {std::string(9000, 'x')}}}})}}}});
  error_of({{"placementConstraints", Json::array({{{"type", "distinctInstance"}}})}},
           "ClientException");
  error_of({{"volumeConfigurations", Json::array({{{"name", "v"}}})}});
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}});
  EXPECT_EQ(error_of({{"taskDefinition", "web:1"}}, "ClientException"),
            "TaskDefinition is inactive");
  EXPECT_TRUE(call("ListTasks", {{"cluster", "c"}}).body["taskArns"].empty());
}

TEST_F(Tasks, LaunchTypeIsResolvedByWhatTheDefinitionCan) {
  Json bridge = {
      {"family", "old"},
      {"containerDefinitions", Json::array({{{"name", "a"}, {"image", "a"}, {"memory", 64}}})}};
  ASSERT_EQ(call("RegisterTaskDefinition", bridge).status, 200);
  auto r = call("RunTask", {{"cluster", "c"}, {"taskDefinition", "old"}});
  ASSERT_EQ(r.status, 200) << r.body.dump();
  EXPECT_EQ(r.body["tasks"][0]["launchType"], "EC2");
  EXPECT_EQ(r.body["tasks"][0]["attachments"], Json::array());
  EXPECT_FALSE(r.body["tasks"][0].contains("platformVersion"));
  EXPECT_EQ(error_of({{"taskDefinition", "old"}}),
            "Task definition does not support launch_type FARGATE.");
  EXPECT_EQ(
      error_of({{"taskDefinition", "old"}, {"launchType", "EC2"}}),
      "Network Configuration is not valid for the given networkMode of this task definition.");
  Json input = run_input();
  input.erase("launchType");
  EXPECT_EQ(call("RunTask", input).body["tasks"][0]["launchType"], "FARGATE");
}

TEST_F(Tasks, OverridesReachTheTaskAndTheEcho) {
  Json input = run_input();
  input["overrides"] = {
      {"cpu", "512"},
      {"memory", "1024"},
      {"containerOverrides",
       Json::array({{{"name", "web"},
                     {"command", {"sh"}},
                     {"environment", Json::array({{{"name", "A"}, {"value", "1"}}})}}})}};
  const Json t = call("RunTask", input).body["tasks"][0];
  EXPECT_EQ(t["cpu"], "512");
  EXPECT_EQ(t["memory"], "1024");
  EXPECT_EQ(t["overrides"]["cpu"], "512");
  EXPECT_EQ(t["overrides"]["containerOverrides"][0]["command"][0], "sh");
  EXPECT_EQ(t["overrides"]["containerOverrides"][1]["name"], "log");
  const auto spec = plane->engine.world().get()->tasks.at(id_of(t))->spec;
  EXPECT_EQ(spec->definition.containers[0].command, std::vector<std::string>{"sh"});
  restart();
  const auto again = plane->engine.world().get()->tasks.at(id_of(t))->spec;
  EXPECT_EQ(again->definition, spec->definition);
  EXPECT_EQ(again->container_ids, spec->container_ids);
  EXPECT_EQ(again->subnet_id, "subnet-1");
  EXPECT_EQ(again->tags, spec->tags);
}

TEST_F(Tasks, CountMakesThatManyTasks) {
  Json input = run_input();
  input["count"] = 3;
  EXPECT_EQ(call("RunTask", input).body["tasks"].size(), 3u);
  EXPECT_EQ(call("ListTasks", {{"cluster", "c"}}).body["taskArns"].size(), 3u);
  const auto cluster = call("DescribeClusters", {{"clusters", {"c"}}}).body["clusters"][0];
  EXPECT_EQ(cluster["pendingTasksCount"], 3);
}

TEST_F(Tasks, TheSameClientTokenGivesTheSameTasksAlsoAfterARestart) {
  Json input = run_input();
  input["clientToken"] = "t-1";
  const Json first = call("RunTask", input).body["tasks"][0];
  restart();
  const Json second = call("RunTask", input).body["tasks"][0];
  EXPECT_EQ(first["taskArn"], second["taskArn"]);
  input["count"] = 2;
  const auto r = call("RunTask", input);
  EXPECT_EQ(r.status, 400);
  EXPECT_EQ(r.type(), "ConflictException");
  EXPECT_EQ(r.body["resourceIds"].dump(), Json::array({first["taskArn"]}).dump());
  EXPECT_EQ(call("ListTasks", {{"cluster", "c"}}).body["taskArns"].size(), 1u);
}

TEST_F(Tasks, StopTaskAnswersAtOnceWithTheReason) {
  const std::string id = id_of(run_one());
  become(id, TaskStatus::kRunning);
  auto r = call("StopTask", {{"cluster", "c"}, {"task", id}});
  EXPECT_EQ(r.body["task"]["desiredStatus"], "STOPPED");
  EXPECT_EQ(r.body["task"]["lastStatus"], "RUNNING");
  EXPECT_EQ(r.body["task"]["stopCode"], "UserInitiated");
  EXPECT_EQ(r.body["task"]["stoppedReason"], "Task stopped by user");
  EXPECT_TRUE(r.body["task"]["stoppingAt"].is_number());
  EXPECT_EQ(call("StopTask", {{"cluster", "c"}, {"task", id}, {"reason", "again"}}).status, 200);
  r = call("StopTask", {{"cluster", "c"}, {"task", "0000"}});
  EXPECT_EQ(r.type(), "InvalidParameterException");
  EXPECT_EQ(r.message(), "The referenced task was not found.");
  EXPECT_EQ(call("StopTask", {{"task", id}}).type(), "ClusterNotFoundException");
}

TEST_F(Tasks, ListTasksFilters) {
  const std::string running = id_of(run_one());
  Json input = run_input();
  input["startedBy"] = "me";
  const std::string stopped = id_of(call("RunTask", input).body["tasks"][0]);
  become(stopped, TaskStatus::kStopped);
  const auto list = [&](const Json& filter) {
    Json in = {{"cluster", "c"}};
    in.update(filter);
    return call("ListTasks", in).body["taskArns"].size();
  };
  EXPECT_EQ(list(Json::object()), 1u);
  EXPECT_EQ(list({{"desiredStatus", "STOPPED"}}), 1u);
  EXPECT_EQ(list({{"desiredStatus", "PENDING"}}), 0u);
  EXPECT_EQ(list({{"desiredStatus", "STOPPED"}, {"startedBy", "me"}}), 1u);
  EXPECT_EQ(list({{"startedBy", "me"}}), 0u);
  EXPECT_EQ(list({{"family", "web"}}), 1u);
  EXPECT_EQ(list({{"family", "we"}}), 0u);
  EXPECT_EQ(list({{"launchType", "EC2"}}), 0u);
  EXPECT_EQ(list({{"containerInstance", "i"}}), 0u);
  EXPECT_EQ(call("ListTasks", {{"cluster", "c"}, {"serviceName", "s"}}).type(),
            "ServiceNotFoundException");
  EXPECT_EQ(call("ListTasks", {{"cluster", "c"}, {"desiredStatus", "ODD"}}).status, 400);
  EXPECT_EQ(call("ListTasks", Json::object()).type(), "ClusterNotFoundException");
}

TEST_F(Tasks, TagsComeWithIncludeAndSurvive) {
  const Json task = run_one();
  call("TagResource",
       {{"resourceArn", task["taskArn"]},
        {"tags", Json::array({{{"key", "b"}, {"value", "2"}}, {{"key", "a"}, {"value", "1"}}})}});
  call("UntagResource", {{"resourceArn", task["taskArn"]}, {"tagKeys", {"b"}}});
  restart();
  EXPECT_EQ(described(id_of(task), true)["tags"].dump(), R"([{"key":"a","value":"1"}])");
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", task["taskArn"]}}).body["tags"].size(),
            1u);
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", "junk"}}).message(),
            "The ARN provided is invalid.");
}

TEST_F(Tasks, StateAndReasonsSurviveARestart) {
  const std::string id = id_of(run_one());
  change(id, [](runtime::TaskView& v) {
    v.last_status = TaskStatus::kStopped;
    v.desired_stopped = true;
    v.stop_code = "EssentialContainerExited";
    v.stopped_reason = "Essential container in task exited";
    v.stopped_at = now();
    v.containers[0].exit_code = 3;
  });
  restart();
  const Json t = described(id);
  EXPECT_EQ(t["lastStatus"], "STOPPED");
  EXPECT_EQ(t["stopCode"], "EssentialContainerExited");
  EXPECT_EQ(t["containers"][0]["exitCode"], 3);
}

TEST_F(Tasks, AStoppedTaskIsForgottenAfterItsTime) {
  const std::string id = id_of(run_one());
  become(id, TaskStatus::kStopped);
  restart({std::chrono::seconds(0), std::chrono::hours(1)});
  // The timer is due at once; this call comes after it in the loop, or sees it done.
  std::size_t left = 1;
  while (left) left = plane->loop.call([&] { return plane->control->tasks.size(); });
  EXPECT_EQ(plane->engine.forgotten, std::vector<std::string>{id});
  EXPECT_EQ(
      call("DescribeTasks", {{"cluster", "c"}, {"tasks", {id}}}).body["failures"][0]["reason"],
      "MISSING");
}

}  // namespace
}  // namespace drydock::api
