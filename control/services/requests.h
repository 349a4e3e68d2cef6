#pragma once
#include <map>
#include <string>

#include "base/json.h"
#include "control/answer.h"
#include "control/services/service.h"
#include "control/task_definitions.h"
#include "taskdef/model.h"

// What CreateService and UpdateService ask, checked with ECS's texts (api.md 4.1). Pure.
namespace drydock::control::services {

// The settings of a new service (Service::settings), its defaults filled in. What needs its task
// definition or cluster is not checked here.
Answer<Json> settings_of(const Json& request);
// The same after an UpdateService request: absent members stay as they are.
Answer<Json> changed_settings(const Json& settings, const Json& request);
// Settings that were put together, once their values are checked: with the defaults that show.
Answer<Json> finished_settings(Json settings);
// Whether going from one to the other takes a new deployment.
bool takes_deployment(const Json& before, const Json& after);

// Load balancers name containers and ports of the definition.
Answer<bool> check_load_balancers(const Json& settings, const taskdef::TaskDefinition& definition);
// Of the scheduling strategy DAEMON.
bool is_daemon(const Json& settings);
// Of the deployment controller EXTERNAL.
bool is_external(const Json& settings);
// A valid desiredCount of CreateService; of a DAEMON service 1, for this machine. With the
// controller EXTERNAL it may be left out.
Answer<int> desired_of(const Json& request);

// The members of settings that a revision keeps, and the settings with these put back.
Json revision_settings(const Json& settings);
Json settings_with(const Json& settings, const Revision& revision);

// The RunTask request for `count` tasks of a deployment; `provider` of the strategy, if it has one.
Json run_request(const Service& service, const Revision& revision, const std::string& deployment,
                 const std::string& provider, int count);
// The provider that the next task takes: bases first, then in the ratio of the weights. `present`:
// how many tasks each has. Empty when there is no strategy.
std::string next_provider(const Json& settings, const std::map<std::string, int>& present);

// The definition as a revision keeps it, as if it were ACTIVE.
TaskDefinitions::RevisionPtr definition_of(const Revision& revision);

// Parts of the settings that nothing here acts on, for people: "load balancers", ...
std::string not_acted_on(const Json& settings, bool balances);

}  // namespace drydock::control::services
