#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <thread>

#include "base/files.h"
#include "fixture.h"
#include "netns/links.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

TEST_F(NetworkRoot, ATaskSeesTheInterfacesOfFargate) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(task->address, "10.77.0.4");
  EXPECT_EQ(task->gateway, "10.77.0.1");
  EXPECT_EQ(task->mac, "02:dd:0a:4d:00:04");
  EXPECT_EQ(task->dns_servers, std::vector<std::string>{"10.77.0.2"});
  std::set<std::string> seen;
  EXPECT_EQ(in(*task,
               [&]() -> Status {
                 ifaddrs* all = nullptr;
                 if (::getifaddrs(&all) != 0) return fail_errno("getifaddrs");
                 for (auto* a = all; a; a = a->ifa_next) {
                   if (!a->ifa_addr) continue;
                   if (a->ifa_addr->sa_family == AF_INET) {
                     const auto* v4 = reinterpret_cast<sockaddr_in*>(a->ifa_addr);
                     seen.insert(std::string(a->ifa_name) + " " +
                                 to_string(Ipv4{ntohl(v4->sin_addr.s_addr)}));
                   } else if (a->ifa_addr->sa_family == AF_INET6) {
                     seen.insert(std::string(a->ifa_name) + " v6");
                   }
                 }
                 ::freeifaddrs(all);
                 DRYDOCK_LET(Links links, Links::open());
                 DRYDOCK_LET(const auto routes, links.routes());
                 for (const auto& r : routes) seen.insert(to_string(r.to) + " via " + r.link);
                 return {};
               }),
            "");
  EXPECT_EQ(seen,
            (std::set<std::string>{"lo 127.0.0.1", "lo v6", "eth0 169.254.172.2", "eth1 10.77.0.4",
                                   "0.0.0.0/0 via eth1", "10.77.0.0/16 via eth1",
                                   "169.254.170.2/32 via eth0", "169.254.172.0/22 via eth0"}));
}

TEST_F(NetworkRoot, TheMetadataListenerAnswersAt169_254_170_2) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_TRUE(task) << task.error().message;
  Result<std::string> peer = fail(Errc::kSystem, "");
  std::thread metadata([&] { peer = answer_one(task->metadata_listener); });
  EXPECT_EQ(in(*task,
               []() -> Status {
                 DRYDOCK_LET(const auto said, ask("169.254.170.2", 80));
                 return said == "hello 169.254.172.2" ? Status() : fail(Errc::kInvalid, said);
               }),
            "");
  metadata.join();
  EXPECT_EQ(text(peer), "");
}

TEST_F(NetworkRoot, ATaskMayServeEveryPortThatOursHideBehind) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(in(*task,
               []() -> Status {
                 const UniqueFd sockets[] = {serve("0.0.0.0", 80), serve("::", 80),
                                             serve("0.0.0.0", 53), serve("0.0.0.0", 53, SOCK_DGRAM),
                                             serve("::", 53, SOCK_DGRAM)};
                 for (const auto& s : sockets)
                   if (!s) return fail_errno("bind");
                 return {};
               }),
            "");
  EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
}

class BridgeNetfilter : public NetworkRoot, public ::testing::WithParamInterface<const char*> {};

TEST_P(BridgeNetfilter, EveryoneReachesWhomTheyShould) {
  if (exists("/proc/sys/net/bridge/bridge-nf-call-iptables"))
    sysctl("net/bridge/bridge-nf-call-iptables", GetParam());
  else if (*GetParam() == '1')
    GTEST_SKIP() << "no br_netfilter";
  auto network = open();
  auto a = network->acquire();
  auto b = network->acquire();
  ASSERT_TRUE(a && b);
  // The host, by the task's address.
  EXPECT_EQ(ask_task(*a, 80, a->address, 80), "hello 10.77.0.1");
  // Another task, which sees who asks.
  EXPECT_EQ(in(*b,
               [&]() -> Status {
                 const std::string said = ask_task(*a, 80, a->address, 80);
                 return said == "hello 10.77.0.5" ? Status() : fail(Errc::kInvalid, said);
               }),
            "");
  // The outside, which sees the host.
  UniqueFd server;
  ASSERT_EQ(outside([&]() -> Status {
              server = serve(kOutside, 0);
              return {};
            }),
            "");
  std::thread answering([&] { EXPECT_EQ(answer_one(server).value_or("nobody"), kUplink); });
  EXPECT_EQ(in(*a,
               [&]() -> Status {
                 DRYDOCK_TRY(ask(kOutside, port_of(server)));
                 return {};
               }),
            "");
  answering.join();
  // A service of the host that listens on every address.
  const UniqueFd host = serve("0.0.0.0", 0);
  std::thread host_answers([&] { EXPECT_EQ(answer_one(host).value_or("nobody"), a->address); });
  EXPECT_EQ(in(*a,
               [&]() -> Status {
                 DRYDOCK_TRY(ask(a->gateway, port_of(host)));
                 return {};
               }),
            "");
  host_answers.join();
  // A published port.
  auto published = network->publish(a->slot, {{.container_port = 80}});
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(ask_task(*a, 80, "127.0.0.1", published->front().host_port), "hello 10.77.0.1");
}

