#pragma once
#include <string>
#include <string_view>
#include <vector>

// Paths as the agent's router (Go) sees them. Pure.
namespace drydock::metadata {

// Without "//", "/./" and "/../", a trailing slash kept (metadata.md 4.1). `path` is decoded.
std::string clean_path(std::string_view path);
// The path as it stands in a Location header.
std::string escape_path(std::string_view path);
// The parts between the slashes: "/v4/x/" gives "v4", "x", "".
std::vector<std::string> segments(std::string_view path);

}  // namespace drydock::metadata
