#include "netns/address6.h"

#include <arpa/inet.h>

#include <algorithm>

namespace drydock::netns {

std::string to_string(const Ipv6& address) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET6, address.data(), text, sizeof text);
  return text;
}

Result<Ipv6> parse_ipv6(std::string_view text) {
  Ipv6 address{};
  if (::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1)
    return fail(Errc::kInvalid, "\"" + std::string(text) + "\" is not an IPv6 address");
  return address;
}

Ipv6 Network6::at(std::uint32_t offset) const {
  Ipv6 address = base;
  for (std::size_t i = 0; i < 4; ++i)
    address[15 - i] = static_cast<std::uint8_t>(offset >> (8 * i));
  return address;
}

std::string to_string(const Network6& network) { return to_string(network.base) + "/64"; }

Result<Network6> parse_network6(std::string_view text) {
  Network6 network;
  const bool whole = text.ends_with("/64") &&
                     ::inet_pton(AF_INET6, std::string(text.substr(0, text.size() - 3)).c_str(),
                                 network.base.data()) == 1;
  const bool usable = (network.base[0] & 0xfe) == 0xfc || (network.base[0] & 0xe0) == 0x20;
  if (!whole || !usable ||
      std::any_of(network.base.begin() + 8, network.base.end(), [](auto b) { return b != 0; }))
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" is not an IPv6 network such as fd00:1:2:3::/64");
  return network;
}

}  // namespace drydock::netns
