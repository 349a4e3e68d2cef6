#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "metadata/fault_request.h"
#include "metadata/routes.h"
#include "metadata/task_faults.h"
#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

constexpr char kTask[] = "4f5e6d7c8b9a40112233445566778899";
const std::string kId = std::string(kTask) + "-2000000002";
const std::string kArn = "arn:aws:ecs:eu-north-1:111122223333:task/harbour/" + std::string(kTask);

class AgentApiTest : public ::testing::Test {
 protected:
  AgentApiTest() {
    std::string folder = ::testing::TempDir() + "faultsXXXXXX";
    folder_ = ::mkdtemp(folder.data());
    auto task = sample_task();
    auto spec = std::make_shared<runtime::TaskSpec>(*task->spec);
    spec->definition.fault_injection = true;
    spec->definition.network_mode = "awsvpc";
    spec->credentials_id = "known";
    task->spec = spec_ = spec;
    auto world = std::make_shared<runtime::World>();
    world->tasks[kTask] = std::move(task);
    world_.set(std::move(world));
    start_daemon();
  }
  ~AgentApiTest() override {
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Everything but the file and what is real in the namespace is of one daemon.
  void start_daemon() {
    pool_ = std::make_unique<WorkerPool>(1);
    faults_ = std::make_shared<TaskFaults>(*pool_, folder_ + "/faults.json",
                                           [this](const netns::FaultPlan& plan) -> Status {
                                             ++applied_;
                                             if (broken_) return tl::unexpected(*broken_);
                                             real_ = netns::fault_ruleset(plan);
                                             return {};
                                           });
    Sources sources;
    sources.agent.faults = faults_;
    sources.agent.ecs = [this](const std::string& operation, const Json& input) {
      asked_ = operation + " " + dump_json(input);
      if (ecs_) ecs_->output = dump_json(output_);
      return ecs_;
    };
    handler_ = metadata_handler(world_, kTask, std::move(sources), RateLimit{1000, 1000});
  }

  http::Response call(const std::string& path, const std::string& method = "POST",
                      const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.target = request.path = path;
    request.body = body;
    // Another address each time: the second limit is of its own test.
    request.remote_address = "169.254.172." + std::to_string(++caller_);
    return handler_(request);
  }
  std::string fault(const std::string& what, const std::string& body = "") {
    const auto response = call("/api/" + kId + "/fault/v1/network-" + what, "POST", body);
    return std::to_string(response.status) + " " + response.body;
  }
  std::string state(const std::string& method = "GET", const std::string& body = "",
                    const std::string& id = kId) {
    const auto response = call("/api/" + id + "/task-protection/v1/state", method, body);
    return std::to_string(response.status) + " " + response.body;
  }

  std::string folder_, real_, asked_;
  std::shared_ptr<runtime::TaskSpec> spec_;
  runtime::PublishedWorld world_;
  std::unique_ptr<WorkerPool> pool_;
  std::shared_ptr<TaskFaults> faults_;
  std::optional<Error> broken_;
  std::optional<EcsAnswer> ecs_;
  Json output_;
  http::Handler handler_;
  int applied_ = 0;
  int caller_ = 0;
};

const char kPort[] = R"({"Port":8080,"Protocol":"tcp","TrafficType":"ingress"})";
const char kLatency[] =
    R"({"DelayMilliseconds":200,"JitterMilliseconds":0,"Sources":["10.0.0.0/8"]})";
const char kLoss[] = R"({"LossPercent":20,"Sources":["10.0.0.0/8"]})";

TEST_F(AgentApiTest, ABlackHoleIsStartedSeenAndStopped) {
  EXPECT_EQ(fault("blackhole-port/status", kPort), R"(200 {"Status":"not-running"})");
  EXPECT_EQ(fault("blackhole-port/start", kPort), R"(200 {"Status":"running"})");
  EXPECT_NE(real_.find("tcp dport 8080 jump ingress-tcp-8080"), real_.npos);
  EXPECT_EQ(fault("blackhole-port/start", kPort), R"(200 {"Status":"running"})");
  EXPECT_EQ(applied_, 1);
  EXPECT_EQ(fault("blackhole-port/status", kPort), R"(200 {"Status":"running"})");
  const std::string udp = R"({"Port":8080,"Protocol":"udp","TrafficType":"ingress"})";
  EXPECT_EQ(fault("blackhole-port/status", udp), R"(200 {"Status":"not-running"})");
  EXPECT_EQ(fault("blackhole-port/stop", udp), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(fault("blackhole-port/stop", kPort), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(real_, netns::fault_ruleset({}));
}

TEST_F(AgentApiTest, LatencyAndLossExcludeEachOther) {
  EXPECT_EQ(fault("latency/start", kLatency), R"(200 {"Status":"running"})");
  EXPECT_EQ(fault("latency/start", kLatency),
            R"(409 {"Error":"There is already one network latency fault running"})");
  EXPECT_EQ(fault("packet-loss/start", kLoss),
            R"(409 {"Error":"There is already one network latency fault running"})");
  EXPECT_EQ(fault("packet-loss/status"), R"(200 {"Status":"not-running"})");
  EXPECT_EQ(fault("packet-loss/stop"), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(fault("latency/status", "no body is read"), R"(200 {"Status":"running"})");
  EXPECT_EQ(fault("latency/stop"), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(fault("packet-loss/start", kLoss), R"(200 {"Status":"running"})");
  EXPECT_EQ(fault("latency/start", kLatency),
            R"(409 {"Error":"There is already one network packet loss fault running"})");
}

TEST_F(AgentApiTest, TheNextDaemonPutsTheFaultsBack) {
  EXPECT_EQ(fault("blackhole-port/start", kPort), R"(200 {"Status":"running"})");
  EXPECT_EQ(fault("latency/start", kLatency), R"(200 {"Status":"running"})");
  const auto before = real_;
  real_.clear();
  start_daemon();
  // Nobody is told otherwise in the moment before they are put back.
  EXPECT_EQ(fault("latency/status"), R"(200 {"Status":"running"})");
  EXPECT_EQ(real_, "");
  faults_->restore();
  EXPECT_EQ(fault("latency/status"), R"(200 {"Status":"running"})");
  EXPECT_EQ(fault("latency/start", kLatency).substr(0, 3), "409");
  EXPECT_EQ(real_, before);
  EXPECT_EQ(fault("blackhole-port/stop", kPort), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(fault("latency/stop"), R"(200 {"Status":"stopped"})");
  EXPECT_EQ(real_, netns::fault_ruleset({}));
}

TEST_F(AgentApiTest, WhatCannotBeMadeIsNotRunning) {
  EXPECT_EQ(fault("blackhole-port/start", kPort), R"(200 {"Status":"running"})");
  broken_ = Error{Errc::kUnsupported, "no netem here", 0};
  EXPECT_EQ(fault("latency/start", kLatency), R"(500 {"Error":"internal error: no netem here"})");
  broken_->code = Errc::kSystem;
  EXPECT_EQ(fault("latency/start", kLatency), R"(500 {"Error":"internal error"})");
  EXPECT_EQ(fault("latency/status"), R"(200 {"Status":"not-running"})");
  EXPECT_EQ(fault("blackhole-port/status", kPort), R"(200 {"Status":"running"})");
  broken_.reset();
  start_daemon();
  faults_->restore();
  EXPECT_EQ(fault("latency/start", kLatency), R"(200 {"Status":"running"})");
}

TEST_F(AgentApiTest, FaultsOfATaskAreBounded) {
  std::string many = R"("SourcesToFilter":[)";
  for (int i = 0; i < 4000; ++i) many += R"("10.0.)" + std::to_string(i % 256) + R"(.1",)";
  many.back() = ']';
  const auto hole = [&](int port) {
    return fault("blackhole-port/start", R"({"Port":)" + std::to_string(port) +
                                             R"(,"Protocol":"tcp","TrafficType":"egress",)" + many +
                                             "}");
  };
  EXPECT_EQ(hole(1), R"(200 {"Status":"running"})");
  EXPECT_EQ(hole(2), R"(200 {"Status":"running"})");
  EXPECT_EQ(hole(3).substr(0, 3), "409");
  EXPECT_EQ(applied_, 2);
}

TEST_F(AgentApiTest, AChangeThatHangsIsToldAsTheAgentTellsIt) {
  std::promise<void> free;
  pool_->post([held = free.get_future().share()] { held.wait(); });
  EXPECT_EQ(fault("latency/start", kLatency),
            R"(500 {"Error":"start network-latency: request timed out"})");
  free.set_value();
}

TEST_F(AgentApiTest, BodiesAreJudgedInTheWordsOfTheAgent) {
  const auto wrong = [&](const std::string& what, const std::string& body) {
    const auto text = fault(what, body);
    EXPECT_EQ(text.substr(0, 14), R"(400 {"Error":")") << text;
    return text.size() < 16 ? text : text.substr(14, text.size() - 16);
  };
  EXPECT_EQ(wrong("latency/start", ""), "required request body is missing");
  EXPECT_EQ(wrong("blackhole-port/status", " \n"), "required request body is missing");
  EXPECT_NE(wrong("latency/start", "{"), "");
  EXPECT_EQ(wrong("latency/start", "[]"),
            "json: cannot unmarshal array into Go value of type types.NetworkLatencyRequest");
  EXPECT_EQ(wrong("blackhole-port/start", "{}"), "required parameter Port is missing");
  EXPECT_EQ(wrong("blackhole-port/start", "null"), "required parameter Port is missing");
  EXPECT_EQ(wrong("blackhole-port/start", R"({"Port":1})"),
            "required parameter Protocol is missing");
  EXPECT_EQ(wrong("blackhole-port/start", R"({"port":1,"PROTOCOL":"tcp","x":1})"),
            "required parameter TrafficType is missing");
  EXPECT_EQ(
      wrong("blackhole-port/start", R"({"Port":65536})"),
      "json: cannot unmarshal number 65536 into Go struct field NetworkBlackholePortRequest.Port "
      "of type uint16");
  EXPECT_EQ(
      wrong("blackhole-port/start", R"({"Port":"80"})"),
      "json: cannot unmarshal string into Go struct field NetworkBlackholePortRequest.Port of "
      "type uint16");
  EXPECT_EQ(wrong("blackhole-port/start", R"({"Port":1,"Protocol":"icmp","TrafficType":"x"})"),
            "invalid value icmp for parameter Protocol");
  EXPECT_EQ(wrong("blackhole-port/start", R"({"Port":1,"Protocol":"udp","TrafficType":"both"})"),
            "invalid value both for parameter TrafficType");
  EXPECT_EQ(
      wrong("blackhole-port/start",
            R"({"Port":1,"Protocol":"udp","TrafficType":"egress","SourcesToFilter":["db.local"]})"),
      "invalid value db.local for parameter SourcesToFilter");
  EXPECT_EQ(wrong("latency/start", R"({"JitterMilliseconds":1,"Sources":["::1"]})"),
            "required parameter DelayMilliseconds is missing");
  EXPECT_EQ(wrong("latency/start", R"({"DelayMilliseconds":1,"Sources":["::1"]})"),
            "required parameter JitterMilliseconds is missing");
  EXPECT_EQ(
      wrong("latency/start", R"({"DelayMilliseconds":1,"JitterMilliseconds":1,"Sources":[]})"),
      "required parameter Sources is missing");
  EXPECT_EQ(
      wrong("latency/start", R"({"DelayMilliseconds":0,"JitterMilliseconds":0,"Sources":["::1"]})"),
      "required either DelayMilliseconds or JitterMilliseconds to be non-zero");
  EXPECT_EQ(wrong("latency/start",
                  R"({"DelayMilliseconds":300000,"JitterMilliseconds":0,"Sources":["::1"]})"),
            "invalid value 300000 for parameter DelayMilliseconds");
  EXPECT_EQ(wrong("packet-loss/start", R"({"LossPercent":0,"Sources":["::1"]})"),
            "invalid value 0 for parameter LossPercent");
  EXPECT_EQ(wrong("packet-loss/start", R"({"LossPercent":101,"Sources":["::1"]})"),
            "invalid value 101 for parameter LossPercent");
  EXPECT_EQ(wrong("packet-loss/start", R"({"LossPercent":-1,"Sources":["::1"]})"),
            "invalid value -1 for parameter LossPercent");
  EXPECT_EQ(wrong("packet-loss/start", R"({"LossPercent":1,"Sources":["::1"],"FlowsPercent":0})"),
            "invalid value 0 for parameter flowsPercent");
  EXPECT_EQ(wrong("packet-loss/start", R"({"LossPercent":1,"Sources":["10.0.0.0/33"]})"),
            "invalid value 10.0.0.0/33 for parameter Sources");
  EXPECT_EQ(
      wrong("packet-loss/start", R"({"LossPercent":1,"Sources":"10.0.0.0/8"})"),
      "json: cannot unmarshal string into Go struct field NetworkPacketLossRequest.Sources of "
      "type []*string");
  EXPECT_EQ(applied_, 0);
}

TEST_F(AgentApiTest, OnlyTasksThatAllowItHaveFaults) {
  EXPECT_EQ(call("/api/nope/fault/v1/network-latency/stop").status, 404);
  EXPECT_EQ(call("/api/nope/fault/v1/network-latency/stop").body,
            R"({"Error":"unable to lookup container: nope"})");
  EXPECT_EQ(call("/api/" + kId + "/fault/v1/network-fog/start").status, 404);
  EXPECT_EQ(call("/api/" + kId + "/fault/v1/network-latency/start", "GET").status, 405);
  EXPECT_EQ(call("/api/" + kId + "/fault/v1/network-latency/start", "GET").body, "");
  spec_->definition.network_mode = "bridge";
  EXPECT_EQ(
      fault("latency/status"),
      R"(400 {"Error":"bridge mode is not supported. Please use either host or awsvpc mode."})");
  spec_->definition.fault_injection = false;
  EXPECT_EQ(fault("latency/status"),
            R"(400 {"Error":"enableFaultInjection is not enabled for task: )" + kArn + R"("})");
}

TEST_F(AgentApiTest, FaultsHaveASecondLimitOfRequests) {
  http::Request request;
  request.method = "POST";
  request.target = request.path = "/api/" + kId + "/fault/v1/network-latency/status";
  request.remote_address = "169.254.172.2";
  const auto first = handler_(request);
  EXPECT_EQ(first.status, 200);
  std::vector<std::string> limits;
  for (const auto& [name, value] : first.headers)
    if (name == "X-Rate-Limit-Limit") limits.push_back(value);
  EXPECT_EQ(limits, (std::vector<std::string>{"1000.00", "0.20"}));
  const auto second = handler_(request);
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.body, "You have reached maximum request limit");
  request.method = "GET";
  EXPECT_EQ(handler_(request).status, 405);
}

TEST_F(AgentApiTest, ProtectionIsAskedOfTheEcsApi) {
  ecs_ = EcsAnswer{};
  output_ = {
      {"protectedTasks",
       Json::array(
           {{{"taskArn", kArn}, {"protectionEnabled", true}, {"expirationDate", 1777888800.0}}})},
      {"failures", Json::array()}};
  EXPECT_EQ(
      state("PUT", R"({"protectionEnabled":true,"ExpiresInMinutes":60})"),
      R"(200 {"protection":{"ExpirationDate":"2026-05-04T10:00:00Z","ProtectionEnabled":true,"TaskArn":")" +
          kArn + R"("}})");
  EXPECT_EQ(
      asked_,
      R"(UpdateTaskProtection {"cluster":"arn:aws:ecs:eu-north-1:111122223333:cluster/harbour","tasks":[")" +
          kArn + R"("],"protectionEnabled":true,"expiresInMinutes":60})");
  output_["protectedTasks"][0].erase("expirationDate");
  output_["protectedTasks"][0]["protectionEnabled"] = false;
  EXPECT_EQ(state(),
            R"(200 {"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":")" +
                kArn + R"("}})");
  EXPECT_EQ(asked_.substr(0, 18), "GetTaskProtection ");
  output_ = {{"protectedTasks", Json::array()},
             {"failures", Json::array({{{"arn", kArn}, {"reason", "TASK_NOT_VALID"}}})}};
  EXPECT_EQ(state(),
            R"(200 {"failure":{"Arn":")" + kArn + R"(","Detail":null,"Reason":"TASK_NOT_VALID"}})");
}

