#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;

class Services : public testing::ApiTest {
 protected:
  void SetUp() override { prepare(); }

  static Json input(const std::string& name = "shop") {
    return {{"cluster", "c"},    {"serviceName", name},     {"taskDefinition", "web"},
            {"desiredCount", 2}, {"launchType", "FARGATE"}, {"networkConfiguration", network()}};
  }
  Json create(const Json& more = Json::object()) {
    Json in = input();
    in.update(more);
    const auto r = call("CreateService", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    rest();
    return r.body["service"];
  }
  Json update(const Json& more) {
    Json in = {{"cluster", "c"}, {"service", "shop"}};
    in.update(more);
    const auto r = call("UpdateService", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    rest();
    return r.body["service"];
  }
  std::string error(const std::string& operation, const Json& in) {
    const auto r = call(operation, in);
    EXPECT_EQ(r.status, 400) << r.body.dump();
    return r.type() + ": " + r.message();
  }
  std::string create_error(const Json& more) {
    Json in = input("other");
    for (const auto& [key, value] : more.items())
      if (value.is_null())
        in.erase(key);
      else
        in[key] = value;
    return error("CreateService", in);
  }
  // What was posted meanwhile is done.
  void rest() {
    for (int i = 0; i < 8; ++i) plane->loop.call([] { return true; });
  }
  Json shown(const Json& more = Json::object()) {
    Json in = {{"cluster", "c"}, {"services", {"shop"}}};
    in.update(more);
    const auto r = call("DescribeServices", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body["services"][0];
  }
  std::vector<std::string> tasks(const std::string& status = "RUNNING") {
    const auto r =
        call("ListTasks", {{"cluster", "c"}, {"serviceName", "shop"}, {"desiredStatus", status}});
    EXPECT_EQ(r.status, 200) << r.body.dump();
    std::vector<std::string> ids;
    for (const auto& one : r.body["taskArns"]) {
      const auto arn = one.get<std::string>();
      ids.push_back(arn.substr(arn.rfind('/') + 1));
    }
    return ids;
  }
  void run(const std::string& id) {
    change(id, [](runtime::TaskView& v) {
      v.last_status = TaskStatus::kRunning;
      v.started_at = now() - std::chrono::hours(1);  // long enough to count
    });
    rest();
  }
  void run_all() {
    for (const auto& id : tasks()) run(id);
  }
  // What was told to stop has stopped.
  void stopped() {
    for (const auto& id : tasks("STOPPED")) become(id, TaskStatus::kStopped);
    rest();
  }
  void fail_to_start(const std::string& id) {
    change(id, [](runtime::TaskView& v) {
      v.last_status = TaskStatus::kStopped;
      v.desired_stopped = true;
      v.stop_code = "TaskFailedToStart";
      v.stopped_at = now();
    });
    rest();
  }
  std::string newest_event() { return json_string(shown()["events"][0], "message"); }
};

TEST_F(Services, AreShownWithEveryMember) {
  const Json made = create();
  EXPECT_EQ(made["serviceArn"], "arn:aws:ecs:us-east-1:123456789012:service/c/shop");
  EXPECT_EQ(made["status"], "ACTIVE");
  EXPECT_EQ(made["desiredCount"], 2);
  EXPECT_EQ(made["runningCount"], 0);
  EXPECT_EQ(made["pendingCount"], 0);
  EXPECT_EQ(made["platformVersion"], "LATEST");
  EXPECT_EQ(made["platformFamily"], "Linux");
  EXPECT_EQ(made["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  EXPECT_EQ(made["deploymentConfiguration"],
            (Json{{"deploymentCircuitBreaker", {{"enable", false}, {"rollback", false}}},
                  {"maximumPercent", 200},
                  {"minimumHealthyPercent", 100},
                  {"strategy", "ROLLING"}}));
  EXPECT_EQ(made["availabilityZoneRebalancing"], "ENABLED");
  EXPECT_EQ(made["networkConfiguration"]["awsvpcConfiguration"],
            (Json{{"subnets", {"subnet-1"}},
                  {"securityGroups", Json::array()},
                  {"assignPublicIp", "DISABLED"}}));
  EXPECT_TRUE(made["createdAt"].is_number());
  EXPECT_EQ(made["events"], Json::array());
  const Json& d = made["deployments"][0];
  EXPECT_TRUE(json_string(d, "id").starts_with("ecs-svc/"));
  EXPECT_EQ(json_string(d, "id").size(), 27U);
  EXPECT_EQ(d["status"], "PRIMARY");
  EXPECT_EQ(d["platformVersion"], "1.4.0");
  EXPECT_EQ(d["rolloutState"], "IN_PROGRESS");
  EXPECT_EQ(d["rolloutStateReason"], "ECS deployment " + json_string(d, "id") + " in progress.");
  EXPECT_EQ(shown()["pendingCount"], 2);
}

TEST_F(Services, TheirTasksAreThoseOfRunTaskWithTheirNames) {
  const Json made = create({{"tags", Json::array({{{"key", "team"}, {"value", "a"}}})},
                            {"propagateTags", "SERVICE"},
                            {"enableECSManagedTags", true}});
  ASSERT_EQ(tasks().size(), 2U);
  const auto r =
      call("DescribeTasks", {{"cluster", "c"}, {"tasks", tasks()}, {"include", {"TAGS"}}});
  const Json& task = r.body["tasks"][0];
  EXPECT_EQ(task["group"], "service:shop");
  EXPECT_EQ(task["startedBy"], made["deployments"][0]["id"]);
  EXPECT_EQ(task["tags"], Json::array({{{"key", "aws:ecs:clusterName"}, {"value", "c"}},
                                       {{"key", "aws:ecs:serviceName"}, {"value", "shop"}},
                                       {{"key", "team"}, {"value", "a"}}}));
  EXPECT_EQ(call("ListTasks", {{"cluster", "c"}, {"serviceName", "none"}}).type(),
            "ServiceNotFoundException");
}

TEST_F(Services, ReachASteadyStateAndReplaceWhatEnds) {
  create();
  run_all();
  Json now_shown = shown();
  EXPECT_EQ(now_shown["runningCount"], 2);
  EXPECT_EQ(now_shown["pendingCount"], 0);
  EXPECT_EQ(now_shown["deployments"][0]["rolloutState"], "COMPLETED");
  EXPECT_EQ(newest_event(), "(service shop) has reached a steady state.");
  for (const auto& event : now_shown["events"]) EXPECT_EQ(json_string(event, "id").size(), 36U);
  const auto first = tasks();
  call("StopTask", {{"cluster", "c"}, {"task", first[0]}});
  rest();
  EXPECT_EQ(tasks().size(), 2U) << "another one begins at once";
  run_all();
  stopped();
  EXPECT_EQ(newest_event(), "(service shop) has reached a steady state.");
}

TEST_F(Services, ScaleInStopsWithTheSchedulersReason) {
  create();
  run_all();
  const Json after = update({{"desiredCount", 1}});
  EXPECT_EQ(after["desiredCount"], 1);
  EXPECT_EQ(after["deployments"].size(), 1U);
  ASSERT_EQ(tasks("STOPPED").size(), 1U);
  const auto r = call("DescribeTasks", {{"cluster", "c"}, {"tasks", tasks("STOPPED")}});
  EXPECT_EQ(r.body["tasks"][0]["stopCode"], "ServiceSchedulerInitiated");
  EXPECT_EQ(r.body["tasks"][0]["stoppedReason"], "Scaling activity initiated by (deployment " +
                                                     json_string(after["deployments"][0], "id") +
                                                     ")");
}

TEST_F(Services, AnUpdateWithAnotherDefinitionRollsOver) {
  create();
  run_all();
  call("RegisterTaskDefinition", fargate("web"));
  Json after = update({{"taskDefinition", "web"}});
  EXPECT_EQ(after["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2");
  ASSERT_EQ(after["deployments"].size(), 2U);
  EXPECT_EQ(after["deployments"][0]["status"], "PRIMARY");
  EXPECT_EQ(after["deployments"][1]["status"], "ACTIVE");
  EXPECT_EQ(tasks().size(), 4U);
  run_all();
  stopped();
  after = shown();
  EXPECT_EQ(after["deployments"].size(), 1U);
  EXPECT_EQ(after["deployments"][0]["rolloutState"], "COMPLETED");
  EXPECT_EQ(after["runningCount"], 2);
  const std::string same = json_string(after["deployments"][0], "id");
  EXPECT_EQ(
      update({{"taskDefinition", "web:2"}, {"enableExecuteCommand", true}})["deployments"][0]["id"],
      same)
      << "nothing that takes a deployment";
  EXPECT_NE(update({{"forceNewDeployment", true}})["deployments"][0]["id"], same);
}

TEST_F(Services, ADeregisteredDefinitionServesItsDeploymentsOn) {
  create();
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}});
  call("DeleteTaskDefinitions", {{"taskDefinitions", {"web:1"}}});
  update({{"desiredCount", 3}});
  EXPECT_EQ(tasks().size(), 3U);
  update({{"forceNewDeployment", true}});
  EXPECT_EQ(shown()["deployments"].size(), 2U);
  EXPECT_EQ(create_error({}), "ClientException: TaskDefinition not found.");
}

TEST_F(Services, TheCircuitBreakerRollsBackAndTellsIt) {
  create({{"deploymentConfiguration",
           {{"deploymentCircuitBreaker", {{"enable", true}, {"rollback", true}}}}}});
  run_all();
  const auto old = tasks();
  call("RegisterTaskDefinition", fargate("web"));
  update({{"taskDefinition", "web:2"}, {"desiredCount", 4}});
  std::vector<std::string> fresh;
  for (const auto& id : tasks())
    if (std::find(old.begin(), old.end(), id) == old.end()) fresh.push_back(id);
  ASSERT_GE(fresh.size(), 3U);
  for (const auto& id : fresh) fail_to_start(id);
  const Json after = shown();
  EXPECT_EQ(after["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  EXPECT_EQ(json_string(after["deployments"][0], "rolloutStateReason").substr(0, 67),
            "ECS deployment circuit breaker: rolling back to deploymentId ecs-sv");
  const auto list = call("ListServiceDeployments", {{"cluster", "c"}, {"service", "shop"}}).body;
  ASSERT_EQ(list["serviceDeployments"].size(), 2U);
  EXPECT_EQ(list["serviceDeployments"][0]["status"], "ROLLBACK_IN_PROGRESS");
  EXPECT_EQ(list["serviceDeployments"][1]["status"], "SUCCESSFUL");
  const auto told = call("DescribeServiceDeployments",
                         {{"serviceDeploymentArns",
                           {list["serviceDeployments"][0]["serviceDeploymentArn"], "arn:x"}}})
                        .body;
  const Json& one = told["serviceDeployments"][0];
  EXPECT_EQ(one["deploymentCircuitBreaker"]["status"], "TRIGGERED");
  EXPECT_EQ(one["deploymentCircuitBreaker"]["failureCount"], 3);
  EXPECT_TRUE(one.contains("rollback"));
  EXPECT_EQ(told["failures"], Json::array({{{"arn", "arn:x"}, {"reason", "MISSING"}}}));
  const auto revisions = call("DescribeServiceRevisions",
                              {{"serviceRevisionArns", {one["targetServiceRevision"]["arn"]}}})
                             .body["serviceRevisions"];
  EXPECT_EQ(revisions[0]["taskDefinition"],
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2");
  EXPECT_EQ(revisions[0]["containerImages"][0],
            (Json{{"containerName", "web"}, {"image", "web:latest"}}));
}

TEST_F(Services, ADeploymentCanBeStopped) {
  create();
  run_all();
  call("RegisterTaskDefinition", fargate("web"));
  update({{"taskDefinition", "web:2"}});
  const std::string arn = json_string(shown(), "currentServiceDeployment");
  EXPECT_EQ(call("StopServiceDeployment", {{"serviceDeploymentArn", arn}}).body,
            (Json{{"serviceDeploymentArn", arn}}));
  rest();
  EXPECT_EQ(shown()["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  EXPECT_EQ(call("StopServiceDeployment", {{"serviceDeploymentArn", arn}}).type(),
            "ConflictException");
  EXPECT_EQ(call("StopServiceDeployment", {{"serviceDeploymentArn", "x"}}).type(),
            "ServiceDeploymentNotFoundException");
  stopped();
  run_all();
  stopped();
  EXPECT_EQ(call("ListServiceDeployments", {{"cluster", "c"}, {"service", "shop"}})
                .body["serviceDeployments"][0]["status"],
            "ROLLBACK_SUCCESSFUL");
}

TEST_F(Services, AreDeletedWhenTheirTasksAreGone) {
  create();
  run_all();
  EXPECT_EQ(error("DeleteService", {{"cluster", "c"}, {"service", "shop"}}),
            "InvalidParameterException: The service cannot be stopped while it is scaled above 0.");
  EXPECT_EQ(error("DeleteCluster", {{"cluster", "c"}}),
            "ClusterContainsServicesException: The Cluster cannot be deleted while Services are "
            "active.");
  auto r = call("DeleteService", {{"cluster", "c"}, {"service", "shop"}, {"force", true}});
  EXPECT_EQ(r.body["service"]["status"], "DRAINING");
  rest();
  EXPECT_EQ(error("CreateService", input()),
            "InvalidParameterException: Unable to Start a service that is still Draining.");
  EXPECT_EQ(error("UpdateService", {{"cluster", "c"}, {"service", "shop"}, {"desiredCount", 1}}),
            "ServiceNotActiveException: Service was not ACTIVE.");
  stopped();
  EXPECT_EQ(shown()["status"], "INACTIVE");
  EXPECT_EQ(call("ListServices", {{"cluster", "c"}}).body["serviceArns"], Json::array());
  EXPECT_EQ(call("DeleteService", {{"cluster", "c"}, {"service", "shop"}}).status, 200);
  create();
  EXPECT_EQ(shown()["status"], "ACTIVE") << "the name is free again";
}

TEST_F(Services, CreationIsIdempotentByItsToken) {
  const Json token = {{"clientToken", "once"}};
  const Json made = create(token);
  EXPECT_EQ(create(token)["createdAt"], made["createdAt"]);
  EXPECT_EQ(error("CreateService", input()),
            "InvalidParameterException: Creation of service was not idempotent.");
  Json other = input();
  other["clientToken"] = "once";
  other["desiredCount"] = 5;
  EXPECT_EQ(error("CreateService", other),
            "InvalidParameterException: Creation of service was not idempotent.");
}

TEST_F(Services, WrongInputIsRefusedInEcssWords) {
  const std::string invalid = "InvalidParameterException: ";
  EXPECT_EQ(create_error({{"desiredCount", nullptr}}), invalid + "DesiredCount is missing");
  EXPECT_EQ(create_error({{"desiredCount", -1}}),
            invalid + "DesiredCount can not be lesser than 0");
  EXPECT_EQ(create_error({{"schedulingStrategy", "BATCH"}}),
            invalid + "Scheduling strategy should be one of [REPLICA,DAEMON]");
  EXPECT_EQ(create_error({{"schedulingStrategy", "DAEMON"}}),
            invalid +
                "The daemon scheduling strategy does not support a desired count for "
                "services. Remove the desired count value and try again");
  EXPECT_EQ(create_error({{"schedulingStrategy", "DAEMON"}, {"desiredCount", nullptr}}),
            invalid +
                "The daemon scheduling strategy does not support the FARGATE launch type. "
                "Change the launch type and try again");
  const std::string controller =
      create_error({{"deploymentController", {{"type", "CODE_DEPLOY"}}}});
  EXPECT_EQ(controller.substr(0, 27), "UnsupportedFeatureException");
  EXPECT_NE(controller.find("CODE_DEPLOY"), std::string::npos);
  EXPECT_EQ(create_error({{"deploymentConfiguration", {{"strategy", "BLUE_GREEN"}}}}).substr(0, 27),
            "UnsupportedFeatureException");
  EXPECT_EQ(create_error({{"deploymentConfiguration", {{"minimumHealthyPercent", 101}}}}),
            invalid + "minimumHealthyPercent must be at most 100");
  EXPECT_EQ(create_error({{"clientToken", std::string(37, 'x')}}),
            invalid + "idempotency token longer than 36.");
  EXPECT_EQ(create_error({{"serviceName", "a b"}}).substr(0, 25), "InvalidParameterException");
  EXPECT_EQ(
      create_error({{"networkConfiguration", nullptr}}),
      invalid + "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  EXPECT_EQ(create_error({{"loadBalancers", Json::array({{{"targetGroupArn", "arn:tg"},
                                                          {"containerName", "no"},
                                                          {"containerPort", 80}}})}}),
            invalid + "The container no does not exist in the task definition.");
  EXPECT_EQ(create_error({{"loadBalancers", Json::array({{{"targetGroupArn", "arn:tg"},
                                                          {"containerName", "web"},
                                                          {"containerPort", 81}}})}}),
            invalid + "The container web did not have a container port 81 defined.");
  EXPECT_EQ(create_error({{"cluster", "none"}}), "ClusterNotFoundException: Cluster not found.");
  EXPECT_EQ(error("UpdateService", {{"cluster", "c"}, {"service", "none"}}),
            "ServiceNotFoundException: Service not found.");
  create();
  EXPECT_EQ(error("UpdateService", {{"cluster", "c"}, {"service", "shop"}, {"desiredCount", -1}}),
            invalid + "Task count can not be lesser than 0");
  EXPECT_EQ(error("DescribeServices", {{"cluster", "c"}, {"services", {"a"}}, {"include", {"X"}}}),
            invalid + "include should be one of [TAGS]");
  EXPECT_EQ(error("DescribeServices",
                  {{"cluster", "c"},
                   {"services", {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}}}),
            invalid + "Services can have at most 10 items.");
}

