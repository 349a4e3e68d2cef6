#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "netns/dns/message.h"
#include "netns/dns/registry.h"

// What is answered here, and what is asked elsewhere. Pure but for the registry it reads.
namespace drydock::netns::dns {

// The network the tasks are in.
struct Site {
  Subnet subnet;
  Ipv4 gateway;        // host.docker.internal and host.drydock.internal
  std::string suffix;  // "ec2.internal": of the tasks' private DNS names
};

// Services of AWS whose hosts stand for an address of this machine, for one task.
struct AwsHere {
  std::set<std::string> services;  // "logs"
  Ipv4 address;
};

struct Verdict {
  Message reply;  // complete, unless `ask` is set; then what comes before the answer to that
  std::optional<Question> ask;  // for the upstream servers
};

inline constexpr std::uint32_t kLocalTtl = 5;    // tasks come and go
inline constexpr std::size_t kMaxAddresses = 8;  // in one answer, as Cloud Map

// `turn` decides with which of several addresses the answer begins.
Verdict decide(const Message& query, const Registry& registry, const Site& site, std::uint32_t turn,
               const AwsHere& aws = {});

// The reply to `query` from what a server said about `ask`, behind what `begun` has already.
Message finished(const Message& query, Message begun, const Message& said);

}  // namespace drydock::netns::dns
