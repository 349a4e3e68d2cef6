#pragma once
#include <string_view>

namespace drydock::logrouter {

// Whether `text` is `pattern`, where each '*' stands for any characters: the tags of a router's
// sections, the values of filter patterns.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace drydock::logrouter
