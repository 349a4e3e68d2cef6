#pragma once
#include "base/json.h"
#include "base/result.h"

// The leaves of an event pattern: what a list of it may hold. Inside of pattern.cc.
namespace drydock::control::events {

// A value, or an object with one match type; kInvalid says what is wrong.
Status check_matcher(const Json& matcher);
// Whether one value of an event (no list, no object) is what a checked matcher asks for.
bool matches_value(const Json& matcher, const Json& value);
// {"exists": true}, {"exists": false}: asked about the field as a whole.
bool asks_for_existence(const Json& matcher, bool& wanted);

}  // namespace drydock::control::events
