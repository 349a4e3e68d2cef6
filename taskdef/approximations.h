#pragma once
#include <string_view>
#include <vector>

#include "base/json.h"
#include "taskdef/problem.h"

namespace drydock::taskdef {

// Every member of a request or normalised document that runs differently here than on Fargate, with
// one line of what is different. Made from one table, which shrinks as Drydock grows.
std::vector<Note> approximations(const Json& document);

// The paths of that table, "[]" for every element of a list.
std::vector<std::string_view> approximated_paths();

}  // namespace drydock::taskdef
