#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"

namespace drydock::control {

// Tags of one resource, sorted by key (api.md 3.8).
using Tags = std::map<std::string, std::string>;

// Reads `[{"key":…,"value":…}]` (absent: none). Refuses more than 50, repeated keys, the `aws:`
// prefix, and what the pattern of keys and values does not allow (task-definition.md 1.4).
Answer<Tags> tags_of(const Json* list);
// The inverse.
Json tags_json(const Tags& tags);
// `add` on top of `tags`; refuses more than 50 together.
Answer<Tags> merged(Tags tags, const Tags& add);
// TagResource and UntagResource: `add` as tags_of() reads it, on top of `tags`, without the keys of
// `remove`.
Answer<Tags> retagged(Tags tags, const Json& add, const std::vector<std::string>& remove);

}  // namespace drydock::control
