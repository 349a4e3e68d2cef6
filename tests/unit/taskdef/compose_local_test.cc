#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "taskdef/compose/compose.h"
#include "taskdef/compose/local.h"
#include "taskdef/compose/override.h"
#include "taskdef/yaml/yaml.h"
#include "tests/unit/golden.h"

namespace drydock::taskdef::compose {
namespace {

using ::testing::HasSubstr;

Json definition() {
  std::ifstream in(std::string(DRYDOCK_GOLDEN_DIR) + "/compose/local.task-definition.json");
  return Json::parse(in);
}

Options options() {
  Options o;
  o.folder = "/work/app";
  o.family = "app";
  return o;
}

std::string local_file(std::vector<Note>& notes) {
  return yaml_text(
      local_compose(definition(), {"local", "/work/app/task-definition.json", true}, notes));
}

TEST(LocalCompose, HasWhatEcsCliWrites) {
  std::vector<Note> notes;
  std::string text = local_file(notes);
  text += "---\n" + yaml_text(local_override(definition()));
  for (const Note& n : notes) text += "# " + n.path + ": " + n.text + "\n";
  expect_golden_text("compose/local.yml", text);
}

TEST(LocalCompose, ReadsBackAsTheDefinitionItWasMadeOf) {
  std::vector<Note> notes;
  auto made = convert_compose({{"local.yml", local_file(notes)}}, options());
  ASSERT_TRUE(made) << made.error().message;
  const LocalSource source = local_source(made->request);
  EXPECT_EQ(source.type, "local");
  EXPECT_EQ(source.value, "/work/app/task-definition.json");
  restore_local(made->request, made->notes);
  const Json before = definition()["containerDefinitions"][0];
  const Json& after = made->request["containerDefinitions"][0];
  for (const char* key : {"image",
                          "entryPoint",
                          "command",
                          "environment",
                          "secrets",
                          "user",
                          "workingDirectory",
                          "hostname",
                          "links",
                          "dnsServers",
                          "dnsSearchDomains",
                          "extraHosts",
                          "privileged",
                          "readonlyRootFilesystem",
                          "interactive",
                          "pseudoTerminal",
                          "dockerSecurityOptions",
                          "ulimits",
                          "healthCheck",
                          "logConfiguration",
                          "systemControls"})
    EXPECT_EQ(after[key], before[key]) << key;
  EXPECT_EQ(after["linuxParameters"]["devices"], before["linuxParameters"]["devices"]);
  EXPECT_EQ(after["linuxParameters"]["tmpfs"], before["linuxParameters"]["tmpfs"]);
  EXPECT_EQ(made->request["taskRoleArn"], "worker");
  EXPECT_EQ(made->request["executionRoleArn"], "ecsTaskExecutionRole");
  std::string said;
  for (const Note& n : made->notes) said += n.path + ": " + n.text + "\n";
  EXPECT_THAT(said, Not(HasSubstr("web_KEY")));
  EXPECT_THAT(said, Not(HasSubstr("networks")));
}

TEST(ComposeOverride, LiesOverTheContainersOfTheDefinition) {
  Json changed = definition();
  std::vector<Note> notes;
  const Status done = apply_overrides(changed, {{"over.yml", R"(services:
  web:
    image: nginx:2
    command: run
    environment: {PRICE: "7", MORE: "1"}
    ports: ["81:81", "80:80"]
    volumes: ["./mine:/site", "./new:/new"]
    logging: {options: {awslogs-region: eu-west-1}}
  db:
    labels: {a: b}
)"}},
                                      options(), notes);
  ASSERT_TRUE(done) << done.error().message;
  const Json& web = changed["containerDefinitions"][0];
  EXPECT_EQ(web["image"], "nginx:2");
  EXPECT_EQ(web["command"], Json({"run"}));
  EXPECT_EQ(web["environment"], Json::parse(R"([{"name": "PRICE", "value": "7"},
                                                {"name": "MORE", "value": "1"}])"));
  EXPECT_EQ(web["mountPoints"][0],
            Json::parse(R"({"sourceVolume": "volume-0", "containerPath": "/site"})"));
  EXPECT_EQ(web["mountPoints"].size(), 3u);
  EXPECT_EQ(web["portMappings"].size(), 3u);
  EXPECT_EQ(web["logConfiguration"], Json::parse(R"({"logDriver": "awslogs", "options":
      {"awslogs-group": "/app", "awslogs-region": "eu-west-1"}})"));
  EXPECT_EQ(changed["volumes"].size(), 4u);
  EXPECT_EQ(changed["volumes"][2]["host"]["sourcePath"], "/work/app/mine");
  EXPECT_EQ(changed["containerDefinitions"][1]["image"], "postgres");
  EXPECT_EQ(changed["containerDefinitions"][1]["dockerLabels"]["a"], "b");
}

TEST(ComposeOverride, AServiceThatIsNoContainerIsNamed) {
  Json changed = definition();
  std::vector<Note> notes;
  const Status done =
      apply_overrides(changed, {{"over.yml", "services: {cache: {image: x}}"}}, options(), notes);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message,
            "over.yml: services.cache: the task definition has no such container");
}

}  // namespace
}  // namespace drydock::taskdef::compose
