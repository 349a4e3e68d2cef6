#include <gmock/gmock.h>

#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::fargate;
using test::fargate_container;
using test::json;

constexpr const char* kContainer = "containerDefinitions[0]";
// Nothing is said about it.
constexpr const char* kPlain = R"({"image": "nginx:1", "logConfiguration": {
    "logDriver": "splunk", "options": {"splunk-url": "https://u:1", "splunk-token": "t"}}})";

// The paths of the remarks on the plain container with `members` added.
std::vector<std::string> paths(std::string_view members, std::string_view change = "{}") {
  Json request = fargate_container(kPlain, change);
  request["containerDefinitions"][0].merge_patch(json(members));
  std::vector<std::string> out;
  for (const Note& note : remarks(request)) out.push_back(note.path);
  return out;
}

std::string in(std::string_view member) { return kContainer + ("." + std::string(member)); }

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Remarks, a_plain_definition_has_none) { EXPECT_THAT(paths("{}"), IsEmpty()); }

TEST(Remarks, members_that_ecs_does_not_know) {
  EXPECT_THAT(paths(R"({"Foo": 1})"), ElementsAre(in("Foo")));
}

TEST(Remarks, an_image_without_a_tag) {
  EXPECT_THAT(paths(R"({"image": "registry:5000/team/web"})"), ElementsAre(in("image")));
  EXPECT_THAT(paths(R"({"image": "registry:5000/team/web:2"})"), IsEmpty());
}

TEST(Remarks, command_lines_where_words_are_wanted) {
  EXPECT_THAT(paths(R"({"command": ["echo hello"]})"), ElementsAre(in("command")));
  EXPECT_THAT(paths(R"({"command": ["echo hello"], "entryPoint": ["sh", "-c"]})"), IsEmpty());
  for (const char* command :
       {R"(["curl", "x"])", R"(["CMD", "curl x"])", R"(["CMD-SHELL", "a", "b"])"})
    EXPECT_THAT(paths(R"({"healthCheck": {"command": )" + std::string(command) + "}}"),
                ElementsAre(in("healthCheck.command")));
  EXPECT_THAT(paths(R"({"healthCheck": {"command": ["CMD-SHELL", "curl x"]}})"), IsEmpty());
}

TEST(Remarks, variables_that_are_given_twice_or_look_secret) {
  EXPECT_THAT(paths(R"({"environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"},
                        {"name": "db_password", "value": "x"}, {"name": "TOKEN", "value": ""}]})"),
              ElementsAre(in("environment[1]"), in("environment[2].value")));
}

TEST(Remarks, a_start_timeout_that_nobody_waits_for) {
  EXPECT_THAT(paths(R"({"startTimeout": 10})"), ElementsAre(in("startTimeout")));
  EXPECT_THAT(paths(R"({"startTimeout": 600})"),
              ElementsAre(in("startTimeout"), in("startTimeout")));
}

TEST(Remarks, what_fargate_does_not_act_on) {
  EXPECT_THAT(paths(R"({"logConfiguration": null})"), ElementsAre(kContainer));
  EXPECT_THAT(paths(R"({"ulimits": [{"name": "nproc", "softLimit": 1, "hardLimit": 1}],
                "linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1}]}})"),
              ElementsAre(in("ulimits[0]"), in("linuxParameters.tmpfs")));
}

TEST(Remarks, an_unchecked_essential_container_beside_a_checked_one) {
  Json request = fargate_container(kPlain);
  request["containerDefinitions"].push_back(request["containerDefinitions"][0]);
  request["containerDefinitions"][1]["name"] = "other";
  request["containerDefinitions"][0]["healthCheck"] = json(R"({"command": ["CMD", "x"]})");
  ASSERT_EQ(remarks(request).size(), 1u);
  EXPECT_EQ(remarks(request)[0].path, "containerDefinitions[1]");
}

TEST(Remarks, volumes_that_nobody_mounts_and_memory_that_is_not_there) {
  EXPECT_THAT(paths("{}", R"({"volumes": [{"name": "v"}]})"), ElementsAre("volumes[0]"));
  Json request = fargate_container(kPlain);
  request["containerDefinitions"][0]["memory"] = 300;
  request["containerDefinitions"].push_back(request["containerDefinitions"][0]);
  request["containerDefinitions"][1]["name"] = "other";
  ASSERT_EQ(remarks(request).size(), 1u);
  EXPECT_EQ(remarks(request)[0].path, "memory");
}

TEST(Remarks, a_docker_volume_driver_that_is_not_there) {
  const auto driver = [](const std::string& name) {
    return paths(R"({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]})",
                 R"({"volumes": [{"name": "v", "dockerVolumeConfiguration": {"driver": ")" + name +
                     R"("}}]})");
  };
  EXPECT_THAT(driver("rexray"), ElementsAre("volumes[0].dockerVolumeConfiguration.driver"));
  EXPECT_THAT(driver("local"), IsEmpty());
}

TEST(Remarks, what_fargate_would_refuse_when_no_launch_type_is_named) {
  const Json request = fargate(R"({"requiresCompatibilities": null, "cpu": "512",
      "containerDefinitions": [{"name": "a", "image": "nginx:1"}]})");
  ASSERT_EQ(remarks(request).size(), 1u);
  EXPECT_EQ(remarks(request)[0].path, "requiresCompatibilities");
  EXPECT_THAT(remarks(request)[0].text,
              testing::HasSubstr("No Fargate configuration exists for given values: 512 CPU"));
}

TEST(Remarks, what_a_log_driver_refuses_at_its_start) {
  EXPECT_THAT(paths(R"({"logConfiguration": {"options": {"splunk-url": "collector"}}})"),
              ElementsAre(in("logConfiguration.options")));
  EXPECT_THAT(paths(R"({"logConfiguration": {"options": {"splunk-token": null}, "secretOptions": [
                        {"name": "splunk-token", "valueFrom": "x"}]}})"),
              IsEmpty());
}

TEST(Remarks, what_a_log_router_cannot_be_configured_with) {
  EXPECT_THAT(paths(R"({"user": "fluent", "firelensConfiguration":
                        {"type": "fluentbit", "options": {"config-file-type": "http"}}})"),
              ElementsAre(in("firelensConfiguration.options.config-file-type"),
                          in("firelensConfiguration.options"), in("user")));
  const std::string client = R"({"user": "0:0", "firelensConfiguration": {"type": "fluentd"},
                                 "logConfiguration": {"logDriver": "awsfirelens", "options": {
                                 "splunk-url": null, "splunk-token": null, )";
  EXPECT_THAT(paths(client + R"("Name": "stdout"}}})"),
              ElementsAre(in("logConfiguration.options")));
  EXPECT_THAT(paths(client + R"("@type": "stdout", "x": "1"}}})"), IsEmpty());
  EXPECT_THAT(paths(client + R"("exclude-pattern": "x"}}})"), IsEmpty());
}

}  // namespace
}  // namespace drydock::taskdef
