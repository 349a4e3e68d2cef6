#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "taskdef/compose/compose.h"
#include "taskdef/validate.h"
#include "tests/unit/golden.h"

namespace drydock::taskdef::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

SourceFile golden_file(const std::string& name) {
  std::ifstream in(std::string(DRYDOCK_GOLDEN_DIR) + "/compose/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return {name, text.str()};
}

const std::map<std::string, std::string> kFiles = {
    {"/work/shop/common.env", "# both\nSHARED=common\nMODE=file\n"},
    {"/work/shop/web.env", "export QUOTED=\"a b\"\nSHARED='web'\n"},
    {"/work/shop/base.yml",
     "database:\n  image: postgres:9\n  links: [gone]\n  environment: {SIZE: big, KIND: sql}\n  "
     "volumes: ['./sql:/sql']\n"}};

Options options() {
  Options o;
  o.folder = "/work/shop";
  o.home = "/home/me";
  o.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "FROM_CALLER") return "called";
    if (name == "ROLE") return "worker";
    return std::nullopt;
  };
  o.read_file = [](const std::string& path) -> Result<std::string> {
    const auto found = kFiles.find(path);
    if (found == kFiles.end()) return fail(Errc::kNotFound, "there is no " + path);
    return found->second;
  };
  return o;
}

// All of the answer, for a golden file.
std::string shown(const Converted& c) {
  Json all = {{"project", c.project}, {"request", c.request}, {"run", c.run}};
  for (const Note& n : c.notes) all["notes"].push_back(n.path + ": " + n.text);
  for (const PublishedPort& p : c.publish)
    all["publish"].push_back({p.container, p.address, p.host_port, p.container_port, p.protocol});
  return pretty_json(all) + "\n";
}

Json container(const std::string& service, std::optional<std::string> params = {}) {
  Options o = options();
  if (params) o.ecs_params = SourceFile{"ecs-params.yml", *params};
  const auto made = convert_compose({{"c.yml", "services:\n  a:\n" + service}}, o);
  EXPECT_TRUE(made) << made.error().message;
  return made ? made->request["containerDefinitions"][0] : Json();
}

std::string refusal(const std::string& text) {
  const auto made = convert_compose({{"c.yml", text}}, options());
  return made ? "" : made.error().message;
}

std::string refused_key(const std::string& line) {
  return refusal("services:\n  a:\n    image: x\n    " + line + "\n");
}

TEST(Compose, EveryKeyIsCarriedOverOrNamed) {
  const auto made = convert_compose({golden_file("every_key.yml")}, options());
  ASSERT_TRUE(made) << made.error().message;
  expect_golden_text("compose/every_key.json", shown(*made));
}

TEST(Compose, EcsParamsSayWhatComposeCannot) {
  Options o = options();
  o.ecs_params = golden_file("params.ecs-params.yml");
  const auto made = convert_compose({golden_file("params.yml")}, o);
  ASSERT_TRUE(made) << made.error().message;
  expect_golden_text("compose/params.json", shown(*made));
}

TEST(Compose, Version1HasItsServicesAtTheTop) {
  const auto made = convert_compose({golden_file("version1.yml")}, options());
  ASSERT_TRUE(made) << made.error().message;
  expect_golden_text("compose/version1.json", shown(*made));
}

TEST(Compose, LaterFilesLieOverEarlierOnes) {
  const auto made =
      convert_compose({golden_file("merged.yml"), golden_file("merged.override.yml")}, options());
  ASSERT_TRUE(made) << made.error().message;
  expect_golden_text("compose/merged.json", shown(*made));
}

TEST(Compose, WhatComesOutRegisters) {
  for (const char* name : {"merged.yml", "version1.yml"}) {
    const auto made = convert_compose({golden_file(name)}, options());
    ASSERT_TRUE(made) << made.error().message;
    for (const Problem& p : validate(made->request)) ADD_FAILURE() << p.path << ": " << p.message;
  }
}

