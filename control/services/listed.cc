// What clients are told of services: nothing here changes one.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/ids.h"
#include "control/services/services.h"

namespace drydock::control {
namespace {

using services::Service;

constexpr long long kListedAtOnce = 10;  // a page of services (api.md 1.4)

bool is_arn(const std::string& text) { return text.starts_with("arn:"); }

Json failure(const std::string& arn) { return {{"arn", arn}, {"reason", "MISSING"}}; }

Answer<bool> check_enum(const std::string& value, const std::set<std::string>& known,
                        const char* text) {
  if (!value.empty() && !known.count(value)) return invalid_parameter(text);
  return true;
}

// `names` of a request as each once; refused when there are none or too many.
Answer<std::vector<std::string>> names_of(const Json& request, const char* key, const char* called,
                                          std::size_t most) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const Json* list = json_find(request, key);
  if (!list || list->empty()) return invalid_parameter(std::string(called) + " cannot be empty.");
  if (list->size() > most)
    return invalid_parameter(std::string(called) + " can have at most " + std::to_string(most) +
                             " items.");
  for (const auto& one : *list)
    if (const auto name = one.get<std::string>(); seen.insert(name).second) names.push_back(name);
  return names;
}

bool in_time(const Json& request, Time created) {
  const Json* range = json_find(request, "createdAt");
  if (!range) return true;
  const double at = epoch_seconds(created);
  const Json* before = json_find(*range, "before");
  const Json* after = json_find(*range, "after");
  return (!before || at <= before->get<double>()) && (!after || at >= after->get<double>());
}

}  // namespace

const Services::Entry* Services::lookup(const Caller& caller, const Clusters::Ref& cluster,
                                        const std::string& name_or_arn) const {
  const auto name = local_name(caller, "service", name_or_arn);
  if (!name) return nullptr;
  const auto at = services_.find(
      ecs_arn(caller.region, caller.account, "service/" + cluster.name + "/" + *name));
  if (at == services_.end()) return nullptr;
  // A long ARN names its cluster, too.
  const auto parts = std::count(name_or_arn.begin(), name_or_arn.end(), '/');
  if (is_arn(name_or_arn) && parts > 1 && name_or_arn != at->first) return nullptr;
  return &at->second;
}

Services::Entry* Services::lookup(const Caller& caller, const Clusters::Ref& cluster,
                                  const std::string& name_or_arn) {
  const Entry* found = std::as_const(*this).lookup(caller, cluster, name_or_arn);
  return found ? &services_.at(found->service.arn) : nullptr;
}

Answer<Services::Entry*> Services::active(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  Entry* entry = lookup(caller, cluster, json_string(request, "service"));
  if (!entry) return refuse("ServiceNotFoundException", "Service not found.");
  if (entry->service.status != "ACTIVE")
    return refuse("ServiceNotActiveException", "Service was not ACTIVE.");
  return entry;
}

const Services::Entry* Services::owner(const Caller& caller, const char* type,
                                       const std::string& arn) const {
  const auto parsed = parse_ecs_arn(arn);
  if (!parsed || parsed->type != type || parsed->region != caller.region ||
      parsed->account != caller.account)
    return nullptr;
  const std::string place = parsed->resource.substr(0, parsed->resource.rfind('/'));
  const auto at = services_.find(ecs_arn(parsed->region, parsed->account, "service/" + place));
  return at == services_.end() ? nullptr : &at->second;
}

Json Services::shown(const Entry& entry, bool with_tags) const {
  return services::service_json(entry.service, revisions_, counts(entry), with_tags);
}

Answer<Json> Services::describe(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  DRYDOCK_LET(const auto names, names_of(request, "services", "Services", 10));
  bool with_tags = false;
  if (const Json* include = json_find(request, "include"))
    for (const auto& one : *include) {
      if (one != "TAGS") return invalid_parameter("include should be one of [TAGS]");
      with_tags = true;
    }
  Json found = Json::array();
  Json failures = Json::array();
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (const Entry* entry = lookup(caller, cluster, name)) {
      if (seen.insert(entry->service.arn).second) found.push_back(shown(*entry, with_tags));
    } else {
      failures.push_back(failure(is_arn(name) ? name
                                              : ecs_arn(caller.region, caller.account,
                                                        "service/" + cluster.name + "/" + name)));
    }
  }
  return Json{{"services", std::move(found)}, {"failures", std::move(failures)}};
}

