#include "netns/security.h"

#include <gtest/gtest.h>

#include "netns/ruleset.h"
#include "netns/table_watch.h"
#include "tests/unit/golden.h"

namespace drydock::netns {
namespace {

Security shop() {
  Security s;
  s.groups.push_back({"sg-web",
                      {{"tcp", 80, 80, "0.0.0.0/0", ""}, {"icmp", 0, 65535, "10.0.0.0/8", ""}},
                      {{"tcp", 5432, 5432, "", "sg-db"}, {"udp", 8000, 8100, "192.0.2.0/24", ""}}});
  s.groups.push_back({"sg-db", {{"tcp", 5432, 5432, "", "sg-web"}}, {}});
  s.groups.push_back(
      {"default", {{"", 0, 65535, "", "default"}}, {{"", 0, 65535, "0.0.0.0/0", ""}}});
  s.isolate_clusters = true;
  return s;
}

const Member kWeb{*parse_ipv4("10.77.0.4"), {"sg-web", "sg-elsewhere"}, "cluster/a"};
const Member kDb{*parse_ipv4("10.77.0.5"), {"sg-db"}, "cluster/a"};
const Member kPlain{*parse_ipv4("10.77.0.6"), {}, "cluster/b"};
const Member kFree{*parse_ipv4("10.77.0.7"), {"sg-elsewhere"}, "cluster/b"};

TEST(Security, TheHostsTableWithGroupsAndClusters) {
  HostRuleset plan{"0badcafe", *parse_subnet("10.77.0.0/28"), {}, {}};
  plan.security = shop();
  plan.members = {kWeb, kDb, kPlain, kFree};
  plan.api_port = 4590;
  plan.network6 = *parse_network6("fd00:1:2:3::/64");
  plan.pin_blocks = {0};
  plan.members[0].address6 = plan.network6->at(4);
  expect_golden_text("netns/host_ruleset_security.nft", host_ruleset(plan));
}

TEST(Security, ATaskJoinsTheSetsOfItsConfiguredGroupsAndOfItsCluster) {
  EXPECT_EQ(change_member("add", "t", shop(), kWeb),
            "add element inet t group_sg-web { 10.77.0.4 }\n"
            "add element inet t guarded { 10.77.0.4 }\n"
            "add element inet t cluster_a8e40088 { 10.77.0.4 }\n");
  Security groups = shop();
  groups.isolate_clusters = false;
  EXPECT_EQ(change_member("delete", "t", groups, kPlain),
            "delete element inet t group_default { 10.77.0.6 }\n"
            "delete element inet t guarded { 10.77.0.6 }\n");
  EXPECT_FALSE(concerns(groups, kFree)) << "no group of it is configured";
  EXPECT_FALSE(concerns({}, kWeb));
}

TEST(Security, WhatCanNotBeIsRefusedByGroupAndRule) {
  const auto refusal = [](const SecurityRule& rule) {
    Security s;
    s.groups.push_back({"sg-a", {}, {rule}});
    auto ok = check_security(s);
    return ok ? std::string() : ok.error().message;
  };
  EXPECT_EQ(refusal({"tcp", 80, 80, "10.0.0.0/8", ""}), "");
  EXPECT_EQ(refusal({"", 0, 65535, "fd00::/8", ""}), "");
  EXPECT_EQ(refusal({"sctp", 0, 65535, "10.0.0.0/8", ""}),
            "sg-a.egress[0] protocol is \"sctp\"; it must be tcp, udp, icmp or all");
  EXPECT_EQ(refusal({"tcp", 81, 80, "10.0.0.0/8", ""}),
            "sg-a.egress[0] ports must be a number or a range like \"8000-8100\"");
  EXPECT_EQ(refusal({"icmp", 1, 1, "10.0.0.0/8", ""}),
            "sg-a.egress[0] has ports, which only tcp and udp have");
  EXPECT_EQ(refusal({"tcp", 80, 80, "", ""}), "sg-a.egress[0] needs either \"cidr\" or \"group\"");
  EXPECT_EQ(refusal({"tcp", 80, 80, "10.0.0.0/8", "sg-a"}),
            "sg-a.egress[0] needs either \"cidr\" or \"group\"");
  EXPECT_EQ(refusal({"tcp", 80, 80, "", "sg-b"}),
            "sg-a.egress[0] names group \"sg-b\", which is not configured");
  EXPECT_EQ(refusal({"tcp", 80, 80, "10.0.0.1/8", ""}),
            "sg-a.egress[0] \"10.0.0.1/8\" names an address inside a subnet; write 10.0.0.0/8");
  EXPECT_EQ(refusal({"tcp", 80, 80, "fd00::/129", ""}),
            "sg-a.egress[0] \"fd00::/129\" is not a range such as fd00::/8");
  Security s;
  s.groups.push_back({"sg a; flush ruleset", {}, {}});
  EXPECT_FALSE(check_security(s));
}

TEST(TableWatch, OnlyWhatIsGoneOfOurTableOrChangedInIptablesMatters) {
  const auto message = [](int kind, const std::string& table) {
    const std::size_t length = 4 + table.size() + 1;
    std::string m(20, '\0');
    m[4] = static_cast<char>(kind);
    m[5] = 10;  // NFNL_SUBSYS_NFTABLES
    m += static_cast<char>(length);
    m += std::string("\0\1\0", 3) + table + '\0';
    m.resize((m.size() + 3) / 4 * 4);
    m[0] = static_cast<char>(m.size());
    return m;
  };
  constexpr int kNewTable = 0, kDelTable = 2, kNewChain = 3, kDelRule = 8, kNewElement = 12;
  EXPECT_TRUE(matters(message(kDelTable, "ours"), "ours"));
  EXPECT_TRUE(matters(message(kNewElement, "ours") + message(kDelRule, "ours"), "ours"));
  EXPECT_FALSE(matters(message(kDelTable, "theirs"), "ours"));
  EXPECT_FALSE(matters(message(kNewTable, "ours") + message(kNewChain, "ours"), "ours"));
  EXPECT_TRUE(matters(message(kNewChain, "filter"), "ours"));
  const auto whole = message(kDelTable, "ours");
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(matters(std::string_view(whole).substr(0, cut), "ours")) << cut;
}

}  // namespace
}  // namespace drydock::netns
