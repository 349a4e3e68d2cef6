#include "netns/faults/faults.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "fixture.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

using std::chrono::milliseconds;

std::vector<IpBlock> blocks(const std::vector<std::string>& texts) {
  std::vector<IpBlock> all;
  for (const auto& text : texts) all.push_back(*parse_ip_block(text));
  return all;
}

Impairment loss(int percent, const std::vector<std::string>& targets, int flows = 100) {
  Impairment fault;
  fault.kind = Impairment::Kind::kLoss;
  fault.loss_percent = percent;
  fault.targets = blocks(targets);
  fault.flows_percent = flows;
  return fault;
}

class Faults : public NetworkRoot {
 protected:
  void SetUp() override {
    NetworkRoot::SetUp();
    network_ = open();
    auto task = network_->acquire();
    ASSERT_TRUE(task) << task.error().message;
    task_ = std::move(*task);
    EXPECT_EQ(outside([this]() -> Status {
                sink_ = serve(kOutside, 5000, SOCK_DGRAM);
                const int room = 1 << 22;
                ::setsockopt(sink_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
                return {};
              }),
              "");
  }
  void TearDown() override {
    sink_.reset();
    task_ = {};
    network_.reset();
    NetworkRoot::TearDown();
  }
  std::string apply(const FaultPlan& plan) { return text(apply_faults(task_.netns_path, plan)); }

  // Sends `packets` of each of `flows` flows outside; how many arrived of each flow, and a send
  // that failed as -1.
  std::map<int, int> send(int flows, int packets) {
    std::map<int, int> arrived;
    EXPECT_EQ(in(task_,
                 [&]() -> Status {
                   for (int f = 0; f < flows; ++f) {
                     DRYDOCK_LET(const UniqueFd socket, dial(kOutside, 5000, SOCK_DGRAM));
                     for (int p = 0; p < packets; ++p)
                       if (::send(socket.get(), &f, sizeof f, 0) != sizeof f)
                         return fail_errno("send");
                   }
                   return {};
                 }),
              "");
    // Until nothing comes any more.
    int flow = 0;
    for (pollfd wait{sink_.get(), POLLIN, 0}; ::poll(&wait, 1, 200) == 1; ++arrived[flow])
      if (::recv(sink_.get(), &flow, sizeof flow, 0) != sizeof flow) break;
    return arrived;
  }

  std::unique_ptr<Network> network_;
  TaskNetwork task_;
  UniqueFd sink_;
};

TEST_F(Faults, PacketsAreLostWithoutTheSenderBeingTold) {
  FaultPlan plan;
  plan.impairment = loss(100, {"198.51.100.0/24"});
  ASSERT_EQ(apply(plan), "");
  EXPECT_TRUE(send(1, 50).empty());
  plan.impairment = loss(50, {"0.0.0.0/0"});
  ASSERT_EQ(apply(plan), "");
  const int some = send(1, 1000)[0];
  EXPECT_GT(some, 350);
  EXPECT_LT(some, 650);
  plan.impairment->spared = blocks({kOutside});
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(send(1, 100)[0], 100);
  plan.impairment = loss(100, {"203.0.113.0/24"});
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(send(1, 100)[0], 100);
}

TEST_F(Faults, AShareOfTheFlowsIsAFlowAsAWhole) {
  FaultPlan plan;
  plan.impairment = loss(100, {kOutside}, 50);
  ASSERT_EQ(apply(plan), "");
  const auto arrived = send(200, 3);
  for (const auto& [flow, packets] : arrived) EXPECT_EQ(packets, 3) << flow;
  EXPECT_GT(arrived.size(), 60U);
  EXPECT_LT(arrived.size(), 140U);
}

TEST_F(Faults, AnEmptyPlanLeavesNothing) {
  Traces before;
  ASSERT_EQ(in(task_,
               [&]() -> Status {
                 DRYDOCK_LET(const auto rules, run_program("nft", {"list", "ruleset"}, ""));
                 before.ruleset = rules.out;
                 return {};
               }),
            "");
  FaultPlan plan;
  plan.impairment = loss(100, {"0.0.0.0/0", "::/0"});
  plan.black_holes = {{true, "tcp", 80, {}}, {false, "udp", 53, blocks({"10.0.0.0/8", "::1"})}};
  ASSERT_EQ(apply(plan), "");
  ASSERT_EQ(apply(plan), "");  // again, as after a restart of the daemon
  ASSERT_EQ(apply({}), "");
  ASSERT_EQ(apply({}), "");
  EXPECT_EQ(send(1, 10)[0], 10);
  EXPECT_EQ(in(task_,
               [&]() -> Status {
                 DRYDOCK_LET(const auto rules, run_program("nft", {"list", "ruleset"}, ""));
                 return rules.out == before.ruleset ? Status() : fail(Errc::kInvalid, rules.out);
               }),
            "");
}

// A connection that nobody answers: not even a refusal comes.
std::string try_to_connect(const std::string& address, int port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0)
    return "connected";
  return errno == EINPROGRESS ? "nothing" : errno == ECONNREFUSED ? "refused" : "error";
}

