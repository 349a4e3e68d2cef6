#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "volumes/efs_state.h"

// Any JSON may come as an access point, and any text may lie in efs.json: nothing may crash, and
// what is kept must come back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto state = volumes::state_of(text)) {
    const auto again = volumes::state_of(volumes::stored_state(*state));
    if (!again || volumes::stored_state(*again) != volumes::stored_state(*state)) std::abort();
  }
  const auto json = parse_json(text);
  if (!json) return 0;
  const auto point = volumes::access_point_of(*json);
  if (!point) return 0;
  Json written = volumes::access_point_json(*point);
  written["FileSystemId"] = point->file_system;
  const auto again = volumes::access_point_of(written);
  if (!again || !(*again == *point)) std::abort();
  return 0;
}