TEST_F(Services, AreFoundByNameAndArnOnce) {
  const std::string arn = json_string(create(), "serviceArn");
  const auto r = call("DescribeServices", {{"cluster", "c"}, {"services", {"shop", arn, "none"}}});
  EXPECT_EQ(r.body["services"].size(), 1U);
  EXPECT_EQ(r.body["failures"],
            Json::array({{{"arn", "arn:aws:ecs:us-east-1:123456789012:service/c/none"},
                          {"reason", "MISSING"}}}));
}

TEST_F(Services, AreListedTenAPage) {
  for (int i = 10; i < 22; ++i) {
    Json in = input("s" + std::to_string(i));
    in["desiredCount"] = 0;
    ASSERT_EQ(call("CreateService", in).status, 200);
  }
  const auto first = call("ListServices", {{"cluster", "c"}}).body;
  EXPECT_EQ(first["serviceArns"].size(), 10U);
  const auto second =
      call("ListServices", {{"cluster", "c"}, {"nextToken", first["nextToken"]}}).body;
  EXPECT_EQ(second["serviceArns"].size(), 2U);
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(Services, CountInTheirCluster) {
  create();
  const auto r = call("DescribeClusters", {{"clusters", {"c"}}, {"include", {"STATISTICS"}}});
  const Json& cluster = r.body["clusters"][0];
  EXPECT_EQ(cluster["activeServicesCount"], 1);
  std::map<std::string, std::string> statistics;
  for (const auto& one : cluster["statistics"])
    statistics[json_string(one, "name")] = json_string(one, "value");
  EXPECT_EQ(statistics["activeFargateServiceCount"], "1");
  EXPECT_EQ(statistics["drainingFargateServiceCount"], "0");
}

TEST_F(Services, HaveTags) {
  const std::string arn = json_string(create(), "serviceArn");
  EXPECT_EQ(call("TagResource",
                 {{"resourceArn", arn}, {"tags", Json::array({{{"key", "a"}, {"value", "1"}}})}})
                .status,
            200);
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", arn}}).body["tags"],
            Json::array({{{"key", "a"}, {"value", "1"}}}));
  EXPECT_FALSE(shown().contains("tags"));
  EXPECT_EQ(shown({{"include", {"TAGS"}}})["tags"].size(), 1U);
  call("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"a"}}});
  EXPECT_EQ(shown({{"include", {"TAGS"}}})["tags"], Json::array());
}

TEST_F(Services, OutliveTheDaemonAndStartWhatIsMissing) {
  create();
  run_all();
  const auto before = tasks();
  const Json was = shown();
  ASSERT_TRUE(plane->store->committed().get());
  restart();
  rest();
  EXPECT_EQ(tasks(), before);
  EXPECT_EQ(shown()["events"], was["events"]);
  EXPECT_EQ(shown()["deployments"][0]["id"], was["deployments"][0]["id"]);
  become(before[0], TaskStatus::kStopped);
  rest();
  EXPECT_EQ(tasks().size(), 2U);
}

TEST_F(Services, WhatEndedWhileTheDaemonWasAwayIsReplaced) {
  create();
  run_all();
  const auto before = tasks();
  ASSERT_TRUE(plane->store->committed().get());
  const auto views = plane->store->load_all("view");
  ASSERT_TRUE(views);
  for (const auto& [id, text] : *views) {
    if (id != before[0]) continue;
    Json view = Json::parse(text);
    view["lastStatus"] = "STOPPED";
    view["desiredStopped"] = true;
    plane->store->put("view", id, view.dump());
  }
  restart();
  rest();
  const auto after = tasks();
  EXPECT_EQ(after.size(), 2U);
  EXPECT_EQ(std::count(after.begin(), after.end(), before[0]), 0);
}

TEST_F(Services, ProtectedTasksAreNotScaledIn) {
  create();
  run_all();
  const auto two = tasks();
  const auto r =
      call("UpdateTaskProtection", {{"cluster", "c"}, {"tasks", two}, {"protectionEnabled", true}});
  EXPECT_EQ(r.body["protectedTasks"].size(), 2U);
  update({{"desiredCount", 0}});
  EXPECT_EQ(tasks().size(), 2U);
  call("UpdateTaskProtection",
       {{"cluster", "c"}, {"tasks", {two[1]}}, {"protectionEnabled", false}});
  rest();
  EXPECT_EQ(tasks(), std::vector<std::string>{two[0]});
}

TEST_F(Services, AStrategyKeepsItsRatio) {
  call("PutClusterCapacityProviders", {{"cluster", "c"},
                                       {"capacityProviders", {"FARGATE", "FARGATE_SPOT"}},
                                       {"defaultCapacityProviderStrategy", Json::array()}});
  Json in = input();
  in.erase("launchType");
  in["desiredCount"] = 7;
  in["capacityProviderStrategy"] =
      Json::array({{{"capacityProvider", "FARGATE"}, {"base", 1}, {"weight", 1}},
                   {{"capacityProvider", "FARGATE_SPOT"}, {"weight", 2}}});
  const auto made = call("CreateService", in);
  ASSERT_EQ(made.status, 200) << made.body.dump();
  EXPECT_FALSE(made.body["service"].contains("launchType"));
  rest();
  std::map<std::string, int> providers;
  const Json all = call("DescribeTasks", {{"cluster", "c"}, {"tasks", tasks()}}).body["tasks"];
  for (const auto& task : all) ++providers[json_string(task, "capacityProviderName")];
  EXPECT_EQ(providers, (std::map<std::string, int>{{"FARGATE", 3}, {"FARGATE_SPOT", 4}}));
}

TEST_F(Services, ADaemonHasOneTaskOnThisMachine) {
  call("RegisterTaskDefinition",
       {{"family", "agent"},
        {"containerDefinitions", Json::array({{{"name", "a"}, {"image", "a"}, {"memory", 64}}})}});
  const auto made = call("CreateService", {{"cluster", "c"},
                                           {"serviceName", "shop"},
                                           {"taskDefinition", "agent"},
                                           {"schedulingStrategy", "DAEMON"}});
  ASSERT_EQ(made.status, 200) << made.body.dump();
  const Json& s = made.body["service"];
  EXPECT_EQ(s["desiredCount"], 1);
  EXPECT_EQ(s["launchType"], "EC2");
  EXPECT_EQ(s["schedulingStrategy"], "DAEMON");
  EXPECT_EQ(s["deploymentConfiguration"]["maximumPercent"], 100);
  EXPECT_EQ(s["deploymentConfiguration"]["minimumHealthyPercent"], 0);
  EXPECT_EQ(s["availabilityZoneRebalancing"], "DISABLED");
  rest();
  EXPECT_EQ(tasks().size(), 1U);
  EXPECT_EQ(error("UpdateService", {{"cluster", "c"}, {"service", "shop"}, {"desiredCount", 2}})
                .substr(0, 58),
            "InvalidParameterException: The daemon scheduling strategy ");
  EXPECT_EQ(call("ListServices", {{"cluster", "c"}, {"schedulingStrategy", "DAEMON"}})
                .body["serviceArns"]
                .size(),
            1U);
  EXPECT_EQ(call("DeleteService", {{"cluster", "c"}, {"service", "shop"}}).status, 200)
      << "without force";
}

TEST_F(Services, WhatNothingActsOnIsKeptAndSaid) {
  const Json balancer = {
      {"targetGroupArn", "arn:tg"}, {"containerName", "web"}, {"containerPort", 80}};
  create({{"loadBalancers", Json::array({balancer})}});
  EXPECT_EQ(shown()["loadBalancers"], Json::array({balancer}));
  bool said = false;
  const Json events = shown()["events"];
  for (const auto& event : events)
    said |= json_string(event, "message").find("loadBalancers") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST_F(Services, ResetForgetsThem) {
  create();
  plane->loop.call([&] {
    plane->control->forget_all();
    return true;
  });
  call("CreateCluster", {{"clusterName", "c"}});
  EXPECT_EQ(
      call("DescribeServices", {{"cluster", "c"}, {"services", {"shop"}}}).body["failures"].size(),
      1U);
}

}  // namespace
}  // namespace drydock::api
