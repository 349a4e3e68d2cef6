#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "taskdef/templates/fit.h"
#include "taskdef/templates/terraform_plan_internal.h"

// `terraform show -json`: what a plan is going to make, or what a state has.
namespace drydock::taskdef::templates {
namespace {

// What the provider keeps beside RegisterTaskDefinition's members.
constexpr std::array kOfTerraform = {
    "arn",      "arn_without_revision", "id",     "revision", "skip_destroy",
    "tags_all", "track_latest",         "region", "timeouts"};

bool is_nothing(const Json& value) {
  return value.is_null() || ((value.is_array() || value.is_object()) && value.empty()) ||
         (value.is_string() && value.get_ref<const std::string&>().empty());
}

// Without the empty texts and blocks that stand for what was not written.
Json pruned(const Json& value, int depth = 0) {
  if (depth > 32 || value.is_primitive()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  for (const auto& [name, one] : value.items()) {
    Json inner = pruned(one, depth + 1);
    if (is_nothing(inner) || (name == "transit_encryption_port" && inner == 0)) continue;
    if (value.is_array())
      out.push_back(std::move(inner));
    else
      out[name] = std::move(inner);
  }
  return out;
}

// host_path is a block in the API.
void add_host_paths(Json& values) {
  if (!values.contains("volume") || !values["volume"].is_array()) return;
  for (Json& volume : values["volume"]) {
    if (!volume.is_object() || !volume.contains("host_path")) continue;
    volume["host"] = {{"source_path", volume["host_path"]}};
    volume.erase("host_path");
  }
}

Result<Json> definition_request(const Plan& plan, const PlanResource& resource) {
  DRYDOCK_LET(Json values, plan.known_values(resource));
  std::string containers = json_string(values, "container_definitions");
  values.erase("container_definitions");
  for (const char* name : kOfTerraform) values.erase(name);
  values = pruned(values);
  add_host_paths(values);
  auto list = parse_json(containers);
  if (!list)
    return fail(Errc::kInvalid,
                resource.address + ".container_definitions: " + list.error().message);
  values["container_definitions"] = std::move(*list);
  return fit(values, request_shape(), resource.address);
}

Result<Json> service_request(const Plan& plan, const PlanResource& resource) {
  static constexpr std::array kTaken = {"name",
                                        "cluster",
                                        "desired_count",
                                        "launch_type",
                                        "task_definition",
                                        "platform_version",
                                        "scheduling_strategy",
                                        "enable_execute_command",
                                        "propagate_tags",
                                        "enable_ecs_managed_tags",
                                        "tags",
                                        "capacity_provider_strategy",
                                        "network_configuration",
                                        "deployment_circuit_breaker",
                                        "deployment_maximum_percent",
                                        "deployment_minimum_healthy_percent"};
  PlanResource part = resource;
  for (auto it = part.values.begin(); it != part.values.end();)
    it = std::find(kTaken.begin(), kTaken.end(), it.key()) == kTaken.end() ? part.values.erase(it)
                                                                           : std::next(it);
  DRYDOCK_LET(Json values, plan.known_values(part, {kTaken.begin(), kTaken.end()}));
  values.erase("task_definition");
  values = pruned(values);
  Json deployment = Json::object();
  const auto move_in = [&](const char* from, const char* to) {
    if (!values.contains(from)) return;
    deployment[to] = values[from];
    values.erase(from);
  };
  move_in("deployment_maximum_percent", "maximumPercent");
  move_in("deployment_minimum_healthy_percent", "minimumHealthyPercent");
  move_in("deployment_circuit_breaker", "deploymentCircuitBreaker");
  if (!deployment.empty()) values["deployment_configuration"] = std::move(deployment);
  if (values.contains("network_configuration"))
    values["network_configuration"] = {{"awsvpc_configuration", values["network_configuration"]}};
  if (values.contains("name")) {
    values["service_name"] = values["name"];
    values.erase("name");
  }
  return fit(values, service_shape(), resource.address);
}

}  // namespace

Result<Content> read_terraform(const Json& document, const Settings& settings) {
  DRYDOCK_LET(const Plan plan, Plan::read(document, settings));
  Content out;
  for (const PlanResource& resource : plan.resources())
    if (resource.type == "aws_ecs_task_definition")
      out.definitions.push_back({resource.address, definition_request(plan, resource)});
  for (const PlanResource& resource : plan.resources()) {
    if (resource.type != "aws_ecs_service") continue;
    const PlanResource* definition =
        plan.referred(resource, "task_definition", "aws_ecs_task_definition");
    std::string name =
        definition ? definition->address : json_string(resource.values, "task_definition");
    // A state has the ARN only.
    for (const PlanResource& one : plan.resources())
      if (!definition && !name.empty() && json_string(one.values, "arn") == name)
        name = one.address;
    auto request = service_request(plan, resource);
    if (name.empty())
      request = fail(Errc::kInvalid,
                     resource.address + ".task_definition: what it will be is not in the plan");
    out.services.push_back({resource.address, std::move(name), std::move(request)});
  }
  if (out.definitions.empty() && out.services.empty())
    return fail(Errc::kNotFound, "no aws_ecs_task_definition is in it");
  return out;
}

}  // namespace drydock::taskdef::templates
