// CreateTaskSet, UpdateTaskSet, DeleteTaskSet, UpdateServicePrimaryTaskSet, DescribeTaskSets.
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/client_tokens.h"
#include "control/services/events.h"
#include "control/services/external_requests.h"
#include "control/services/names.h"
#include "control/services/request_parts.h"
#include "control/services/requests.h"
#include "control/services/services.h"
#include "control/services/task_sets.h"

namespace drydock::control {
namespace {

using services::Service;
using services::TaskSet;

tl::unexpected<ApiError> no_such_set() {
  return refuse("TaskSetNotFoundException", "The specified task set does not exist.");
}

// The service that a task set's ARN names: "task-set/<cluster>/<service>/ecs-svc/<number>".
std::string service_arn_of(const std::string& task_set_arn) {
  const auto parsed = parse_ecs_arn(task_set_arn);
  if (!parsed || parsed->type != "task-set") return {};
  const auto end = parsed->resource.find("/ecs-svc/");
  return ecs_arn(parsed->region, parsed->account, "service/" + parsed->resource.substr(0, end));
}

Answer<bool> includes_tags(const Json& request) {
  const Json* include = json_find(request, "include");
  if (!include) return false;
  for (const auto& one : *include)
    if (one != "TAGS") return invalid_parameter("include should be one of [TAGS]");
  return !include->empty();
}

}  // namespace

Json Services::shown_set(const Entry& entry, const TaskSet& set, bool with_tags) const {
  const auto all = counts(entry);
  const auto at = all.find(set.deployment.id);
  return services::task_set_json(entry.service, set, revisions_,
                                 at == all.end() ? services::Counts{} : at->second, with_tags);
}

// After a change: stored, looked at, and as the answer shows it.
Json Services::changed_set(Entry& entry, const std::string& id) {
  keep(entry);
  look(entry.service.arn);
  return {{"taskSet", shown_set(entry, *services::task_set_named(entry.service, id), true)}};
}

Answer<Services::Entry*> Services::external(const Caller& caller, const Json& request) {
  DRYDOCK_LET(Entry* const entry, active(caller, request));
  if (!entry->service.external)
    return invalid_parameter(
        "The deployment controller of service " + entry->service.name +
        " is ECS: only services that were created with EXTERNAL have task sets.");
  return entry;
}

Answer<Services::Named> Services::named_set(const Caller& caller, const Json& request,
                                            const char* member) {
  DRYDOCK_LET(Entry* const entry, external(caller, request));
  TaskSet* const set = services::task_set_named(entry->service, json_string(request, member));
  if (!set) return no_such_set();
  return Named{entry, set};
}

Answer<Json> Services::create_task_set(const Caller& caller, const Json& request) {
  DRYDOCK_LET(Entry* const entry, external(caller, request));
  Service& s = entry->service;
  TaskSet set;
  DRYDOCK_LET(set.token, services::token_of(request));
  set.fingerprint = ClientTokens::fingerprint(request);
  for (const TaskSet& there : s.task_sets) {
    if (set.token.empty() || there.token != set.token) continue;
    if (there.fingerprint != set.fingerprint)
      return invalid_parameter("Creation of task set was not idempotent.");
    return Json{{"taskSet", shown_set(*entry, there, true)}};
  }
  DRYDOCK_LET(set.scale, services::scale_of(request));
  DRYDOCK_LET(set.tags, tags_of(json_find(request, "tags")));
  DRYDOCK_LET(Json settings, services::task_set_settings(*s.settings, request));
  DRYDOCK_LET(const RunPlan plan, checked_plan(caller, s, settings, nullptr));
  services::fill_launch(settings, plan);
  const std::string parts = services::not_acted_on(settings, balancing_.on());
  Service made_from = s;
  made_from.settings = std::make_shared<const Json>(std::move(settings));
  set.external_id = json_string(request, "externalId");
  set.deployment.id = services::new_deployment_id();
  set.deployment.revision = make_revision(made_from, plan);
  set.deployment.created_at = set.deployment.updated_at = set.stability_at = now();
  if (!parts.empty())
    services::tell(s, now(),
                   "has a task set which names what Drydock keeps and shows, but does not act on "
                   "yet: " +
                       parts + ".");
  const std::string id = set.deployment.id;
  s.task_sets.push_back(std::move(set));
  return changed_set(*entry, id);
}

Answer<Json> Services::update_task_set(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Named named, named_set(caller, request, "taskSet"));
  TaskSet& set = *named.set;
  if (set.status == "DRAINING")
    return invalid_parameter("The task set is DRAINING: it is being deleted.");
  DRYDOCK_LET(set.scale, services::scale_of(request));
  set.deployment.updated_at = now();
  services::unsettle(set, now());
  return changed_set(*named.entry, set.deployment.id);
}

