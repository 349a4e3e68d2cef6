#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/dry/dry_rules.h"

namespace drydock::runtime {
namespace {

using ::testing::HasSubstr;

TEST(DryRules, OfLabelsThenOfTheEnvironment) {
  taskdef::ContainerDefinition c;
  EXPECT_EQ(dry_rules(c), DryRules{});
  c.environment = {{"DRYDOCK_DRY_EXIT_AFTER", "2s"},
                   {"DRYDOCK_DRY_EXIT_CODE", "3"},
                   {"DRYDOCK_DRY_HEALTH", "unhealthy"}};
  c.docker_labels = {{"drydock.dry.exit-code", "4"}};
  const DryRules rules = dry_rules(c);
  EXPECT_EQ(rules.exit_after, std::chrono::seconds(2));
  EXPECT_EQ(rules.exit_code, 4);
  EXPECT_EQ(rules.stop_code, 143);
  EXPECT_FALSE(rules.healthy);
}

TEST(DryRules, WhatCannotBeReadIsNoted) {
  taskdef::TaskDefinition task;
  task.containers.resize(1);
  task.containers[0].name = "app";
  task.containers[0].docker_labels = {{"drydock.dry.exit-after", "soon"},
                                      {"drydock.dry.exit-code", "300"},
                                      {"drydock.dry.health", "ill"}};
  const auto notes = dry_notes(task);
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_THAT(notes[1], HasSubstr("app: drydock.dry.exit-after is \"soon\""));
  EXPECT_EQ(dry_rules(task.containers[0]), DryRules{});
}

}  // namespace
}  // namespace drydock::runtime
