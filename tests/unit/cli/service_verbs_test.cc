#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "cli/definitions.h"
#include "cli/project.h"
#include "cli/services.h"
#include "cli/stats_table.h"
#include "fake_daemon.h"

// Services, statistics and networks against a daemon that a test answers for.
namespace drydock::cli::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json service(const std::string& name, int desired, int running, const char* rollout = "COMPLETED",
             Json events = Json::array()) {
  return {{"serviceArn", "arn:aws:ecs:r:a:service/demo/" + name},
          {"serviceName", name},
          {"clusterArn", "arn:aws:ecs:r:a:cluster/demo"},
          {"status", "ACTIVE"},
          {"desiredCount", desired},
          {"runningCount", running},
          {"pendingCount", 0},
          {"taskDefinition", "arn:aws:ecs:r:a:task-definition/" + name + ":3"},
          {"deployments",
           Json::array({{{"id", "ecs-svc/1"}, {"status", "PRIMARY"}, {"rolloutState", rollout}}})},
          {"events", std::move(events)}};
}

// An API call's operation, from its target.
std::string operation_of(const http::Request& r) {
  for (const auto& [name, value] : r.headers)
    if (name == "X-Amz-Target" || name == "x-amz-target") return value.substr(value.rfind('.') + 1);
  return {};
}

// Answers the ECS API by operation; what was asked is kept.
struct Api {
  std::map<std::string, std::function<Json(const Json&)>> operations;
  std::vector<std::pair<std::string, Json>> asked;

  explicit Api(FakeDaemon& daemon) {
    daemon.routes["POST /"] = [this](const http::Request& r) {
      const std::string operation = operation_of(r);
      const Json input = *parse_json(r.body);
      asked.emplace_back(operation, input);
      const auto found = operations.find(operation);
      if (found == operations.end())
        return answer({{"__type", "ClientException"}, {"message", "no " + operation}}, 400);
      return answer(found->second(input));
    };
  }
  void have(const std::vector<Json>& services) {
    operations["ListClusters"] = [](const Json&) {
      return Json{{"clusterArns", {"arn:aws:ecs:r:a:cluster/demo"}}};
    };
    operations["ListServices"] = [services](const Json&) {
      Json arns = Json::array();
      for (const auto& one : services) arns.push_back(one["serviceArn"]);
      return Json{{"serviceArns", arns}};
    };
    operations["DescribeServices"] = [services](const Json&) {
      return Json{{"services", services}};
    };
  }
  Json input(const std::string& operation) const {
    for (const auto& [name, given] : asked)
      if (name == operation) return given;
    return {};
  }
};

TEST(ServiceVerbs, LsShowsWhatEachHas) {
  FakeDaemon daemon;
  Api api(daemon);
  api.have({service("web", 2, 1, "IN_PROGRESS"), service("api", 1, 1)});
  const auto r = run_verb(daemon, ServiceListOptions{});
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(
      r.out,
      "SERVICE   CLUSTER   STATUS   DESIRED   RUNNING   PENDING   TASKDEFINITION   ROLLOUT\n"
      "api       demo      ACTIVE   1         1         0         api:3            COMPLETED\n"
      "web       demo      ACTIVE   2         1         0         web:3            IN_PROGRESS\n");
  Common quiet;
  quiet.quiet = true;
  EXPECT_EQ(run_verb(daemon, ServiceListOptions{}, quiet).out, "api\nweb\n");
}

TEST(ServiceVerbs, ANameMayBeShortenedWhileItMeansOne) {
  const Json all =
      Json::array({service("web", 1, 1), service("web-admin", 1, 1), service("worker", 1, 1)});
  EXPECT_EQ(service_name(*find_service(all, "web")), "web");
  EXPECT_EQ(service_name(*find_service(all, "wo")), "worker");
  EXPECT_THAT(find_service(all, "w").error().message, HasSubstr("means 3 services"));
  EXPECT_EQ(find_service(all, "x").error().code, Errc::kNotFound);
}

