#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::netns {

// An IPv4 address in host byte order.
struct Ipv4 {
  std::uint32_t value = 0;
  bool operator==(const Ipv4&) const = default;
  bool operator<(const Ipv4& o) const { return value < o.value; }
};
std::string to_string(Ipv4 address);
// Four decimal parts; kInvalid names the text.
Result<Ipv4> parse_ipv4(std::string_view text);

struct Subnet {
  Ipv4 base;
  int prefix = 0;
  bool operator==(const Subnet&) const = default;

  std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix); }
  bool contains(Ipv4 a) const {
    return prefix == 0 || ((a.value ^ base.value) >> (32 - prefix)) == 0;
  }
  bool overlaps(const Subnet& o) const { return contains(o.base) || o.contains(base); }
  Ipv4 at(std::uint32_t offset) const { return {base.value + offset}; }
};
std::string to_string(const Subnet& subnet);
// "10.1.0.0/16". kInvalid when it is no CIDR or has host bits set (the message shows the right
// form).
Result<Subnet> parse_subnet(std::string_view text);

// 127.0.0.0/8, what only this machine can reach.
inline constexpr Subnet kLoopback{{0x7f000000}, 8};

using Mac = std::array<std::uint8_t, 6>;
// The hardware address that belongs to an address, always the same one (decision 7): 02:dd and the
// four bytes.
Mac mac_of(Ipv4 address);
std::string to_string(const Mac& mac);

}  // namespace drydock::netns
