#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/host_ports.h"
#include "control/network_bindings.h"

namespace drydock::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

taskdef::ContainerDefinition container() {
  taskdef::ContainerDefinition c;
  c.name = "web";
  c.port_mappings = {{80, 0, "tcp", "", "", ""},
                     {443, 8443, "tcp", "", "", ""},
                     {0, 0, "udp", "5000-5002", "", ""}};
  return c;
}

runtime::ContainerView running() {
  runtime::ContainerView view;
  view.name = "web";
  view.started_at = Time{};
  view.ports = {{"127.0.0.1", 32768, 80, "tcp"},
                {"127.0.0.1", 8443, 443, "tcp"},
                {"127.0.0.1", 40000, 5000, "udp"},
                {"127.0.0.1", 40001, 5001, "udp"},
                {"127.0.0.1", 40002, 5002, "udp"}};
  return view;
}

TEST(NetworkBindings, OnABridgeSayWhereEachMappingIs) {
  EXPECT_EQ(
      network_bindings(container(), running(), "bridge").dump(),
      R"([{"bindIP":"127.0.0.1","containerPort":80,"hostPort":32768,"protocol":"tcp"},)"
      R"({"bindIP":"127.0.0.1","containerPort":443,"hostPort":8443,"protocol":"tcp"},)"
      R"({"bindIP":"127.0.0.1","containerPortRange":"5000-5002","hostPortRange":"40000-40002","protocol":"udp"}])");
}

TEST(NetworkBindings, InTheHostsNetworkArePortsAsTheyAre) {
  auto c = container();
  c.port_mappings = {{443, 443, "tcp", "", "", ""}};
  EXPECT_EQ(network_bindings(c, running(), "host").dump(),
            R"([{"bindIP":"0.0.0.0","containerPort":443,"hostPort":443,"protocol":"tcp"}])");
}

TEST(NetworkBindings, ThereAreNoneWithoutANetworkOrBeforeTheStart) {
  EXPECT_EQ(network_bindings(container(), running(), "awsvpc"), Json::array());
  EXPECT_EQ(network_bindings(container(), running(), "none"), Json::array());
  auto early = running();
  early.started_at.reset();
  EXPECT_EQ(network_bindings(container(), early, "bridge"), Json::array());
  auto alone = container();
  alone.disable_networking = true;
  EXPECT_EQ(network_bindings(alone, running(), "bridge"), Json::array());
}

std::shared_ptr<runtime::TaskSpec> spec(const std::string& id, const std::string& mode) {
  auto s = std::make_shared<runtime::TaskSpec>();
  s->task_id = id;
  s->region = "us-east-1";
  s->account = "123456789012";
  s->cluster_name = "c";
  s->definition.family = "shop";
  s->definition.network_mode = mode;
  s->definition.containers = {container()};
  return s;
}

TEST(HostPorts, OnlyFixedOnesAreTaken) {
  EXPECT_THAT(fixed_ports(spec("a", "bridge")->definition),
              ElementsAre(FixedPort{8443, 8443, "tcp"}));
  EXPECT_THAT(fixed_ports(spec("a", "host")->definition),
              ElementsAre(FixedPort{80, 80, "tcp"}, FixedPort{443, 443, "tcp"},
                          FixedPort{5000, 5002, "udp"}));
  EXPECT_THAT(fixed_ports(spec("a", "awsvpc")->definition), IsEmpty());
}

TEST(HostPorts, ASecondTaskOnThemIsNotPlaced) {
  const auto first = spec("a", "bridge");
  const Json failure = ports_taken(*spec("b", "bridge"), {first});
  EXPECT_EQ(failure["reason"], "RESOURCE:PORTS");
  EXPECT_THAT(failure["arn"].get<std::string>(),
              testing::StartsWith("arn:aws:ecs:us-east-1:123456789012:container-instance/c/"));
  EXPECT_EQ(failure["detail"],
            "host port 8443/tcp is task a's (shop); stop that one, or use hostPort 0");
  EXPECT_TRUE(ports_taken(*spec("b", "host"), {first}).is_null());
  EXPECT_TRUE(ports_taken(*spec("b", "bridge"), {}).is_null());
}

}  // namespace
}  // namespace drydock::control
