#include "base/files.h"
#include "gate.h"
#include "netns/links.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

SecurityRule udp(int port, const std::string& cidr, const std::string& group = "") {
  return {"udp", port, port, cidr, group};
}

// Groups of a web server that asks a database, of which the outside knows nothing.
Security shop() {
  Security s;
  s.groups.push_back(
      {"sg-web", {udp(8000, "0.0.0.0/0")}, {udp(5432, "", "sg-db"), udp(kGate, "10.77.0.0/16")}});
  s.groups.push_back({"sg-db", {udp(5432, "", "sg-web")}, {{"", 0, 65535, "0.0.0.0/0", ""}}});
  return s;
}

class SecurityGroups : public Gated {
 protected:
  static std::string elements(const std::string& set) {
    auto seen = run_program("nft", {"list", "set", "inet", "drydock_0badcafe", set}, "");
    return seen ? seen->out : "";
  }
};

TEST_F(SecurityGroups, OnlyWhatBothSidesAllowPasses) {
  NetworkConfig c = config();
  c.security = shop();
  auto network = open(c, {});
  const auto web = task(*network, {"sg-web"}), db = task(*network, {"sg-db", "sg-unknown"});
  const auto free = task(*network, {"sg-unknown"});
  EXPECT_TRUE(arrives(web, db, 5432)) << "let out and let in, group by group";
  EXPECT_FALSE(arrives(web, db, 5433)) << "not let out";
  EXPECT_FALSE(arrives(free, db, 5432)) << "not let in: in another group";
  EXPECT_TRUE(arrives(free, web, 8000)) << "let in by address";
  EXPECT_FALSE(arrives(free, web, 8001));
  EXPECT_TRUE(arrives(db, web, 8000));
  EXPECT_FALSE(arrives(web, free, 9)) << "not let out, though the other has no rules";
  EXPECT_TRUE(arrives(db, free, 9)) << "groups that are not configured are not enforced";
}