TEST(ServiceVerbs, ScaleFindsAllBeforeItChangesOne) {
  FakeDaemon daemon;
  Api api(daemon);
  api.have({service("web", 1, 1)});
  api.operations["UpdateService"] = [](const Json& in) {
    return Json{{"service", service("web", static_cast<int>(json_int(in, "desiredCount")), 1)}};
  };
  ServiceScaleOptions o;
  o.targets = {{"web", 3}, {"nobody", 1}};
  EXPECT_EQ(run_verb(daemon, o).exit_code, 1);
  EXPECT_TRUE(api.input("UpdateService").is_null());
  o.targets = {{"we", 3}};
  EXPECT_EQ(run_verb(daemon, o).out, "web\n");
  EXPECT_EQ(api.input("UpdateService")["desiredCount"], 3);
}

TEST(ServiceVerbs, CreateAsksForWhatTheDefinitionNeeds) {
  FakeDaemon daemon;
  Api api(daemon);
  api.operations["DescribeTaskDefinition"] = [](const Json&) {
    return Json{{"taskDefinition",
                 {{"taskDefinitionArn", "arn:aws:ecs:r:a:task-definition/web:3"},
                  {"family", "web"},
                  {"revision", 3},
                  {"networkMode", "awsvpc"},
                  {"requiresCompatibilities", {"FARGATE"}}}}};
  };
  api.operations["DescribeClusters"] = [](const Json&) {
    return Json{{"clusters", Json::array()}};
  };
  api.operations["CreateCluster"] = [](const Json&) { return Json::object(); };
  api.operations["CreateService"] = [](const Json&) {
    return Json{{"service", service("web", 2, 0)}};
  };
  ServiceCreateOptions o;
  o.definition = "web:3";
  o.cluster = "demo";
  o.desired = 2;
  o.breaker = Breaker::kRollback;
  o.min_healthy = 50;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "web\n");
  EXPECT_EQ(api.input("CreateCluster")["clusterName"], "demo");
  const Json want = *parse_json(R"({"cluster": "demo", "serviceName": "web",
    "taskDefinition": "arn:aws:ecs:r:a:task-definition/web:3", "launchType": "FARGATE", "desiredCount": 2,
    "deploymentConfiguration": {"minimumHealthyPercent": 50,
      "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-local"]}}})");
  EXPECT_EQ(api.input("CreateService"), want);
}

TEST(ServiceVerbs, AWaitTellsEventsOnceAndEndsWhenTheServiceIsStable) {
  FakeDaemon daemon;
  Api api(daemon);
  const Json started = {{"id", "1"}, {"message", "(service web) has started 1 tasks: (task a)."}};
  const Json steady = {{"id", "2"}, {"message", "(service web) has reached a steady state."}};
  const Json first = Json::array({started}), both = Json::array({steady, started});
  api.have({service("web", 1, 0)});
  api.operations["UpdateService"] = [](const Json&) {
    return Json{{"service", service("web", 1, 0, "IN_PROGRESS")}};
  };
  int looks = 0;
  api.operations["DescribeServices"] = [&](const Json& in) {
    if (in.contains("include")) return Json{{"services", Json::array({service("web", 1, 0)})}};
    ++looks;
    return Json{{"services", Json::array({looks < 3 ? service("web", 1, 0, "IN_PROGRESS", first)
                                                    : service("web", 1, 1, "COMPLETED", both)})}};
  };
  daemon.routes["GET events"] = [](const http::Request&) { return stream_of("{}\n{}\n{}\n{}\n"); };
  ServiceUpdateOptions o;
  o.name = "web";
  o.force_new_deployment = true;
  o.wait = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.err,
            "(service web) has started 1 tasks: (task a).\n"
            "(service web) has reached a steady state.\n");
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(api.input("UpdateService")["forceNewDeployment"], true);
}

