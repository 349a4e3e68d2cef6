#pragma once
#include <string_view>

#include "base/json.h"
#include "control/answer.h"

// The one mechanism that checks what callers send. Shapes are written in the notation of the API
// reference:
//   "cluster: str, tasks*: [str], include: [enum TaskField]"
// with override (a task's, taskdef/shapes.h), str, int, long, double, bool,
// time, enum <any name> (a string: bad values are each operation's own error), [x] lists, {str:x}
// maps, any (judged elsewhere), and the names of the structures in shapes.cc. `*` marks a required
// member.
namespace drydock::api {

// In place of a member list: the operation checks its whole input itself (task definitions:
// taskdef/shapes.h).
inline constexpr std::string_view kUnchecked = "*";

// Checks `input` against `members` and returns it cleaned: members that are null or unknown are
// dropped, at every depth.
//   wrong type       SerializationException in the words of the service, with the path of the
//   member missing or empty InvalidParameterException "<Member> can not be blank."
control::Answer<Json> checked(std::string_view members, const Json& input);

// The members of a structure of shapes.cc; empty when there is none of that name. For tests.
std::string_view structure(std::string_view name);

}  // namespace drydock::api