TEST(Compose, ErrorsNameTheFileTheLineAndTheKey) {
  EXPECT_EQ(refused_key("ports: ['80:x']"),
            "c.yml: line 4: services.a.ports: \"80:x\" must have the form CONTAINER, "
            "HOST:CONTAINER or ADDRESS:HOST:CONTAINER, with /udp for UDP");
  EXPECT_THAT(refused_key("mem_limit: much"), HasSubstr("line 4: services.a.mem_limit: \"much\""));
  EXPECT_THAT(refused_key("tty: perhaps"), HasSubstr("must be true or false"));
  EXPECT_THAT(refused_key("cpu_shares: 1.5"), HasSubstr("must be a whole number"));
  EXPECT_THAT(refused_key("command: \"a 'b\""), HasSubstr("services.a.command"));
  EXPECT_THAT(refused_key("tmpfs: /run"), HasSubstr("/run:size=64m"));
  EXPECT_THAT(refused_key("environment: ['=x']"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refused_key("volumes: ['none:/x']"), HasSubstr("is not declared"));
  EXPECT_THAT(refused_key("ulimits: {nofile: {soft: 1}}"), HasSubstr("soft and hard"));
  EXPECT_THAT(refused_key("healthcheck: {test: ['curl']}"), HasSubstr("must begin with CMD"));
  EXPECT_THAT(refused_key("extra_hosts: ['x:host-gateway']"), HasSubstr("host-gateway"));
  EXPECT_THAT(refused_key("ports: !reset []"), HasSubstr("the tag !reset is not supported"));
  EXPECT_THAT(refused_key("env_file: none.env"), HasSubstr("line 4: env_file /work/shop/none.env"));
  EXPECT_THAT(refused_key("user: ${MUST:?say who}"),
              HasSubstr("line 4: the variable MUST must be set: say who"));
  EXPECT_THAT(refused_key("user: $1"), HasSubstr("write $$ for a dollar sign"));
  EXPECT_THAT(refusal("version: '4'\nservices: {}"), HasSubstr("1, 2.x and 3.x are"));
  EXPECT_THAT(refusal("services:\n  a: {build: .}"), HasSubstr("images are not built here"));
  EXPECT_THAT(refusal("services: {}\n"), HasSubstr("there is no service"));
  EXPECT_THAT(refusal("- a\n"), HasSubstr("expected a map, found a list"));
  EXPECT_THAT(refusal("services:\n  a: {image: x}\nservice: 1\n"), HasSubstr("line 3: service:"));
  EXPECT_THAT(refusal("services:\n  a: {image: x, extends: a}\n"), HasSubstr("in a circle"));
  EXPECT_THAT(refusal("include: [other.yml]\n"), HasSubstr("name each with -f"));
}

TEST(Compose, EcsParamsOfAServiceThatIsNotThereAreRefused) {
  Options o = options();
  o.ecs_params =
      SourceFile{"ecs-params.yml", "task_definition: {services: {b: {essential: true}}}"};
  const auto made = convert_compose({{"c.yml", "services: {a: {image: x}}"}}, o);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "ecs-params.yml: task_definition.services.b: the Compose file has no such service");
}

TEST(Compose, ContainersWithoutASizeGetTheDefaultUnlessTheTaskHasOne) {
  EXPECT_EQ(container("    image: x\n")["memory"], 512);
  EXPECT_FALSE(container("    image: x\n", "task_definition: {task_size: {mem_limit: 1GB}}")
                   .contains("memory"));
}

TEST(Compose, TheFamilyIsTheProject) {
  EXPECT_EQ(project_name("/srv/My Shop_2/"), "myshop_2");
  EXPECT_EQ(project_name("/"), "default");
  Options o = options();
  const std::vector<SourceFile> files = {{"c.yml", "name: named\nservices: {a: {image: x}}"}};
  EXPECT_EQ(convert_compose(files, o)->project, "named");
  o.family = "given";
  EXPECT_EQ(convert_compose(files, o)->request["family"], "given");
}

TEST(Compose, RegistryCredentialsGoToTheirContainers) {
  Options o = options();
  o.registry_credentials = SourceFile{
      "creds.yml",
      "version: 1\nregistry_credential_outputs:\n  task_execution_role: puller\n"
      "  container_credentials:\n    hub.example:\n      credentials_parameter: arn:secret\n"
      "      container_names: [a]\n"};
  const auto made = convert_compose({{"c.yml", "services: {a: {image: x}}"}}, o);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->request["executionRoleArn"], "puller");
  EXPECT_EQ(made->request["containerDefinitions"][0]["repositoryCredentials"],
            Json({{"credentialsParameter", "arn:secret"}}));
}

TEST(Compose, AFileIsKnownByItsLooks) {
  EXPECT_TRUE(looks_like_compose("services: {a: {image: x}}"));
  EXPECT_TRUE(looks_like_compose("web:\n  image: x\n"));
  EXPECT_FALSE(looks_like_compose(R"({"family": "x", "containerDefinitions": []})"));
  EXPECT_FALSE(looks_like_compose("Resources: {T: {Type: x}}"));
  EXPECT_FALSE(looks_like_compose("services: ["));
}

TEST(ComposeVariables, DefaultsMessagesAndDollars) {
  const auto user = [](const std::string& text) {
    return json_string(container("    image: x\n    user: \"" + text + "\"\n"), "user");
  };
  EXPECT_EQ(user("$FROM_CALLER-${FROM_CALLER}"), "called-called");
  EXPECT_EQ(user("${NONE:-a${NONE:-b}c}"), "abc");
  EXPECT_EQ(user("${NONE-x}${FROM_CALLER:+y}${NONE+z}"), "xy");
  EXPECT_EQ(user("a$$b"), "a$b");
  EXPECT_EQ(user("[$NONE]"), "[]");
}

TEST(ComposeEnvFile, QuotesCommentsAndExport) {
  const auto variables = [](const std::string& name) -> std::optional<std::string> {
    return name == "OUTER" ? std::optional<std::string>("o") : std::nullopt;
  };
  const auto read = parse_env_text(
      "\n# note\nA=1 # one\nB='x $A # y'\nexport C=\"$A\\n\\\"\\$\"\nD=\nOUTER\nUNSET\nE=p$ss\r\n"
      "F=${A}2\n",
      variables);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(*read,
              ElementsAre(Pair("A", "1"), Pair("B", "x $A # y"), Pair("C", "1\n\"$"), Pair("D", ""),
                          Pair("OUTER", "o"), Pair("E", "p"), Pair("F", "12")));
  EXPECT_EQ(parse_env_text("A=1\n=2\n", {}).error().message,
            "line 2: \"=2\" must have the form NAME=VALUE");
  EXPECT_THAT(parse_env_text("A='1", {}).error().message, HasSubstr("the quote is not closed"));
}

}  // namespace
}  // namespace drydock::taskdef::compose
