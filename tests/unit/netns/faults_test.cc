#include "netns/faults/plan.h"

#include <gtest/gtest.h>

#include "tests/unit/golden.h"

namespace drydock::netns {
namespace {

std::vector<IpBlock> blocks(const std::vector<std::string>& texts) {
  std::vector<IpBlock> all;
  for (const auto& text : texts) all.push_back(*parse_ip_block(text));
  return all;
}

TEST(Faults, AddressesAndBlocksAreReadAsGoDoes) {
  const auto shown = [](std::string_view text) {
    const auto block = parse_ip_block(text);
    return block ? (block->v6 ? "6 " : "4 ") + block->text : "none";
  };
  EXPECT_EQ(shown("10.1.2.3"), "4 10.1.2.3");
  EXPECT_EQ(shown("10.1.2.3/8"), "4 10.0.0.0/8");
  EXPECT_EQ(shown("10.1.2.3/32"), "4 10.1.2.3");
  EXPECT_EQ(shown("0.0.0.0/0"), "4 0.0.0.0/0");
  EXPECT_EQ(shown("2001:db8::7"), "6 2001:db8::7");
  EXPECT_EQ(shown("2001:db8:1:2::7/36"), "6 2001:db8::/36");
  EXPECT_EQ(shown("::/0"), "6 ::/0");
  for (const char* text :
       {"", "/", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-0", "10.1.2.3/+1", "10.1.2", "010.1.2.3",
        "example.com", "::1/129", "fe80::1%eth1", "10.1.2.3 ", "10.1.2.3; flush ruleset"})
    EXPECT_EQ(shown(text), "none") << text;
  EXPECT_FALSE(parse_ip_block(std::string_view("10.1.2.3\0x", 10)));
}

TEST(Faults, WithoutAnyTheTablesGo) {
  EXPECT_EQ(fault_ruleset({}),
            "add table inet drydock_faults\ndelete table inet drydock_faults\n"
            "add table netdev drydock_faults\ndelete table netdev drydock_faults\n");
}

TEST(Faults, BlackHolesAndLoss) {
  FaultPlan plan;
  plan.black_holes = {{true, "tcp", 8080, blocks({"10.0.0.9", "2001:db8::/32"})},
                      {false, "udp", 53, {}}};
  plan.impairment = Impairment{Impairment::Kind::kLoss, {}, {}, 30, blocks({"0.0.0.0/0", "::/0"}),
                               blocks({"10.0.0.1"}),    100};
  expect_golden_text("netns/faults_loss.nft", fault_ruleset(plan));
}

TEST(Faults, LatencyOfAShareOfTheFlows) {
  FaultPlan plan;
  plan.impairment = Impairment{Impairment::Kind::kLatency,
                               std::chrono::milliseconds(200),
                               std::chrono::milliseconds(10),
                               0,
                               blocks({"10.0.0.0/8", "192.0.2.7"}),
                               {},
                               25};
  expect_golden_text("netns/faults_latency.nft", fault_ruleset(plan));
}

}  // namespace
}  // namespace drydock::netns
