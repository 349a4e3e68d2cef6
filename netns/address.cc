#include "netns/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdio>

namespace drydock::netns {

std::string to_string(Ipv4 a) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string((a.value >> shift) & 0xff);
  }
  return text;
}

Result<Ipv4> parse_ipv4(std::string_view text) {
  in_addr out{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &out) != 1)
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" is not an IPv4 address such as 172.31.0.4");
  return Ipv4{ntohl(out.s_addr)};
}

std::string to_string(const Subnet& s) {
  return to_string(s.base) + "/" + std::to_string(s.prefix);
}

Result<Subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  const auto wrong = [&] {
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" is not a subnet such as 172.31.0.0/16");
  };
  if (slash == std::string_view::npos) return wrong();
  const auto base = parse_ipv4(text.substr(0, slash));
  const std::string_view bits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, ec] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  if (!base || ec != std::errc() || end != bits.data() + bits.size() || prefix < 0 || prefix > 32)
    return wrong();
  const std::uint32_t mask = prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
  const Subnet subnet{{base->value & mask}, prefix};
  if (subnet.base != *base)
    return fail(Errc::kInvalid, "\"" + std::string(text) +
                                    "\" names an address inside a subnet; write " +
                                    to_string(subnet));
  return subnet;
}

Mac mac_of(Ipv4 a) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(a.value >> shift); };
  return {0x02, 0xdd, byte(24), byte(16), byte(8), byte(0)};
}

std::string to_string(const Mac& m) {
  char text[18];
  (void)std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
                      m[4], m[5]);
  return text;
}

}  // namespace drydock::netns
