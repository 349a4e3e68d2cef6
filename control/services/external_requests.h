#pragma once
#include "base/json.h"
#include "control/answer.h"

// What requests may say of services with the deployment controller EXTERNAL, and of their task sets
// (api.md 4.1, 4.2). Pure.
namespace drydock::control::services {

// CreateService and UpdateService: what makes the tasks is said of each task set, not here.
Answer<bool> check_external(const Json& request);
Answer<bool> check_external_update(const Json& request);

// CreateTaskSet. What its tasks are made from: the members that a revision keeps are the request's,
// the others the service's.
Answer<Json> task_set_settings(const Json& service_settings, const Json& request);
// `scale` of a request: percent of the service's tasks; 100 when it is not given, 0 when it has no
// value.
Answer<double> scale_of(const Json& request);

}  // namespace drydock::control::services
