#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::runtime::cg {

// Writes one value into a control file.
Status write_value(const std::string& file, std::string_view value);
// Makes one group; existing is success. True when it was made now.
Result<bool> make_group(const std::string& folder);
// All groups at `folder` and below it, deepest first; none when it is absent.
std::vector<std::string> groups_below(const std::string& folder);
// The number after `key` in a file of "key number" lines; 0 when absent.
std::uint64_t keyed_number(const std::string& file, std::string_view key);

// Keeps a cgroup namespace whose roots are the groups `folders` (one a hierarchy) by a bind mount
// on `file`.
Status keep_namespace(const std::vector<std::string>& folders, const std::string& file);
// True when `file` is a kept namespace.
bool is_namespace(const std::string& file);
// Takes a kept namespace away; absent is success.
Status drop_namespace(const std::string& file);

}  // namespace drydock::runtime::cg
