#include <gmock/gmock.h>

#include "control/services/events.h"
#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class EventDocuments : public testing::ApiTest {
 protected:
  void SetUp() override { prepare(); }
  std::vector<Json> events(const std::string& type) {
    for (int i = 0; i < 8; ++i) plane->loop.call([] { return true; });
    std::vector<Json> found;
    for (const auto& one : plane->control->events.log().after(0, 10000).events) {
      Json event = Json::parse(one->line);
      if (event["detail-type"] == type) found.push_back(std::move(event));
    }
    return found;
  }
  std::vector<std::string> news() {
    std::vector<std::string> all;
    for (const char* type : {"ECS Deployment State Change", "ECS Service Action"})
      for (const Json& e : events(type))
        all.push_back(json_string(e["detail"], "eventType") + " " +
                      json_string(e["detail"], "eventName"));
    return all;
  }
};

TEST_F(EventDocuments, EachVersionOfATaskIsToldOnceInEventBridgesForm) {
  const std::string id = id_of(run_one());
  change(id, [](runtime::TaskView& v) {
    v.last_status = TaskStatus::kRunning;
    v.started_at = *parse_rfc3339("2026-03-01T08:15:04.123456Z");
    v.attachment_status = "ATTACHED";
  });
  plane->loop.call([&] {  // a fact that is in no event
    plane->control->tasks.changed(plane->control->tasks.view(id));
    return true;
  });
  const auto told = events("ECS Task State Change");
  ASSERT_EQ(told.size(), 2U);
  const Json& e = told[1];
  EXPECT_EQ(e["version"], "0");
  EXPECT_EQ(e["source"], "aws.ecs");
  EXPECT_EQ(e["account"], "123456789012");
  EXPECT_EQ(e["region"], "us-east-1");
  EXPECT_THAT(json_string(e, "time"), MatchesRegex("....-..-..T..:..:..Z"));
  EXPECT_EQ(e["resources"], Json::array({"arn:aws:ecs:us-east-1:123456789012:task/c/" + id}));
  const Json& d = e["detail"];
  EXPECT_EQ(d["lastStatus"], "RUNNING");
  EXPECT_EQ(d["version"], 2);
  EXPECT_EQ(d["startedAt"], "2026-03-01T08:15:04.123Z");
  EXPECT_TRUE(d["updatedAt"].is_string() && d["createdAt"].is_string());
  EXPECT_EQ(d["attachments"][0]["type"], "eni");
  EXPECT_EQ(d["containers"].size(), 2U);
  EXPECT_FALSE(d.contains("tags"));
  EXPECT_EQ(told[0]["detail"]["lastStatus"], "PROVISIONING");
  EXPECT_NE(told[0]["id"], told[1]["id"]);
}

TEST_F(EventDocuments, ARestartTellsNothingAgainButWhatItMissed) {
  const std::string id = id_of(run_one());
  become(id, TaskStatus::kRunning);
  const auto before = events("ECS Task State Change");
  restart();
  plane->loop.call([&] {
    plane->control->events.look();
    return true;
  });
  EXPECT_EQ(events("ECS Task State Change"), before);
  become(id, TaskStatus::kStopped);
  EXPECT_EQ(events("ECS Task State Change").size(), before.size() + 1);
}

TEST_F(EventDocuments, AServiceTellsOfItsDeploymentsAndOfWhatItDoes) {
  const auto made = call("CreateService", {{"cluster", "c"},
                                           {"serviceName", "shop"},
                                           {"taskDefinition", "web"},
                                           {"desiredCount", 1},
                                           {"launchType", "FARGATE"},
                                           {"networkConfiguration", network()}});
  ASSERT_EQ(made.status, 200);
  EXPECT_THAT(news(), ElementsAre("INFO SERVICE_DEPLOYMENT_IN_PROGRESS"));
  const auto tasks = call("ListTasks", {{"cluster", "c"}, {"serviceName", "shop"}});
  ASSERT_EQ(tasks.body["taskArns"].size(), 1U);
  change(id_of({{"taskArn", tasks.body["taskArns"][0]}}), [](runtime::TaskView& v) {
    v.last_status = TaskStatus::kRunning;
    v.started_at = now() - std::chrono::hours(1);
  });
  EXPECT_THAT(news(),
              ElementsAre("INFO SERVICE_DEPLOYMENT_IN_PROGRESS",
                          "INFO SERVICE_DEPLOYMENT_COMPLETED", "INFO SERVICE_STEADY_STATE"));
  const Json done = events("ECS Deployment State Change").back();
  const std::string deployment = json_string(made.body["service"]["deployments"][0], "id");
  EXPECT_EQ(done["resources"], Json::array({"arn:aws:ecs:us-east-1:123456789012:service/c/shop"}));
  EXPECT_EQ(done["detail"]["deploymentId"], deployment);
  EXPECT_EQ(done["detail"]["reason"], "ECS deployment " + deployment + " completed.");
  const Json steady = events("ECS Service Action").back();
  EXPECT_EQ(steady["detail"]["clusterArn"], "arn:aws:ecs:us-east-1:123456789012:cluster/c");
  EXPECT_TRUE(steady["detail"]["createdAt"].is_string());
  restart();
  EXPECT_EQ(news().size(), 3U);
}

TEST(ServiceNews, ATaskWithoutAPlaceIsAnAction) {
  const auto told_of = [](const std::string& text) {
    control::services::Service s;
    control::services::Told told;
    const auto news = control::services::news_of(s, {{"1", now(), "(service shop) " + text}}, told);
    return news.empty() ? "nothing" : news[0].type + " " + news[0].name + " " + news[0].reason;
  };
  using control::services::not_placed_text;
  EXPECT_EQ(told_of(not_placed_text("RESOURCE:CPU", "4096 of 2048")),
            "ERROR SERVICE_TASK_PLACEMENT_FAILURE RESOURCE:CPU");
  EXPECT_EQ(told_of(not_placed_text("RESOURCE:PORTS", "80")),
            "ERROR SERVICE_TASK_PLACEMENT_FAILURE RESOURCE:PORTS");
  EXPECT_EQ(told_of(not_placed_text("MemberOf placement constraint unsatisfied.", "")),
            "ERROR SERVICE_TASK_PLACEMENT_FAILURE MemberOf placement constraint unsatisfied.");
  EXPECT_EQ(told_of(not_placed_text("RESOURCE:FARGATE", "none")),
            "ERROR SERVICE_TASK_PLACEMENT_FAILURE RESOURCE:FARGATE");
  EXPECT_EQ(told_of(not_placed_text("TaskDefinition is inactive", "")),
            "ERROR SERVICE_TASK_CONFIGURATION_FAILURE TaskDefinition is inactive");
  EXPECT_EQ(told_of(control::services::kImpaired), "WARN SERVICE_TASK_START_IMPAIRED ");
  EXPECT_EQ(told_of("has started 1 tasks: (task a)."), "nothing");
}

}  // namespace
}  // namespace drydock::api
