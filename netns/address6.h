#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "netns/address.h"

namespace drydock::netns {

// An IPv6 address as it travels.
using Ipv6 = std::array<std::uint8_t, 16>;
std::string to_string(const Ipv6& address);
Result<Ipv6> parse_ipv6(std::string_view text);

// The tasks' IPv6 network, always a /64: the address of slot n ends in n.
struct Network6 {
  Ipv6 base{};
  bool operator==(const Network6&) const = default;

  Ipv6 at(std::uint32_t offset) const;
};
inline Ipv6 gateway_of(const Network6& network) { return network.at(1); }
std::string to_string(const Network6& network);  // "fd00:1:2:3::/64"
// kInvalid unless it is such a network, of unique local (fc00::/7) or global addresses.
Result<Network6> parse_network6(std::string_view text);

}  // namespace drydock::netns
