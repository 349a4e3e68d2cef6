#include "runtime/bundle/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

using taskdef::KeyValue;
using ::testing::Contains;

TaskSpec spec() {
  TaskSpec s;
  s.task_id = "0123456789abcdef0123456789abcdef";
  s.region = "eu-south-1";
  s.container_ids["app"] = s.task_id + "-1112223334";
  return s;
}

std::string value_of(const std::vector<KeyValue>& all, const std::string& name) {
  std::string found = "(absent)";
  int times = 0;
  for (const auto& one : all)
    if (one.name == name) found = one.value, ++times;
  return times > 1 ? "(twice)" : found;
}

taskdef::ContainerDefinition app(std::vector<KeyValue> environment = {}) {
  taskdef::ContainerDefinition c;
  c.name = "app";
  c.environment = std::move(environment);
  return c;
}

TEST(Environment, CredentialsAreNamedWhenThereIsATaskRole) {
  const std::string name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  EXPECT_EQ(value_of(injected_environment(spec(), "app"), name), "(absent)");
  auto with_role = spec();
  with_role.credentials_id = "6e0f1d2c-0000-4000-8000-000000000001";
  const auto all = container_environment({}, with_role, app({{name, "mine"}}));
  EXPECT_EQ(value_of(all, name), "/v2/credentials/6e0f1d2c-0000-4000-8000-000000000001");
}

TEST(Environment, ALogRouterAndItsClientsHaveTheirVariables) {
  auto task = spec();
  auto client = app({{"FLUENT_HOST", "mine"}});
  client.log_configuration = {"awsfirelens", {}, {}};
  taskdef::ContainerDefinition router;
  router.name = "router";
  router.firelens_configuration = {"fluentd", {}};
  task.definition.containers = {client, router};
  EXPECT_EQ(value_of(container_environment({}, task, client), "FLUENT_HOST"), "127.0.0.1");
  EXPECT_EQ(value_of(container_environment({}, task, client), "FLUENT_PORT"), "24224");
  EXPECT_EQ(value_of(container_environment({}, task, client), "FLUENT_UID"), "(absent)");
  EXPECT_EQ(value_of(container_environment({}, task, router), "FLUENT_UID"), "0");
  EXPECT_EQ(value_of(container_environment({}, task, router), "FLUENT_HOST"), "(absent)");
  task.definition.network_mode = "bridge";
  NetworkView of_router;
  of_router.containers = {"router"};
  of_router.address = "172.31.0.7";
  EXPECT_EQ(value_of(container_environment({}, task, client, {}, {}, {of_router}), "FLUENT_HOST"),
            "172.31.0.7");
  task.definition.network_mode = "host";
  EXPECT_EQ(value_of(container_environment({}, task, client), "FLUENT_HOST"), "mine");
}

TEST(Environment, EveryContainerFindsItsEndpoints) {
  const auto all = injected_environment(spec(), "app");
  EXPECT_THAT(all, Contains(KeyValue{
                       "ECS_CONTAINER_METADATA_URI_V4",
                       "http://169.254.170.2/v4/0123456789abcdef0123456789abcdef-1112223334"}));
  EXPECT_THAT(all, Contains(KeyValue{
                       "ECS_CONTAINER_METADATA_URI",
                       "http://169.254.170.2/v3/0123456789abcdef0123456789abcdef-1112223334"}));
  EXPECT_THAT(all, Contains(KeyValue{
                       "ECS_AGENT_URI",
                       "http://169.254.170.2/api/0123456789abcdef0123456789abcdef-1112223334"}));
  EXPECT_THAT(all, Contains(KeyValue{"AWS_EXECUTION_ENV", "AWS_ECS_FARGATE"}));
  EXPECT_THAT(all, Contains(KeyValue{"AWS_REGION", "eu-south-1"}));
  EXPECT_THAT(all, Contains(KeyValue{"AWS_DEFAULT_REGION", "eu-south-1"}));
  EXPECT_EQ(value_of(all, "ECS_CONTAINER_METADATA_FILE"), "(absent)");
}

TEST(Environment, TheLaunchTypeIsNamed) {
  auto on_ec2 = spec();
  on_ec2.launch_type = "EC2";
  EXPECT_EQ(value_of(injected_environment(on_ec2, "app"), "AWS_EXECUTION_ENV"), "AWS_ECS_EC2");
}

TEST(Environment, HigherSourcesReplaceLowerOnesWhereTheyStood) {
  const auto all = container_environment(
      {"PATH=/bin", "A=image", "B=image", "C=image", "D=image", "broken"}, spec(),
      app({{"B", "definition"}, {"C", "definition"}, {"E", ""}}), {{"C", "secret"}},
      {{"B", "file"}, {"D", "first file"}, {"D", "second file"}});
  EXPECT_EQ(value_of(all, "A"), "image");
  EXPECT_EQ(value_of(all, "B"), "definition");
  EXPECT_EQ(value_of(all, "C"), "secret");
  EXPECT_EQ(value_of(all, "D"), "first file");
  EXPECT_EQ(value_of(all, "E"), "");
  EXPECT_EQ(value_of(all, "broken"), "(absent)");
  EXPECT_EQ(all.front(), (KeyValue{"PATH", "/bin"}));
}

TEST(Environment, AUserCannotMoveTheMetadataEndpoint) {
  const auto all = container_environment({"ECS_AGENT_URI=x"}, spec(),
                                         app({{"ECS_CONTAINER_METADATA_URI_V4", "mine"}}),
                                         {{"AWS_EXECUTION_ENV", "mine"}});
  EXPECT_EQ(value_of(all, "ECS_CONTAINER_METADATA_URI_V4").substr(0, 7), "http://");
  EXPECT_EQ(value_of(all, "ECS_AGENT_URI").substr(0, 7), "http://");
  EXPECT_EQ(value_of(all, "AWS_EXECUTION_ENV"), "AWS_ECS_FARGATE");
}

TEST(Environment, ARegionOfTheUsersOwnIsLeftAlone) {
  const auto all = container_environment({}, spec(), app({{"AWS_REGION", "ap-east-1"}}));
  EXPECT_EQ(value_of(all, "AWS_REGION"), "ap-east-1");
  EXPECT_EQ(value_of(all, "AWS_DEFAULT_REGION"), "(absent)");
}

TEST(Environment, AnEndpointIsGivenToWhoHasNone) {
  const std::vector<taskdef::KeyValue> none = {{"A", "b"}};
  const std::vector<taskdef::KeyValue> own = {{"AWS_ENDPOINT_URL", "http://mine"}};
  EXPECT_EQ(value_of(with_endpoint(none, "http://it"), "AWS_ENDPOINT_URL"), "http://it");
  EXPECT_EQ(value_of(with_endpoint(own, "http://it"), "AWS_ENDPOINT_URL"), "http://mine");
  EXPECT_EQ(with_endpoint(none, "").size(), 1u);
}

}  // namespace
}  // namespace drydock::runtime
