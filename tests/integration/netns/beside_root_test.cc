#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>

#include "base/files.h"
#include "gate.h"
#include "netns/links.h"
#include "netns/nft.h"

// Other programs that change the host's rules, and settings of the host that others need too.
namespace drydock::netns::test {
namespace {

class BesideOthers : public Gated {};

// Waits until `done`, looking again after each change of anybody's rules.
template <class Done>
void wait_for_rules(const UniqueFd& events, Done done) {
  char buffer[65536];
  while (!done()) {
    pollfd p{events.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&p, 1, 10'000), 1) << "nobody wrote the table again";
    ASSERT_GT(::read(events.get(), buffer, sizeof buffer), 0);
  }
}

UniqueFd rule_events() {
  UniqueFd events(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  sockaddr_nl name{};
  name.nl_family = AF_NETLINK;
  name.nl_groups = 1u << (NFNLGRP_NFTABLES - 1);
  EXPECT_EQ(::bind(events.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  return events;
}

TEST_F(BesideOthers, AFlushByOthersIsMendedWithoutAnyoneAsking) {
  NetworkConfig c = config();
  c.security.groups = {{"sg-db", {}, {}}};  // lets nothing in
  auto network = open(c, {});
  const auto db = task(*network, {"sg-db"}), free = task(*network, {});
  ASSERT_EQ(text(network->publish(db.slot, {{.container_port = 80}})), "");
  for (const char* harm : {"flush ruleset\n", "delete table inet drydock_0badcafe\n",
                           "flush chain inet drydock_0badcafe egress\n"}) {
    const UniqueFd events = rule_events();
    const int before = network->report().restored;
    ASSERT_EQ(text(nft(harm)), "") << harm;
    wait_for_rules(events, [&] { return network->report().restored > before; });
    EXPECT_FALSE(arrives(free, db, 5432)) << harm;
    EXPECT_EQ(ask_task(db, 80, "127.0.0.1", 8080), "hello 10.77.0.1") << harm;
  }
}

TEST_F(BesideOthers, ARuleThatOthersAddElsewhereStays) {
  auto network = open();
  ASSERT_EQ(text(nft("add table inet theirs\nadd chain inet theirs c\n"
                     "add rule inet theirs c counter\n")),
            "");
  const UniqueFd events = rule_events();
  ASSERT_EQ(text(nft("delete table inet drydock_0badcafe\n")), "");
  wait_for_rules(events, [&] { return network->report().restored > 0; });
  EXPECT_NE(run_program("nft", {"list", "table", "inet", "theirs"}, "")->out.find("counter"),
            std::string::npos);
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
}

TEST_F(BesideOthers, AFirewallThatBeginsToDropLaterDoesNotCutTasksOff) {
  const auto iptables = [](const std::vector<std::string>& args) {
    auto done = run_program("iptables-nft", args, "");
    return done && done->exit_code == 0;
  };
  auto network = open();
  const auto a = task(*network, {}), b = task(*network, {});
  const UniqueFd events = rule_events();
  if (!iptables({"-P", "FORWARD", "DROP"})) GTEST_SKIP() << "no iptables-nft";
  wait_for_rules(events, [&] { return !network->report().forward_rules.empty(); });
  EXPECT_EQ(network->report().forward_rules, "FORWARD (iptables-nft)");
  EXPECT_TRUE(arrives(a, b, 9));
}

TEST_F(BesideOthers, AFirewallThatDropsIPv6DoesNotCutTasksOff) {
  auto drops = run_program("ip6tables-nft", {"-P", "FORWARD", "DROP"}, "");
  if (!drops || drops->exit_code != 0) GTEST_SKIP() << "no ip6tables-nft";
  NetworkConfig c = config();
  c.ipv6 = "fd00:1:2:3::/64";
  auto network = open(c, {});
  EXPECT_EQ(network->report().forward_rules, "FORWARD (ip6tables-nft)");
  const auto a = task(*network, {}), b = task(*network, {});
  EXPECT_TRUE(arrives(a, b, 9, true));
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(run_program("ip6tables-nft", {"-S"}, "")->out.find("dd0badcafe"), std::string::npos);
}

TEST_F(BesideOthers, ATableOfOthersThatDropsIsToldToTheUser) {
  auto network = open();
  const auto problems = network->report().problems.size();
  ASSERT_EQ(
      text(nft(
          "table inet mine {\nchain passing {\ntype filter hook forward priority 5; policy drop;\n"
          "}\n}\n")),
      "");
  EXPECT_EQ(network->report().problems.size(), problems + 1);
  EXPECT_EQ(text(nft("delete table inet mine\n")), "");
}

TEST_F(BesideOthers, ForwardingIsTurnedOffAgainByWhomeverTurnedItOn) {
  sysctl("net/ipv4/ip_forward", "0");
  const auto forwards = [] { return read_file("/proc/sys/net/ipv4/ip_forward").value(); };
  auto network = open();
  EXPECT_TRUE(network->report().turned_on_ip_forward);
  network.reset();  // as if killed
  network = open();
  EXPECT_EQ(forwards(), "1\n");
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(forwards(), "0\n");

  network = open();
  auto links = Links::open();
  ASSERT_TRUE(links && links->ensure_bridge("docker0", {2, 0, 0, 0, 0, 9}));
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(forwards(), "1\n") << "somebody else's bridge needs it";
  sysctl("net/ipv4/ip_forward", "1");
  network = open();
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(forwards(), "1\n") << "it was on";
}

TEST_F(BesideOthers, ForwardingOfIPv6IsTurnedOffAgainAndLinksKeepTheirRouters) {
  const auto value = [](const std::string& name) {
    return read_file("/proc/sys/net/ipv6/conf/" + name).value();
  };
  sysctl("net/ipv6/conf/all/forwarding", "0");
  sysctl("net/ipv6/conf/up0/accept_ra", "1");
  NetworkConfig c = config();
  c.ipv6 = "fd00:1:2:3::/64";
  auto network = open(c, {});
  EXPECT_EQ(value("all/forwarding"), "1\n");
  EXPECT_EQ(value("up0/accept_ra"), "2\n");
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(value("all/forwarding"), "0\n");
  EXPECT_EQ(value("up0/accept_ra"), "1\n");

  network = open(c, {});
  auto links = Links::open();
  const auto docker = links->ensure_bridge("docker0", {2, 0, 0, 0, 0, 9});
  ASSERT_EQ(text(links->add_address(*docker, Network6{{0xfd, 9}}.at(1), 64)), "");
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(value("all/forwarding"), "1\n") << "somebody else's bridge needs it";
}

}  // namespace
}  // namespace drydock::netns::test
