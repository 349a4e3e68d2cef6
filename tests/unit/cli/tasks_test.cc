#include "cli/tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json task(const std::string& id, const std::string& definition, const std::string& status,
          const std::string& group = "") {
  return {{"taskArn", "arn:aws:ecs:us-east-1:123456789012:task/default/" + id},
          {"taskDefinitionArn", "arn:aws:ecs:us-east-1:123456789012:task-definition/" + definition},
          {"clusterArn", "arn:aws:ecs:us-east-1:123456789012:cluster/default"},
          {"lastStatus", status},
          {"group", group},
          {"local", {{"id", id}}}};
}

Json some_tasks() {
  return Json::array({task("aaaa1111", "web:1", "STOPPED"), task("aaaa2222", "web:2", "RUNNING"),
                      task("bbbb3333", "job:1", "STOPPED"), task("cccc4444", "job:1", "STOPPED"),
                      task("dddd5555", "api:7", "RUNNING", "service:front")});
}

std::string found(const std::string& name, Several several = Several::kRefuse) {
  const auto t = find_task(some_tasks(), name, several);
  return t ? task_id(*t) : "error: " + t.error().message;
}

TEST(RestartLines, TellEachTimeAContainerBeganAgain) {
  const auto at = [](int web, int job) {
    Json t = task("a", "web:1", "RUNNING");
    t["local"]["containers"] = Json::array({{{"name", "web"}}, {{"name", "job"}}});
    if (web) t["local"]["containers"][0]["restartCount"] = web;
    if (job) t["local"]["containers"][1]["restartCount"] = job;
    return t;
  };
  EXPECT_THAT(restart_lines(at(0, 0), at(0, 0)), IsEmpty());
  EXPECT_THAT(restart_lines(at(0, 0), at(1, 0)), ElementsAre("web ended and was restarted"));
  EXPECT_THAT(restart_lines(at(1, 2), at(1, 4)),
              ElementsAre("job ended and was restarted (4 times now)"));
}

TEST(FindTask, AnIdItsUniqueBeginningAnArnAFamilyOrAService) {
  EXPECT_EQ(found("aaaa1111"), "aaaa1111");
  EXPECT_EQ(found("b"), "bbbb3333");
  EXPECT_EQ(found("arn:aws:ecs:us-east-1:123456789012:task/default/cccc4444"), "cccc4444");
  EXPECT_EQ(found("front"), "dddd5555");
  EXPECT_EQ(found("api:7"), "dddd5555");
}

TEST(FindTask, OfAFamilyTheOneThatRunsCounts) { EXPECT_EQ(found("web"), "aaaa2222"); }

TEST(FindTask, OfStoppedOnesTheNewestOnlyWhereThatIsHarmless) {
  EXPECT_EQ(found("job", Several::kNewestStopped), "cccc4444");
  EXPECT_THAT(found("job"), HasSubstr("\"job\" means 2 tasks"));
}

TEST(FindTask, WhatIsNotUniqueNamesTheCandidates) {
  EXPECT_THAT(found("aaaa"),
              ::testing::AllOf(HasSubstr("aaaa1111"), HasSubstr("aaaa2222"), HasSubstr("web:2")));
  EXPECT_THAT(found("zzz"), HasSubstr("no task is called \"zzz\""));
  EXPECT_THAT(found(""), HasSubstr("no task is called"));
}

Json stopped(std::string code, Json containers, std::string reason = "") {
  Json t = task("aaaa1111", "web:1", "STOPPED");
  t["stopCode"] = std::move(code);
  t["stoppedReason"] = std::move(reason);
  t["local"]["containers"] = std::move(containers);
  return t;
}

Json ended(const std::string& name, int code, const std::string& at, bool essential = true) {
  return {{"name", name}, {"exitCode", code}, {"finishedAt", at}, {"essential", essential}};
}