TEST_F(AgentApiTest, WhatGoesWrongWithProtection) {
  EXPECT_EQ(state("DELETE"), "405 ");
  EXPECT_EQ(state("PUT", "{"), R"(400 {"error":{"Code":"InvalidParameterException",)"
                               R"("Message":"UpdateTaskProtection: failed to decode request"}})");
  EXPECT_NE(state("PUT", R"({"Other":1})").find("failed to decode request"), std::string::npos);
  EXPECT_EQ(state("GET", "", "nope"), R"(404 {"error":{"Code":"ResourceNotFoundException",)"
                                      R"("Message":"Failed to find a task for the request"}})");
  EXPECT_EQ(state("PUT", R"({"ExpiresInMinutes":5})"),
            R"(400 {"error":{"Arn":")" + kArn +
                R"(","Code":"InvalidParameterException",)"
                R"("Message":"Invalid request: does not contain 'ProtectionEnabled' field"}})");
  EXPECT_EQ(state(), R"(504 {"error":{"Arn":")" + kArn +
                         R"(","Code":"RequestCanceled",)"
                         R"("Message":"Timed out calling ECS Task Protection API"}})");
  ecs_ = EcsAnswer{400, {}, "InvalidParameterException", "too long", "b1c2"};
  EXPECT_EQ(state(), R"(400 {"requestID":"b1c2","error":{"Arn":")" + kArn +
                         R"(","Code":"InvalidParameterException","Message":"too long"}})");
  ecs_ = EcsAnswer{};
  output_ = Json::object();
  EXPECT_NE(state().find("Unexpected error occurred"), std::string::npos);
  spec_->credentials_id.clear();
  EXPECT_EQ(state(),
            R"(403 {"error":{"Arn":")" + kArn +
                R"(","Code":"AccessDeniedException","Message":"Invalid Request: no task IAM role )"
                R"(credentials available for task"}})");
}

}  // namespace
}  // namespace drydock::metadata