Answer<Page> Services::list(const Caller& caller, const Json& request, PageRequest page) const {
  const std::string launch = json_string(request, "launchType");
  const std::string scheduling = json_string(request, "schedulingStrategy");
  const std::string manager = json_string(request, "resourceManagementType");
  DRYDOCK_TRY(check_enum(launch, {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"},
                         "launch type should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]"));
  DRYDOCK_TRY(check_enum(scheduling, {"REPLICA", "DAEMON"},
                         "Scheduling strategy should be one of [REPLICA,DAEMON]"));
  DRYDOCK_TRY(check_enum(manager, {"CUSTOMER", "ECS"},
                         "resourceManagementType should be one of [CUSTOMER,ECS]"));
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  std::vector<std::string> arns;
  for (const auto& [arn, entry] : services_) {
    const Service& s = entry.service;
    if (s.cluster_arn != cluster.arn || s.status != "ACTIVE" || manager == "ECS") continue;
    if (!launch.empty() && json_string(*s.settings, "launchType") != launch) continue;
    if (!scheduling.empty() && json_string(*s.settings, "schedulingStrategy") != scheduling)
      continue;
    arns.push_back(arn);
  }
  if (!page.max_results) page.max_results = kListedAtOnce;
  return page_of(arns, page);
}

Answer<Page> Services::list_by_namespace(const Caller& caller, const Json& request,
                                         PageRequest page) const {
  const std::string wanted = json_string(request, "namespace");
  const auto defaults = clusters_.namespaces(caller);
  bool known = std::any_of(defaults.begin(), defaults.end(),
                           [&](const auto& one) { return one.second == wanted; });
  std::vector<std::string> arns;
  for (const auto& [arn, entry] : services_) {
    const Service& s = entry.service;
    if (s.region != caller.region || s.account != caller.account || s.status != "ACTIVE") continue;
    const Json* connect = json_find(*s.settings, "serviceConnectConfiguration");
    if (!connect || !json_bool(*connect, "enabled")) continue;
    const auto of_cluster = defaults.find(s.cluster_arn);
    const std::string otherwise = of_cluster == defaults.end() ? "" : of_cluster->second;
    if (json_string(*connect, "namespace", otherwise) != wanted) continue;
    known = true;
    arns.push_back(arn);
  }
  if (!known)
    return refuse("NamespaceNotFoundException",
                  "No cluster and no service names the namespace " + wanted + ".");
  if (!page.max_results) page.max_results = kListedAtOnce;
  return page_of(arns, page);
}

Answer<bool> Services::known(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  if (!lookup(caller, cluster, json_string(request, "serviceName")))
    return refuse("ServiceNotFoundException", "Service not found.");
  return true;
}

void Services::count(const std::string& cluster_arn, TaskCounts& counts) const {
  for (const auto& [arn, entry] : services_) {
    const Service& s = entry.service;
    if (s.cluster_arn != cluster_arn || s.status == "INACTIVE") continue;
    const bool fargate = json_find(*s.settings, "platformVersion") != nullptr;
    const bool active = s.status == "ACTIVE";
    ++(active ? (fargate ? counts.fargate_services : counts.ec2_services)
              : (fargate ? counts.draining_fargate_services : counts.draining_ec2_services));
  }
}

Answer<Json> Services::list_deployments(const Caller& caller, const Json& request,
                                        PageRequest page) const {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  const Entry* entry = lookup(caller, cluster, json_string(request, "service"));
  if (!entry) return refuse("ServiceNotFoundException", "Service not found.");
  const Service& s = entry->service;
  std::set<std::string> statuses;
  if (const Json* wanted = json_find(request, "status"))
    for (const auto& one : *wanted) statuses.insert(one.get<std::string>());
  std::vector<std::string> arns;
  for (const auto& one : s.history)
    if ((statuses.empty() || statuses.count(one.status)) && in_time(request, one.created_at))
      arns.push_back(services::service_deployment_arn(s, one.id));
  constexpr long long kPage = 20;
  if (!page.max_results) page.max_results = kPage;
  DRYDOCK_LET(const Page shown, page_of(arns, page));
  Json list = Json::array();
  for (const std::string& arn : shown.items)
    list.push_back(services::service_deployment_brief(s, *services::told_of(s, arn)));
  Json out = {{"serviceDeployments", std::move(list)}};
  if (!shown.next_token.empty()) out["nextToken"] = shown.next_token;
  return out;
}

Answer<Json> Services::describe_deployments(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const auto arns,
              names_of(request, "serviceDeploymentArns", "Service deployment ARNs", 20));
  Json found = Json::array();
  Json failures = Json::array();
  for (const std::string& arn : arns) {
    const Entry* entry = owner(caller, "service-deployment", arn);
    const auto* told = entry ? services::told_of(entry->service, arn) : nullptr;
    if (told)
      found.push_back(services::service_deployment_json(entry->service, *told, counts(*entry)));
    else
      failures.push_back(failure(arn));
  }
  return Json{{"serviceDeployments", std::move(found)}, {"failures", std::move(failures)}};
}

// No deployment here waits for an answer: those with lifecycle hooks are refused.
Answer<Json> Services::continue_deployment(const Caller& caller, const Json& request) const {
  const std::string arn = json_string(request, "serviceDeploymentArn");
  const Entry* entry = owner(caller, "service-deployment", arn);
  if (!entry || !services::told_of(entry->service, arn))
    return refuse("ServiceDeploymentNotFoundException", "Service deployment not found.");
  return invalid_parameter("The service deployment has no lifecycle hook " +
                           json_string(request, "hookId") + " that waits for an action.");
}

Answer<Json> Services::describe_revisions(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const auto arns,
              names_of(request, "serviceRevisionArns", "Service revision ARNs", 20));
  Json found = Json::array();
  Json failures = Json::array();
  for (const std::string& arn : arns) {
    const Entry* entry = owner(caller, "service-revision", arn);
    const auto at = revisions_.find(arn.substr(arn.rfind('/') + 1));
    if (entry && at != revisions_.end() && at->second.service_arn == entry->service.arn)
      found.push_back(services::service_revision_json(entry->service, at->second));
    else
      failures.push_back(failure(arn));
  }
  return Json{{"serviceRevisions", std::move(found)}, {"failures", std::move(failures)}};
}

}  // namespace drydock::control
