#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

class TaskDefinitions : public testing::ApiTest {
 protected:
  std::string add(const std::string& family) {
    return json_string(call("RegisterTaskDefinition", fargate(family)).body["taskDefinition"],
                       "taskDefinitionArn");
  }
};

TEST_F(TaskDefinitions, RegisterNumbersRevisionsAndNormalises) {
  Json request = fargate("web");
  request["tags"] = Json::array({{{"key", "k"}, {"value", "v"}}});
  const auto r = call("RegisterTaskDefinition", request);
  const Json& d = r.body["taskDefinition"];
  EXPECT_EQ(d["taskDefinitionArn"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  EXPECT_EQ(d["revision"], 1);
  EXPECT_EQ(d["status"], "ACTIVE");
  EXPECT_TRUE(d["registeredAt"].is_number());
  EXPECT_EQ(d["containerDefinitions"][0]["essential"], true);
  EXPECT_EQ(d["containerDefinitions"][0]["portMappings"][0]["protocol"], "tcp");
  EXPECT_FALSE(d.contains("tags"));
  EXPECT_EQ(r.body["tags"][0]["key"], "k");
  EXPECT_EQ(add("web"), "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2");
}

TEST_F(TaskDefinitions, ABadDefinitionUsesNoRevision) {
  Json bad = fargate("web");
  bad["memory"] = "77";
  const auto r = call("RegisterTaskDefinition", bad);
  EXPECT_EQ(r.type(), "ClientException");
  EXPECT_EQ(call("RegisterTaskDefinition", {{"family", 1}}).type(), "SerializationException");
  EXPECT_EQ(add("web").back(), '1');
}

TEST_F(TaskDefinitions, AFamilyNamesItsNewestActiveRevision) {
  add("web");
  add("web");
  add("web");
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:3"}});
  EXPECT_EQ(call("DescribeTaskDefinition", {{"taskDefinition", "web"}})
                .body["taskDefinition"]["revision"],
            2);
  EXPECT_EQ(call("DescribeTaskDefinition", {{"taskDefinition", "web:3"}})
                .body["taskDefinition"]["status"],
            "INACTIVE");
  for (const char* unknown : {"web:9", "nope", "web:x", "web:1:2",
                              "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1"}) {
    const auto r = call("DescribeTaskDefinition", {{"taskDefinition", unknown}});
    EXPECT_EQ(r.type(), "ClientException") << unknown;
    EXPECT_EQ(r.message(), "Unable to describe task definition.") << unknown;
  }
}

TEST_F(TaskDefinitions, TagsAreShownOnRequest) {
  const std::string arn = add("web");
  call("TagResource",
       {{"resourceArn", arn}, {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}});
  EXPECT_FALSE(call("DescribeTaskDefinition", {{"taskDefinition", "web"}}).body.contains("tags"));
  EXPECT_EQ(call("DescribeTaskDefinition", {{"taskDefinition", "web"}, {"include", {"TAGS"}}})
                .body["tags"]
                .size(),
            1u);
}

TEST_F(TaskDefinitions, DeregisterWantsARevision) {
  add("web");
  EXPECT_EQ(call("DeregisterTaskDefinition", {{"taskDefinition", "web"}}).message(),
            "Revision is missing.");
  const auto r = call("DeregisterTaskDefinition", {{"taskDefinition", "web:foo"}});
  EXPECT_EQ(r.type(), "InvalidParameterException");
  EXPECT_EQ(r.message(), "Invalid revision number. Number: foo");
  EXPECT_EQ(call("DeregisterTaskDefinition", {{"taskDefinition", "web:7"}}).message(),
            "Unable to describe task definition.");
  const auto done = call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}});
  EXPECT_EQ(done.body["taskDefinition"]["status"], "INACTIVE");
  EXPECT_TRUE(done.body["taskDefinition"]["deregisteredAt"].is_number());
  EXPECT_EQ(call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}}).status, 200);
}

TEST_F(TaskDefinitions, DeletedNumbersAreNeverUsedAgainEvenAfterARestart) {
  add("web");
  const auto early =
      call("DeleteTaskDefinitions", {{"taskDefinitions", {"web:1", "web", "web:5"}}});
  ASSERT_EQ(early.body["failures"].size(), 3u);
  EXPECT_EQ(early.body["failures"][0]["arn"], "web:1");
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}});
  const auto r = call("DeleteTaskDefinitions", {{"taskDefinitions", {"web:1"}}});
  EXPECT_EQ(r.body["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS");
  EXPECT_EQ(call("DeleteTaskDefinitions", {{"taskDefinitions", Json::array()}}).message(),
            "size of TaskDefinition references list must be greater than 0");
  restart();
  EXPECT_EQ(add("web").back(), '2');
}

TEST_F(TaskDefinitions, ListSortsByFamilyThenNumber) {
  for (int i = 0; i < 11; ++i) add("web");
  add("api");
  auto r = call("ListTaskDefinitions", Json::object());
  ASSERT_EQ(r.body["taskDefinitionArns"].size(), 12u);
  EXPECT_TRUE(r.body["taskDefinitionArns"][0].get<std::string>().ends_with("api:1"));
  EXPECT_TRUE(r.body["taskDefinitionArns"][11].get<std::string>().ends_with("web:11"));
  r = call("ListTaskDefinitions", {{"sort", "DESC"}, {"familyPrefix", "web"}, {"maxResults", 1}});
  EXPECT_TRUE(r.body["taskDefinitionArns"][0].get<std::string>().ends_with("web:11"));
  EXPECT_TRUE(r.body.contains("nextToken"));
  EXPECT_TRUE(
      call("ListTaskDefinitions", {{"familyPrefix", "we"}}).body["taskDefinitionArns"].empty());
  EXPECT_TRUE(
      call("ListTaskDefinitions", {{"status", "INACTIVE"}}).body["taskDefinitionArns"].empty());
  EXPECT_EQ(call("ListTaskDefinitions", {{"status", "ODD"}}).type(), "InvalidParameterException");
}

TEST_F(TaskDefinitions, FamiliesAreActiveOrNot) {
  add("web");
  add("old");
  call("DeregisterTaskDefinition", {{"taskDefinition", "old:1"}});
  EXPECT_EQ(call("ListTaskDefinitionFamilies", Json::object()).body["families"].dump(),
            R"(["old","web"])");
  EXPECT_EQ(call("ListTaskDefinitionFamilies", {{"status", "ACTIVE"}}).body["families"].dump(),
            R"(["web"])");
  EXPECT_EQ(call("ListTaskDefinitionFamilies", {{"status", "INACTIVE"}}).body["families"].dump(),
            R"(["old"])");
  EXPECT_EQ(call("ListTaskDefinitionFamilies", {{"familyPrefix", "w"}}).body["families"].dump(),
            R"(["web"])");
}

}  // namespace
}  // namespace drydock::api