TEST_F(SecurityGroups, AnAnswerNeedsNoRuleAndTheHostReachesWhatIsPublished) {
  NetworkConfig c = config();
  c.security.groups = {{"sg-closed", {}, {}}};
  auto network = open(c, {});
  const auto closed = task(*network, {"sg-closed"});
  EXPECT_EQ(text(network->publish(closed.slot, {{.container_port = 80}})), "");
  EXPECT_EQ(ask_task(closed, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
}

TEST_F(SecurityGroups, OtherMachinesAreLetInByTheirAddress) {
  NetworkConfig c = config();
  c.security.groups = {{"sg-one", {{"tcp", 81, 81, "198.51.100.0/24", ""}}, {}},
                       {"sg-two", {{"tcp", 82, 82, "203.0.113.0/24", ""}}, {}}};
  auto network = open(c, {});
  const auto both = task(*network, {"sg-one", "sg-two"});
  ASSERT_EQ(text(network->publish(both.slot, {{.container_port = 81, .host_address = kUplink},
                                              {.container_port = 82, .host_address = kUplink}})),
            "");
  EXPECT_EQ(outside([&]() -> Status {
              const auto said = ask_task(both, 81, kUplink, 8081);
              return said == std::string("hello ") + kOutside ? Status()
                                                              : fail(Errc::kInvalid, said);
            }),
            "");
  auto seen = run_program("nft",
                          {"insert", "rule", "inet", "drydock_0badcafe", "ingress", "ip", "daddr",
                           "@guarded", "tcp", "dport", "82", "reject"},
                          "");
  ASSERT_TRUE(seen && seen->exit_code == 0);
  EXPECT_EQ(outside([]() -> Status {
              DRYDOCK_TRY(dial(kUplink, 8082));
              return {};
            }),
            "connect to 198.51.100.1:8082: Connection refused")
      << "it does come to the rules: without the one of this test it would be dropped there";
}

TEST_F(SecurityGroups, ATaskWithoutAGroupIsInTheDefaultOneWhereThatIsConfigured) {
  NetworkConfig c = config();
  c.security.groups = {
      {"default", {{"", 0, 65535, "", "default"}}, {{"", 0, 65535, "0.0.0.0/0", ""}}}};
  auto network = open(c, {});
  const auto a = task(*network, {}), b = task(*network, {}), other = task(*network, {"sg-x"});
  EXPECT_TRUE(arrives(a, b, 9));
  EXPECT_FALSE(arrives(other, b, 9));
}

TEST_F(SecurityGroups, ClustersAreKeptApartWhenAsked) {
  NetworkConfig c = config();
  c.security.isolate_clusters = true;
  auto network = open(c, {});
  const auto a = task(*network, {}), b = task(*network, {});
  const auto other = task(*network, {}, "cluster/b");
  EXPECT_TRUE(arrives(a, b, 9));
  EXPECT_FALSE(arrives(a, other, 9));
  EXPECT_FALSE(arrives(other, a, 9));
}

TEST_F(SecurityGroups, RulesOutliveTheDaemonAreTakenOverAndGoWithTheTask) {
  NetworkConfig c = config();
  c.security = shop();
  c.security.isolate_clusters = true;
  auto network = open(c, {});
  auto web = task(*network, {"sg-web"}), db = task(*network, {"sg-db"});
  auto other = task(*network, {}, "cluster/b");
  for (auto* t : {&web, &db, &other}) t->metadata_listener.reset();
  const auto check = [&](const char* when) {
    EXPECT_TRUE(arrives(web, db, 5432)) << when;
    EXPECT_FALSE(arrives(web, db, 5433)) << when;
    EXPECT_FALSE(arrives(other, web, 8000)) << when;
  };
  network.reset();  // as if killed
  check("while no daemon runs");
  network = open(c, {{web.slot, web.address, {}, {"", {"sg-web"}, "cluster/a"}},
                     {db.slot, db.address, {}, {"", {"sg-db"}, "cluster/a"}},
                     {other.slot, other.address, {}, {"", {}, "cluster/b"}}});
  check("after a restart");
  ASSERT_EQ(text(nft("flush ruleset\n")), "");
  auto late = task(*network, {"sg-web"});
  check("written again with the next change");
  for (const auto* t : {&web, &db, &other, &late}) {
    late.metadata_listener.reset();
    EXPECT_EQ(text(network->release(t->slot)), "");
  }
  for (const char* set : {"guarded", "group_sg-web", "group_sg-db"})
    EXPECT_EQ(elements(set).find("elements"), std::string::npos) << set;
}

TEST_F(SecurityGroups, AMappedSubnetGivesItsAddressesItsGatewayAndItsPrefix) {
  NetworkConfig c = config();
  c.pool_size = 2;
  c.subnets = {{"subnet-a", *parse_subnet("10.77.16.0/20")},
               {"subnet-b", *parse_subnet("10.77.32.0/28")}};
  auto network = open(c, {});
  ASSERT_EQ(text(network->wait_until_stocked()), "");
  auto a = task(*network, {}, "", "subnet-a");
  auto b = task(*network, {}, "", "subnet-b");
  auto plain = task(*network, {}, "", "subnet-c");
  EXPECT_EQ(a.address, "10.77.16.4");
  EXPECT_EQ(a.subnet_cidr, "10.77.16.0/20");
  EXPECT_EQ(a.gateway, "10.77.16.1");
  EXPECT_EQ(b.gateway, "10.77.32.1");
  EXPECT_EQ(a.dns_servers, std::vector<std::string>{"10.77.0.2"}) << "one resolver for the network";
  EXPECT_EQ(plain.subnet_cidr, "10.77.0.0/16");
  std::set<std::string> routes;
  EXPECT_EQ(in(a,
               [&]() -> Status {
                 DRYDOCK_LET(Links links, Links::open());
                 DRYDOCK_LET(const auto all, links.routes());
                 for (const auto& r : all) routes.insert(to_string(r.to) + " via " + r.link);
                 return {};
               }),
            "");
  EXPECT_TRUE(routes.contains("10.77.16.0/20 via eth1") && routes.contains("0.0.0.0/0 via eth1"));
  EXPECT_TRUE(arrives(a, b, 9) && arrives(b, a, 9) && arrives(plain, a, 9) && arrives(a, plain, 9));
  for (auto* t : {&a, &b, &plain}) t->metadata_listener.reset();
  network.reset();
  c.subnets.pop_back();  // its task still has it
  network = open(c, {{a.slot, a.address, {}, {}, a.subnet_cidr},
                     {b.slot, b.address, {}, {}, b.subnet_cidr},
                     {plain.slot, plain.address, {}, {}, plain.subnet_cidr}});
  auto again = network->reopen(b.slot);
  ASSERT_EQ(text(again), "");
  EXPECT_EQ(again->gateway, "10.77.32.1");
  EXPECT_TRUE(arrives(a, b, 9) && arrives(b, a, 9));
}

TEST_F(SecurityGroups, WithIPv6TheSameHoldsForBothFamilies) {
  NetworkConfig c = config();
  c.ipv6 = "fd00:1:2:3::/64";
  c.security = shop();
  c.security.groups[0].ingress.push_back(udp(8000, "::/0"));
  c.security.isolate_clusters = true;
  auto network = open(c, {});
  auto web = task(*network, {"sg-web"}), db = task(*network, {"sg-db"}), free = task(*network, {});
  auto other = task(*network, {}, "cluster/b");
  EXPECT_EQ(web.ipv6_address, "fd00:1:2:3::4");
  EXPECT_EQ(web.ipv6_subnet_cidr, "fd00:1:2:3::/64");
  const auto check = [&](const char* when) {
    EXPECT_TRUE(arrives(web, db, 5432, true)) << when;
    EXPECT_FALSE(arrives(web, db, 5433, true)) << when;
    EXPECT_FALSE(arrives(free, db, 5432, true)) << when;
    EXPECT_TRUE(arrives(free, web, 8000, true)) << when;
    EXPECT_FALSE(arrives(other, web, 8000, true)) << when << ": in another cluster";
    EXPECT_TRUE(arrives(web, db, 5432)) << when << ": over IPv4";
  };
  check("at first");
  // A service of the host.
  const UniqueFd host = serve("::", 7001, SOCK_DGRAM);
  EXPECT_EQ(in(free,
               [&]() -> Status {
                 DRYDOCK_LET(const UniqueFd there, dial("fd00:1:2:3::1", 7001, SOCK_DGRAM));
                 return write_all(there.get(), "?");
               }),
            "");
  EXPECT_EQ(text(answer_one(host, SOCK_DGRAM)), "");
  for (auto* t : {&web, &db, &free, &other}) t->metadata_listener.reset();
  network.reset();
  const auto known = [](const TaskNetwork& t, const TaskPlace& place) {
    return KnownSlot{t.slot, t.address, {}, place, t.subnet_cidr, true};
  };
  network =
      open(c, {known(web, {"", {"sg-web"}, "cluster/a"}), known(db, {"", {"sg-db"}, "cluster/a"}),
               known(free, {"", {}, "cluster/a"}), known(other, {"", {}, "cluster/b"})});
  EXPECT_EQ(network->reopen(web.slot)->ipv6_address, web.ipv6_address);
  check("after a restart");
}

TEST_F(SecurityGroups, WithIPv6NobodySendsAsAnother) {
  NetworkConfig c = config();
  c.ipv6 = "fd00:1:2:3::/64";
  auto network = open(c, {});
  const auto evil = task(*network, {}), victim = task(*network, {});
  EXPECT_TRUE(arrives(evil, victim, 9, true));
  // Its own address is no longer the one it sends from.
  ASSERT_EQ(
      in(evil,
         []() -> Status {
           auto done = run_program(
               "ip", {"-6", "addr", "change", "fd00:1:2:3::9/128", "dev", "eth1", "nodad"}, "");
           auto gone =
               run_program("ip", {"-6", "addr", "del", "fd00:1:2:3::4/128", "dev", "eth1"}, "");
           return done && gone && done->exit_code + gone->exit_code == 0
                      ? Status()
                      : fail(Errc::kSystem, "ip");
         }),
      "");
  EXPECT_FALSE(arrives(evil, victim, 9, true));
}

TEST_F(SecurityGroups, SubnetsThatDoNotFitTheNetworkAreRefused) {
  NetworkConfig c = config();
  c.subnets = {{"subnet-a", *parse_subnet("10.78.0.0/20")}};
  EXPECT_EQ(text(Network::open(c, {})),
            "task network: subnet subnet-a (10.78.0.0/20) does not lie in the tasks' network "
            "10.77.0.0/16; set \"subnet\" to a network that holds every mapped one");
}

}  // namespace
}  // namespace drydock::netns::test
