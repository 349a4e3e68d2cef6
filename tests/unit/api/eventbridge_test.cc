#include <gmock/gmock.h>

#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;
using ::testing::HasSubstr;

class EventBridge : public testing::ApiTest {
 protected:
  void SetUp() override { prepare(); }
  testing::Reply aws(const std::string& operation, const Json& input) {
    http::Request r;
    r.method = "POST";
    r.target = r.path = "/";
    r.headers = {{"X-Amz-Target", "AWSEvents." + operation},
                 {"Content-Type", "application/x-amz-json-1.1"}};
    r.body = input.dump();
    return send(r);
  }
  Json ok(const std::string& operation, const Json& input) {
    const testing::Reply r = aws(operation, input);
    EXPECT_EQ(r.status, 200) << operation << " " << r.body.dump();
    return r.body;
  }
  std::string error(const std::string& operation, const Json& input) {
    const testing::Reply r = aws(operation, input);
    EXPECT_EQ(r.status, 400) << operation << " " << r.body.dump();
    return r.type() + ": " + r.message();
  }
  // A rule whose target runs web:1.
  void rule(const std::string& name, const Json& what, const Json& target = Json::object()) {
    Json in = {{"Name", name}};
    in.update(what);
    ok("PutRule", in);
    Json one = {
        {"Id", "run"},
        {"Arn", "arn:aws:ecs:us-east-1:123456789012:cluster/c"},
        {"EcsParameters",
         {{"TaskDefinitionArn", "web"},
          {"LaunchType", "FARGATE"},
          {"NetworkConfiguration", {{"awsvpcConfiguration", {{"Subnets", {"subnet-1"}}}}}}}}};
    one.merge_patch(target);
    EXPECT_EQ(
        ok("PutTargets", {{"Rule", name}, {"Targets", Json::array({one})}})["FailedEntryCount"], 0);
  }
  std::vector<Json> started_by(const std::string& name) {
    for (int i = 0; i < 8; ++i) plane->loop.call([] { return true; });
    const auto all = call("ListTasks", {{"cluster", "c"}, {"startedBy", "events-rule/" + name}});
    std::vector<Json> tasks;
    if (all.body["taskArns"].empty()) return tasks;
    const auto shown = call("DescribeTasks", {{"cluster", "c"}, {"tasks", all.body["taskArns"]}});
    for (const Json& t : shown.body["tasks"]) tasks.push_back(t);
    return tasks;
  }
  void put_event(const std::string& type) {
    const Json out =
        ok("PutEvents",
           {{"Entries",
             Json::array({{{"Source", "shop"}, {"DetailType", type}, {"Detail", "{\"n\": 1}"}}})}});
    EXPECT_EQ(out["FailedEntryCount"], 0);
  }
};

const char* const kOrders = R"({"source": ["shop"], "detail-type": ["order"]})";

TEST_F(EventBridge, ARuleIsKeptAsItWasPut) {
  const std::string arn = "arn:aws:events:us-east-1:123456789012:rule/night";
  EXPECT_EQ(ok("PutRule", {{"Name", "night"},
                           {"ScheduleExpression", "cron(0 2 * * ? *)"},
                           {"Description", "at night"},
                           {"RoleArn", "arn:aws:iam::123456789012:role/r"},
                           {"Tags", Json::array({{{"Key", "a"}, {"Value", "b"}}})}})["RuleArn"],
            arn);
  restart();
  EXPECT_EQ(ok("DescribeRule", {{"Name", "night"}}),
            (Json{{"Name", "night"},
                  {"Arn", arn},
                  {"ScheduleExpression", "cron(0 2 * * ? *)"},
                  {"State", "ENABLED"},
                  {"Description", "at night"},
                  {"RoleArn", "arn:aws:iam::123456789012:role/r"},
                  {"EventBusName", "default"},
                  {"CreatedBy", "123456789012"}}));
  ok("DisableRule", {{"Name", "night"}});
  EXPECT_EQ(ok("ListRules", {{"NamePrefix", "ni"}})["Rules"][0]["State"], "DISABLED");
  EXPECT_EQ(ok("ListRules", {{"NamePrefix", "x"}})["Rules"].size(), 0U);
  ok("TagResource",
     {{"ResourceARN", arn}, {"Tags", Json::array({{{"Key", "c"}, {"Value", "d"}}})}});
  ok("UntagResource", {{"ResourceARN", arn}, {"TagKeys", {"a"}}});
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceARN", arn}})["Tags"],
            Json::array({{{"Key", "c"}, {"Value", "d"}}}));
  ok("DeleteRule", {{"Name", "night"}});
  EXPECT_EQ(error("DescribeRule", {{"Name", "night"}}),
            "ResourceNotFoundException: Rule night does not exist on EventBus default.");
  ok("DeleteRule", {{"Name", "night"}});
}

