#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The network faults that a task asked for (metadata.md 13), and the nftables rules that make
// them. Pure.
namespace drydock::netns {

// An IPv4 or IPv6 address or block, without host bits: "10.1.0.0/16", "2001:db8::1".
struct IpBlock {
  bool v6 = false;
  std::string text;
  bool operator==(const IpBlock&) const = default;
};
// An address or CIDR block as Go reads them: host bits are dropped. kInvalid for anything else.
Result<IpBlock> parse_ip_block(std::string_view text);

// Packets to or from a port vanish.
struct BlackHole {
  bool ingress = true;
  std::string protocol = "tcp";  // tcp, udp
  int port = 0;
  std::vector<IpBlock> spared;  // other ends that are not cut off
  std::string name() const;     // "ingress-tcp-8080"
};

// What a task sends to `targets` is late, or gets lost. One at a time.
struct Impairment {
  enum class Kind { kLatency, kLoss };
  Kind kind = Kind::kLatency;
  std::chrono::milliseconds delay{0}, jitter{0};  // kLatency
  int loss_percent = 0;                           // kLoss
  std::vector<IpBlock> targets, spared;
  int flows_percent = 100;  // of the flows to `targets`
};

struct FaultPlan {
  std::vector<BlackHole> black_holes;
  std::optional<Impairment> impairment;
};

// Where impaired packets leave, and where lost ones go.
inline constexpr char kTaskLink[] = "eth1";
inline constexpr char kNowhereLink[] = "eth0";
// The class of the queueing discipline on kTaskLink that delays, in nft's notation.
inline constexpr char kLateClass[] = "1:4";

// One transaction that puts exactly these faults into a task's namespace; an empty plan removes
// them all. The metadata endpoint is never cut off.
std::string fault_ruleset(const FaultPlan& plan);

}  // namespace drydock::netns