TEST(ServiceVerbs, AWaitFailsWhenTheDeploymentDid) {
  FakeDaemon daemon;
  Api api(daemon);
  api.have({service("web", 1, 0, "IN_PROGRESS")});
  api.operations["UpdateService"] = [](const Json&) {
    return Json{{"service", service("web", 1, 0, "IN_PROGRESS")}};
  };
  Json failed = service("web", 1, 0, "FAILED");
  failed["deployments"][0]["rolloutStateReason"] = "ECS deployment circuit breaker: tasks failed.";
  api.operations["DescribeServices"] = [&](const Json& in) {
    return Json{
        {"services", Json::array({in.contains("include") ? service("web", 1, 0) : failed})}};
  };
  daemon.routes["GET events"] = [](const http::Request&) { return stream_of("{}\n"); };
  api.operations["ListTasks"] = [](const Json&) {
    return Json{{"taskArns", {"arn:1", "arn:2", "arn:3"}}};
  };
  api.operations["DescribeTasks"] = [](const Json&) {
    const auto stopped = [](int at, const char* code, const char* reason) {
      return Json{{"stoppedAt", at}, {"stopCode", code}, {"stoppedReason", reason}};
    };
    return Json{{"tasks",
                 {stopped(1, "TaskFailedToStart", "an earlier reason"),
                  stopped(2, "TaskFailedToStart", "CannotPullContainerError: none"),
                  stopped(3, "ServiceSchedulerInitiated", "scaled in")}}};
  };
  ServiceUpdateOptions o;
  o.name = "web";
  o.wait = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("does not become stable: ECS deployment circuit breaker: tasks "
                               "failed. Its last task stopped: CannotPullContainerError: none"));
}

TEST(ServiceVerbs, ARolledBackDeploymentIsAFailure) {
  FakeDaemon daemon;
  Api api(daemon);
  api.have({service("web", 1, 1)});
  api.operations["UpdateService"] = [](const Json&) {
    Json begun = service("web", 1, 1, "IN_PROGRESS");
    begun["deployments"][0]["id"] = "ecs-svc/2";
    return Json{{"service", begun}};
  };
  daemon.routes["GET events"] = [](const http::Request&) { return stream_of("{}\n"); };
  ServiceUpdateOptions o;
  o.name = "web";
  o.wait = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("its deployment was taken back"));
}

TEST(ServiceVerbs, AWaitThatTakesTooLongIs124) {
  FakeDaemon daemon;
  Api api(daemon);
  api.have({service("web", 2, 1)});
  api.operations["UpdateService"] = [](const Json&) {
    return Json{{"service", service("web", 2, 1)}};
  };
  std::shared_ptr<http::StreamWriter> kept;
  daemon.routes["GET events"] = [&](const http::Request&) {
    http::Response r;
    r.stream = [&](const std::shared_ptr<http::StreamWriter>& writer) {
      kept = writer;
      writer->write("{}\n");
    };
    return r;
  };
  ServiceScaleOptions o;
  o.targets = {{"web", 2}};
  o.wait = true;
  o.timeout = std::chrono::milliseconds(200);
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 124);
  EXPECT_THAT(r.err, HasSubstr("web is not stable after the given time"));
  kept.reset();
}

TEST(ServiceVerbs, InspectTellsWhereTargetGroupsAreReached) {
  FakeDaemon daemon;
  Api api(daemon);
  Json web = service("web", 1, 1);
  const std::string arn = "arn:aws:elasticloadbalancing:r:a:targetgroup/front/50dc";
  web["loadBalancers"] = Json::array({{{"targetGroupArn", arn}, {"containerPort", 80}}});
  api.have({web, service("plain", 1, 1)});
  daemon.routes["GET target-groups"] = [&](const http::Request&) {
    return answer(
        {{"targetGroups", Json::array({{{"targetGroupArn", arn}, {"endpoint", "127.0.0.1:8080"}},
                                       {{"targetGroupArn", arn + "9"}, {"endpoint", "x:1"}}})}});
  };
  ServiceInspectOptions o;
  o.names = {"web"};
  EXPECT_EQ(run_verb(daemon, o).err, "target group front  http://127.0.0.1:8080\n");
  o.names = {"plain"};
  EXPECT_EQ(run_verb(daemon, o).err, "");
}

