#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

class Protection : public testing::ApiTest {
 protected:
  void SetUp() override {
    prepare();
    task_ = run_one();
    id_ = id_of(task_);
  }
  // Only a scheduler makes such tasks, so the store says so.
  void make_it_a_services() {
    auto& store = *plane->store;
    ASSERT_TRUE(store.committed().get());
    const auto stored = store.load_all("task");
    ASSERT_TRUE(stored);
    Json document = Json::parse(stored->front().second);
    document["spec"]["group"] = "service:shop";
    store.put("task", id_, document.dump());
    restart();
  }
  Json protection(const std::string& operation, const Json& more = Json::object()) {
    Json input = {{"cluster", "c"}, {"tasks", {id_}}};
    input.update(more);
    const auto r = call(operation, input);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body;
  }

  Json task_;
  std::string id_;
};

TEST_F(Protection, OnlyTasksOfServicesHaveIt) {
  const Json no = {
      {"protectedTasks", Json::array()},
      {"failures", Json::array({{{"arn", task_["taskArn"]}, {"reason", "TASK_NOT_VALID"}}})}};
  EXPECT_EQ(protection("GetTaskProtection"), no);
  EXPECT_EQ(protection("UpdateTaskProtection", {{"protectionEnabled", true}}), no);
  EXPECT_EQ(protection("GetTaskProtection", {{"tasks", {"gone"}}})["failures"][0]["reason"],
            "MISSING");
}

TEST_F(Protection, ItIsOnUntilItEndsAndOutlivesTheDaemon) {
  make_it_a_services();
  const Json off = {{"protectedTasks",
                     Json::array({{{"taskArn", task_["taskArn"]}, {"protectionEnabled", false}}})},
                    {"failures", Json::array()}};
  EXPECT_EQ(protection("GetTaskProtection"), off);
  const double before = epoch_seconds(now());
  const Json on = protection("UpdateTaskProtection", {{"protectionEnabled", true}});
  EXPECT_EQ(on["protectedTasks"][0]["protectionEnabled"], true);
  const auto until = on["protectedTasks"][0]["expirationDate"].get<double>();
  EXPECT_NEAR(until - before, 120 * 60, 30);
  EXPECT_EQ(protection("GetTaskProtection"), on);
  restart();
  EXPECT_EQ(protection("GetTaskProtection"), on);
  EXPECT_TRUE(plane->loop.call([&] { return plane->control->protection.is_protected(id_); }));
  const Json shorter =
      protection("UpdateTaskProtection", {{"protectionEnabled", true}, {"expiresInMinutes", 1}});
  EXPECT_LT(shorter["protectedTasks"][0]["expirationDate"].get<double>(), until);
  EXPECT_EQ(protection("UpdateTaskProtection", {{"protectionEnabled", false}}), off);
  restart();
  EXPECT_EQ(protection("GetTaskProtection"), off);
}

TEST_F(Protection, WhatHasEndedIsOff) {
  make_it_a_services();
  protection("UpdateTaskProtection", {{"protectionEnabled", true}});
  plane->store->put("protection", id_, "2020-01-01T00:00:00Z");
  restart();
  EXPECT_EQ(protection("GetTaskProtection")["protectedTasks"][0]["protectionEnabled"], false);
  EXPECT_TRUE(plane->store->committed().get());
  EXPECT_TRUE(plane->store->load_all("protection")->empty());
}

TEST_F(Protection, AStoppingTaskIsNotValid) {
  make_it_a_services();
  call("StopTask", {{"cluster", "c"}, {"task", id_}});
  EXPECT_EQ(protection("GetTaskProtection")["failures"][0]["reason"], "TASK_NOT_VALID");
}

TEST_F(Protection, WrongInputIsRefused) {
  const auto error = [&](const Json& input) {
    const auto r = call("UpdateTaskProtection", input);
    EXPECT_EQ(r.status, 400) << r.body.dump();
    return r.type() + ": " + r.message();
  };
  EXPECT_EQ(error({{"cluster", "c"}, {"protectionEnabled", true}}),
            "InvalidParameterException: tasks can not be empty.");
  EXPECT_EQ(error({{"cluster", "c"}, {"tasks", {id_}}}),
            "InvalidParameterException: ProtectionEnabled can not be blank.");
  for (const int minutes : {0, -1, 2881})
    EXPECT_EQ(error({{"cluster", "c"},
                     {"tasks", {id_}},
                     {"protectionEnabled", true},
                     {"expiresInMinutes", minutes}}),
              "InvalidParameterException: expiresInMinutes must be between 1 and 2880, and was " +
                  std::to_string(minutes) + ".");
  EXPECT_EQ(error({{"cluster", "c"},
                   {"tasks", std::vector<std::string>(11, id_)},
                   {"protectionEnabled", true}}),
            "InvalidParameterException: Tasks can have at most 10 items.");
  EXPECT_EQ(error({{"cluster", "none"}, {"tasks", {id_}}, {"protectionEnabled", true}}),
            "ClusterNotFoundException: Cluster not found.");
}

}  // namespace
}  // namespace drydock::api