TEST(ExitCode, IsThatOfTheEssentialContainerThatEndedFirst) {
  EXPECT_EQ(exit_code_of(
                stopped("EssentialContainerExited",
                        Json::array({ended("late", 143, "2026-01-01T00:00:02.000000000Z"),
                                     ended("first", 7, "2026-01-01T00:00:01.000000000Z"),
                                     ended("side", 9, "2026-01-01T00:00:00.000000000Z", false)}))),
            7);
  EXPECT_EQ(exit_code_of(stopped("EssentialContainerExited",
                                 Json::array({ended("only", 0, "2026-01-01T00:00:01Z")}))),
            0);
}

TEST(ExitCode, SaysWhyACommandDidNotStart) {
  const auto code = [](const std::string& reason) {
    return exit_code_of(
        stopped("TaskFailedToStart", Json::array({{{"name", "app"}, {"reason", reason}}})));
  };
  EXPECT_EQ(code("CannotStartContainerError: exec: \"nope\": executable file not found in $PATH"),
            127);
  EXPECT_EQ(code("CannotStartContainerError: exec: \"/x\": stat /x: no such file or directory"),
            127);
  EXPECT_EQ(code("CannotStartContainerError: exec: \"/etc\": permission denied"), 126);
  EXPECT_EQ(code("CannotStartContainerError: exec /x: exec format error"), 126);
  EXPECT_EQ(code("CannotPullContainerError: no such image"), 125);
  EXPECT_EQ(exit_code_of(stopped("TaskFailedToStart", Json::array())), 125);
}

TEST(EndLines, NameTheCodeAndTheReason) {
  Json oom = ended("app", 137, "t");
  oom["reason"] = "OutOfMemoryError: Container killed due to memory usage";
  Json slow = ended("slow", 137, "t");
  slow["desiredStopped"] = true;
  const Json never = {{"name", "never"}, {"reason", "CannotStartContainerError: x"}};
  const Json t =
      stopped("EssentialContainerExited", Json::array({oom, slow, never, ended("fine", 0, "t")}));
  EXPECT_THAT(
      end_lines(t, false),
      ElementsAre("app exited with 137 (OutOfMemoryError: Container killed due to memory usage)",
                  "slow exited with 137 (killed: it did not end within its stop timeout)",
                  "never did not run (CannotStartContainerError: x)", "fine exited with 0"));
  EXPECT_EQ(end_lines(t, true)[1], "slow exited with 137 (killed)");
}

TEST(EndLines, ATaskThatFailedToStartSaysWhy) {
  EXPECT_EQ(
      task_end_line(stopped("TaskFailedToStart", Json::array(), "CannotPullContainerError: x")),
      "task stopped: CannotPullContainerError: x");
  EXPECT_EQ(task_end_line(stopped("EssentialContainerExited", Json::array(),
                                  "Essential container in task exited")),
            "");
}

Json serving() {
  Json t = task("aaaa1111", "web:1", "RUNNING");
  t["local"]["networks"].push_back({{"mode", "awsvpc"},
                                    {"address", "172.31.4.17"},
                                    {"containers", Json::array({"web", "side"})}});
  t["local"]["containers"] =
      Json::array({{{"name", "web"},
                    {"health", {{"status", "HEALTHY"}}},
                    {"mappedPorts", Json::array({{{"containerPort", 80}, {"protocol", "tcp"}},
                                                 {{"containerPort", 53}, {"protocol", "udp"}}})},
                    {"ports", Json::array({{{"hostAddress", "127.0.0.1"},
                                            {"hostPort", 8080},
                                            {"containerPort", 80},
                                            {"protocol", "tcp"}}})}},
                   {{"name", "side"}}});
  t["containers"] = Json::array({{{"name", "web"},
                                  {"image", "web:latest"},
                                  {"lastStatus", "RUNNING"},
                                  {"healthStatus", "HEALTHY"}},
                                 {{"name", "side"},
                                  {"image", std::string(60, 'x')},
                                  {"lastStatus", "STOPPED"},
                                  {"exitCode", 3}}});
  return t;
}

