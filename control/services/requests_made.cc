// CreateService, UpdateService, DeleteService, StopServiceDeployment: what clients change.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/client_tokens.h"
#include "control/services/events.h"
#include "control/services/names.h"
#include "control/services/request_parts.h"
#include "control/services/requests.h"
#include "control/services/services.h"
#include "control/services/task_sets.h"

namespace drydock::control {
namespace {

using services::Service;

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

}  // namespace

// The RunTask that the scheduler will ask for, checked beforehand with RunTask's own texts. `kept`:
// the definition that the service has; null: the one that the settings name, which must be ACTIVE.
Answer<RunPlan> Services::checked_plan(const Caller& caller, const Service& service,
                                       const Json& settings,
                                       TaskDefinitions::RevisionPtr kept) const {
  services::Revision probe;
  probe.definition_arn = json_string(settings, "taskDefinition");
  probe.settings = std::make_shared<const Json>(services::revision_settings(settings));
  Service asked;
  asked.cluster_arn = service.cluster_arn;
  asked.settings = std::make_shared<const Json>(settings);
  Json request = services::run_request(asked, probe, "ecs-svc/0", "", 1);
  if (const Json* strategy = json_find(settings, "capacityProviderStrategy"))
    request["capacityProviderStrategy"] = *strategy;
  LocalRun local;
  local.service =
      std::make_shared<const OfService>(OfService{service.name, service.tags, std::move(kept)});
  DRYDOCK_LET(RunPlan plan, tasks_.plan(caller, request, local));
  DRYDOCK_TRY(services::check_load_balancers(settings, plan.definition));
  return plan;
}

std::string Services::make_revision(const Service& service, const RunPlan& plan) {
  services::Revision r;
  r.number = services::new_revision_number();
  r.service_arn = service.arn;
  r.created_at = now();
  r.definition_arn = plan.revision->arn;
  r.family = plan.revision->family;
  r.definition_number = plan.revision->number;
  r.definition = plan.revision->document;
  r.definition_tags = plan.revision->tags;
  r.settings = std::make_shared<const Json>(services::revision_settings(*service.settings));
  store_.put("service-revision", r.number, services::stored(r));
  std::string number = r.number;
  revisions_[number] = std::move(r);
  return number;
}

void Services::deploy(Service& service, const RunPlan& plan) {
  const std::string revision = make_revision(service, plan);
  services::begin_deployment(service,
                             {services::new_deployment_id(), services::new_service_deployment_id()},
                             revision, now(), options_.scheduler);
  if (const std::string parts = services::not_acted_on(*service.settings, balancing_.on());
      !parts.empty())
    services::tell(service, now(),
                   "names what Drydock keeps and shows, but does not act on yet: " + parts + ".");
  prune_revisions(service);
}

// Revisions are kept while a deployment, listed or past, names them.
void Services::prune_revisions(const Service& service) {
  std::set<std::string> named{service.completed};
  for (const auto& d : service.deployments) named.insert(d.revision);
  for (const auto& set : service.task_sets) named.insert(set.deployment.revision);
  for (const auto& h : service.history) {
    named.insert(h.target);
    named.insert(h.rollback_revision);
    named.insert(h.sources.begin(), h.sources.end());
  }
  std::erase_if(revisions_, [&](const auto& one) {
    if (one.second.service_arn != service.arn || named.count(one.first)) return false;
    store_.remove("service-revision", one.first);
    return true;
  });
}

Answer<Json> Services::create(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  Service s;
  s.name = json_string(request, "serviceName");
  if (!valid_name(s.name))
    return invalid_parameter(
        "The service name must have 1 to 255 letters, digits, hyphens and underscores.");
  DRYDOCK_LET(s.token, services::token_of(request));
  s.fingerprint = ClientTokens::fingerprint(request);
  if (const Entry* there = lookup(caller, cluster, s.name)) {
    const Service& present = there->service;
    if (present.status == "DRAINING")
      return invalid_parameter("Unable to Start a service that is still Draining.");
    if (present.status == "ACTIVE" && !s.token.empty() && present.token == s.token &&
        present.fingerprint == s.fingerprint)
      return Json{{"service", shown(*there, true)}};
    if (present.status == "ACTIVE")
      return invalid_parameter("Creation of service was not idempotent.");
  }
  DRYDOCK_LET(Json settings, services::settings_of(request));
  DRYDOCK_LET(s.desired, services::desired_of(request));
  DRYDOCK_LET(s.tags, tags_of(json_find(request, "tags")));
  s.cluster_name = cluster.name;
  s.cluster_arn = cluster.arn;
  s.region = caller.region;
  s.account = caller.account;
  s.arn = ecs_arn(s.region, s.account, "service/" + s.cluster_name + "/" + s.name);
  const bool external = services::is_external(settings);
  RunPlan plan;  // of an EXTERNAL one each task set has its own
  if (!external) {
    DRYDOCK_LET(plan, checked_plan(caller, s, settings, nullptr));
    services::fill_launch(settings, plan);
    settings["taskDefinition"] = plan.revision->arn;
  }
  s.settings = std::make_shared<const Json>(std::move(settings));
  services::read_settings(s);
  s.created_at = now();
  s.created_by = "arn:aws:iam::" + s.account + ":root";
  drop(s.arn);  // a deleted one of that name
  if (!external) deploy(s, plan);
  settle_desired(s);
  Entry& entry = services_[s.arn];
  entry.service = std::move(s);
  keep(entry);
  look(entry.service.arn);
  return Json{{"service", shown(entry, true)}};
}

Answer<Json> Services::update(const Caller& caller, const Json& request) {
  DRYDOCK_LET(Entry* const entry, active(caller, request));
  Service s = entry->service;
  if (json_find(request, "desiredCount") && !services::is_daemon(*s.settings)) {
    if (json_int(request, "desiredCount") < 0)
      return invalid_parameter("Task count can not be lesser than 0");
    DRYDOCK_LET(s.desired, services::desired_of(request));
  }
  Json asked = request;
  const auto given = asked.find("taskDefinition");
  if (given != asked.end() && given->get<std::string>().empty()) asked.erase(given);
  DRYDOCK_LET(Json settings, services::changed_settings(*s.settings, asked));
  const bool forced = json_bool(request, "forceNewDeployment");
  const bool names_definition = asked.contains("taskDefinition");
  if (names_definition || forced || services::takes_deployment(*s.settings, settings)) {
    const auto present = revisions_.find(s.deployments.front().revision);
    auto kept = names_definition || present == revisions_.end()
                    ? nullptr
                    : services::definition_of(present->second);
    DRYDOCK_LET(RunPlan plan, checked_plan(caller, s, settings, std::move(kept)));
    settings["taskDefinition"] = plan.revision->arn;
    const bool changes = forced || services::takes_deployment(*s.settings, settings);
    s.settings = std::make_shared<const Json>(std::move(settings));
    services::read_settings(s);
    if (changes) deploy(s, plan);
  } else {
    s.settings = std::make_shared<const Json>(std::move(settings));
    services::read_settings(s);
  }
  if (s.desired != entry->service.desired) {
    if (!s.external) s.deployments.front().updated_at = now();
    for (services::TaskSet& set : s.task_sets) services::unsettle(set, now());
  }
  entry->service = std::move(s);
  keep(*entry);
  look(entry->service.arn);
  return Json{{"service", shown(*entry, true)}};
}

Answer<Json> Services::remove(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  Entry* const entry = lookup(caller, cluster, json_string(request, "service"));
  if (!entry) return refuse("ServiceNotFoundException", "Service not found.");
  Service& s = entry->service;
  if (s.status == "ACTIVE") {
    if (s.desired > 0 && !json_bool(request, "force") && !services::is_daemon(*s.settings))
      return invalid_parameter("The service cannot be stopped while it is scaled above 0.");
    if (!s.task_sets.empty() && !json_bool(request, "force"))
      return invalid_parameter("The service cannot be stopped while deployments are active.");
    s.desired = 0;
    for (services::TaskSet& set : s.task_sets) set.status = "DRAINING";
    s.status = "DRAINING";
    s.steady_at.reset();
    keep(*entry);
    look(s.arn);
  }
  return Json{{"service", shown(*entry, true)}};
}

Answer<Json> Services::stop_deployment(const Caller& caller, const Json& request) {
  const std::string arn = json_string(request, "serviceDeploymentArn");
  const std::string type = json_string(request, "stopType", "ROLLBACK");
  if (type != "ROLLBACK" && type != "ABORT")
    return invalid_parameter("stopType should be one of [ABORT,ROLLBACK]");
  const Entry* found = owner(caller, "service-deployment", arn);
  const auto* told = found ? services::told_of(found->service, arn) : nullptr;
  if (!told) return refuse("ServiceDeploymentNotFoundException", "Service deployment not found.");
  if (told->status != "IN_PROGRESS")
    return refuse("ConflictException", "The service deployment is " + told->status +
                                           ": only one that is IN_PROGRESS can be stopped.");
  Entry& entry = services_.at(found->service.arn);
  Service& s = entry.service;
  if (type == "ROLLBACK" && s.completed.empty())
    return refuse("ConflictException",
                  "No deployment of the service has completed, so there is none to roll back to. "
                  "Use stopType ABORT, or update the service.");
  const std::string id = s.deployments.front().id;
  services::fail_deployment(s, "ECS deployment " + id + " was stopped by StopServiceDeployment.",
                            now());
  if (type == "ROLLBACK")
    roll_back(s, "ECS deployment " + id +
                     " was stopped by StopServiceDeployment: rolling back to deploymentId " +
                     s.completed_deployment + ".");
  keep(entry);
  look(s.arn);
  return Json{{"serviceDeploymentArn", arn}};
}

Answer<Json> Services::tags(const std::string& arn) const {
  const auto at = services_.find(arn);
  if (at == services_.end() || at->second.service.status == "INACTIVE")
    return refuse("ServiceNotFoundException", "Service not found.");
  return tags_json(at->second.service.tags);
}

Answer<bool> Services::tag(const std::string& arn, const Json& add,
                           const std::vector<std::string>& remove) {
  DRYDOCK_TRY(tags(arn));
  Entry& entry = services_.at(arn);
  DRYDOCK_LET(entry.service.tags, retagged(entry.service.tags, add, remove));
  keep(entry);
  return true;
}

}  // namespace drydock::control
