#pragma once
#include "base/files.h"
#include "fixture.h"

namespace drydock::netns::test {

inline constexpr int kGate = 7000;

// Tasks that send to each other, and a port of the host that every one of them may reach.
class Gated : public NetworkRoot {
 protected:
  void SetUp() override {
    NetworkRoot::SetUp();
    if (IsSkipped()) return;
    gate_ = serve("0.0.0.0", kGate, SOCK_DGRAM);
  }
  TaskNetwork task(Network& network, const std::vector<std::string>& groups,
                   const std::string& cluster = "cluster/a", const std::string& subnet = "") {
    auto made = network.acquire({subnet, groups, cluster});
    EXPECT_EQ(text(made), "");
    return made ? std::move(*made) : TaskNetwork();
  }
  // Does a datagram from one task to a port of the other arrive? One to the host, sent after it on
  // the same path, ends the wait.
  bool arrives(const TaskNetwork& from, const TaskNetwork& to, int port, bool six = false) {
    UniqueFd server;
    EXPECT_EQ(in(to,
                 [&]() -> Status {
                   server = serve(six ? "::" : "0.0.0.0", port, SOCK_DGRAM);
                   return {};
                 }),
              "");
    EXPECT_EQ(in(from,
                 [&]() -> Status {
                   const std::string& address = six ? to.ipv6_address : to.address;
                   DRYDOCK_LET(const UniqueFd there, dial(address, port, SOCK_DGRAM));
                   DRYDOCK_LET(const UniqueFd here, dial("10.77.0.1", kGate, SOCK_DGRAM));
                   DRYDOCK_TRY(write_all(there.get(), "?"));
                   return write_all(here.get(), "?");
                 }),
              "");
    EXPECT_EQ(answer_one(gate_, SOCK_DGRAM).value_or("nobody"), from.address);
    return has_input(server);
  }
  UniqueFd gate_;
};

}  // namespace drydock::netns::test
