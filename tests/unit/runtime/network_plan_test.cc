#include "runtime/network_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/publish_plan.h"

namespace drydock::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Plan = std::vector<PlannedNetwork>;

taskdef::TaskDefinition task(const std::string& mode) {
  taskdef::TaskDefinition t;
  t.network_mode = mode;
  for (const char* name : {"web", "db", "batch"}) {
    taskdef::ContainerDefinition c;
    c.name = name;
    t.containers.push_back(c);
  }
  return t;
}

TEST(NetworkPlan, WithAwsvpcAndHostAllContainersAreInOneNamespace) {
  EXPECT_EQ(network_plan(task("awsvpc")), (Plan{{NetworkKind::kEni, {0, 1, 2}}}));
  EXPECT_EQ(network_plan(task("host")), (Plan{{NetworkKind::kHost, {0, 1, 2}}}));
}

TEST(NetworkPlan, OnABridgeAndWithNoneEachHasItsOwn) {
  EXPECT_EQ(network_plan(task("bridge")), (Plan{{NetworkKind::kBridge, {0}},
                                                {NetworkKind::kBridge, {1}},
                                                {NetworkKind::kBridge, {2}}}));
  EXPECT_EQ(
      network_plan(task("none")),
      (Plan{{NetworkKind::kNone, {0}}, {NetworkKind::kNone, {1}}, {NetworkKind::kNone, {2}}}));
}

TEST(NetworkPlan, AContainerWithoutNetworkingIsAlone) {
  auto t = task("host");
  t.containers[1].disable_networking = true;
  EXPECT_EQ(network_plan(t), (Plan{{NetworkKind::kHost, {0, 2}}, {NetworkKind::kNone, {1}}}));
  EXPECT_TRUE(uses_host_network(t));
  for (auto& c : t.containers) c.disable_networking = true;
  EXPECT_FALSE(uses_host_network(t));
}

TaskSpec spec(const std::string& mode) {
  TaskSpec s;
  s.task_id = "t";
  s.definition = task(mode);
  s.definition.containers[0].port_mappings = {{80, 0, "tcp", "", "", ""},
                                              {443, 8443, "tcp", "", "", ""}};
  s.definition.containers[1].port_mappings = {{0, 0, "udp", "5000-5004", "", ""}};
  return s;
}

// "80->0/tcp", with "x5" for a range, "d" for dynamic, "i" for at the gateway too.
std::vector<std::string> told(const std::vector<netns::PublishWanted>& wanted) {
  std::vector<std::string> all;
  for (const auto& w : wanted)
    all.push_back(std::to_string(w.container_port) + "->" + std::to_string(w.host_port) + "/" +
                  w.protocol + (w.count > 1 ? "x" + std::to_string(w.count) : "") +
                  (w.dynamic ? "d" : "") + (w.instance ? "i" : ""));
  return all;
}

TEST(PublishPlan, OnABridgeMappingsAreBoundAsTheyStand) {
  const auto plan = publish_plan(spec("bridge"));
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_THAT(told(plan[0]), ElementsAre("80->0/tcpdi", "443->8443/tcpi"));
  EXPECT_THAT(told(plan[1]), ElementsAre("5000->0/udpx5di"));
  EXPECT_THAT(plan[2], IsEmpty());
}

TEST(PublishPlan, WithAwsvpcEachPortIsPublishedForConvenience) {
  const auto plan = publish_plan(spec("awsvpc"));
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_THAT(told(plan[0]), ElementsAre("80->0/tcp", "443->0/tcp", "5000->0/udp", "5001->0/udp",
                                         "5002->0/udp", "5003->0/udp", "5004->0/udp"));
  auto quiet = spec("awsvpc");
  quiet.publish_automatically = false;
  EXPECT_FALSE(publishes(quiet));
}

TEST(PublishPlan, WithoutNamespacesOfTheirOwnNothingIsPublished) {
  EXPECT_FALSE(publishes(spec("host")));
  EXPECT_FALSE(publishes(spec("none")));
  auto s = spec("bridge");
  s.definition.containers[0].disable_networking = true;
  EXPECT_THAT(publish_plan(s)[0], IsEmpty());
}

TEST(PublishPlan, WhatARunAsksForGoesToTheContainerItMeans) {
  auto s = spec("bridge");
  s.publish = {{"", 9000, 80, "tcp", "127.0.0.1"}, {"batch", 9001, 7, "tcp", "127.0.0.1"}};
  const auto plan = publish_plan(s);
  EXPECT_THAT(told(plan[0]), ElementsAre("80->9000/tcpi", "443->8443/tcpi"));
  EXPECT_THAT(told(plan[2]), ElementsAre("7->9001/tcpi"));
}

TEST(PublishPlan, PublishedPortsStandWithTheContainersOfTheirNamespace) {
  auto s = spec("bridge");
  s.definition.containers[2].port_mappings = {{80, 0, "tcp", "", "", ""}};
  TaskFacts facts;
  facts.containers.resize(3);
  add_published(s, {{{"127.0.0.1", 32768, 80, "tcp"}}, {}, {{"127.0.0.1", 32769, 80, "tcp"}}},
                facts);
  ASSERT_EQ(facts.containers[0].ports.size(), 1u);
  EXPECT_EQ(facts.containers[0].ports[0].host_port, 32768);
  EXPECT_THAT(facts.containers[1].ports, IsEmpty());
  ASSERT_EQ(facts.containers[2].ports.size(), 1u);
  EXPECT_EQ(facts.containers[2].ports[0].host_port, 32769);
}

}  // namespace
}  // namespace drydock::runtime
