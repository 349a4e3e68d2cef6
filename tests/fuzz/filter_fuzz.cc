// Filter patterns and the messages they are matched with: a pattern up to the first NUL, a message.
#include <cstdint>
#include <string_view>

#include "logrouter/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const auto pattern = drydock::logrouter::FilterPattern::parse(input.substr(0, nul));
  if (pattern && nul != input.npos) (void)pattern->matches(input.substr(nul + 1));
  return 0;
}
