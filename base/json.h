#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock {

// The JSON type of the project: members keep the order in which they were written.
using Json = nlohmann::ordered_json;

// Parses one JSON text. kInvalid with "line L, column C: what" when it is not JSON, nested deeper
// than limits::kJsonDepth, or followed by anything but white space.
Result<Json> parse_json(std::string_view text);

// The compact text of `value`; bytes that are not UTF-8 become U+FFFD, so it never throws.
std::string dump_json(const Json& value);
// The same, indented by two spaces: for people and for golden files.
std::string pretty_json(const Json& value);

// Members of an object by type; the fallback when `object` lacks the member or it has another type.
std::string json_string(const Json& object, std::string_view key, std::string fallback = {});
long long json_int(const Json& object, std::string_view key, long long fallback = 0);
bool json_bool(const Json& object, std::string_view key, bool fallback = false);
// The member, or nullptr when absent or null.
const Json* json_find(const Json& object, std::string_view key);

}  // namespace drydock
