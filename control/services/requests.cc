#include "control/services/requests.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "control/services/external_requests.h"

namespace drydock::control::services {
namespace {

// What makes the tasks: a change takes a new deployment.
constexpr const char* kOfRevisions[] = {"launchType",
                                        "capacityProviderStrategy",
                                        "platformVersion",
                                        "loadBalancers",
                                        "serviceRegistries",
                                        "networkConfiguration",
                                        "serviceConnectConfiguration",
                                        "volumeConfigurations",
                                        "vpcLatticeConfigurations"};
// What may be set on a service that is there.
constexpr const char* kChangeable[] = {"taskDefinition",
                                       "platformVersion",
                                       "loadBalancers",
                                       "serviceRegistries",
                                       "networkConfiguration",
                                       "serviceConnectConfiguration",
                                       "volumeConfigurations",
                                       "vpcLatticeConfigurations",
                                       "placementConstraints",
                                       "placementStrategy",
                                       "healthCheckGracePeriodSeconds",
                                       "enableECSManagedTags",
                                       "enableExecuteCommand",
                                       "propagateTags",
                                       "availabilityZoneRebalancing"};

bool of_revisions(const std::string& key) {
  return std::count(std::begin(kOfRevisions), std::end(kOfRevisions), key) > 0;
}

tl::unexpected<ApiError> unsupported(const std::string& what) {
  return refuse("UnsupportedFeatureException", "Drydock does not have " + what + " yet.");
}

bool filled(const Json& object, const char* key) {
  const Json* list = json_find(object, key);
  return list && !list->empty();
}

// A task on each container instance, and this machine is the only one.
Answer<bool> check_daemon(const Json& request) {
  if (json_find(request, "desiredCount"))
    return invalid_parameter(
        "The daemon scheduling strategy does not support a desired count for services. Remove the "
        "desired count value and try again");
  if (json_string(request, "launchType") == "FARGATE" ||
      filled(request, "capacityProviderStrategy"))
    return invalid_parameter(
        "The daemon scheduling strategy does not support the FARGATE launch type. Change the "
        "launch type and try again");
  const Json* configuration = json_find(request, "deploymentConfiguration");
  if (configuration && json_int(*configuration, "maximumPercent", 100) > 100)
    return invalid_parameter(
        "The daemon scheduling strategy does not support values above 100 for maximumPercent");
  if (filled(request, "placementStrategy"))
    return invalid_parameter(
        "The daemon scheduling strategy does not support placement strategies.");
  if (json_string(request, "availabilityZoneRebalancing") == "ENABLED")
    return invalid_parameter(
        "The daemon scheduling strategy does not support availabilityZoneRebalancing.");
  return true;
}

std::string controller_of(const Json& request) {
  const Json* controller = json_find(request, "deploymentController");
  return controller ? json_string(*controller, "type", "ECS") : "ECS";
}

Answer<bool> check_kind(const Json& request) {
  const std::string scheduling = json_string(request, "schedulingStrategy", "REPLICA");
  if (scheduling != "REPLICA" && scheduling != "DAEMON")
    return invalid_parameter("Scheduling strategy should be one of [REPLICA,DAEMON]");
  const std::string type = controller_of(request);
  if (type == "CODE_DEPLOY") return unsupported("services with the deployment controller " + type);
  if (type != "ECS" && type != "EXTERNAL")
    return invalid_parameter(
        "Deployment controller type should be one of [ECS,CODE_DEPLOY,EXTERNAL]");
  return true;
}

Answer<Json> deployment_configuration(Json present, const Json* given) {
  if (given) {
    const std::string strategy = json_string(*given, "strategy", "ROLLING");
    static const std::set<std::string> kOthers{"BLUE_GREEN", "LINEAR", "CANARY"};
    if (kOthers.count(strategy)) return unsupported("the deployment strategy " + strategy);
    if (strategy != "ROLLING")
      return invalid_parameter(
          "Deployment strategy should be one of [ROLLING,BLUE_GREEN,LINEAR,CANARY]");
    if (const Json* hooks = json_find(*given, "lifecycleHooks"); hooks && !hooks->empty())
      return unsupported("lifecycleHooks of deployments");
    for (const auto& [key, value] : given->items()) present[key] = value;
  }
  const long long maximum = json_int(present, "maximumPercent", 200);
  const long long minimum = json_int(present, "minimumHealthyPercent", 100);
  if (minimum > 100) return invalid_parameter("minimumHealthyPercent must be at most 100");
  if (minimum < 0) return invalid_parameter("minimumHealthyPercent must be at least 0");
  if (maximum < 100) return invalid_parameter("maximumPercent must be at least 100");
  if (maximum > 100000) return invalid_parameter("maximumPercent must be at most 100000");
  return present;
}

Answer<bool> check_lists(const Json& settings) {
  const auto size = [&](const char* key) {
    const Json* list = json_find(settings, key);
    return list ? list->size() : 0;
  };
  if (size("serviceRegistries") > 1)
    return invalid_parameter("service registries can have at most 1 items.");
  if (size("placementConstraints") > 10)
    return invalid_parameter("Maximum number of constraints is 10");
  if (size("placementStrategy") > 5) return invalid_parameter("Maximum number of strategies is 5");
  for (const auto& one : settings["placementStrategy"]) {
    const std::string field = json_string(one, "field");
    if (json_string(one, "type") == "binpack" && field != "cpu" && field != "memory" &&
        field != "CPU" && field != "MEMORY")
      return invalid_parameter("binpack field '" + field + "' is invalid");
  }
  return true;
}

Answer<bool> check_values(const Json& settings) {
  if (const long long grace = json_int(settings, "healthCheckGracePeriodSeconds");
      grace < 0 || grace > 2147483647)
    return invalid_parameter("healthCheckGracePeriodSeconds must be between 0 and 2147483647");
  const std::string rebalancing = json_string(settings, "availabilityZoneRebalancing");
  if (rebalancing != "ENABLED" && rebalancing != "DISABLED")
    return invalid_parameter("availabilityZoneRebalancing should be one of [ENABLED,DISABLED]");
  return check_lists(settings);
}

// As the service shows them: with the defaults that were left out.
void fill_strategy(Json& settings) {
  const auto strategy = settings.find("capacityProviderStrategy");
  if (strategy == settings.end()) return;
  for (auto& item : *strategy) {
    if (!item.contains("weight")) item["weight"] = 0;
    if (!item.contains("base")) item["base"] = 0;
  }
}

void fill_network(Json& settings) {
  const auto network = settings.find("networkConfiguration");
  if (network == settings.end() || !network->contains("awsvpcConfiguration")) return;
  Json& vpc = (*network)["awsvpcConfiguration"];
  if (!vpc.contains("securityGroups")) vpc["securityGroups"] = Json::array();
  if (!vpc.contains("assignPublicIp")) vpc["assignPublicIp"] = "DISABLED";
}

}  // namespace

bool is_daemon(const Json& settings) {
  return json_string(settings, "schedulingStrategy") == "DAEMON";
}

bool is_external(const Json& settings) { return controller_of(settings) == "EXTERNAL"; }

Answer<int> desired_of(const Json& request) {
  if (is_daemon(request)) return 1;
  if (is_external(request) && !json_find(request, "desiredCount")) return 0;
  if (!json_find(request, "desiredCount")) return invalid_parameter("DesiredCount is missing");
  const long long desired = json_int(request, "desiredCount");
  if (desired < 0) return invalid_parameter("DesiredCount can not be lesser than 0");
  constexpr long long kMost = 5000;
  if (desired > kMost)
    return invalid_parameter("DesiredCount can not be greater than " + std::to_string(kMost));
  return static_cast<int>(desired);
}

Answer<Json> finished_settings(Json settings) {
  DRYDOCK_TRY(check_values(settings));
  fill_strategy(settings);
  fill_network(settings);
  return settings;
}

Answer<Json> settings_of(const Json& request) {
  DRYDOCK_TRY(check_kind(request));
  const bool external = is_external(request);
  if (external) DRYDOCK_TRY(check_external(request));
  if (!external && json_string(request, "taskDefinition").empty())
    return invalid_parameter("TaskDefinition can not be blank.");
  const bool daemon = is_daemon(request);
  if (daemon) DRYDOCK_TRY(check_daemon(request));
  const Json defaults = {{"deploymentCircuitBreaker", {{"enable", false}, {"rollback", false}}},
                         {"maximumPercent", daemon ? 100 : 200},
                         {"minimumHealthyPercent", daemon ? 0 : 100},
                         {"strategy", "ROLLING"}};
  Json s = {{"loadBalancers", Json::array()},
            {"serviceRegistries", Json::array()},
            {"placementConstraints", Json::array()},
            {"placementStrategy", Json::array()},
            {"healthCheckGracePeriodSeconds", 0},
            {"schedulingStrategy", daemon ? "DAEMON" : "REPLICA"},
            {"deploymentController", {{"type", external ? "EXTERNAL" : "ECS"}}},
            {"enableECSManagedTags", false},
            {"propagateTags", "NONE"},
            {"enableExecuteCommand", false}};
  DRYDOCK_LET(s["deploymentConfiguration"],
              deployment_configuration(defaults, json_find(request, "deploymentConfiguration")));
  const bool room = json_int(s["deploymentConfiguration"], "maximumPercent") > 100;
  s["availabilityZoneRebalancing"] = room ? "ENABLED" : "DISABLED";
  for (const char* key : kChangeable)
    if (const Json* given = json_find(request, key)) s[key] = *given;
  if (const auto type = json_string(request, "launchType", daemon ? "EC2" : ""); !type.empty())
    s["launchType"] = type;
  if (filled(request, "capacityProviderStrategy"))
    s["capacityProviderStrategy"] = *json_find(request, "capacityProviderStrategy");
  if (const auto role = json_string(request, "role"); !role.empty()) s["roleArn"] = role;
  return finished_settings(std::move(s));
}

Answer<Json> changed_settings(const Json& settings, const Json& request) {
  DRYDOCK_TRY(check_kind(request));
  if (json_find(request, "deploymentController") &&
      controller_of(request) != controller_of(settings))
    return unsupported("a change of the deployment controller");
  if (is_daemon(settings)) DRYDOCK_TRY(check_daemon(request));
  const bool external = is_external(settings);  // what it shows is its primary task set's
  if (external) DRYDOCK_TRY(check_external_update(request));
  Json s = settings;
  DRYDOCK_LET(s["deploymentConfiguration"],
              deployment_configuration(s["deploymentConfiguration"],
                                       json_find(request, "deploymentConfiguration")));
  for (const char* key : kChangeable)
    if (const Json* given = json_find(request, key); given && !(external && of_revisions(key)))
      s[key] = *given;
  if (filled(request, "capacityProviderStrategy")) {
    s["capacityProviderStrategy"] = *json_find(request, "capacityProviderStrategy");
    s.erase("launchType");
    if (!s.contains("platformVersion")) s["platformVersion"] = "LATEST";
  }
  return finished_settings(std::move(s));
}

bool takes_deployment(const Json& before, const Json& after) {
  const auto differs = [&](const char* key) {
    const Json* a = json_find(before, key);
    const Json* b = json_find(after, key);
    return (a == nullptr) != (b == nullptr) ||
           (a && nlohmann::json::parse(a->dump()) != nlohmann::json::parse(b->dump()));
  };
  return differs("taskDefinition") ||
         std::any_of(std::begin(kOfRevisions), std::end(kOfRevisions), differs);
}

Answer<bool> check_load_balancers(const Json& settings, const taskdef::TaskDefinition& task) {
  for (const auto& one : settings["loadBalancers"]) {
    const bool classic = json_find(one, "loadBalancerName") != nullptr;
    if (classic && json_find(one, "targetGroupArn"))
      return invalid_parameter("loadBalancerName and targetGroupArn cannot both be specified");
    if (classic && json_string(settings, "launchType") != "EC2")
      return invalid_parameter("Classic Load Balancers are not supported with Fargate.");
    const std::string name = json_string(one, "containerName");
    const auto c = std::find_if(task.containers.begin(), task.containers.end(),
                                [&](const auto& x) { return x.name == name; });
    if (c == task.containers.end())
      return invalid_parameter("The container " + name + " does not exist in the task definition.");
    const long long port = json_int(one, "containerPort");
    if (std::none_of(c->port_mappings.begin(), c->port_mappings.end(),
                     [&](const auto& p) { return p.container_port == port; }))
      return invalid_parameter("The container " + name + " did not have a container port " +
                               std::to_string(port) + " defined.");
  }
  return true;
}

Json revision_settings(const Json& settings) {
  Json out = Json::object();
  for (const char* key : kOfRevisions)
    if (const Json* found = json_find(settings, key)) out[key] = *found;
  return out;
}

Json settings_with(const Json& settings, const Revision& revision) {
  Json out = settings;
  for (const char* key : kOfRevisions) {
    out.erase(key);
    if (const Json* found = json_find(*revision.settings, key)) out[key] = *found;
  }
  out["taskDefinition"] = revision.definition_arn;
  return out;
}

Json run_request(const Service& service, const Revision& revision, const std::string& deployment,
                 const std::string& provider, int count) {
  Json out = {{"cluster", service.cluster_arn},
              {"taskDefinition", revision.definition_arn},
              {"startedBy", deployment},
              {"count", count}};
  for (const char* key :
       {"launchType", "platformVersion", "networkConfiguration", "volumeConfigurations"})
    if (const Json* found = json_find(*revision.settings, key)) out[key] = *found;
  for (const char* key : {"placementConstraints", "placementStrategy", "enableECSManagedTags",
                          "propagateTags", "enableExecuteCommand"})
    if (const Json* found = json_find(*service.settings, key)) out[key] = *found;
  if (!provider.empty())
    out["capacityProviderStrategy"] =
        Json::array({{{"capacityProvider", provider}, {"weight", 1}}});
  return out;
}

std::string next_provider(const Json& settings, const std::map<std::string, int>& present) {
  const Json* strategy = json_find(settings, "capacityProviderStrategy");
  if (!strategy) return {};
  std::string chosen;
  double best = 0;
  for (const auto& item : *strategy) {
    std::string name = json_string(item, "capacityProvider");
    const auto at = present.find(name);
    const long long has = at == present.end() ? 0 : at->second;
    const long long base = json_int(item, "base");
    const long long weight = json_int(item, "weight");
    if (has < base) return name;
    if (weight <= 0 && strategy->size() > 1) continue;
    const double load =
        static_cast<double>(has - base + 1) / static_cast<double>(std::max(weight, 1LL));
    if (chosen.empty() || load < best) {
      chosen = name;
      best = load;
    }
  }
  return chosen;
}

TaskDefinitions::RevisionPtr definition_of(const Revision& revision) {
  auto definition = std::make_shared<TaskDefinitions::Revision>();
  definition->arn = revision.definition_arn;
  definition->family = revision.family;
  definition->number = revision.definition_number;
  definition->status = "ACTIVE";
  definition->document = revision.definition;
  definition->tags = revision.definition_tags;
  return definition;
}

std::string not_acted_on(const Json& settings, bool balances) {
  std::string text;
  const auto add = [&](const char* what) {
    text += (text.empty() ? "" : ", ") + std::string(what);
  };
  if (!balances && filled(settings, "loadBalancers")) add("loadBalancers");
  if (filled(settings, "serviceRegistries")) add("serviceRegistries");
  if (const Json* connect = json_find(settings, "serviceConnectConfiguration");
      connect && json_bool(*connect, "enabled"))
    add("serviceConnectConfiguration");
  if (filled(settings, "vpcLatticeConfigurations")) add("vpcLatticeConfigurations");
  const Json* configuration = json_find(settings, "deploymentConfiguration");
  if (const Json* alarms = configuration ? json_find(*configuration, "alarms") : nullptr;
      alarms && json_bool(*alarms, "enable"))
    add("deployment alarms");
  return text;
}

}  // namespace drydock::control::services