TEST(AddressLines, NameEachMappedPortAndWhereItIsPublished) {
  EXPECT_THAT(address_lines(serving()),
              ElementsAre("web  http://172.31.4.17:80  also http://127.0.0.1:8080",
                          "web  172.31.4.17:53/udp"));
  EXPECT_THAT(address_lines(task("a", "web:1", "PENDING")), IsEmpty());
}

TEST(AddressLines, AreFinalWhenTheNetworkIsReadyOrWillNeverBe) {
  Json t = task("a", "web:1", "PROVISIONING");
  EXPECT_FALSE(addresses_are_known(t));
  t["desiredStatus"] = "STOPPED";
  EXPECT_TRUE(addresses_are_known(t));
  t = task("a", "web:1", "PENDING");
  EXPECT_FALSE(addresses_are_known(t)) << "that is the first state without an interface";
  t["local"]["networks"].push_back({{"mode", "none"}});
  EXPECT_TRUE(addresses_are_known(t));
  t["local"]["publishing"] = true;
  EXPECT_FALSE(addresses_are_known(t));
}

TEST(AddressLines, AContainerOnABridgeHasItsOwnAndOneInTheHostsNetworkThisMachines) {
  Json t = serving();
  t["local"]["networks"] = Json::array();
  t["local"]["networks"].push_back(
      {{"mode", "bridge"}, {"address", "172.31.4.18"}, {"containers", Json::array({"side"})}});
  t["local"]["networks"].push_back({{"mode", "host"}, {"containers", Json::array({"web"})}});
  EXPECT_EQ(address_lines(t)[1], "web  127.0.0.1:53/udp");
  const auto rows = ps_rows(Json::array({t}), false);
  EXPECT_EQ(rows[1][5], "127.0.0.1");
  EXPECT_EQ(rows[2][5], "172.31.4.18");
}

TEST(Ps, OneRowAContainer) {
  const auto rows = ps_rows(Json::array({serving()}), false);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0], ElementsAre("TASK", "CONTAINER", "IMAGE", "STATUS", "HEALTH", "ADDRESS",
                                   "PORTS", "TASKDEFINITION"));
  EXPECT_THAT(rows[1], ElementsAre("aaaa1111", "web", "web:latest", "RUNNING", "HEALTHY",
                                   "172.31.4.17", "127.0.0.1:8080->80/tcp", "web:1"));
  EXPECT_THAT(rows[2], ElementsAre("aaaa1111", "side", std::string(31, 'x') + "…", "STOPPED (3)",
                                   "-", "172.31.4.17", "-", "web:1"));
  EXPECT_EQ(ps_rows(Json::array({serving()}), true)[2][2], std::string(60, 'x'));
}

TEST(Ps, FiltersByClusterServiceFamilyAndState) {
  const auto ids = [](const PsFilter& filter) {
    std::vector<std::string> out;
    for (const auto& t : filtered_tasks(some_tasks(), filter)) out.push_back(task_id(t));
    return out;
  };
  EXPECT_THAT(ids({}), ElementsAre("aaaa2222", "dddd5555"));
  EXPECT_THAT(ids({true, "", "", "web"}), ElementsAre("aaaa1111", "aaaa2222"));
  EXPECT_THAT(ids({false, "", "front", ""}), ElementsAre("dddd5555"));
  EXPECT_THAT(ids({true, "other", "", ""}), IsEmpty());
}

TEST(Tasks, HostileAnswersDoNotCrash) {
  for (const auto& odd : {Json(), Json(1), Json::array(), Json{{"local", 1}},
                          Json{{"local", {{"containers", 3}, {"networks", 4}}}},
                          Json{{"local", {{"networks", Json::array({7})}}}},
                          Json{{"containers", Json::array({1, "x", nullptr})},
                               {"local", {{"containers", Json::array({2})}}}}}) {
    (void)ps_rows(Json::array({odd}), false);
    (void)address_lines(odd);
    (void)end_lines(odd, false);
    (void)exit_code_of(odd);
    (void)find_task(Json::array({odd}), "x", Several::kNewestStopped);
  }
}

}  // namespace
}  // namespace drydock::cli
