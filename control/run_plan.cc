#include "control/run_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/ids.h"
#include "control/block_volume.h"
#include "logrouter/builtin/router_plan.h"
#include "taskdef/overrides.h"
#include "taskdef/read_model.h"

namespace drydock::control {
namespace {

bool has(const Json& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool of_characters(const std::string& text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) || also.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

const Json* strategy_of(const Json& request) {
  const Json* given = json_find(request, "capacityProviderStrategy");
  return given && !given->empty() ? given : nullptr;
}

Answer<bool> check_launch_type(const Json& request) {
  const std::string given = json_string(request, "launchType");
  static const std::set<std::string> kKnown{"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"};
  if (!given.empty() && !kKnown.count(given))
    return invalid_parameter(
        "launch type should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]");
  if (!given.empty() && strategy_of(request))
    return invalid_parameter(
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one "
        "and try again.");
  return true;
}

// The provider that a strategy gives its first task: the one with a base, else the one of the
// greatest weight.
Answer<std::string> choose_provider(const Json& strategy, const Clusters::Ref& cluster) {
  int bases = 0;
  long long heaviest = -1;
  std::string chosen;
  if (strategy.size() > 20)
    return invalid_parameter("capacityProviderStrategy can have at most 20 items.");
  for (const auto& item : strategy) {
    const std::string name = json_string(item, "capacityProvider");
    const auto& known = cluster.capacity_providers;
    if (std::find(known.begin(), known.end(), name) == known.end())
      return invalid_parameter("The specified capacity provider '" + name +
                               "' is not associated with the cluster '" + cluster.name +
                               "'. Associate it (PutClusterCapacityProviders) and try again.");
    const long long weight = json_int(item, "weight");
    const long long base = json_int(item, "base");
    if (weight < 0 || weight > 1000 || base < 0 || base > 100000)
      return invalid_parameter("The capacity provider '" + name +
                               "' has a weight outside 0-1000 or a base outside 0-100000.");
    if (base > 0) ++bases;
    if (base > 0 || (bases == 0 && weight > heaviest)) chosen = name;
    heaviest = std::max(heaviest, weight);
  }
  if (bases > 1)
    return invalid_parameter(
        "There are multiple capacity providers in the specified capacity provider strategy with a "
        "base value defined");
  if (heaviest <= 0 && strategy.size() > 1)
    return invalid_parameter(
        "The capacity provider strategy must have at least one capacity provider with a weight "
        "greater than 0.");
  return chosen;
}

// Explicit launch type, explicit strategy, the cluster's strategy; in the end FARGATE for what can
// run there: AWS would say EC2, for which a laptop has no instances (api.md 3.3).
Answer<bool> resolve_launch(const Json& request, RunPlan& plan) {
  const Json& compatible = (*plan.revision->document)["compatibilities"];
  plan.launch_type = json_string(request, "launchType");
  const Json* strategy = strategy_of(request);
  if (plan.launch_type.empty() && !strategy && !plan.cluster.default_strategy->empty())
    strategy = plan.cluster.default_strategy.get();
  if (strategy) {
    DRYDOCK_LET(plan.capacity_provider, choose_provider(*strategy, plan.cluster));
    plan.launch_type = is_fargate_provider(plan.capacity_provider) ? "FARGATE" : "EC2";
  }
  if (plan.launch_type.empty()) plan.launch_type = has(compatible, "FARGATE") ? "FARGATE" : "EC2";
  if (plan.launch_type == "EXTERNAL" || plan.launch_type == "MANAGED_INSTANCES")
    return invalid_parameter("No Container Instances were found in your cluster.");
  if (!has(compatible, plan.launch_type))
    return invalid_parameter("Task definition does not support launch_type " + plan.launch_type +
                             ".");
  return true;
}

Answer<bool> resolve_platform(const Json& request, RunPlan& plan) {
  const std::string given = json_string(request, "platformVersion");
  if (plan.launch_type != "FARGATE") {
    if (!given.empty())
      return invalid_parameter(
          "The platform version must be null when specifying an EC2 launch type.");
    return true;
  }
  if (given.empty() || given == "LATEST" || given == "1.4.0") {
    plan.platform_version = "1.4.0";
  } else if (given == "1.3.0") {
    plan.platform_version = given;
  } else {
    return refuse("PlatformUnknownException", "The specified platform version does not exist.");
  }
  return true;
}

// With AWS's words (api.md 3.3).
Answer<bool> check_known(const KnownVpc& known, const Json& subnets, const RunPlan& plan) {
  if (!known.strict) return true;
  for (const auto& one : subnets)
    if (const auto id = one.get<std::string>(); !known.subnets.count(id))
      return invalid_parameter("Error retrieving subnet information for [" + id +
                               "]: The subnet ID '" + id +
                               "' does not exist (ErrorCode: InvalidSubnetID.NotFound)");
  for (const auto& id : plan.security_groups)
    if (!known.security_groups.count(id))
      return invalid_parameter("Error retrieving security group information for [" + id +
                               "]: The security group '" + id +
                               "' does not exist (ErrorCode: InvalidGroup.NotFound)");
  return true;
}

Answer<bool> resolve_network(const Json& request, const Caller& caller, const LocalRun& local,
                             const KnownVpc& known, RunPlan& plan) {
  const Json* network = json_find(request, "networkConfiguration");
  const Json* vpc = network ? json_find(*network, "awsvpcConfiguration") : nullptr;
  const bool awsvpc = plan.definition.network_mode == "awsvpc";
  if (!awsvpc) {
    if (vpc)
      return invalid_parameter(
          "Network Configuration is not valid for the given networkMode of this task definition.");
    return true;
  }
  // Where subnets must be known, a run names one: as on AWS there is none to fall back on.
  const bool may_name_none = local.default_network && !known.strict;
  if (!vpc && !may_name_none)
    return invalid_parameter(
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  plan.subnet_id = "subnet-" + sha256_hex(caller.region + caller.account).substr(0, 17);
  if (!vpc) return true;
  static const Json kNone = Json::array();
  const Json* subnets = json_find(*vpc, "subnets");
  if (!subnets) subnets = &kNone;
  if (subnets->empty() && !may_name_none) return invalid_parameter("subnets can not be empty.");
  if (subnets->size() > 16) return invalid_parameter("subnets can have at most 16 items.");
  if (!subnets->empty()) plan.subnet_id = subnets->front().get<std::string>();
  if (const Json* groups = json_find(*vpc, "securityGroups")) {
    if (groups->size() > 5) return invalid_parameter("securityGroups can have at most 5 items.");
    for (const auto& one : *groups) plan.security_groups.push_back(one.get<std::string>());
  }
  const std::string public_ip = json_string(*vpc, "assignPublicIp", "DISABLED");
  if (public_ip != "ENABLED" && public_ip != "DISABLED")
    return invalid_parameter("assignPublicIp should be one of [ENABLED,DISABLED]");
  plan.assign_public_ip = public_ip == "ENABLED";
  return check_known(known, *subnets, plan);
}

Answer<bool> resolve_overrides(const Json& request, const LocalRun& local, RunPlan& plan) {
  static const Json kNone = Json::object();
  const Json* given = json_find(request, "overrides");
  const Json& overrides = given ? *given : kNone;
  const Json& document = *plan.revision->document;
  if (auto ok = taskdef::check_overrides(document, overrides, plan.launch_type == "FARGATE"); !ok)
    return refuse(ok.error().code, ok.error().message);
  const Json overridden = taskdef::with_overrides(document, overrides);
  plan.definition = taskdef::read_model(overridden);
  if (const Json* devices = json_find(overridden, "inferenceAccelerators"))
    plan.inference_accelerators = std::make_shared<const Json>(*devices);
  plan.overrides =
      std::make_shared<const Json>(taskdef::overrides_document(plan.definition, overrides));
  plan.images = local.images;
  for (const auto& [container, image] : local.images) {
    const auto& all = plan.definition.containers;
    if (std::none_of(all.begin(), all.end(),
                     [&, name = container](const auto& c) { return c.name == name; }))
      return invalid_parameter("Image for container named " + container +
                               " is not for a container in the TaskDefinition.");
  }
  return true;
}

// The built-in log router instead of the router's image.
Answer<bool> resolve_router(const LocalRun& local, RunPlan& plan) {
  plan.firelens_local = local.firelens_local;
  if (local.firelens != "builtin") return true;
  for (const auto& c : plan.definition.containers) {
    if (!c.firelens_configuration) continue;
    if (auto fits = logrouter::check_builtin_router(plan.definition); !fits)
      return client_error("--firelens builtin: " + fits.error().message + ".");
    plan.images[c.name] = logrouter::kBuiltinRouterImage;
  }
  return true;
}

Answer<bool> check_storage(const LocalRun& local, const RunPlan& plan) {
  if (local.storage_mib == 0) return true;
  if (plan.launch_type != "FARGATE")
    return client_error("Only tasks of launch type FARGATE have ephemeral storage of a size.");
  constexpr std::int64_t kLeast = 16, kMost = 204800;
  if (local.storage_mib < kLeast || local.storage_mib > kMost)
    return invalid_parameter("storageMib must be between 16 and 204800, and was " +
                             std::to_string(local.storage_mib) + ".");
  return true;
}

Answer<bool> resolve_tags(const Json& request, const OfService* service, RunPlan& plan) {
  const std::string propagate = json_string(request, "propagateTags", "NONE");
  if (propagate == "SERVICE" && !service)
    return invalid_parameter(
        "propagateTags SERVICE is not valid for a task that no service starts.");
  if (propagate != "TASK_DEFINITION" && propagate != "NONE" && propagate != "SERVICE")
    return invalid_parameter(std::string("propagateTags should be one of [TASK_DEFINITION,") +
                             (service ? "SERVICE,NONE]" : "NONE]"));
  DRYDOCK_LET(const Tags given, tags_of(json_find(request, "tags")));
  const Tags none;
  const Tags& propagated = propagate == "TASK_DEFINITION" ? plan.revision->tags
                           : propagate == "SERVICE"       ? service->tags
                                                          : none;
  DRYDOCK_LET(plan.tags, merged(propagated, given));
  if (json_bool(request, "enableECSManagedTags")) {
    plan.tags["aws:ecs:clusterName"] = plan.cluster.name;
    if (service) plan.tags["aws:ecs:serviceName"] = service->name;
  }
  return true;
}

Answer<bool> resolve_names(const Json& request, const OfService* service, RunPlan& plan) {
  plan.group = json_string(request, "group", "family:" + plan.revision->family);
  if (service) plan.service_name = service->name;
  if (service) plan.group = "service:" + service->name;
  if (!service && plan.group.compare(0, 8, "service:") == 0)
    return invalid_parameter(
        "Group name cannot start with 'service:': that is kept for tasks of services.");
  if (plan.group.size() > 512)
    return invalid_parameter("The group name is longer than 512 characters.");
  plan.started_by = json_string(request, "startedBy");
  if (plan.started_by.size() > 128 || !of_characters(plan.started_by, "-_/."))
    return invalid_parameter(
        "startedBy must have at most 128 letters, digits, hyphens, underscores, slashes and "
        "periods.");
  const std::string token = json_string(request, "clientToken");
  if (token.size() > 64 ||
      std::any_of(token.begin(), token.end(), [](unsigned char c) { return c < 33 || c > 126; }))
    return invalid_parameter(
        "clientToken must have at most 64 ASCII characters between 33 and 126.");
  return true;
}

Answer<bool> resolve_placement(const Json& request, const OfService* service, RunPlan& plan) {
  const auto filled = [&](const char* key) {
    const Json* list = json_find(request, key);
    return list && !list->empty();
  };
  if (plan.launch_type == "FARGATE" && filled("placementConstraints"))
    return client_error("Placement constraints are not supported with FARGATE launch type");
  if (plan.launch_type == "FARGATE" && filled("placementStrategy"))
    return client_error("Placement strategies are not supported with FARGATE launch type");
  if (plan.launch_type == "FARGATE") return true;
  DRYDOCK_LET(plan.rules,
              instances::rules_of(json_find(request, "placementConstraints"),
                                  json_find(request, "placementStrategy"),
                                  json_find(*plan.revision->document, "placementConstraints")));
  if (service && service->daemon) plan.rules.constraints.push_back({true, {}});
  return true;
}

}  // namespace

Answer<RunPlan> plan_run(const Caller& caller, const Json& request, const LocalRun& local,
                         const Clusters& clusters, const TaskDefinitions& definitions,
                         const KnownVpc& vpc) {
  RunPlan plan;
  DRYDOCK_TRY(check_launch_type(request));
  DRYDOCK_LET(plan.cluster, clusters.find(caller, json_string(request, "cluster")));
  const OfService* service = local.service.get();
  const bool kept = service && service->definition;
  plan.revision =
      kept ? service->definition : definitions.find(caller, json_string(request, "taskDefinition"));
  if (!plan.revision) return client_error("TaskDefinition not found.");
  if (!kept && plan.revision->status != "ACTIVE") return client_error("TaskDefinition is inactive");
  DRYDOCK_TRY(resolve_launch(request, plan));
  DRYDOCK_TRY(resolve_platform(request, plan));
  plan.definition.network_mode = json_string(*plan.revision->document, "networkMode", "bridge");
  DRYDOCK_TRY(resolve_network(request, caller, local, vpc, plan));
  DRYDOCK_TRY(resolve_overrides(request, local, plan));
  DRYDOCK_TRY(resolve_router(local, plan));
  DRYDOCK_TRY(check_storage(local, plan));
  const long long count = json_int(request, "count", 1);
  if (count < 1 || count > 10)
    return invalid_parameter("count must be between 1 and 10, and was " + std::to_string(count) +
                             ".");
  plan.count = static_cast<int>(count);
  DRYDOCK_TRY(resolve_tags(request, service, plan));
  DRYDOCK_TRY(resolve_names(request, service, plan));
  DRYDOCK_TRY(resolve_placement(request, service, plan));
  DRYDOCK_LET(plan.block_volume, block_volume_of(request, plan.definition));
  plan.enable_execute_command = json_bool(request, "enableExecuteCommand");
  return plan;
}

}  // namespace drydock::control