Answer<Json> Services::delete_task_set(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Named named, named_set(caller, request, "taskSet"));
  TaskSet& set = *named.set;
  if (services::computed_count(named.entry->service, set) > 0 && !json_bool(request, "force"))
    return invalid_parameter(
        "The task set cannot be deleted while it is scaled above 0. Set its scale to 0 with "
        "UpdateTaskSet, or use force.");
  set.status = "DRAINING";
  set.deployment.updated_at = now();
  services::unsettle(set, now());
  return changed_set(*named.entry, set.deployment.id);
}

Answer<Json> Services::make_task_set_primary(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Named named, named_set(caller, request, "primaryTaskSet"));
  TaskSet& set = *named.set;
  if (set.status == "DRAINING")
    return invalid_parameter("The task set is DRAINING: it is being deleted.");
  const auto revision = revisions_.find(set.deployment.revision);
  if (revision == revisions_.end()) return no_such_set();
  services::make_primary(named.entry->service, set, revision->second, now());
  return changed_set(*named.entry, set.deployment.id);
}

Answer<Json> Services::describe_task_sets(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  const Entry* entry = lookup(caller, cluster, json_string(request, "service"));
  if (!entry) return refuse("ServiceNotFoundException", "Service not found.");
  const Service& s = entry->service;
  if (s.status == "INACTIVE") return refuse("ServiceNotActiveException", "Service was not ACTIVE.");
  DRYDOCK_LET(const bool with_tags, includes_tags(request));
  Json found = Json::array();
  Json failures = Json::array();
  const Json* names = json_find(request, "taskSets");
  if (!names || names->empty()) {
    for (const TaskSet& set : s.task_sets) found.push_back(shown_set(*entry, set, with_tags));
  } else {
    for (const auto& name : *names) {
      const TaskSet* set = services::task_set_named(s, name.get<std::string>());
      if (set)
        found.push_back(shown_set(*entry, *set, with_tags));
      else
        failures.push_back({{"arn", name}, {"reason", "MISSING"}});
    }
  }
  return Json{{"taskSets", std::move(found)}, {"failures", std::move(failures)}};
}

const Services::Entry* Services::entry_of_set(const std::string& arn) const {
  const auto at = services_.find(service_arn_of(arn));
  return at != services_.end() && services::task_set_named(at->second.service, arn) ? &at->second
                                                                                    : nullptr;
}

Answer<Json> Services::task_set_tags(const std::string& arn) const {
  const Entry* entry = entry_of_set(arn);
  if (!entry) return no_such_set();
  return tags_json(services::task_set_named(entry->service, arn)->tags);
}

Answer<bool> Services::tag_task_set(const std::string& arn, const Json& add,
                                    const std::vector<std::string>& remove) {
  const Entry* found = entry_of_set(arn);
  if (!found) return no_such_set();
  Entry& entry = services_.at(found->service.arn);
  TaskSet& set = *services::task_set_named(entry.service, arn);
  DRYDOCK_LET(set.tags, retagged(set.tags, add, remove));
  keep(entry);
  return true;
}

}  // namespace drydock::control
