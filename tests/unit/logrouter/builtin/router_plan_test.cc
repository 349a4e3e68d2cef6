#include "logrouter/builtin/router_plan.h"
#include "logrouter/wildcard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::logrouter {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGenerated = R"(
[INPUT]
    Name forward
    unix_path /var/run/fluent.sock

[FILTER]
    Name   grep
    Match web-firelens*
    Exclude log ^healthz

[OUTPUT]
    Name cloudwatch_logs
    Match web-firelens*
    log_group_name /shop/web
)";

taskdef::TaskDefinition definition(std::vector<taskdef::KeyValue> options,
                                   std::vector<taskdef::KeyValue> router = {}) {
  taskdef::TaskDefinition d;
  taskdef::ContainerDefinition web, log;
  web.name = "web";
  web.log_configuration = taskdef::LogConfiguration{"awsfirelens", std::move(options), {}};
  log.name = "router";
  log.firelens_configuration = taskdef::FirelensConfiguration{"fluentbit", std::move(router)};
  d.containers = {web, log};
  return d;
}

std::string refusal(const taskdef::TaskDefinition& d) {
  const auto checked = check_builtin_router(d);
  return checked ? "" : checked.error().message;
}

TEST(RouterPlan, ReadsTheGeneratedFile) {
  const auto sections = read_router_config(kGenerated);
  ASSERT_TRUE(sections);
  ASSERT_EQ(sections->size(), 3u);
  EXPECT_EQ((*sections)[0].name, "INPUT");
  EXPECT_EQ((*sections)[0].get("Unix_Path"), "/var/run/fluent.sock");
  EXPECT_EQ((*sections)[1].get("exclude"), "log ^healthz");
  EXPECT_EQ((*sections)[2].get("none"), "");
}

TEST(RouterPlan, AnIncludedFileOrNonsenseIsRefusedWithItsLine) {
  for (const char* text : {"\n@INCLUDE /extra.conf\n", "\n[OUTPUT\n", "\nName x\n"}) {
    const auto read = read_router_config(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr("line 2"));
  }
}

TEST(RouterPlan, ADefinitionThatNeedsMoreIsRefusedByName) {
  EXPECT_EQ(refusal(definition({{"Name", "stdout"}, {"include-pattern", "x"}})), "");
  EXPECT_EQ(refusal(definition({})), "");
  EXPECT_THAT(refusal(definition({{"Name", "es"}})), HasSubstr("has no output es"));
  EXPECT_THAT(refusal(definition({{"Name", "http"}, {"proxy", "x"}})),
              HasSubstr("does not know the option proxy of output http"));
  EXPECT_THAT(refusal(definition({{"Name", "cloudwatch"}, {"log_group_name", "$(ecs_cluster)"}})),
              HasSubstr("does not fill in log_group_name $(ecs_cluster)"));
  EXPECT_THAT(refusal(definition({{"Name", "stdout"}},
                                 {{"config-file-type", "file"}, {"config-file-value", "/x.conf"}})),
              HasSubstr("container router brings a configuration file of its own"));
  auto fluentd = definition({});
  fluentd.containers[1].firelens_configuration->type = "fluentd";
  EXPECT_THAT(refusal(fluentd), HasSubstr("stands in for fluentbit only"));
}

TEST(RouterPlan, TagsMatchAsInFluentBit) {
  EXPECT_TRUE(matches_wildcard("*", "anything"));
  EXPECT_TRUE(matches_wildcard("web-firelens*", "web-firelens-5f0c"));
  EXPECT_FALSE(matches_wildcard("web-firelens*", "web"));
  EXPECT_TRUE(matches_wildcard("a*b*c", "a1b2b3c"));
  EXPECT_FALSE(matches_wildcard("a*b*c", "a1b2b3"));
  EXPECT_TRUE(matches_wildcard("x", "x"));
}

TEST(RouterPlan, KnowsThePublicRouters) {
  EXPECT_TRUE(is_public_router_image("public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"));
  EXPECT_TRUE(is_public_router_image("amazon/aws-for-fluent-bit"));
  EXPECT_TRUE(is_public_router_image(
      "906394416424.dkr.ecr.us-east-1.amazonaws.com/aws-for-fluent-bit:latest"));
  EXPECT_FALSE(is_public_router_image("amazon/aws-for-fluent-bit-own"));
  EXPECT_FALSE(is_public_router_image("registry.example/fluent-bit"));
}

}  // namespace
}  // namespace drydock::logrouter