INSTANTIATE_TEST_SUITE_P(CallIptables, BridgeNetfilter, ::testing::Values("0", "1"));

// What the far end of a connection may put into one segment, as TCP agreed on it.
int segment_size(const UniqueFd& connection) {
  int size = 0;
  socklen_t length = sizeof size;
  ::getsockopt(connection.get(), IPPROTO_TCP, TCP_MAXSEG, &size, &length);
  return size;
}

TEST_F(NetworkRoot, ConnectionsThatLeaveTheMachineAgreeOnItsSmallerLinks) {
  // The machine outside could take in more than our link to it carries.
  ASSERT_EQ(outside([]() -> Status {
              DRYDOCK_TRY(run_program("ip", {"link", "set", "eth1", "mtu", "9001"}, ""));
              return {};
            }),
            "");
  auto network = open();
  auto task = network->acquire();
  auto other = network->acquire();
  ASSERT_TRUE(task && other);
  UniqueFd server;
  ASSERT_EQ(outside([&]() -> Status {
              server = serve(kOutside, 0);
              return {};
            }),
            "");
  UniqueFd client, accepted;
  ASSERT_EQ(in(*task,
               [&]() -> Status {
                 DRYDOCK_LET(client, dial(kOutside, port_of(server)));
                 return {};
               }),
            "");
  accepted.reset(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted);
  EXPECT_LE(segment_size(accepted), 1500 - 40);
  // Between tasks it is the whole size of a VPC.
  UniqueFd inner;
  ASSERT_EQ(in(*other,
               [&]() -> Status {
                 inner = serve("0.0.0.0", 0);
                 return {};
               }),
            "");
  ASSERT_EQ(in(*task,
               [&]() -> Status {
                 DRYDOCK_LET(client, dial(other->address, port_of(inner)));
                 return {};
               }),
            "");
  EXPECT_GT(segment_size(client), 8000);
}

TEST_F(NetworkRoot, TasksWorkBesideAFirewallThatDropsForwardedPackets) {
  const auto iptables = [](const std::vector<std::string>& args) {
    auto done = run_program("iptables-nft", args, "");
    return done && done->exit_code == 0;
  };
  if (!iptables({"-P", "FORWARD", "DROP"})) GTEST_SKIP() << "no iptables-nft";
  ASSERT_TRUE(iptables({"-N", "DOCKER-USER"}) && iptables({"-A", "DOCKER-USER", "-j", "RETURN"}) &&
              iptables({"-I", "FORWARD", "-j", "DOCKER-USER"}));
  const Traces before = traces();
  auto network = open();
  EXPECT_EQ(network->report().forward_rules, "DOCKER-USER (iptables-nft)");
  auto a = network->acquire();
  auto b = network->acquire();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(in(*b,
               [&]() -> Status {
                 const std::string said = ask_task(*a, 80, a->address, 80);
                 return said == "hello 10.77.0.5" ? Status() : fail(Errc::kInvalid, said);
               }),
            "");
  a->metadata_listener.reset();
  b->metadata_listener.reset();
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  network.reset();
  wait_until_gone("dd0bad4");
  wait_until_gone("dd0bad5");
  EXPECT_EQ(traces(), before);
}

}  // namespace
}  // namespace drydock::netns::test