TEST(StatsVerb, WaitsForTheLineWithRatesAndDrawsATable) {
  FakeDaemon daemon;
  const auto line = [](const char* cpu) {
    return std::string(R"({"tasks":[{"task":")") + kId + R"(","containers":[{"name":"web",)" + cpu +
           R"("memoryUsage":52428800,"memoryLimit":536870912,"networkReceived":1200,)" +
           R"("networkSent":0,"blockRead":0,"blockWritten":4096,"pids":3}]}]})" + "\n";
  };
  daemon.routes["GET stats"] = [&](const http::Request&) {
    return stream_of(line("") + line("\"cpuPercent\":12.5,") + line("\"cpuPercent\":99,"));
  };
  StatsOptions o;
  o.no_stream = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out,
            "TASK           CONTAINER   CPU      MEMORY / LIMIT     MEMORY   NET IN / OUT   "
            "DISK IN / OUT   PIDS\n"
            "0123456789ab   web         12.50%   52.4 MB / 537 MB   9.77%    1.2 kB / 0 B   "
            "0 B / 4.1 kB    3\n");
  Common json;
  json.json = true;
  EXPECT_EQ(run_verb(daemon, StatsOptions{}, json).out.find("12.5") != std::string::npos, true);
}

TEST(NetworkVerbs, LsShowsEachTasksAddress) {
  FakeDaemon daemon;
  daemon.routes["GET status"] = [](const http::Request&) {
    return answer({{"subnet", "172.31.0.0/16"}});
  };
  const Json running = task("RUNNING", {{"local",
                                         {{"networks", Json::array({{{"mode", "awsvpc"},
                                                                     {"containers", {"web"}},
                                                                     {"namespace", "/run/n/1"},
                                                                     {"address", "172.31.0.5"},
                                                                     {"prefix", 16}}})}}}});
  daemon.routes["GET tasks"] = [&](const http::Request&) {
    return answer({{"tasks", Json::array({running})}});
  };
  const auto r = run_verb(daemon, NetworkListOptions{});
  EXPECT_EQ(r.out,
            "TASK           TASKDEFINITION   MODE     ADDRESS         NAMESPACE   CONTAINERS\n"
            "0123456789ab   web:1            awsvpc   172.31.0.5/16   /run/n/1    web\n");
  EXPECT_EQ(r.err, "subnet 172.31.0.0/16\n");
}

TEST(Completion, PrintsWordsAndIsSilentWithoutADaemon) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("RUNNING")})}});
  };
  CompleteOptions o{"tasks"};
  EXPECT_EQ(run_verb(daemon, o).out, "0123456789ab\nweb\n");
  daemon.close();
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out + r.err, "");
  EXPECT_EQ(run_verb(daemon, CompleteOptions{"what"}).exit_code, 2);
}

