#pragma once
#include <optional>
#include <string_view>

// Compose's units. Pure.
namespace drydock::taskdef::compose {

// "512m", "1gb", "64MiB", "1048576" (bytes), "1.5g", in bytes; Docker's units are powers of 1024.
std::optional<long long> parse_bytes(std::string_view text);
// "90s", "1m30s", "1.5s", "500ms", "10" (seconds), in milliseconds.
std::optional<long long> parse_milliseconds(std::string_view text);

}  // namespace drydock::taskdef::compose
