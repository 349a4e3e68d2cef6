#include "taskdef/compose/ports.h"

#include <charconv>
#include <optional>

namespace drydock::taskdef::compose {
namespace {

constexpr int kMostPorts = 1000;

struct Range {
  int first = 0, last = 0;
};

std::optional<int> port(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 65535)
    return std::nullopt;
  return value;
}

std::optional<Range> range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostPorts) return std::nullopt;
  return Range{*first, *last};
}

// Cuts "address:host:container" from behind, so that an address may hold colons in brackets.
std::string_view take_last(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view last = colon == std::string_view::npos ? text : text.substr(colon + 1);
  text = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  return last;
}

}  // namespace

Result<std::vector<Port>> parse_ports(std::string_view text) {
  const auto refuse = [text](std::string_view why = {}) {
    return fail(Errc::kInvalid, "\"" + std::string(text) +
                                    "\" must have the form CONTAINER, HOST:CONTAINER or "
                                    "ADDRESS:HOST:CONTAINER, with /udp for UDP" +
                                    (why.empty() ? "" : "; " + std::string(why)));
  };
  std::string_view rest = text;
  Port one;
  if (const std::size_t slash = rest.rfind('/'); slash != std::string_view::npos) {
    one.protocol = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (one.protocol != "tcp" && one.protocol != "udp") return refuse("ECS knows tcp and udp");
  const auto inside = range(take_last(rest));
  if (!inside || inside->first == 0) return refuse();
  Range outside;
  if (!rest.empty()) {
    const std::string_view host = take_last(rest);
    const auto given = host.empty() ? Range{} : range(host).value_or(Range{-1, 0});
    if (given.first < 0) return refuse();
    outside = given;
  }
  one.address = rest;
  if (one.address.starts_with('[') && one.address.ends_with(']'))
    one.address = one.address.substr(1, one.address.size() - 2);
  if (outside.first != 0 && outside.last - outside.first != inside->last - inside->first)
    return refuse("the two ranges must have the same length");
  std::vector<Port> out;
  for (int i = 0; i <= inside->last - inside->first; ++i) {
    one.container_port = inside->first + i;
    one.host_port = outside.first == 0 ? 0 : outside.first + i;
    out.push_back(one);
  }
  return out;
}

}  // namespace drydock::taskdef::compose
