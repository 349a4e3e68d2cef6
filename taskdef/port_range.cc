#include "taskdef/port_range.h"

#include <charconv>

namespace drydock::taskdef {

std::optional<Ports> parse_port_range(std::string_view text) {
  constexpr int kMostPort = 65535;
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Ports out;
  auto whole = [](std::string_view part, int& number) {
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    return error == std::errc() && end == part.data() + part.size();
  };
  if (!whole(text.substr(0, dash), out.first) || !whole(text.substr(dash + 1), out.last))
    return std::nullopt;
  if (out.first < 1 || out.last > kMostPort || out.first > out.last) return std::nullopt;
  return out;
}

Ports container_ports(const PortMapping& mapping) {
  if (mapping.container_port > 0) return {mapping.container_port, mapping.container_port};
  return parse_port_range(mapping.container_port_range).value_or(Ports{});
}

}  // namespace drydock::taskdef
