#include "netns/ruleset.h"

#include <gtest/gtest.h>

#include "netns/firewall.h"
#include "tests/unit/golden.h"

namespace drydock::netns {
namespace {

const PortElement kWeb{*parse_ipv4("127.0.0.1"), "tcp", 8080, *parse_ipv4("10.77.0.4"), 80};
const PortElement kDns{{}, "udp", 5300, *parse_ipv4("10.77.0.5"), 53};

TEST(Ruleset, TheHostsTable) {
  expect_golden_text("netns/host_ruleset.nft",
                     host_ruleset({"0badcafe", *parse_subnet("10.77.0.0/28"), {0}, {kWeb, kDns}}));
}

TEST(Ruleset, TheHostsTableWithoutElements) {
  expect_golden_text("netns/host_ruleset_empty.nft",
                     host_ruleset({"0badcafe", *parse_subnet("10.77.0.0/16"), {}, {}}));
}

TEST(Ruleset, TasksInTheHostsNetworkAreToldByTheirControlGroup) {
  HostRuleset plan{"0badcafe", *parse_subnet("10.77.0.0/16"), {}, {}};
  plan.host_door = HostDoor{{"drydock-0badcafe/ecs", 2}, 40123, 4590};
  const std::string text = host_ruleset(plan);
  const std::string who = "    socket cgroupv2 level 2 \"drydock-0badcafe/ecs\" ";
  EXPECT_NE(
      text.find("chain nat_output {\n    type nat hook output priority -100; policy accept;\n" +
                who + "ip daddr 169.254.170.2 tcp dport 80 redirect to :40123\n"),
      text.npos);
  EXPECT_NE(text.find(who + "fib daddr type local tcp dport 4590 reject with tcp reset\n"),
            text.npos);
  plan.host_door->api_port = 0;
  EXPECT_EQ(host_ruleset(plan).find("reject with tcp reset\n    oifname"), text.npos);
}

TEST(Ruleset, ATasksTable) {
  expect_golden_text("netns/task_ruleset.nft", task_ruleset(*parse_ipv4("10.77.0.2")));
}

TEST(Ruleset, PortsChangeInOneTransaction) {
  EXPECT_EQ(add_ports("0badcafe", {kWeb, kDns}),
            "add element inet drydock_0badcafe ports { 127.0.0.1 . tcp . 8080 : 10.77.0.4 . 80 }\n"
            "add element inet drydock_0badcafe ports_any { udp . 5300 : 10.77.0.5 . 53 }\n");
  EXPECT_EQ(
      delete_ports("0badcafe", {kWeb}),
      "delete element inet drydock_0badcafe ports { 127.0.0.1 . tcp . 8080 : 10.77.0.4 . 80 }\n");
  EXPECT_EQ(add_ports("0badcafe", {}), "");
}

TEST(Ruleset, PinsComeInBlocksThatEndWithTheSubnet) {
  const std::string pins = add_pins("0badcafe", *parse_subnet("10.77.0.0/23"), {}, 1);
  EXPECT_NE(pins.find("{ 02:dd:0a:4d:01:00 . 10.77.1.0, "), pins.npos);
  EXPECT_NE(pins.find("02:dd:0a:4d:01:ff . 10.77.1.255 }"), pins.npos);
}

TEST(Firewall, NothingIsAddedWhereNothingDrops) {
  EXPECT_EQ(forward_plan("-P INPUT DROP\n-P FORWARD ACCEPT\n", "dd0badcafe", "drydock_0badcafe"),
            ForwardPlan());
}

TEST(Firewall, ChainsOfOthersThatDropAreToldWithTheRemedy) {
  const auto chain = [](const char* family, const char* table, const char* policy) {
    return R"({"nftables": [{"metainfo": {}}, {"chain": {"family": ")" + std::string(family) +
           R"(", "table": ")" + table + R"(", "name": "fwd", "hook": "forward", "policy": ")" +
           policy + R"("}}]})";
  };
  const auto warnings = [](const std::string& chains, const std::string& firewalld = "") {
    return forward_warnings(chains, firewalld, "dd0badcafe", "drydock_0badcafe");
  };
  ASSERT_EQ(warnings(chain("inet", "mine", "drop")).size(), 1u);
  EXPECT_NE(warnings(chain("inet", "mine", "drop"))
                .front()
                .find("nft insert rule inet mine fwd iifname dd0badcafe accept"),
            std::string::npos);
  EXPECT_TRUE(warnings(chain("inet", "mine", "accept")).empty());
  EXPECT_TRUE(warnings(chain("ip", "filter", "drop")).empty()) << "accept rules are put there";
  EXPECT_TRUE(warnings(chain("ip6", "mine", "drop")).empty());
  EXPECT_TRUE(warnings("no json").empty());
  EXPECT_NE(warnings("", "table inet firewalld {}").front().find("firewall-cmd --zone=trusted"),
            std::string::npos);
  EXPECT_TRUE(warnings("", "iifname \"dd0badcafe\" goto filter_FWD_trusted").empty());
}

TEST(Firewall, DockersOwnChainIsPreferredAndOnlyMissingRulesAreAdded) {
  const std::string docker =
      "-P FORWARD DROP\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n"
      "-A DOCKER-USER -i dd0badcafe -m comment --comment \"drydock_0badcafe\" -j ACCEPT\n";
  const auto plan = forward_plan(docker, "dd0badcafe", "drydock_0badcafe");
  EXPECT_EQ(plan.chain, "DOCKER-USER");
  ASSERT_EQ(plan.missing.size(), 1u);
  EXPECT_EQ(plan.missing[0],
            (std::vector<std::string>{"-o", "dd0badcafe", "-m", "comment", "--comment",
                                      "drydock_0badcafe", "-j", "ACCEPT"}));
  EXPECT_EQ(forward_plan("-P FORWARD DROP\n", "dd0badcafe", "x").missing.size(), 2u);
}

TEST(Firewall, OurRulesAreKnownByTheirCommentInAnyChain) {
  const std::string rules =
      "-P FORWARD DROP\n-A FORWARD -i dd0 -m comment --comment drydock_0badcafe -j ACCEPT\n"
      "-A FORWARD -i x -m comment --comment \"drydock_0badcafe2\" -j ACCEPT\n"
      "-A DOCKER-USER -o dd0 -m comment --comment \"drydock_0badcafe\" -j ACCEPT\n"
      "-A DOCKER-USER -j RETURN\n";
  const auto own = own_rules(rules, "drydock_0badcafe");
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0], (std::vector<std::string>{"FORWARD", "-i", "dd0", "-m", "comment", "--comment",
                                              "drydock_0badcafe", "-j", "ACCEPT"}));
  EXPECT_EQ(own[1].front(), "DOCKER-USER");
}

}  // namespace
}  // namespace drydock::netns
