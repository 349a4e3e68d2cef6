#pragma once
#include <vector>

#include "base/json.h"
#include "taskdef/problem.h"

// What RegisterTaskDefinition says to a request.
namespace drydock::taskdef {

struct ValidateOptions {
  bool fargate = false;  // judge as FARGATE whatever requiresCompatibilities says
  bool allow_inference_accelerators = false;  // ECS refuses them since the service was retired
};

// Everything ECS would refuse, in the order it looks: the first is the API's answer. Empty: it
// registers. When values have the wrong JSON type, those are all that is reported.
std::vector<Problem> validate(const Json& request, const ValidateOptions& options = {});

// What RunTask looks at again in the `document` a task is to run with, overrides applied: sizes,
// roles, secrets, settings of containers. `fargate`: the task's launch type.
std::vector<Problem> validate_run(const Json& document, bool fargate);

// What ECS lets pass but a person should look at: members it doesn't know, a health check that
// never runs, ...
std::vector<Note> remarks(const Json& request);

}  // namespace drydock::taskdef
