#include "control/services/task_sets.h"

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/services/requests.h"

namespace drydock::control::services {
namespace {

bool is_named(const Service& s, const TaskSet& set, const std::string& name) {
  return set.deployment.id == name || task_set_arn(s, set) == name;
}

}  // namespace

Deployment* deployment_named(Service& s, const std::string& id) {
  for (Deployment& d : s.deployments)
    if (d.id == id) return &d;
  for (TaskSet& set : s.task_sets)
    if (set.deployment.id == id) return &set.deployment;
  return nullptr;
}

const Deployment* deployment_named(const Service& s, const std::string& id) {
  return deployment_named(const_cast<Service&>(s), id);  // which changes nothing
}

const TaskSet* task_set_named(const Service& s, const std::string& name) {
  for (const TaskSet& set : s.task_sets)
    if (is_named(s, set, name)) return &set;
  return nullptr;
}

TaskSet* task_set_named(Service& s, const std::string& name) {
  for (TaskSet& set : s.task_sets)
    if (is_named(s, set, name)) return &set;
  return nullptr;
}

std::string task_set_arn(const Service& s, const TaskSet& set) {
  return ecs_arn(s.region, s.account,
                 "task-set/" + s.cluster_name + "/" + s.name + "/" + set.deployment.id);
}

Json task_set_json(const Service& s, const TaskSet& set, const Revisions& revisions,
                   const Counts& counts, bool with_tags) {
  const Deployment& d = set.deployment;
  Json out = {{"id", d.id},
              {"taskSetArn", task_set_arn(s, set)},
              {"serviceArn", s.arn},
              {"clusterArn", s.cluster_arn},
              {"status", set.status},
              {"computedDesiredCount", computed_count(s, set)},
              {"pendingCount", counts.pending},
              {"runningCount", counts.running},
              {"createdAt", epoch_seconds(d.created_at)},
              {"updatedAt", epoch_seconds(d.updated_at)},
              {"loadBalancers", Json::array()},
              {"serviceRegistries", Json::array()},
              {"scale", {{"value", set.scale}, {"unit", "PERCENT"}}},
              {"stabilityStatus", set.steady_at ? "STEADY_STATE" : "STABILIZING"},
              {"stabilityStatusAt", epoch_seconds(set.stability_at)}};
  if (!set.external_id.empty()) out["externalId"] = set.external_id;
  if (const auto at = revisions.find(d.revision); at != revisions.end()) {
    const Json& settings = *at->second.settings;
    out["taskDefinition"] = at->second.definition_arn;
    for (const char* key : {"launchType", "capacityProviderStrategy", "platformVersion",
                            "networkConfiguration", "loadBalancers", "serviceRegistries"})
      if (const Json* found = json_find(settings, key)) out[key] = *found;
    if (settings.contains("platformVersion")) out["platformFamily"] = "Linux";
  }
  if (with_tags) out["tags"] = tags_json(set.tags);
  return out;
}

void unsettle(TaskSet& set, Time now) {
  if (set.steady_at) set.stability_at = now;
  set.steady_at.reset();
}

void make_primary(Service& s, TaskSet& set, const Revision& revision, Time now) {
  for (TaskSet& one : s.task_sets)
    if (one.status == "PRIMARY" && &one != &set) {
      one.status = "ACTIVE";
      one.deployment.updated_at = now;
    }
  set.status = "PRIMARY";
  set.deployment.updated_at = now;
  s.settings = std::make_shared<const Json>(settings_with(*s.settings, revision));
}

}  // namespace drydock::control::services
