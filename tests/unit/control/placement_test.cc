#include "control/placement.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::control {
namespace {

TEST(Placement, APrivilegedContainerNeedsTheOperatorsWord) {
  taskdef::TaskDefinition task;
  task.containers.resize(1);
  task.containers[0].name = "app";
  EXPECT_TRUE(not_placed(task, false).is_null());
  task.containers[0].privileged = true;
  const Json refused = not_placed(task, false);
  EXPECT_EQ(refused["reason"], "ATTRIBUTE");
  EXPECT_NE(refused["detail"].get<std::string>().find("tasks.privileged"), std::string::npos);
  EXPECT_TRUE(not_placed(task, true).is_null());
  task.containers[0].privileged = false;
  task.containers[0].docker_security_options = {"seccomp=unconfined"};
  EXPECT_EQ(not_placed(task, false)["reason"], "ATTRIBUTE");
}

}  // namespace
}  // namespace drydock::control
