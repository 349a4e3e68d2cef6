#pragma once
#include <string>

#include "base/json.h"
#include "control/answer.h"
#include "control/run_plan.h"

// What the requests that make services and task sets have in common. Pure.
namespace drydock::control::services {

// The clientToken: at most 36 characters (api.md part 10); empty when there is none.
Answer<std::string> token_of(const Json& request);
// Where the tasks run when the request does not say: as RunTask decides.
void fill_launch(Json& settings, const RunPlan& plan);

}  // namespace drydock::control::services
