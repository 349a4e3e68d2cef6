// Expressions of placement constraints and filters: an expression up to the first NUL, then the
// value that every subject has.
#include <cstdint>
#include <string_view>

#include "control/instances/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const auto parsed = drydock::control::instances::Expression::parse(input.substr(0, nul));
  if (!parsed) return 0;
  const std::string value(nul == input.npos ? std::string_view{} : input.substr(nul + 1));
  (void)parsed->matches([&](const std::string&) { return std::vector<std::string>{value}; });
  return 0;
}
