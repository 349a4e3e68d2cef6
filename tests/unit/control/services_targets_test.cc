#include "control/services/targets.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/control/services_world.h"

namespace drydock::control::services {
namespace {

using testing::Health;
using testing::Phase;
using testing::World;
using namespace std::chrono_literals;

const char kArn[] = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/50dc6c";

Json balancers(int port = 80) {
  return Json::array(
      {{{"targetGroupArn", kArn}, {"containerName", "app"}, {"containerPort", port}}});
}

runtime::TaskView task(const std::string& mode) {
  runtime::TaskView view;
  runtime::ContainerView app;
  app.name = "app";
  view.containers = {app};
  runtime::NetworkView network;
  network.mode = mode;
  network.containers = {"app"};
  network.address = mode == "host" ? "" : "172.31.0.5";
  view.networks = {network};
  return view;
}

TEST(ServiceTargets, WithAwsvpcTheTaskIsTheTarget) {
  const auto found = targets_of(balancers(), task("awsvpc"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].group, kArn);
  EXPECT_EQ(found[0].address + ":" + std::to_string(found[0].port), "172.31.0.5:80");
  auto before = task("awsvpc");
  before.networks.clear();
  EXPECT_TRUE(targets_of(balancers(), before).empty());
}

TEST(ServiceTargets, ElseThePortOfTheHost) {
  auto view = task("bridge");
  EXPECT_TRUE(targets_of(balancers(), view).empty()) << "it is not published yet";
  view.containers[0].ports = {{"0.0.0.0", 32768, 80, "udp"}, {"0.0.0.0", 32769, 80, "tcp"}};
  const auto found = targets_of(balancers(), view);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].address + ":" + std::to_string(found[0].port), "127.0.0.1:32769");
  EXPECT_EQ(found[0].container_port, 80);
  EXPECT_EQ(targets_of(balancers(), task("host"))[0].port, 80);
}

TEST(ServiceTargets, GroupsHaveNames) {
  EXPECT_EQ(target_group_name(kArn), "web");
  EXPECT_EQ(target_group_name("classic"), "classic");
  EXPECT_EQ(group_of({{"loadBalancerName", "classic"}}), "classic");
}

// Targets of load balancers, as the scheduler sees them.
class BalancedWorld : public World {
 public:
  explicit BalancedWorld(int desired) : World(desired) {}
  void target(const std::string& id, Health health) {
    TaskFacts& t = tasks.at(id);
    t.balanced = true;
    t.target = health;
    t.target_group = health == Health::kUnhealthy ? kArn : "";
    t.target_problem = health == Health::kUnhealthy ? "(port 80) is unhealthy in it" : "";
  }
};

TEST(ServiceTargets, OldTasksStayUntilNewOnesAreHealthyTargets) {
  BalancedWorld w(1);
  w.settle();
  w.target("t1", Health::kHealthy);
  w.deploy("rev-2");
  w.look();
  w.run("t2");
  w.target("t2", Health::kUnknown);
  w.now += 1h;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning).size(), 2U) << "however long it runs";
  w.target("t2", Health::kHealthy);
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), std::vector<std::string>{"t2"});
}

TEST(ServiceTargets, AnUnhealthyTargetIsReplacedAfterTheGracePeriod) {
  BalancedWorld w(1);
  w.service.grace = 1min;
  w.look();
  w.run("t1");
  w.target("t1", Health::kUnhealthy);
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning).size(), 1U);
  w.now += 1min;
  w.look();
  w.run("t2");
  w.target("t2", Health::kHealthy);
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), std::vector<std::string>{"t2"});
  EXPECT_EQ(w.reasons.at("t1"),
            std::string("Task failed ELB health checks in (target-group ") + kArn + ")");
  EXPECT_EQ(w.events("(service web) (task t1) (port 80) is unhealthy in it"), 1);
}

TEST(ServiceTargets, BothKindsOfChecksMustBeWell) {
  BalancedWorld w(1);
  w.checked = true;
  w.look();
  w.run("t1");
  w.target("t1", Health::kHealthy);
  w.now += 1min;
  w.look();
  EXPECT_EQ(w.primary().state, RolloutState::kInProgress);
  w.tasks.at("t1").health = Health::kHealthy;
  w.look();
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
}

}  // namespace
}  // namespace drydock::control::services