TEST(Convert, PrintsTheDocumentOfATemplate) {
  FakeDaemon daemon;
  const std::string file = daemon.folder() + "/template.yaml";
  ASSERT_TRUE(write_file_atomic(file, R"(
Parameters: { Tag: { Type: String } }
Resources:
  A: { Type: AWS::ECS::TaskDefinition, Properties: { Family: a, ContainerDefinitions: [{ Name: x, Image: !Ref Tag }] } }
  B: { Type: AWS::ECS::TaskDefinition, Properties: { Family: b, ContainerDefinitions: [{ Name: x, Image: y }] } }
)"));
  ConvertOptions o;
  o.file = file;
  auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("it has 2 task definitions; choose one with --resource: A, B"));
  o.from.resource = "A";
  r = run_verb(daemon, o);
  EXPECT_THAT(r.err, HasSubstr("A.ContainerDefinitions[0].Image: the parameter Tag has no default; "
                               "give it with --parameter 'Tag=VALUE'"));
  o.from.parameters = {{"Tag", "nginx"}};
  r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(
      *parse_json(r.out),
      *parse_json(R"({"family": "a", "containerDefinitions": [{"name": "x", "image": "nginx"}]})"));
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(Convert, PrintsWhatAComposeFileComesTo) {
  FakeDaemon daemon;
  ConvertOptions o;
  o.file = daemon.folder() + "/shop.yml";
  ASSERT_TRUE(write_file_atomic(
      o.file, "name: shop\nservices:\n  web: {image: nginx, mem_limit: 64m, restart: always}\n"));
  const auto r = run_verb(daemon, o);
  ASSERT_EQ(r.exit_code, 0) << r.err;
  const Json made = *parse_json(r.out);
  EXPECT_EQ(made["family"], "shop");
  EXPECT_EQ(made["containerDefinitions"][0]["image"], "nginx");
  EXPECT_THAT(r.err, HasSubstr(o.file + ": services.web.restart: "));
  const auto judged = run_verb(daemon, ValidateOptions{{o.file}, false, false, {}});
  EXPECT_THAT(judged.out, HasSubstr(o.file + ": services.web.restart: "));
  EXPECT_EQ(judged.err, "");
  o.from.resource = "web";
  EXPECT_THAT(run_verb(daemon, o).err,
              HasSubstr("--resource web: no task definition is called so; there are: shop"));
}

TEST(Definitions, AComposeFileSaysWhatItsRunIs) {
  FakeDaemon daemon;
  const std::string file = daemon.folder() + "/shop.yml";
  ASSERT_TRUE(write_file_atomic(file,
                                "name: shop\nservices:\n"
                                "  web: {image: nginx, mem_limit: 64m, ports: [\"8080:80\"]}\n"));
  ASSERT_TRUE(write_file_atomic(daemon.folder() + "/ecs-params.yml", R"(version: 1
task_definition: { ecs_network_mode: awsvpc }
run_params: { network_configuration: { awsvpc_configuration: { subnets: [subnet-7] } } }
)"));
  std::vector<std::string> notes;
  const auto chosen = chosen_definition(file, {}, notes);
  ASSERT_TRUE(chosen) << chosen.error().message;
  ASSERT_EQ(chosen->wishes.publish.size(), 1u);
  EXPECT_EQ(chosen->wishes.publish[0].host_port, 8080);
  EXPECT_EQ(chosen->wishes.run["networkConfiguration"]["awsvpcConfiguration"]["subnets"],
            Json::array({"subnet-7"}));
}

TEST(Up, EveryTaskDefinitionBecomesAServiceUnlessTheFileHasItsOwn) {
  taskdef::templates::Content content;
  content.definitions.push_back({"A", Json{{"family", "a"}}});
  content.definitions.push_back({"B", Json{{"family", "b"}}});
  std::vector<std::string> notes;
  const auto both = planned_services(content, UpOptions{}, notes);
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[1].name + " " + (*both)[1].cluster, "b default");
  content.services.push_back({"S", "A", Json{{"serviceName", "shop"}, {"cluster", "demo"}}});
  const auto own = planned_services(content, UpOptions{}, notes);
  ASSERT_TRUE(own);
  ASSERT_EQ(own->size(), 1u);
  EXPECT_EQ((*own)[0].name + " " + (*own)[0].cluster, "shop demo");
  EXPECT_EQ((*own)[0].document, (Json{{"family", "a"}}));
  EXPECT_THAT(notes, ElementsAre("B: no service runs it; it is left alone"));
}

TEST(Up, ARevisionThatIsTheSameIsUsedAgain) {
  const Json request = *parse_json(
      R"({"family": "a", "containerDefinitions": [{"name": "x", "image": "y", "memory": 64}]})");
  Json registered = request;
  registered["revision"] = 3;
  registered["status"] = "ACTIVE";
  EXPECT_TRUE(same_definition(request, registered));
  registered["containerDefinitions"][0]["image"] = "z";
  EXPECT_FALSE(same_definition(request, registered));
}

}  // namespace
}  // namespace drydock::cli::test
