#include <gmock/gmock.h>

#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class ContainerInstances : public testing::ApiTest {
 protected:
  void SetUp() override {
    call("CreateCluster", {{"clusterName", "c"}});
    const auto made =
        call("RegisterTaskDefinition",
             {{"family", "job"},
              {"containerDefinitions",
               Json::array({{{"name", "a"}, {"image", "a"}, {"cpu", 1024}, {"memory", 400}}})}});
    ASSERT_EQ(made.status, 200) << made.body.dump();
  }

  Json enrol(const Json& more = Json::object()) {
    Json in = {{"cluster", "c"},
               {"instanceIdentityDocument",
                R"({"instanceId":"i-1","imageId":"ami-1","instanceType":"t2.micro",)"
                R"("availabilityZone":"us-east-1b","region":"us-east-1"})"}};
    in.update(more);
    const auto r = call("RegisterContainerInstance", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body["containerInstance"];
  }
  static std::string id_of(const Json& instance) {
    const std::string arn = json_string(instance, "containerInstanceArn");
    return arn.substr(arn.rfind('/') + 1);
  }
  Json in_cluster(Json more = Json::object()) {
    more["cluster"] = "c";
    return more;
  }
  std::string error(const std::string& operation, const Json& more) {
    const auto r = call(operation, in_cluster(more));
    EXPECT_EQ(r.status, 400) << r.body.dump();
    return r.type() + ": " + r.message();
  }
  std::vector<std::string> listed(const Json& more = Json::object()) {
    const auto r = call("ListContainerInstances", in_cluster(more));
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body["containerInstanceArns"].get<std::vector<std::string>>();
  }
  Json described(const std::string& id, const Json& include = Json::array()) {
    const auto r = call("DescribeContainerInstances",
                        in_cluster({{"containerInstances", {id}}, {"include", include}}));
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body["containerInstances"][0];
  }
  Json run(const Json& more = Json::object()) {
    Json in = {{"cluster", "c"}, {"taskDefinition", "job"}, {"launchType", "EC2"}};
    in.update(more);
    const auto r = call("RunTask", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body;
  }
  Json start(const Json& instances, const Json& more = Json::object()) {
    Json in = {{"cluster", "c"}, {"taskDefinition", "job"}, {"containerInstances", instances}};
    in.update(more);
    const auto r = call("StartTask", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body;
  }
  Json drain(const Json& ids, const std::string& status = "DRAINING") {
    const auto r = call("UpdateContainerInstancesState",
                        in_cluster({{"containerInstances", ids}, {"status", status}}));
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body;
  }
  static int value(const Json& list, const std::string& name) {
    for (const auto& one : list)
      if (one["name"] == name) return one["integerValue"].get<int>();
    return -1;
  }
  static Json reasons(const Json& answer) {
    Json out = Json::array();
    for (const auto& one : answer["failures"]) out.push_back(one["reason"]);
    return out;
  }
  void rest() {
    for (int i = 0; i < 8; ++i) plane->loop.call([] { return true; });
  }
  static control::TasksOptions own() {
    control::TasksOptions options;
    options.machine = {2048, 4096};
    options.instances = {"c"};
    return options;
  }
};

TEST_F(ContainerInstances, OneIsRegisteredAsItSaysAndAsTestSuitesExpect) {
  const Json i = enrol({{"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}});
  EXPECT_THAT(i["containerInstanceArn"].get<std::string>(),
              MatchesRegex("arn:aws:ecs:us-east-1:123456789012:container-instance/c/[0-9a-f]{32}"));
  EXPECT_EQ(i["ec2InstanceId"], "i-1");
  EXPECT_EQ(i["status"], "ACTIVE");
  EXPECT_EQ(i["agentConnected"], true);
  EXPECT_EQ(i["attributes"].dump(), R"([{"name":"ecs.ami-id","value":"ami-1"},)"
                                    R"({"name":"ecs.availability-zone","value":"us-east-1b"},)"
                                    R"({"name":"ecs.instance-type","value":"t2.micro"},)"
                                    R"({"name":"ecs.os-type","value":"linux"}])");
  EXPECT_EQ(value(i["registeredResources"], "CPU"), 4096);
  EXPECT_EQ(value(i["remainingResources"], "MEMORY"), 7482);
  EXPECT_EQ(i["registeredResources"].size(), 4U);
  EXPECT_EQ(i["registeredResources"][2]["stringSetValue"].dump(),
            R"(["22","2376","2375","51678","51679"])");
  EXPECT_EQ(i["tags"].size(), 1U);
  EXPECT_EQ(described(id_of(i))["tags"].size(), 0U);
  EXPECT_EQ(described(id_of(i), {"TAGS"})["tags"].size(), 1U);
  EXPECT_EQ(described(id_of(i), {"CONTAINER_INSTANCE_HEALTH"})["healthStatus"]["overallStatus"],
            "INSUFFICIENT_DATA");
}

TEST_F(ContainerInstances, WhatItHasIsWhatTheAgentSays) {
  const Json i = enrol(
      {{"totalResources",
        Json::array({{{"name", "CPU"}, {"type", "INTEGER"}, {"integerValue", 512}},
                     {{"name", "MEMORY"}, {"type", "INTEGER"}, {"integerValue", 256}},
                     {{"name", "PORTS"}, {"type", "STRINGSET"}, {"stringSetValue", {"22"}}},
                     {{"name", "GPU"}, {"type", "STRINGSET"}, {"stringSetValue", {"g"}}}})},
       {"attributes", Json::array({{{"name", "stack"}, {"value", "prod"}}, {{"name", "ssd"}}})},
       {"versionInfo", {{"agentVersion", "1.2.3"}}}});
  EXPECT_EQ(value(i["registeredResources"], "CPU"), 512);
  EXPECT_EQ(i["registeredResources"][4]["name"], "GPU");
  EXPECT_EQ(i["versionInfo"]["agentVersion"], "1.2.3");
  EXPECT_EQ(i["attributes"].size(), 6U);
  EXPECT_EQ(listed({{"filter", "attribute:ssd exists and agentVersion < 1.10"}}).size(), 1U);
  const Json again = enrol({{"containerInstanceArn", i["containerInstanceArn"]}});
  EXPECT_EQ(again["containerInstanceArn"], i["containerInstanceArn"]);
  EXPECT_EQ(value(again["registeredResources"], "CPU"), 4096);
  EXPECT_EQ(listed().size(), 1U);
  EXPECT_EQ(error("RegisterContainerInstance",
                  {{"containerInstanceArn", i["containerInstanceArn"]},
                   {"instanceIdentityDocument", R"({"instanceType":"m5.large"})"}}),
            "InvalidParameterException: Container instance type changes are not supported.");
  EXPECT_EQ(error("RegisterContainerInstance", {{"instanceIdentityDocument", "[]"}}),
            "InvalidParameterException: instanceIdentityDocument is not a JSON object.");
}

TEST_F(ContainerInstances, RequestsAreRefusedInEcsWords) {
  for (const char* operation : {"RegisterContainerInstance", "DescribeContainerInstances",
                                "ListContainerInstances", "PutAttributes"})
    EXPECT_EQ(call(operation, {{"cluster", "none"}}).type(), "ClusterNotFoundException");
  EXPECT_EQ(error("DescribeContainerInstances", {{"containerInstances", Json::array()}}),
            "ClientException: Container Instances cannot be empty.");
  EXPECT_EQ(error("StartTask", {{"containerInstances", Json::array()}, {"taskDefinition", "job"}}),
            "ClientException: Container Instances cannot be empty.");
  EXPECT_EQ(error("DescribeContainerInstances", {{"containerInstances", Json(101, "i")}}),
            "InvalidParameterException: Container Instances can have at most 100 items.");
  EXPECT_EQ(error("UpdateContainerInstancesState",
                  {{"containerInstances", {"i"}}, {"status", "INACTIVE"}}),
            "InvalidParameterException: Container instance status should be one of [ACTIVE, "
            "DRAINING]");
  EXPECT_EQ(error("ListContainerInstances", {{"filter", "attribute:a"}}),
            "InvalidParameterException: The filter 'attribute:a' is invalid: an operator like == "
            "is missing, at character 12.");
  EXPECT_EQ(error("DeregisterContainerInstance", {{"containerInstance", "i"}}),
            "InvalidParameterException: Referenced container instance i not found.");
  const auto r = call("DescribeContainerInstances", in_cluster({{"containerInstances", {"i"}}}));
  EXPECT_EQ(r.body["failures"].dump(),
            R"([{"arn":"arn:aws:ecs:us-east-1:123456789012:container-instance/c/i",)"
            R"("reason":"MISSING"}])");
}

TEST_F(ContainerInstances, TheyAreListedByStatusFilterAndPage) {
  const Json a = enrol(), b = enrol(), c = enrol();
  const auto all = listed();
  EXPECT_EQ(all.size(), 3U);
  drain({id_of(b)});
  EXPECT_THAT(listed({{"status", "DRAINING"}}),
              ElementsAre(b["containerInstanceArn"].get<std::string>()));
  EXPECT_EQ(listed({{"status", "ACTIVE"}}).size(), 2U);
  run();
  EXPECT_EQ(listed({{"filter", "task:group == family:job"}}).size(), 1U);
  const auto page = call("ListContainerInstances", in_cluster({{"maxResults", 2}}));
  EXPECT_EQ(page.body["containerInstanceArns"].size(), 2U);
  EXPECT_EQ(listed({{"nextToken", page.body["nextToken"]}}).size(), 1U);
}

TEST_F(ContainerInstances, TheyOutliveTheDaemonButNotAReset) {
  const Json i = enrol();
  call("PutAttributes", in_cluster({{"attributes", Json::array({{{"name", "stack"}}})}}));
  call("TagResource", {{"resourceArn", i["containerInstanceArn"]},
                       {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}});
  drain({id_of(i)});
  const Json before = described(id_of(i), {"TAGS"});
  EXPECT_GT(before["version"], 1);
  restart();
  EXPECT_EQ(described(id_of(i), {"TAGS"}), before);
  EXPECT_EQ(
      call("ListTagsForResource", {{"resourceArn", i["containerInstanceArn"]}}).body["tags"].dump(),
      R"([{"key":"k","value":"v"}])");
  EXPECT_EQ(call("UntagResource", {{"resourceArn", i["containerInstanceArn"]}, {"tagKeys", {"k"}}})
                .status,
            200);
  EXPECT_EQ(described(id_of(i), {"TAGS"})["tags"].size(), 0U);
  plane->loop.call([&] {
    plane->control->forget_all();
    return true;
  });
  restart();
  call("CreateCluster", {{"clusterName", "c"}});
  EXPECT_EQ(listed().size(), 0U);
  EXPECT_EQ(call("TagResource", {{"resourceArn", i["containerInstanceArn"]},
                                 {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}})
                .type(),
            "ResourceNotFoundException");
}

TEST_F(ContainerInstances, ARegionAndAnAccountHaveTheirOwn) {
  enrol();
  const std::string scope = "k/20260301/eu-west-1";
  call("CreateCluster", {{"clusterName", "c"}}, scope);
  EXPECT_EQ(call("ListContainerInstances", in_cluster(), scope).body["containerInstanceArns"],
            Json::array());
}

TEST_F(ContainerInstances, TheirClusterCountsThemAndCannotGoBeforeThem) {
  const Json i = enrol();
  const auto shown = [&] {
    return call("DescribeClusters", {{"clusters", {"c"}}}).body["clusters"][0];
  };
  EXPECT_EQ(shown()["registeredContainerInstancesCount"], 1);
  EXPECT_EQ(error("DeleteCluster", {}),
            "ClusterContainsContainerInstancesException: The Cluster cannot be deleted while "
            "Container Instances are active or draining.");
  const auto gone = call("DeregisterContainerInstance",
                         in_cluster({{"containerInstance", i["containerInstanceArn"]}}));
  EXPECT_EQ(gone.body["containerInstance"]["status"], "INACTIVE");
  EXPECT_EQ(shown()["registeredContainerInstancesCount"], 0);
  EXPECT_EQ(call("DeleteCluster", {{"cluster", "c"}}).status, 200);
}

TEST_F(ContainerInstances, ATaskIsOnOneAndTakesFromIt) {
  const Json i = enrol();
  const Json answer = run();
  const Json& task = answer["tasks"][0];
  EXPECT_EQ(task["containerInstanceArn"], i["containerInstanceArn"]);
  Json now = described(id_of(i));
  EXPECT_EQ(now["pendingTasksCount"], 1);
  EXPECT_EQ(value(now["remainingResources"], "CPU"), 4096 - 1024);
  EXPECT_EQ(value(now["remainingResources"], "MEMORY"), 7482 - 400);
  EXPECT_EQ(value(now["registeredResources"], "CPU"), 4096);
  become(ApiTest::id_of(task), TaskStatus::kRunning);
  EXPECT_EQ(described(id_of(i))["runningTasksCount"], 1);
  const auto tasks = [&](const Json& instance) {
    return call("ListTasks", in_cluster({{"containerInstance", instance}})).body["taskArns"].size();
  };
  EXPECT_EQ(tasks(id_of(i)), 1U);
  EXPECT_EQ(tasks(i["containerInstanceArn"]), 1U);
  EXPECT_EQ(tasks("other"), 0U);
  restart();
  EXPECT_EQ(described(id_of(i))["runningTasksCount"], 1);
  become(ApiTest::id_of(task), TaskStatus::kStopped);
  EXPECT_EQ(value(described(id_of(i))["remainingResources"], "CPU"), 4096);
  EXPECT_EQ(described(id_of(i))["runningTasksCount"], 0);
}

TEST_F(ContainerInstances, WithoutAnyATaskRunsWithoutOne) {
  const Json answer =
      run({{"placementConstraints",
            Json::array({{{"type", "memberOf"}, {"expression", "attribute:stack == prod"}}})}});
  EXPECT_EQ(answer["tasks"].size(), 1U);
  EXPECT_FALSE(answer["tasks"][0].contains("containerInstanceArn"));
}

TEST_F(ContainerInstances, WhatDoesNotFitIsNotPlaced) {
  const Json i = enrol();
  const Json answer = run({{"count", 5}});
  EXPECT_EQ(answer["tasks"].size(), 4U);
  EXPECT_EQ(reasons(answer), Json({"RESOURCE:CPU"}));
  EXPECT_EQ(answer["failures"][0]["arn"], i["containerInstanceArn"]);
  EXPECT_EQ(reasons(start({id_of(i)})), Json({"RESOURCE:CPU"}));
}

TEST_F(ContainerInstances, ConstraintsChooseAmongThem) {
  const Json a = enrol(), b = enrol();
  call("PutAttributes",
       in_cluster({{"attributes", Json::array({{{"name", "stack"},
                                                {"value", "prod"},
                                                {"targetId", b["containerInstanceArn"]}}})}}));
  const auto member_of = [](const std::string& text) {
    return Json{
        {"placementConstraints", Json::array({{{"type", "memberOf"}, {"expression", text}}})}};
  };
  EXPECT_EQ(run(member_of("attribute:stack == prod"))["tasks"][0]["containerInstanceArn"],
            b["containerInstanceArn"]);
  const Json none = run(member_of("attribute:stack == test"));
  EXPECT_EQ(none["tasks"].size(), 0U);
  EXPECT_EQ(reasons(none), Json({"MemberOf placement constraint unsatisfied.",
                                 "MemberOf placement constraint unsatisfied."}));
  EXPECT_EQ(error("RunTask", {{"taskDefinition", "job"},
                              {"placementConstraints",
                               Json::array({{{"type", "memberOf"}, {"expression", "a"}}})}}),
            "InvalidParameterException: The expression 'a' of the placement constraint memberOf is "
            "invalid: there is no subject a, at character 1.");
  const Json distinct =
      run({{"count", 3},
           {"group", "g"},
           {"placementConstraints", Json::array({{{"type", "distinctInstance"}}})}});
  EXPECT_EQ(distinct["tasks"].size(), 2U);
  EXPECT_NE(distinct["tasks"][0]["containerInstanceArn"],
            distinct["tasks"][1]["containerInstanceArn"]);
  EXPECT_EQ(reasons(distinct), Json({"DistinctInstance placement constraint unsatisfied.",
                                     "DistinctInstance placement constraint unsatisfied."}));
}

TEST_F(ContainerInstances, ADrainingOneTakesNoTasks) {
  const Json a = enrol(), b = enrol();
  const Json answer = drain({id_of(a), "nobody"});
  EXPECT_EQ(answer["containerInstances"][0]["status"], "DRAINING");
  EXPECT_EQ(reasons(answer), Json({"MISSING"}));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(run()["tasks"][0]["containerInstanceArn"], b["containerInstanceArn"]);
  EXPECT_EQ(reasons(start({id_of(a), "nobody"})), Json({"INACTIVE", "MISSING"}));
  drain({id_of(b)});
  EXPECT_EQ(error("RunTask", {{"taskDefinition", "job"}}),
            "InvalidParameterException: No Container Instances were found in your cluster.");
  drain({id_of(a)}, "ACTIVE");
  EXPECT_EQ(run()["tasks"][0]["containerInstanceArn"], a["containerInstanceArn"]);
}

TEST_F(ContainerInstances, StartTaskGoesWhereItIsTold) {
  const Json a = enrol(), b = enrol();
  const Json answer = start({id_of(b), b["containerInstanceArn"]}, {{"startedBy", "me"}});
  EXPECT_EQ(answer["tasks"].size(), 2U);
  EXPECT_EQ(answer["tasks"][1]["containerInstanceArn"], b["containerInstanceArn"]);
  EXPECT_EQ(answer["tasks"][0]["launchType"], "EC2");
  EXPECT_EQ(answer["tasks"][0]["startedBy"], "me");
  EXPECT_EQ(described(id_of(b))["pendingTasksCount"], 2);
  EXPECT_EQ(described(id_of(a))["pendingTasksCount"], 0);
  EXPECT_EQ(error("StartTask", {{"containerInstances", {id_of(a)}}, {"taskDefinition", "none"}}),
            "ClientException: TaskDefinition not found.");
}

TEST_F(ContainerInstances, OneWithTasksLeavesByForceAndItsTasksAreStopped) {
  const Json i = enrol();
  const std::string task = ApiTest::id_of(run()["tasks"][0]);
  EXPECT_EQ(error("DeregisterContainerInstance", {{"containerInstance", id_of(i)}}),
            "InvalidParameterException: Found running tasks on the instance.");
  EXPECT_EQ(call("DeregisterContainerInstance",
                 in_cluster({{"containerInstance", id_of(i)}, {"force", true}}))
                .status,
            200);
  EXPECT_THAT(
      plane->engine.stops,
      ElementsAre(task + " UserInitiated Container instance deregistration forced by user"));
  EXPECT_EQ(listed().size(), 0U);
}

TEST_F(ContainerInstances, AttributesArePutListedAndDeleted) {
  const Json a = enrol(), b = enrol();
  const auto list = [&](const Json& more = Json::object()) {
    Json in = {{"cluster", "c"}, {"targetType", "container-instance"}};
    in.update(more);
    const auto r = call("ListAttributes", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body;
  };
  const auto put =
      call("PutAttributes",
           in_cluster({{"attributes", Json::array({{{"name", "env"}, {"value", "prod"}},
                                                   {{"name", "disk"},
                                                    {"value", "ssd"},
                                                    {"targetType", "container-instance"},
                                                    {"targetId", id_of(b)}}})}}));
  EXPECT_EQ(put.body["attributes"].size(), 3U);
  EXPECT_EQ(put.body["attributes"][2].dump(), R"({"name":"disk","value":"ssd","targetId":")" +
                                                  b["containerInstanceArn"].get<std::string>() +
                                                  "\"}");
  EXPECT_EQ(list()["attributes"].size(), 2U * 4 + 3);
  EXPECT_EQ(list({{"attributeName", "env"}})["attributes"].size(), 2U);
  EXPECT_EQ(list({{"attributeName", "disk"}, {"attributeValue", "hdd"}})["attributes"].size(), 0U);
  const Json page = list({{"maxResults", 10}});
  EXPECT_EQ(page["attributes"].size(), 10U);
  EXPECT_EQ(list({{"nextToken", page["nextToken"]}})["attributes"].size(), 1U);
  const auto gone = call(
      "DeleteAttributes",
      in_cluster(
          {{"attributes", Json::array({{{"name", "disk"}, {"targetId", b["containerInstanceArn"]}},
                                       {{"name", "env"}, {"value", "test"}}})}}));
  EXPECT_EQ(gone.body["attributes"].size(), 1U);
  EXPECT_EQ(list()["attributes"].size(), 2U * 4 + 2);
}

TEST_F(ContainerInstances, AttributesHaveLimits) {
  enrol();
  EXPECT_EQ(error("PutAttributes",
                  {{"attributes", Json::array({{{"name", "a"}, {"targetId", "nobody"}}})}}),
            "TargetNotFoundException: Could not find nobody");
  EXPECT_EQ(error("PutAttributes", {}), "InvalidParameterException: attributes value is required");
  Json eleven = Json::array();
  for (int n = 0; n < 11; ++n) eleven.push_back({{"name", "a" + std::to_string(n)}});
  EXPECT_EQ(error("PutAttributes", {{"attributes", eleven}}),
            "InvalidParameterException: attributes can have at most 10 items.");
  eleven.erase(10);
  EXPECT_EQ(call("PutAttributes", in_cluster({{"attributes", eleven}})).status, 200);
  const auto r =
      call("PutAttributes", in_cluster({{"attributes", Json::array({{{"name", "more"}}})}}));
  EXPECT_EQ(r.type(), "AttributeLimitExceededException");
  EXPECT_EQ(
      call("PutAttributes", in_cluster({{"attributes", Json::array({{{"name", "bad name"}}})}}))
          .status,
      400);
  EXPECT_EQ(call("ListAttributes", in_cluster({{"targetType", "task"}})).message(),
            "targetType should be one of [container-instance]");
}

TEST_F(ContainerInstances, ThisMachineIsOneWhereTheConfigurationSaysSo) {
  restart(own());
  const auto arns = listed();
  ASSERT_EQ(arns.size(), 1U);
  const Json i = described(arns[0], {"CONTAINER_INSTANCE_HEALTH"});
  EXPECT_EQ(i["status"], "ACTIVE");
  EXPECT_EQ(i["agentConnected"], true);
  EXPECT_EQ(i["healthStatus"]["overallStatus"], "OK");
  EXPECT_EQ(value(i["registeredResources"], "CPU"), 2048);
  EXPECT_EQ(value(i["registeredResources"], "MEMORY"), 4096);
  EXPECT_EQ(listed({{"filter",
                     "attribute:ecs.os-type == linux and attribute:ecs.availability-zone "
                     "== us-east-1a and attribute:ecs.capability.task-eni exists and "
                     "attribute:com.amazonaws.ecs.capability.privileged-container "
                     "not_exists"}})
                .size(),
            1U);
  EXPECT_EQ(call("DescribeClusters", {{"clusters", {"c"}}})
                .body["clusters"][0]["registeredContainerInstancesCount"],
            1);
  const Json task = run()["tasks"][0];
  EXPECT_EQ(task["containerInstanceArn"], arns[0]);
  drain({arns[0]});
  call("PutAttributes", in_cluster({{"attributes", Json::array({{{"name", "mine"}}})}}));
  restart(own());
  EXPECT_EQ(described(arns[0])["status"], "DRAINING");
  EXPECT_EQ(listed({{"filter", "attribute:mine exists"}}), arns);
  restart();
  EXPECT_EQ(listed().size(), 0U);
}

TEST_F(ContainerInstances, ThisMachineLeavesWithItsCluster) {
  restart(own());
  const auto arns = listed();
  drain({arns[0]});
  EXPECT_EQ(call("DeleteCluster", {{"cluster", "c"}}).status, 200);
  EXPECT_EQ(call("DescribeClusters", {{"clusters", {"c"}}})
                .body["clusters"][0]["registeredContainerInstancesCount"],
            0);
  call("CreateCluster", {{"clusterName", "c"}});
  EXPECT_EQ(listed({{"status", "ACTIVE"}}), arns);
  call("DeregisterContainerInstance", in_cluster({{"containerInstance", arns[0]}}));
  EXPECT_EQ(listed().size(), 0U);
  restart(own());
  EXPECT_EQ(listed(), arns) << "it comes back, as an agent that is started again";
}

class Daemons : public ContainerInstances {
 protected:
  Json service(const Json& more) {
    Json in = {{"cluster", "c"}, {"serviceName", "s"}, {"taskDefinition", "job"}};
    in.update(more);
    const auto r = call("CreateService", in);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    rest();
    return r.body["service"];
  }
  Json shown() {
    return call("DescribeServices", in_cluster({{"services", {"s"}}})).body["services"][0];
  }
  // On which instances the service's tasks are that are to run.
  std::multiset<std::string> places() {
    const auto arns = call("ListTasks", in_cluster({{"serviceName", "s"}})).body["taskArns"];
    std::multiset<std::string> out;
    if (arns.empty()) return out;
    const Json tasks = call("DescribeTasks", in_cluster({{"tasks", arns}})).body["tasks"];
    for (const auto& task : tasks) {
      const std::string arn = json_string(task, "containerInstanceArn");
      out.insert(arn.substr(arn.rfind('/') + 1));
    }
    return out;
  }
  void settle() {
    for (const char* status : {"RUNNING", "STOPPED"}) {
      const Json arns =
          call("ListTasks", in_cluster({{"serviceName", "s"}, {"desiredStatus", status}}))
              .body["taskArns"];
      for (const auto& arn : arns) {
        const std::string text = arn.get<std::string>();
        const bool running = std::string(status) == "RUNNING";
        change(text.substr(text.rfind('/') + 1), [&](runtime::TaskView& v) {
          v.last_status = running ? TaskStatus::kRunning : TaskStatus::kStopped;
          if (running) v.started_at = now() - std::chrono::hours(1);
        });
      }
    }
    rest();
  }
};

TEST_F(Daemons, ADaemonHasATaskOnEachActiveInstance) {
  const Json a = enrol(), b = enrol();
  EXPECT_EQ(service({{"schedulingStrategy", "DAEMON"}})["desiredCount"], 2);
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(a), id_of(b)}));
  settle();
  const Json c = enrol();
  rest();
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(a), id_of(b), id_of(c)}));
  settle();
  drain({id_of(a)});
  rest();
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(b), id_of(c)}));
  settle();
  EXPECT_EQ(shown()["desiredCount"], 2);
  EXPECT_EQ(shown()["runningCount"], 2);
  drain({id_of(a)}, "ACTIVE");
  rest();
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(a), id_of(b), id_of(c)}));
}