TEST_F(EventBridge, TargetsAreListedReplacedAndRemoved) {
  rule("orders", {{"EventPattern", kOrders}});
  rule("orders", {{"EventPattern", kOrders}}, {{"Input", "{}"}});
  const Json listed = ok("ListTargetsByRule", {{"Rule", "orders"}})["Targets"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["Input"], "{}");
  EXPECT_EQ(ok("ListRuleNamesByTarget",
               {{"TargetArn", "arn:aws:ecs:us-east-1:123456789012:cluster/c"}})["RuleNames"],
            Json::array({"orders"}));
  EXPECT_EQ(error("DeleteRule", {{"Name", "orders"}}),
            "ValidationException: Rule can't be deleted since it has targets.");
  const Json removed = ok("RemoveTargets", {{"Rule", "orders"}, {"Ids", {"run", "none"}}});
  EXPECT_EQ(removed["FailedEntries"][0]["TargetId"], "none");
  EXPECT_EQ(ok("ListTargetsByRule", {{"Rule", "orders"}})["Targets"].size(), 0U);
  Json six = Json::array();
  for (int i = 0; i < 6; ++i)
    six.push_back({{"Id", std::to_string(i)}, {"Arn", "arn:aws:sqs:us-east-1:123456789012:q"}});
  EXPECT_THAT(error("PutTargets", {{"Rule", "orders"}, {"Targets", six}}),
              HasSubstr("LimitExceededException"));
}

TEST_F(EventBridge, AnEventThatFitsRunsTheTargetOnce) {
  rule("orders", {{"EventPattern", kOrders}},
       {{"Input", R"({"containerOverrides": [{"name": "web", "command": ["run"]}]})"}});
  put_event("other");
  EXPECT_TRUE(started_by("orders").empty());
  put_event("order");
  const auto tasks = started_by("orders");
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0]["startedBy"], "events-rule/orders");
  EXPECT_EQ(tasks[0]["overrides"]["containerOverrides"][0]["command"], Json::array({"run"}));
  restart();
  EXPECT_EQ(started_by("orders").size(), 1U);
  put_event("order");
  EXPECT_EQ(started_by("orders").size(), 2U);
  ok("DisableRule", {{"Name", "orders"}});
  put_event("order");
  // What came while it was disabled is not for it.
  ok("EnableRule", {{"Name", "orders"}});
  EXPECT_EQ(started_by("orders").size(), 2U);
}