TEST_F(Faults, ABlackHoleSwallowsOnePortInOneDirection) {
  FaultPlan plan;
  plan.black_holes = {{true, "tcp", 8080, {}}};
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(try_to_connect(task_.address, 8080), "nothing");
  EXPECT_EQ(try_to_connect(task_.address, 8081), "refused");
  plan.black_holes[0].spared = blocks({task_.gateway});  // the host's address towards tasks
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(try_to_connect(task_.address, 8080), "refused");
  plan.black_holes = {{false, "tcp", 7000, blocks({kUplink})}};
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(try_to_connect(task_.address, 8080), "refused");
  std::string out, spared, other;
  EXPECT_EQ(in(task_,
               [&]() -> Status {
                 out = try_to_connect(kOutside, 7000);
                 spared = try_to_connect(kUplink, 7000);
                 other = try_to_connect(kOutside, 7001);
                 return {};
               }),
            "");
  EXPECT_EQ(out, "nothing");
  EXPECT_EQ(spared, "refused");
  EXPECT_EQ(other, "refused");
}

TEST_F(Faults, TheMetadataEndpointStaysAndTheResolverDoesNot) {
  FaultPlan plan;
  plan.impairment = loss(100, {"0.0.0.0/0"});
  plan.black_holes = {{false, "tcp", 80, {}}, {true, "tcp", 51679, {}}, {false, "udp", 53, {}}};
  ASSERT_EQ(apply(plan), "");
  std::string metadata, resolver;
  EXPECT_EQ(in(task_,
               [&]() -> Status {
                 metadata = try_to_connect("169.254.170.2", 80);
                 DRYDOCK_LET(const UniqueFd dns, dial("10.77.0.2", 53, SOCK_DGRAM));
                 resolver = ::send(dns.get(), "x", 1, 0) == 1 ? "sent" : "not permitted";
                 return {};
               }),
            "");
  EXPECT_EQ(metadata, "connected");
  EXPECT_EQ(resolver, "not permitted");  // as iptables' DROP in OUTPUT tells a sender
}

TEST_F(Faults, LatencyDelaysWhatGoesToItsTargets) {
  FaultPlan plan;
  plan.impairment = Impairment{};
  plan.impairment->delay = milliseconds(3000);
  plan.impairment->targets = blocks({kOutside});
  auto applied = apply_faults(task_.netns_path, plan);
  if (!applied && applied.error().code == Errc::kUnsupported) {
    EXPECT_NE(applied.error().message.find("modprobe sch_"), std::string::npos);
    EXPECT_EQ(apply({}), "");
    EXPECT_EQ(send(1, 10)[0], 10);
    GTEST_SKIP() << applied.error().message;
  }
  ASSERT_EQ(text(applied), "");
  ASSERT_EQ(apply(plan), "");  // again, as after a restart of the daemon
  EXPECT_TRUE(send(1, 10).empty()) << "still on their way";
  const auto arrives = [this] {
    int flow = 0;
    return ::recv(sink_.get(), &flow, sizeof flow, 0) == sizeof flow;
  };
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(arrives());
  plan.impairment->spared = blocks({kOutside});
  ASSERT_EQ(apply(plan), "");
  EXPECT_EQ(send(1, 10)[0], 10);
  ASSERT_EQ(apply({}), "");
  EXPECT_EQ(send(1, 10)[0], 10);
}

TEST_F(Faults, ANamespaceThatIsGoneIsAnError) {
  EXPECT_NE(text(apply_faults(run_dir_ + "/nowhere", {})), "");
}

}  // namespace
}  // namespace drydock::netns::test
