#pragma once
#include <optional>
#include <string_view>

#include "taskdef/model.h"

namespace drydock::taskdef {

struct Ports {
  int first = 0;
  int last = 0;
  bool operator==(const Ports&) const = default;
};

// "8000-8010"; none when it is no range of ports from 1 to 65535.
std::optional<Ports> parse_port_range(std::string_view text);
// The container ports of a mapping; 0 and 0 when it names none.
Ports container_ports(const PortMapping& mapping);

}  // namespace drydock::taskdef
