#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::images::registry {

// One way to prove who asks, as a WWW-Authenticate header offers it (RFC 9110, 11.6.1).
struct Challenge {
  std::string scheme;                             // lower-case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names in lower-case: realm, service, scope

  std::string parameter(const std::string& name) const;
};

// Every challenge of a header's value: several may stand in one, and commas also stand between a
// challenge's parameters and inside quotes. What cannot be read is left out. Pure.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace drydock::images::registry
