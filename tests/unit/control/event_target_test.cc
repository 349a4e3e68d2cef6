#include "control/events/rules/target.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::control::events {
namespace {

const Json kEvent =
    Json::parse(R"({"id": "1", "time": "2026-03-01T00:00:00Z", "resources": ["arn:a", "arn:b"],
  "detail": {"status": "STOPPED", "code": 1, "o d": {"x": "say \"hi\""}}})");
constexpr const char* kRule = "arn:aws:events:us-east-1:123456789012:rule/night";

std::string input(const Json& target) { return target_input(target, kEvent, kRule); }

Json cluster(const Json& more = Json::object()) {
  Json target = {{"Id", "1"},
                 {"Arn", "arn:aws:ecs:us-east-1:123456789012:cluster/c"},
                 {"EcsParameters", {{"TaskDefinitionArn", "web:3"}}}};
  target.merge_patch(more);
  return target;
}

TEST(EventTarget, IsSentTheEventOrWhatIsMadeOfIt) {
  EXPECT_EQ(input(Json::object()), dump_json(kEvent));
  EXPECT_EQ(input({{"Input", "{\"a\":1}"}}), "{\"a\":1}");
  EXPECT_EQ(input({{"InputPath", "$.detail.status"}}), "\"STOPPED\"");
  EXPECT_EQ(input({{"InputPath", "$.resources[1]"}}), "\"arn:b\"");
  EXPECT_EQ(input({{"InputPath", "$.detail['o d'].x"}}), "\"say \\\"hi\\\"\"");
  EXPECT_EQ(input({{"InputPath", "$.nothing[3].here"}}), "null");
  EXPECT_EQ(input({{"InputPath", "$"}}), dump_json(kEvent));
}

TEST(EventTarget, ATemplateIsFilledInsideAndOutsideOfQuotes) {
  const auto made = [&](const std::string& text) {
    return input({{"InputTransformer",
                   {{"InputPathsMap", {{"s", "$.detail.status"}, {"x", "$.detail['o d'].x"}}},
                    {"InputTemplate", text}}}});
  };
  EXPECT_EQ(made(R"({"status": <s>})"), R"({"status": "STOPPED"})");
  EXPECT_EQ(made(R"({"text": "it is <s>: <x>"})"), R"({"text": "it is STOPPED: say \"hi\""})");
  EXPECT_EQ(made(R"("\"<s>")"), R"("\"STOPPED")");
  EXPECT_EQ(made("<aws.events.rule-name> <unknown>."), "\"night\" .");
}

TEST(EventTarget, EcsParametersBecomeARunTaskRequest) {
  const Json target = cluster(
      {{"EcsParameters",
        {{"TaskCount", 2},
         {"LaunchType", "FARGATE"},
         {"NetworkConfiguration",
          {{"awsvpcConfiguration", {{"Subnets", {"subnet-1"}}, {"AssignPublicIp", "ENABLED"}}}}},
         {"Tags", Json::array({{{"Key", "a"}, {"Value", "b"}}})}}}});
  EXPECT_EQ(run_request(target, "night", R"({"containerOverrides": [{"name": "web"}], "id": "1"})"),
            Json::parse(R"({"cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
      "taskDefinition": "web:3", "count": 2, "startedBy": "events-rule/night", "launchType": "FARGATE",
      "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}},
      "tags": [{"key": "a", "value": "b"}], "overrides": {"containerOverrides": [{"name": "web"}]}})"));
  EXPECT_FALSE(run_request(target, "night", dump_json(kEvent)).contains("overrides"));
  EXPECT_FALSE(run_request(target, "night", "no json").contains("overrides"));
}

TEST(EventTarget, WhatPutTargetsRefuses) {
  EXPECT_TRUE(check_target(cluster()));
  EXPECT_TRUE(check_target({{"Id", "1"}, {"Arn", "arn:aws:sqs:us-east-1:1:q"}}));
  const Json wrong[] = {Json("x"),
                        {{"Arn", "arn:aws:sqs:us-east-1:1:q"}},
                        {{"Id", "1"}, {"Arn", "queue"}},
                        cluster({{"Input", "{"}}),
                        cluster({{"Input", "{}"}, {"InputPath", "$"}}),
                        cluster({{"InputTransformer", {{"InputTemplate", ""}}}}),
                        cluster({{"EcsParameters", nullptr}}),
                        cluster({{"EcsParameters", {{"TaskCount", 11}}}})};
  for (const Json& one : wrong) EXPECT_FALSE(check_target(one)) << one.dump();
}

}  // namespace
}  // namespace drydock::control::events
