#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;

class TaskSets : public testing::ApiTest {
 protected:
  void SetUp() override {
    prepare();
    const auto r = call("CreateService", {{"cluster", "c"},
                                          {"serviceName", "shop"},
                                          {"desiredCount", 2},
                                          {"deploymentController", {{"type", "EXTERNAL"}}}});
    ASSERT_EQ(r.status, 200) << r.body.dump();
    service = r.body["service"];
  }
  static Json named(const Json& more = Json::object()) {
    Json in = {{"cluster", "c"}, {"service", "shop"}};
    in.update(more);
    return in;
  }
  static Json input(const Json& more = Json::object()) {
    Json in = named({{"taskDefinition", "web"},
                     {"launchType", "FARGATE"},
                     {"networkConfiguration", network()}});
    in.update(more);
    return in;
  }
  Json good(const std::string& operation, const Json& in) {
    const auto r = call(operation, in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    rest();
    return r.body;
  }
  Json create(const Json& more = Json::object()) {
    return good("CreateTaskSet", input(more))["taskSet"];
  }
  std::string error(const std::string& operation, const Json& in) {
    const auto r = call(operation, in);
    EXPECT_EQ(r.status, 400) << r.body.dump();
    return r.type() + ": " + r.message();
  }
  void rest() {
    for (int i = 0; i < 12; ++i) plane->loop.call([] { return true; });
  }
  Json shown_service() {
    return good("DescribeServices",
                {{"cluster", "c"}, {"services", {"shop"}}, {"include", {"TAGS"}}})["services"][0];
  }
  Json sets() { return good("DescribeTaskSets", named({{"include", {"TAGS"}}}))["taskSets"]; }
  std::vector<std::string> tasks(const std::string& status = "RUNNING") {
    std::vector<std::string> ids;
    const Json found =
        good("ListTasks", {{"cluster", "c"}, {"serviceName", "shop"}, {"desiredStatus", status}});
    for (const auto& one : found["taskArns"]) {
      const auto arn = one.get<std::string>();
      ids.push_back(arn.substr(arn.rfind('/') + 1));
    }
    return ids;
  }
  void run_all() {
    for (const auto& id : tasks())
      change(id, [](runtime::TaskView& v) {
        v.last_status = TaskStatus::kRunning;
        v.started_at = now() - std::chrono::hours(1);  // long enough to count
      });
    rest();
  }
  void stopped() {
    for (const auto& id : tasks("STOPPED")) become(id, TaskStatus::kStopped);
    rest();
  }
  Json service;
};

TEST_F(TaskSets, AServiceWithoutThemIsEmpty) {
  EXPECT_EQ(service["deployments"], Json::array());
  EXPECT_EQ(service["taskSets"], Json::array());
  EXPECT_EQ(service["deploymentController"], (Json{{"type", "EXTERNAL"}}));
  EXPECT_FALSE(service.contains("taskDefinition"));
  EXPECT_FALSE(service.contains("launchType"));
  EXPECT_EQ(service["desiredCount"], 2);
  EXPECT_EQ(service["availabilityZoneRebalancing"], "ENABLED");
  EXPECT_TRUE(tasks().empty());
}

TEST_F(TaskSets, AreShownWithEveryMember) {
  const Json made = create({{"externalId", "blue"},
                            {"scale", {{"value", 50.0}, {"unit", "PERCENT"}}},
                            {"tags", Json::array({{{"key", "a"}, {"value", "b"}}})}});
  const std::string id = json_string(made, "id");
  EXPECT_EQ(id.size(), 27U);
  EXPECT_TRUE(id.starts_with("ecs-svc/"));
  const Json expected = {
      {"id", id},
      {"taskSetArn", "arn:aws:ecs:us-east-1:123456789012:task-set/c/shop/" + id},
      {"serviceArn", "arn:aws:ecs:us-east-1:123456789012:service/c/shop"},
      {"clusterArn", "arn:aws:ecs:us-east-1:123456789012:cluster/c"},
      {"externalId", "blue"},
      {"status", "ACTIVE"},
      {"taskDefinition", "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"},
      {"computedDesiredCount", 1},
      {"pendingCount", 0},
      {"runningCount", 0},
      {"createdAt", made["createdAt"]},
      {"updatedAt", made["createdAt"]},
      {"launchType", "FARGATE"},
      {"platformVersion", "LATEST"},
      {"platformFamily", "Linux"},
      {"networkConfiguration",
       {{"awsvpcConfiguration",
         {{"subnets", {"subnet-1"}},
          {"securityGroups", Json::array()},
          {"assignPublicIp", "DISABLED"}}}}},
      {"loadBalancers", Json::array()},
      {"serviceRegistries", Json::array()},
      {"scale", {{"value", 50.0}, {"unit", "PERCENT"}}},
      {"stabilityStatus", "STABILIZING"},
      {"stabilityStatusAt", made["createdAt"]},
      {"tags", Json::array({{{"key", "a"}, {"value", "b"}}})}};
  EXPECT_EQ(nlohmann::json::parse(made.dump()), nlohmann::json::parse(expected.dump()));
  ASSERT_EQ(tasks().size(), 1U);
  const Json task = good("DescribeTasks", {{"cluster", "c"}, {"tasks", tasks()}})["tasks"][0];
  EXPECT_EQ(task["startedBy"], id);
  EXPECT_EQ(task["group"], "service:shop");
  run_all();
  EXPECT_EQ(sets()[0]["stabilityStatus"], "STEADY_STATE");
  EXPECT_EQ(sets()[0]["runningCount"], 1);
  EXPECT_EQ(shown_service()["taskSets"], sets());
  EXPECT_EQ(shown_service()["runningCount"], 1);
  EXPECT_FALSE(good("DescribeTaskSets", named())["taskSets"][0].contains("tags"));
}

TEST_F(TaskSets, ScaleWithTheServiceAndByThemselves) {
  const std::string id = json_string(create(), "id");
  EXPECT_EQ(tasks().size(), 2U) << "100 percent when nothing is said";
  run_all();
  good("UpdateService", named({{"desiredCount", 3}}));
  EXPECT_EQ(sets()[0]["stabilityStatus"], "STABILIZING");
  EXPECT_EQ(sets()[0]["computedDesiredCount"], 3);
  run_all();
  EXPECT_EQ(tasks().size(), 3U);
  const Json scaled = good(
      "UpdateTaskSet", named({{"taskSet", id}, {"scale", {{"value", 34}, {"unit", "PERCENT"}}}}));
  EXPECT_EQ(scaled["taskSet"]["computedDesiredCount"], 2);
  EXPECT_EQ(scaled["taskSet"]["stabilityStatus"], "STABILIZING");
  EXPECT_EQ(tasks().size(), 2U);
  stopped();
  EXPECT_EQ(sets()[0]["stabilityStatus"], "STEADY_STATE");
}

TEST_F(TaskSets, ThePrimaryOneShowsInTheService) {
  const Json blue = create();
  const Json green = create({{"capacityProviderStrategy", Json::array()}});
  good("UpdateServicePrimaryTaskSet", named({{"primaryTaskSet", blue["taskSetArn"]}}));
  Json s = shown_service();
  EXPECT_EQ(s["taskDefinition"], blue["taskDefinition"]);
  EXPECT_EQ(s["launchType"], "FARGATE");
  EXPECT_EQ(s["networkConfiguration"], blue["networkConfiguration"]);
  call("RegisterTaskDefinition", fargate("other"));
  const Json other = create({{"taskDefinition", "other"}});
  const Json answer =
      good("UpdateServicePrimaryTaskSet", named({{"primaryTaskSet", other["id"]}}))["taskSet"];
  EXPECT_EQ(answer["status"], "PRIMARY");
  EXPECT_EQ(shown_service()["taskDefinition"], other["taskDefinition"]);
  std::vector<std::string> statuses;
  for (const auto& one : sets()) statuses.push_back(json_string(one, "status"));
  EXPECT_EQ(statuses, (std::vector<std::string>{"ACTIVE", "ACTIVE", "PRIMARY"}));
}

TEST_F(TaskSets, AreDeletedWithTheirTasks) {
  const std::string id = json_string(create(), "id");
  run_all();
  EXPECT_TRUE(error("DeleteTaskSet", named({{"taskSet", id}}))
                  .starts_with("InvalidParameterException: The task set cannot be deleted while it "
                               "is scaled above 0."));
  const Json gone = good("DeleteTaskSet", named({{"taskSet", id}, {"force", true}}))["taskSet"];
  EXPECT_EQ(gone["status"], "DRAINING");
  EXPECT_EQ(gone["computedDesiredCount"], 0);
  EXPECT_TRUE(tasks().empty());
  EXPECT_EQ(sets().size(), 1U) << "until its tasks are gone";
  EXPECT_EQ(error("UpdateTaskSet", named({{"taskSet", id}, {"scale", {{"value", 1}}}})),
            "InvalidParameterException: The task set is DRAINING: it is being deleted.");
  stopped();
  EXPECT_EQ(sets(), Json::array());
  EXPECT_EQ(error("DeleteTaskSet", named({{"taskSet", id}})),
            "TaskSetNotFoundException: The specified task set does not exist.");
  const Json missing = good("DescribeTaskSets", named({{"taskSets", {id}}}));
  EXPECT_EQ(missing["failures"], Json::array({{{"arn", id}, {"reason", "MISSING"}}}));
}

TEST_F(TaskSets, SurviveARestart) {
  const Json made = create({{"tags", Json::array({{{"key", "a"}, {"value", "b"}}})},
                            {"clientToken", "once"},
                            {"externalId", "x"}});
  run_all();
  good("UpdateServicePrimaryTaskSet", named({{"primaryTaskSet", made["id"]}}));
  const Json before = sets();
  restart();
  rest();
  EXPECT_EQ(sets(), before);
  EXPECT_EQ(tasks().size(), 2U);
  EXPECT_EQ(shown_service()["taskDefinition"], made["taskDefinition"]);
  EXPECT_EQ(create({{"tags", Json::array({{{"key", "a"}, {"value", "b"}}})},
                    {"clientToken", "once"},
                    {"externalId", "x"}})["id"],
            made["id"])
      << "the token is remembered";
  EXPECT_EQ(error("CreateTaskSet", input({{"clientToken", "once"}})),
            "InvalidParameterException: Creation of task set was not idempotent.");
}

TEST_F(TaskSets, HaveTags) {
  const Json arn = create()["taskSetArn"];
  good("TagResource",
       {{"resourceArn", arn}, {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}});
  EXPECT_EQ(sets()[0]["tags"], Json::array({{{"key", "k"}, {"value", "v"}}}));
  good("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"k"}}});
  EXPECT_EQ(good("ListTagsForResource", {{"resourceArn", arn}})["tags"], Json::array());
  EXPECT_EQ(error("ListTagsForResource", {{"resourceArn", arn.get<std::string>() + "1"}}),
            "TaskSetNotFoundException: The specified task set does not exist.");
}

TEST_F(TaskSets, TheServiceGoesAfterThem) {
  const std::string id = json_string(create(), "id");
  run_all();
  good("UpdateService", named({{"desiredCount", 0}}));
  stopped();
  EXPECT_EQ(error("DeleteService", named()),
            "InvalidParameterException: The service cannot be stopped while deployments are "
            "active.");
  good("DeleteTaskSet", named({{"taskSet", id}}));
  EXPECT_EQ(good("DeleteService", named())["service"]["status"], "DRAINING");
  rest();
  EXPECT_EQ(shown_service()["status"], "INACTIVE");
  EXPECT_EQ(error("DescribeTaskSets", named()),
            "ServiceNotActiveException: Service was not ACTIVE.");
}

TEST_F(TaskSets, AForcedDeletionTakesThemWithIt) {
  create();
  run_all();
  good("DeleteService", named({{"force", true}}));
  EXPECT_TRUE(tasks().empty());
  stopped();
  EXPECT_EQ(shown_service()["status"], "INACTIVE");
}

TEST_F(TaskSets, WhatIsRefused) {
  EXPECT_EQ(error("CreateTaskSet", input({{"service", "none"}})),
            "ServiceNotFoundException: Service not found.");
  EXPECT_EQ(error("CreateTaskSet", input({{"cluster", "none"}})),
            "ClusterNotFoundException: Cluster not found.");
  EXPECT_EQ(
      error("CreateTaskSet", input({{"scale", {{"value", 101}}}})),
      "InvalidParameterException: The scale of a task set must be between 0 and 100 percent.");
  EXPECT_EQ(error("CreateTaskSet", input({{"scale", {{"value", 1}, {"unit", "TASKS"}}}})),
            "InvalidParameterException: Scale unit should be one of [PERCENT]");
  EXPECT_EQ(error("CreateTaskSet", input({{"networkConfiguration", Json()}})),
            "InvalidParameterException: Network Configuration must be provided when networkMode "
            "'awsvpc' is specified.");
  EXPECT_EQ(error("CreateTaskSet", input({{"clientToken", std::string(37, 'x')}})),
            "InvalidParameterException: idempotency token longer than 36.");
  EXPECT_EQ(error("DescribeTaskSets", named({{"include", {"ALL"}}})),
            "InvalidParameterException: include should be one of [TAGS]");
  EXPECT_TRUE(sets().empty());

  Json ordinary = input({{"serviceName", "plain"}, {"desiredCount", 0}});
  ordinary.erase("service");
  good("CreateService", ordinary);
  EXPECT_EQ(error("CreateTaskSet", input({{"service", "plain"}})),
            "InvalidParameterException: The deployment controller of service plain is ECS: only "
            "services that were created with EXTERNAL have task sets.");
  EXPECT_EQ(good("DescribeTaskSets", {{"cluster", "c"}, {"service", "plain"}})["taskSets"],
            Json::array());
  EXPECT_TRUE(error("UpdateService", {{"cluster", "c"},
                                      {"service", "plain"},
                                      {"deploymentController", {{"type", "EXTERNAL"}}}})
                  .starts_with("UnsupportedFeatureException: "));
}

TEST_F(TaskSets, WhatAnExternalServiceDoesNotTake) {
  Json in = {
      {"cluster", "c"}, {"serviceName", "other"}, {"deploymentController", {{"type", "EXTERNAL"}}}};
  const auto with = [&](const Json& more) {
    Json one = in;
    one.update(more);
    return one;
  };
  EXPECT_EQ(error("CreateService", with({{"taskDefinition", "web"}})),
            "InvalidParameterException: TaskDefinition must be blank");
  EXPECT_EQ(error("CreateService", with({{"networkConfiguration", network()}})),
            "InvalidParameterException: NetworkConfiguration must be blank");
  EXPECT_EQ(error("CreateService", with({{"schedulingStrategy", "DAEMON"}})),
            "InvalidParameterException: The daemon scheduling strategy does not support the "
            "EXTERNAL deployment controller.");
  EXPECT_TRUE(error("CreateService", with({{"deploymentController", {{"type", "CODE_DEPLOY"}}}}))
                  .starts_with("UnsupportedFeatureException: "));
  EXPECT_EQ(good("CreateService", in)["service"]["desiredCount"], 0);
  for (const Json& more :
       {Json{{"taskDefinition", "web"}}, Json{{"forceNewDeployment", true}},
        Json{{"networkConfiguration", network()}}, Json{{"platformVersion", "1.4.0"}}})
    EXPECT_TRUE(error("UpdateService", named(more))
                    .starts_with("InvalidParameterException: Unable to update "))
        << more.dump();
  // Empty lists, as Terraform sends them, are nothing.
  const Json lists = {{"loadBalancers", Json::array({{{"targetGroupArn", "arn:tg"},
                                                      {"containerName", "web"},
                                                      {"containerPort", 80}}})}};
  good("UpdateServicePrimaryTaskSet", named({{"primaryTaskSet", create(lists)["id"]}}));
  const Json balanced = good("UpdateService", named({{"loadBalancers", Json::array()},
                                                     {"capacityProviderStrategy", Json::array()},
                                                     {"taskDefinition", ""}}))["service"];
  EXPECT_EQ(balanced["loadBalancers"], lists["loadBalancers"]);
  const Json kept = good("UpdateService", named({{"healthCheckGracePeriodSeconds", 9},
                                                 {"forceNewDeployment", false},
                                                 {"enableExecuteCommand", true}}))["service"];
  EXPECT_EQ(kept["healthCheckGracePeriodSeconds"], 9);
  EXPECT_EQ(kept["deployments"], Json::array());
}

TEST_F(TaskSets, NamespacesAndHooksOfServices) {
  EXPECT_EQ(error("ListServicesByNamespace", {{"namespace", "shop"}}),
            "NamespaceNotFoundException: No cluster and no service names the namespace shop.");
  call("UpdateCluster", {{"cluster", "c"}, {"serviceConnectDefaults", {{"namespace", "shop"}}}});
  EXPECT_EQ(good("ListServicesByNamespace", {{"namespace", "shop"}})["serviceArns"], Json::array());
  const auto connected = [&](const std::string& name, const Json& connect) {
    Json in = input(
        {{"serviceName", name}, {"desiredCount", 0}, {"serviceConnectConfiguration", connect}});
    in.erase("service");
    return good("CreateService", in)["service"]["serviceArn"];
  };
  const Json by_default = connected("a", {{"enabled", true}});
  const Json other = connected("b", {{"enabled", true}, {"namespace", "other"}});
  connected("d", {{"enabled", false}, {"namespace", "other"}});
  EXPECT_EQ(good("ListServicesByNamespace", {{"namespace", "shop"}})["serviceArns"],
            Json::array({by_default}));
  EXPECT_EQ(good("ListServicesByNamespace", {{"namespace", "other"}})["serviceArns"],
            Json::array({other}));
  EXPECT_EQ(error("ContinueServiceDeployment", {{"serviceDeploymentArn", "x"}, {"hookId", "h"}}),
            "ServiceDeploymentNotFoundException: Service deployment not found.");
}

}  // namespace
}  // namespace drydock::api
