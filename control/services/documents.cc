#include "control/services/documents.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/services/task_sets.h"

namespace drydock::control::services {
namespace {

constexpr const char* kShown[] = {"loadBalancers",
                                  "serviceRegistries",
                                  "launchType",
                                  "capacityProviderStrategy",
                                  "platformVersion",
                                  "taskDefinition",
                                  "deploymentConfiguration",
                                  "placementConstraints",
                                  "placementStrategy",
                                  "networkConfiguration",
                                  "healthCheckGracePeriodSeconds",
                                  "schedulingStrategy",
                                  "deploymentController",
                                  "enableECSManagedTags",
                                  "propagateTags",
                                  "enableExecuteCommand",
                                  "availabilityZoneRebalancing"};

void copy(const Json& from, const char* key, Json& to) {
  if (const Json* found = json_find(from, key)) to[key] = *found;
}

const char* rollout_state(RolloutState state) {
  switch (state) {
    case RolloutState::kCompleted:
      return "COMPLETED";
    case RolloutState::kFailed:
      return "FAILED";
    default:
      return "IN_PROGRESS";
  }
}

Counts at(const std::map<std::string, Counts>& counts, const std::string& deployment) {
  const auto it = counts.find(deployment);
  return it == counts.end() ? Counts{} : it->second;
}

// What a deployment is to have: an older one keeps what it has until that is replaced.
int desired(const Service& s, const Deployment& d, const Counts& n) {
  const bool primary = &d == &s.deployments.front();
  return primary && d.state != RolloutState::kFailed ? s.desired : n.running + n.pending;
}

bool on_fargate(const Json& settings) { return json_find(settings, "platformVersion") != nullptr; }

Json deployment_json(const Service& s, const Deployment& d, const Revisions& revisions,
                     const Counts& n) {
  Json out = {{"id", d.id}, {"status", &d == &s.deployments.front() ? "PRIMARY" : "ACTIVE"}};
  const auto revision = revisions.find(d.revision);
  if (revision != revisions.end()) out["taskDefinition"] = revision->second.definition_arn;
  out["desiredCount"] = desired(s, d, n);
  out["pendingCount"] = n.pending;
  out["runningCount"] = n.running;
  out["failedTasks"] = d.failed_tasks;
  out["createdAt"] = epoch_seconds(d.created_at);
  out["updatedAt"] = epoch_seconds(d.updated_at);
  if (revision != revisions.end()) {
    const Json& settings = *revision->second.settings;
    for (const char* key :
         {"capacityProviderStrategy", "launchType", "networkConfiguration",
          "serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"})
      copy(settings, key, out);
    if (on_fargate(settings)) {
      out["platformVersion"] = resolved_platform(settings);
      out["platformFamily"] = "Linux";
    }
  }
  out["rolloutState"] = rollout_state(d.state);
  out["rolloutStateReason"] = d.reason;
  return out;
}

Json revision_counts(const Service& s, const std::string& number,
                     const std::map<std::string, Counts>& counts) {
  int requested = 0, running = 0, pending = 0;
  for (const Deployment& d : s.deployments) {
    if (d.revision != number) continue;
    const Counts n = at(counts, d.id);
    requested += desired(s, d, n);
    running += n.running;
    pending += n.pending;
  }
  return {{"arn", service_revision_arn(s, number)},
          {"requestedTaskCount", requested},
          {"runningTaskCount", running},
          {"pendingTaskCount", pending}};
}

Json current_revisions(const Service& s, const std::map<std::string, Counts>& counts) {
  Json list = Json::array();
  std::vector<std::string> seen;
  for (const Deployment& d : s.deployments) {
    if (std::find(seen.begin(), seen.end(), d.revision) != seen.end()) continue;
    seen.push_back(d.revision);
    list.push_back(revision_counts(s, d.revision, counts));
  }
  return list;
}

std::string place(const Service& s) { return s.cluster_name + "/" + s.name + "/"; }

const char* breaker_status(const ServiceDeployment& one) {
  if (!one.breaker_enabled) return "DISABLED";
  if (one.breaker_triggered) return "TRIGGERED";
  return one.finished_at ? "MONITORING_COMPLETE" : "MONITORING";
}

void put_time(Json& out, const char* key, const std::optional<Time>& t) {
  if (t) out[key] = epoch_seconds(*t);
}

}  // namespace

std::string resolved_platform(const Json& settings) {
  const std::string given = json_string(settings, "platformVersion");
  return given == "LATEST" ? "1.4.0" : given;
}

std::map<std::string, Counts> counts_of(const std::vector<TaskFacts>& tasks) {
  std::map<std::string, Counts> all;
  for (const TaskFacts& t : tasks) {
    if (t.phase == TaskFacts::Phase::kPending) ++all[t.deployment].pending;
    if (t.phase == TaskFacts::Phase::kRunning) ++all[t.deployment].running;
  }
  return all;
}

std::string service_deployment_arn(const Service& s, const std::string& id) {
  return ecs_arn(s.region, s.account, "service-deployment/" + place(s) + id);
}

const ServiceDeployment* told_of(const Service& s, const std::string& arn) {
  for (const ServiceDeployment& one : s.history)
    if (service_deployment_arn(s, one.id) == arn) return &one;
  return nullptr;
}

std::string service_revision_arn(const Service& s, const std::string& number) {
  return ecs_arn(s.region, s.account, "service-revision/" + place(s) + number);
}

Json service_json(const Service& s, const Revisions& revisions,
                  const std::map<std::string, Counts>& counts, bool with_tags) {
  Json out = {{"serviceArn", s.arn},
              {"serviceName", s.name},
              {"clusterArn", s.cluster_arn},
              {"status", s.status},
              {"desiredCount", s.desired}};
  Counts all;
  for (const auto& [id, n] : counts) {
    all.running += n.running;
    all.pending += n.pending;
  }
  out["runningCount"] = all.running;
  out["pendingCount"] = all.pending;
  for (const char* key : kShown) copy(*s.settings, key, out);
  if (on_fargate(*s.settings)) out["platformFamily"] = "Linux";
  out["roleArn"] = json_string(*s.settings, "roleArn",
                               "arn:aws:iam::" + s.account +
                                   ":role/aws-service-role/ecs.amazonaws.com/"
                                   "AWSServiceRoleForECS");
  out["deployments"] = Json::array();
  for (const Deployment& d : s.deployments)
    out["deployments"].push_back(deployment_json(s, d, revisions, at(counts, d.id)));
  if (s.external) {
    out["taskSets"] = Json::array();
    for (const TaskSet& set : s.task_sets)
      out["taskSets"].push_back(
          task_set_json(s, set, revisions, at(counts, set.deployment.id), with_tags));
  }
  out["events"] = Json::array();
  for (const Event& e : s.events)
    out["events"].push_back(
        {{"id", e.id}, {"createdAt", epoch_seconds(e.at)}, {"message", e.message}});
  out["createdAt"] = epoch_seconds(s.created_at);
  out["createdBy"] = s.created_by;
  if (!s.history.empty())
    out["currentServiceDeployment"] = service_deployment_arn(s, s.history.front().id);
  out["currentServiceRevisions"] = current_revisions(s, counts);
  out["resourceManagementType"] = "CUSTOMER";
  if (with_tags) out["tags"] = tags_json(s.tags);
  return out;
}

Json service_deployment_brief(const Service& s, const ServiceDeployment& one) {
  Json out = {{"serviceDeploymentArn", service_deployment_arn(s, one.id)},
              {"serviceArn", s.arn},
              {"clusterArn", s.cluster_arn},
              {"startedAt", epoch_seconds(one.created_at)},
              {"createdAt", epoch_seconds(one.created_at)}};
  put_time(out, "finishedAt", one.finished_at);
  out["targetServiceRevisionArn"] = service_revision_arn(s, one.target);
  out["status"] = one.status;
  if (!one.reason.empty()) out["statusReason"] = one.reason;
  return out;
}

Json service_deployment_json(const Service& s, const ServiceDeployment& one,
                             const std::map<std::string, Counts>& counts) {
  Json out = service_deployment_brief(s, one);
  out.erase("targetServiceRevisionArn");
  put_time(out, "stoppedAt", one.stopped_at);
  out["updatedAt"] = epoch_seconds(one.updated_at);
  out["sourceServiceRevisions"] = Json::array();
  for (const std::string& source : one.sources)
    out["sourceServiceRevisions"].push_back(revision_counts(s, source, counts));
  out["targetServiceRevision"] = revision_counts(s, one.target, counts);
  if (!one.finished_at) out["lifecycleStage"] = "SCALE_UP";
  copy(*s.settings, "deploymentConfiguration", out);
  if (one.rollback_at)
    out["rollback"] = {{"reason", one.rollback_reason},
                       {"startedAt", epoch_seconds(*one.rollback_at)},
                       {"serviceRevisionArn", service_revision_arn(s, one.rollback_revision)}};
  out["deploymentCircuitBreaker"] = {{"status", breaker_status(one)},
                                     {"failureCount", one.failures},
                                     {"threshold", one.threshold}};
  return out;
}

Json service_revision_json(const Service& s, const Revision& r) {
  Json out = {{"serviceRevisionArn", service_revision_arn(s, r.number)},
              {"serviceArn", s.arn},
              {"clusterArn", s.cluster_arn},
              {"taskDefinition", r.definition_arn}};
  for (const auto& [key, value] : r.settings->items()) out[key] = value;
  if (on_fargate(*r.settings)) {
    out["platformVersion"] = resolved_platform(*r.settings);
    out["platformFamily"] = "Linux";
  }
  out["containerImages"] = Json::array();
  if (const Json* containers = json_find(*r.definition, "containerDefinitions"))
    for (const auto& c : *containers)
      out["containerImages"].push_back(
          {{"containerName", json_string(c, "name")}, {"image", json_string(c, "image")}});
  out["guardDutyEnabled"] = false;
  out["createdAt"] = epoch_seconds(r.created_at);
  return out;
}

}  // namespace drydock::control::services
