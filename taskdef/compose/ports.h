#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::taskdef::compose {

struct Port {
  std::string address;  // empty: any
  int host_port = 0;    // 0: a free one
  int container_port = 0;
  std::string protocol = "tcp";
  bool operator==(const Port&) const = default;
};

// The short form: "80", "8080:80", "127.0.0.1:8080:80", "53:53/udp", "3000-3002:3000-3002",
// "[::1]:80:80". kInvalid shows the forms; a range has at most 1000 ports.
Result<std::vector<Port>> parse_ports(std::string_view text);

}  // namespace drydock::taskdef::compose
