#include "control/clusters.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/ids.h"
#include "control/tags.h"

namespace drydock::control {
namespace {

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

bool included(const Json* include, std::string_view what) {
  return include && std::any_of(include->begin(), include->end(),
                                [&](const Json& one) { return one == what; });
}

Answer<Json> checked_settings(const Json* given, const std::string& insights) {
  Json settings = Json::array({{{"name", "containerInsights"}, {"value", insights}}});
  if (!given) return settings;
  static const std::set<std::string> kValues{"enabled", "disabled", "enhanced"};
  for (const auto& one : *given) {
    const std::string name = json_string(one, "name");
    const std::string value = json_string(one, "value");
    if (name != "containerInsights")
      return invalid_parameter("Cluster setting name '" + name +
                               "' is invalid: it should be one of [containerInsights].");
    if (!kValues.count(value))
      return invalid_parameter("The value '" + value +
                               "' of cluster setting containerInsights is invalid: it should be "
                               "one of [enabled,disabled,enhanced].");
    settings[0]["value"] = value;
  }
  return settings;
}

Answer<bool> check_configuration(const Json* configuration) {
  const Json* exec =
      configuration ? json_find(*configuration, "executeCommandConfiguration") : nullptr;
  if (!exec) return true;
  const std::string logging = json_string(*exec, "logging", "DEFAULT");
  if (logging != "NONE" && logging != "DEFAULT" && logging != "OVERRIDE")
    return invalid_parameter("logging should be one of [NONE,DEFAULT,OVERRIDE].");
  const bool has_log = json_find(*exec, "logConfiguration") != nullptr;
  if (logging == "OVERRIDE" && !has_log)
    return invalid_parameter(
        "executeCommandConfiguration: logging OVERRIDE needs a logConfiguration.");
  if (logging != "OVERRIDE" && has_log)
    return invalid_parameter(
        "executeCommandConfiguration: a logConfiguration needs logging OVERRIDE.");
  return true;
}

// A default strategy may only name the cluster's providers, and only one item may have a base
// (api.md 3.2).
Answer<bool> check_strategy(const Json& strategy, const Json& providers) {
  int bases = 0;
  for (const auto& item : strategy) {
    const std::string name = json_string(item, "capacityProvider");
    if (std::find(providers.begin(), providers.end(), name) == providers.end())
      return invalid_parameter(
          "The capacity provider '" + name +
          "' of the default strategy is not among the cluster's capacityProviders.");
    if (json_int(item, "base") > 0) ++bases;
  }
  if (bases > 1)
    return invalid_parameter(
        "There are multiple capacity providers in the specified capacity provider strategy with a "
        "base value defined");
  return true;
}

Json list_or_empty(const Json& request, std::string_view key) {
  const Json* found = json_find(request, key);
  return found ? *found : Json::array();
}

Answer<bool> apply_providers(const CapacityProviders& known, const Caller& caller,
                             const Json& request, Json& document) {
  Json providers = list_or_empty(request, "capacityProviders");
  Json strategy = list_or_empty(request, "defaultCapacityProviderStrategy");
  for (const auto& one : providers)
    if (!known.exists(caller, one.get<std::string>()))
      return invalid_parameter("The specified capacity provider '" + one.get<std::string>() +
                               "' was not found. Specify a valid name and try again.");
  if (auto ok = check_strategy(strategy, providers); !ok) return ok;
  for (auto& item : strategy) {
    if (!item.contains("weight")) item["weight"] = 0;
    if (!item.contains("base")) item["base"] = 0;
  }
  document["capacityProviders"] = std::move(providers);
  document["defaultCapacityProviderStrategy"] = std::move(strategy);
  return true;
}

void copy_if_there(const Json& from, Json& to, std::string_view key) {
  if (const Json* found = json_find(from, key)) to[std::string(key)] = *found;
}

Json statistics(const TaskCounts& n) {
  const int ec2_running = n.running - n.fargate_running;
  const int ec2_pending = n.pending - n.fargate_pending;
  const std::pair<const char*, int> values[] = {
      {"runningEC2TasksCount", ec2_running},
      {"runningFargateTasksCount", n.fargate_running},
      {"pendingEC2TasksCount", ec2_pending},
      {"pendingFargateTasksCount", n.fargate_pending},
      {"runningExternalTasksCount", 0},
      {"pendingExternalTasksCount", 0},
      {"activeEC2ServiceCount", n.ec2_services},
      {"activeFargateServiceCount", n.fargate_services},
      {"drainingEC2ServiceCount", n.draining_ec2_services},
      {"drainingFargateServiceCount", n.draining_fargate_services},
      {"activeExternalServiceCount", 0},
      {"drainingExternalServiceCount", 0}};
  Json list = Json::array();
  for (const auto& [name, value] : values)
    list.push_back({{"name", name}, {"value", std::to_string(value)}});
  return list;
}

std::string arn_of(const Caller& caller, const std::string& name) {
  return ecs_arn(caller.region, caller.account, "cluster/" + name);
}

const Json& everything() {
  static const Json all = {"ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "TAGS"};
  return all;
}

}  // namespace

Clusters::Clusters(Store& store, const AccountSettings& account, const CapacityProviders& providers,
                   std::function<TaskCounts(const std::string&)> counts)
    : store_(store), account_(account), providers_(providers), counts_(std::move(counts)) {}
Clusters::~Clusters() = default;

Status Clusters::restore() {
  DRYDOCK_LET(const auto stored, store_.load_all("cluster"));
  for (const auto& [arn, text] : stored) {
    DRYDOCK_LET(Json document, parse_json(text));
    clusters_[arn] = std::make_shared<const Json>(std::move(document));
  }
  return {};
}

void Clusters::keep(const std::string& arn, Json document) {
  store_.put("cluster", arn, dump_json(document));
  clusters_[arn] = std::make_shared<const Json>(std::move(document));
}

void Clusters::forget_all() { clusters_.clear(); }

Clusters::Document Clusters::lookup(const Caller& caller, const std::string& name_or_arn) const {
  const auto name = local_name(caller, "cluster", name_or_arn.empty() ? "default" : name_or_arn);
  if (!name) return nullptr;
  const auto it = clusters_.find(arn_of(caller, *name));
  return it == clusters_.end() ? nullptr : it->second;
}

// The document as the API shows it; `include` as in DescribeClusters.
Json Clusters::shown(const Json& document, const Json* include) const {
  const TaskCounts n = counts_(json_string(document, "clusterArn"));
  Json out = {{"clusterArn", document["clusterArn"]},
              {"clusterName", document["clusterName"]},
              {"status", document["status"]},
              {"registeredContainerInstancesCount", n.instances},
              {"runningTasksCount", n.running},
              {"pendingTasksCount", n.pending},
              {"activeServicesCount", n.ec2_services + n.fargate_services},
              {"statistics", included(include, "STATISTICS") ? statistics(n) : Json::array()},
              {"tags", included(include, "TAGS") ? document["tags"] : Json::array()},
              {"settings", included(include, "SETTINGS") ? document["settings"] : Json::array()},
              {"capacityProviders", document["capacityProviders"]},
              {"defaultCapacityProviderStrategy", document["defaultCapacityProviderStrategy"]}};
  if (included(include, "CONFIGURATIONS")) copy_if_there(document, out, "configuration");
  if (included(include, "ATTACHMENTS")) out["attachments"] = Json::array();
  copy_if_there(document, out, "serviceConnectDefaults");
  return out;
}

Answer<Json> Clusters::create(const Caller& caller, const Json& request) {
  const std::string name = json_string(request, "clusterName", "default");
  if (!valid_name(name)) return invalid_parameter("Invalid cluster name.");
  const std::string arn = arn_of(caller, name);
  if (const auto it = clusters_.find(arn);
      it != clusters_.end() && (*it->second)["status"] == "ACTIVE")
    return Json{{"cluster", shown(*it->second, &everything())}};
  Json document = {{"clusterArn", arn}, {"clusterName", name}, {"status", "ACTIVE"}};
  DRYDOCK_LET(Tags tags, tags_of(json_find(request, "tags")));
  document["tags"] = tags_json(tags);
  DRYDOCK_LET(document["settings"],
              checked_settings(json_find(request, "settings"),
                               account_.effective(caller, "containerInsights")));
  DRYDOCK_TRY(check_configuration(json_find(request, "configuration")));
  DRYDOCK_TRY(apply_providers(providers_, caller, request, document));
  copy_if_there(request, document, "configuration");
  copy_if_there(request, document, "serviceConnectDefaults");
  Json answer = {{"cluster", shown(document, &everything())}};
  keep(arn, std::move(document));
  return answer;
}

Answer<Json> Clusters::describe(const Caller& caller, const Json& request) const {
  Json names = list_or_empty(request, "clusters");
  if (names.empty()) names.push_back("default");
  if (names.size() > 100) return invalid_parameter("Clusters can have at most 100 items.");
  Json found = Json::array();
  Json failures = Json::array();
  std::set<std::string> seen;
  for (const auto& one : names) {
    const auto given = one.get<std::string>();
    if (!seen.insert(given).second) continue;
    if (const Document document = lookup(caller, given)) {
      found.push_back(shown(*document, json_find(request, "include")));
    } else {
      const bool is_arn = given.substr(0, 4) == "arn:";
      failures.push_back({{"arn", is_arn ? given : arn_of(caller, given)}, {"reason", "MISSING"}});
    }
  }
  return Json{{"clusters", std::move(found)}, {"failures", std::move(failures)}};
}

Answer<Page> Clusters::list(const Caller& caller, const PageRequest& page) const {
  std::vector<std::string> arns;
  const std::string prefix = arn_of(caller, "");
  for (auto it = clusters_.lower_bound(prefix);
       it != clusters_.end() && it->first.compare(0, prefix.size(), prefix) == 0; ++it)
    if ((*it->second)["status"] == "ACTIVE") arns.push_back(it->first);
  return page_of(arns, page);
}

Answer<Json> Clusters::remove(const Caller& caller, const Json& request) {
  const Document document = lookup(caller, json_string(request, "cluster"));
  if (!document) return cluster_not_found();
  const std::string arn = json_string(*document, "clusterArn");
  const TaskCounts n = counts_(arn);
  if (n.instances > n.own_instances)
    return refuse("ClusterContainsContainerInstancesException",
                  "The Cluster cannot be deleted while Container Instances are active or "
                  "draining.");
  if (n.ec2_services + n.fargate_services > 0)
    return refuse("ClusterContainsServicesException",
                  "The Cluster cannot be deleted while Services are active.");
  if (n.running + n.pending > 0)
    return refuse("ClusterContainsTasksException",
                  "The Cluster cannot be deleted while Tasks are active.");
  Json changed = *document;
  changed["status"] = "INACTIVE";
  changed["tags"] = Json::array();
  keep(arn, std::move(changed));
  if (removed_) removed_(arn);
  return Json{{"cluster", shown(*clusters_.at(arn), &everything())}};
}

Answer<Json> Clusters::update(const Caller& caller, const Json& request) {
  const Document document = lookup(caller, json_string(request, "cluster"));
  if (!document || (*document)["status"] != "ACTIVE") return cluster_not_found();
  Json changed = *document;
  if (const Json* settings = json_find(request, "settings")) {
    DRYDOCK_LET(changed["settings"], checked_settings(settings, "disabled"));
  }
  DRYDOCK_TRY(check_configuration(json_find(request, "configuration")));
  copy_if_there(request, changed, "configuration");
  copy_if_there(request, changed, "serviceConnectDefaults");
  Json answer = {{"cluster", shown(changed, &everything())}};
  const std::string arn = json_string(changed, "clusterArn");
  keep(arn, std::move(changed));
  return answer;
}

Answer<Json> Clusters::put_capacity_providers(const Caller& caller, const Json& request) {
  const Document document = lookup(caller, json_string(request, "cluster"));
  if (!document || (*document)["status"] != "ACTIVE") return cluster_not_found();
  Json changed = *document;
  DRYDOCK_TRY(apply_providers(providers_, caller, request, changed));
  Json answer = {{"cluster", shown(changed, &everything())}};
  const std::string arn = json_string(changed, "clusterArn");
  keep(arn, std::move(changed));
  return answer;
}

std::string Clusters::user_of_provider(const Caller& caller, const std::string& provider) const {
  const std::string prefix = arn_of(caller, "");
  for (auto it = clusters_.lower_bound(prefix);
       it != clusters_.end() && it->first.starts_with(prefix); ++it) {
    const Json& has = (*it->second)["capacityProviders"];
    if ((*it->second)["status"] == "ACTIVE" &&
        std::find(has.begin(), has.end(), provider) != has.end())
      return json_string(*it->second, "clusterName");
  }
  return {};
}

std::map<std::string, std::string> Clusters::namespaces(const Caller& caller) const {
  std::map<std::string, std::string> found;
  const std::string prefix = arn_of(caller, "");
  for (auto it = clusters_.lower_bound(prefix);
       it != clusters_.end() && it->first.starts_with(prefix); ++it) {
    const Json* defaults = json_find(*it->second, "serviceConnectDefaults");
    if (defaults && (*it->second)["status"] == "ACTIVE")
      found[it->first] = json_string(*defaults, "namespace");
  }
  return found;
}

Answer<Clusters::Ref> Clusters::find(const Caller& caller, const std::string& name_or_arn) const {
  const Document document = lookup(caller, name_or_arn);
  if (!document || (*document)["status"] != "ACTIVE") return cluster_not_found();
  Ref ref{json_string(*document, "clusterName"), json_string(*document, "clusterArn"), {}, nullptr};
  for (const auto& one : (*document)["capacityProviders"])
    ref.capacity_providers.push_back(one.get<std::string>());
  ref.default_strategy =
      std::make_shared<const Json>((*document)["defaultCapacityProviderStrategy"]);
  return ref;
}

Answer<Json> Clusters::tags(const std::string& arn) const {
  const auto it = clusters_.find(arn);
  if (it == clusters_.end() || (*it->second)["status"] != "ACTIVE") return cluster_not_found();
  return (*it->second)["tags"];
}

Answer<bool> Clusters::tag(const std::string& arn, const Json& add,
                           const std::vector<std::string>& remove) {
  DRYDOCK_LET(const Json present, tags(arn));
  DRYDOCK_LET(Tags all, tags_of(&present));
  DRYDOCK_LET(all, retagged(std::move(all), add, remove));
  Json changed = *clusters_.at(arn);
  changed["tags"] = tags_json(all);
  keep(arn, std::move(changed));
  return true;
}

}  // namespace drydock::control