TEST_F(EventBridge, ATasksEndCanBeWhatARuleIsFor) {
  rule("again",
       {{"EventPattern", R"({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
    "detail": {"lastStatus": ["STOPPED"], "startedBy": [{"exists": false}]}})"}});
  const std::string id = id_of(run_one());
  EXPECT_TRUE(started_by("again").empty());
  become(id, TaskStatus::kStopped);
  const auto tasks = started_by("again");
  ASSERT_EQ(tasks.size(), 1U);
  become(id_of(tasks[0]), TaskStatus::kStopped);
  EXPECT_TRUE(started_by("again").empty());  // none is RUNNING, and no other was started
}

TEST_F(EventBridge, SchedulesFireWhenTheirClockIsMoved) {
  rule("often", {{"ScheduleExpression", "rate(10 minutes)"}});
  EXPECT_EQ(local("POST", "clock", {{"advance", "9m"}}).body["fired"], 0);
  EXPECT_EQ(local("POST", "clock", {{"advance", 61}}).body["fired"], 1);
  EXPECT_EQ(started_by("often").size(), 1U);
  EXPECT_EQ(local("POST", "clock", {{"advance", "1h"}}).body["fired"], 6);
  EXPECT_EQ(started_by("often").size(), 7U);
  EXPECT_EQ(local("POST", "clock", {{"advance", "400h"}}).status, 400);
  EXPECT_EQ(local("POST", "clock", {{"advance", "soon"}}).status, 400);
  ok("DisableRule", {{"Name", "often"}});
  EXPECT_EQ(local("POST", "clock", {{"advance", "1h"}}).body["fired"], 0);
}

TEST_F(EventBridge, ARuleRunsNowAndTellsWhatCameOfIt) {
  rule("night", {{"ScheduleExpression", "cron(0 2 * * ? *)"}, {"State", "DISABLED"}});
  const testing::Reply done = local("POST", "rules/night/run");
  ASSERT_EQ(done.status, 200) << done.body.dump();
  EXPECT_EQ(done.body["targets"][0]["taskArns"].size(), 1U);
  EXPECT_EQ(started_by("night").size(), 1U);
  EXPECT_EQ(local("POST", "rules/none/run").status, 400);
  ok("PutTargets",
     {{"Rule", "night"},
      {"Targets",
       Json::array({{{"Id", "run"}, {"Arn", "arn:aws:sqs:us-east-1:123456789012:q"}}})}});
  EXPECT_THAT(json_string(local("POST", "rules/night/run").body["targets"][0], "problem"),
              HasSubstr("setting `upstream.endpoint`"));
  const Json shown = local("GET", "rules").body["rules"][0];
  EXPECT_EQ(shown["name"], "night");
  EXPECT_TRUE(shown["last"]["targets"][0].contains("problem"));
}

TEST_F(EventBridge, ATargetThatCannotRunSaysWhy) {
  rule("broken", {{"ScheduleExpression", "rate(1 day)"}},
       {{"EcsParameters", {{"TaskDefinitionArn", "nobody"}}}});
  EXPECT_THAT(json_string(local("POST", "rules/broken/run").body["targets"][0], "problem"),
              HasSubstr("ClientException: "));
}

TEST_F(EventBridge, WhatIsNotValidIsRefused) {
  EXPECT_EQ(error("PutRule", {{"Name", "x"}}),
            "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be "
            "specified.");
  EXPECT_THAT(error("PutRule", {{"Name", "x"}, {"ScheduleExpression", "rate(5 minute)"}}),
              HasSubstr("ValidationException: Parameter ScheduleExpression is not valid."));
  EXPECT_THAT(error("PutRule", {{"Name", "x"}, {"EventPattern", "{\"a\": 1}"}}),
              HasSubstr("InvalidEventPatternException: Event pattern is not valid. Reason: "));
  EXPECT_THAT(error("PutRule", {{"Name", "a b"}, {"EventPattern", kOrders}}),
              HasSubstr("ValidationException"));
  EXPECT_THAT(error("PutRule", Json::object()),
              HasSubstr("Value null at 'name' failed to satisfy constraint"));
  EXPECT_THAT(error("PutRule", {{"Name", "x"}, {"EventBusName", "b"}, {"EventPattern", kOrders}}),
              HasSubstr("ResourceNotFoundException: Event bus b does not exist."));
  EXPECT_THAT(error("PutTargets", {{"Rule", "none"}, {"Targets", Json::array({Json::object()})}}),
              HasSubstr("ResourceNotFoundException: Rule none"));
  EXPECT_THAT(error("CreateArchive", Json::object()), HasSubstr("UnsupportedFeatureException"));
}

TEST_F(EventBridge, EventsOfClientsAreJudgedOneByOne) {
  const Json out = ok(
      "PutEvents",
      {{"Entries", Json::array({{{"Source", "shop"}, {"DetailType", "order"}, {"Detail", "{}"}},
                                {{"Source", "aws.ecs"}, {"DetailType", "order"}, {"Detail", "{}"}},
                                {{"Source", "shop"}, {"DetailType", "order"}, {"Detail", "[]"}},
                                {{"DetailType", "order"}, {"Detail", "{}"}}})}});
  EXPECT_EQ(out["FailedEntryCount"], 3);
  EXPECT_EQ(json_string(out["Entries"][0], "EventId").size(), 36U);
  EXPECT_EQ(out["Entries"][1]["ErrorCode"], "NotAuthorizedForSourceException");
  EXPECT_EQ(out["Entries"][2]["ErrorCode"], "MalformedDetail");
  EXPECT_EQ(out["Entries"][3]["ErrorMessage"],
            "Parameter Source is not valid. Reason: Source is a required argument.");
}

TEST_F(EventBridge, PatternsCanBeTriedAndThereIsOneBus) {
  const std::string event =
      R"({"id": "1", "account": "1", "source": "shop", "time": "2026-03-01T00:00:00Z", "region": "us-east-1",
          "resources": [], "detail-type": "order"})";
  EXPECT_EQ(ok("TestEventPattern", {{"EventPattern", kOrders}, {"Event", event}})["Result"], true);
  EXPECT_EQ(ok("TestEventPattern",
               {{"EventPattern", R"({"source": ["x"]})"}, {"Event", event}})["Result"],
            false);
  EXPECT_THAT(error("TestEventPattern", {{"EventPattern", kOrders}, {"Event", "{}"}}),
              HasSubstr("id is a required argument"));
  EXPECT_EQ(ok("DescribeEventBus", Json::object())["Arn"],
            "arn:aws:events:us-east-1:123456789012:event-bus/default");
  EXPECT_EQ(ok("ListEventBuses", Json::object())["EventBuses"].size(), 1U);
}

}  // namespace
}  // namespace drydock::api