TEST_F(Daemons, ADaemonsConstraintsCountInstances) {
  const Json a = enrol(), b = enrol();
  call("PutAttributes",
       in_cluster({{"attributes", Json::array({{{"name", "gpu"},
                                                {"targetId", id_of(b)},
                                                {"targetType", "container-instance"}}})}}));
  EXPECT_EQ(service({{"schedulingStrategy", "DAEMON"},
                     {"placementConstraints",
                      Json::array({{{"type", "memberOf"},
                                    {"expression", "attribute:gpu exists"}}})}})["desiredCount"],
            1);
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(b)}));
}

TEST_F(Daemons, AServicesTasksLeaveAnInstanceThatDrains) {
  const Json a = enrol();
  service({{"launchType", "EC2"}, {"desiredCount", 1}});
  settle();
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(a)}));
  drain({id_of(a)});
  rest();
  EXPECT_EQ(places(), (std::multiset<std::string>{id_of(a)})) << "there is no other place";
  EXPECT_NE(shown()["events"].dump().find("No Container Instances were found in your cluster."),
            std::string::npos);
}

TEST_F(Daemons, AServiceThatFindsNoPlaceSaysWhichInstanceIsClosest) {
  const Json a = enrol();
  service({{"launchType", "EC2"}, {"desiredCount", 5}});
  EXPECT_EQ(places().size(), 4U);
  const std::string events = shown()["events"].dump();
  EXPECT_NE(events.find("The closest matching container-instance " + id_of(a) +
                        " has insufficient CPU units available"),
            std::string::npos)
      << events;
}

}  // namespace
}  // namespace drydock::api
