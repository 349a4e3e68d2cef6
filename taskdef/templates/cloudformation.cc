#include <nlohmann/json.hpp>

#include <algorithm>

#include "taskdef/parse.h"
#include "taskdef/templates/fit.h"
#include "taskdef/templates/resolver.h"
#include "taskdef/templates/resources.h"

namespace drydock::taskdef::templates {
namespace {

constexpr const char* kDefinition = "AWS::ECS::TaskDefinition";
constexpr const char* kService = "AWS::ECS::Service";

bool is_resources(const Json& document) {
  const Json* all = json_find(document, "Resources");
  return all && all->is_object();
}

const Json& properties_of(const Json& resource) {
  static const Json kNone = Json::object();
  const Json* found = json_find(resource, "Properties");
  return found && found->is_object() ? *found : kNone;
}

Result<Json> definition_request(Resolver& resolver, const std::string& id, const Json& resource,
                                const Settings& settings) {
  DRYDOCK_LET(const Json resolved, resolver.value(properties_of(resource), id));
  DRYDOCK_LET(Json request, fit(resolved, request_shape(), id));
  if (!json_find(request, "family")) request["family"] = made_up_name(settings.stack, id);
  return request;
}

// Where tasks of a service run; empty when only AWS knows the subnets.
Json network_of(Resolver& resolver, const std::string& id, const Json& properties,
                std::vector<std::string>& notes) {
  const Json* given = json_find(properties, "NetworkConfiguration");
  if (!given) return {};
  auto resolved = resolver.value(*given, id + ".NetworkConfiguration");
  if (resolved) return std::move(*resolved);
  notes.push_back(resolved.error().message + "; left out");
  return {};
}

bool is_known(const std::string& name) {
  const auto members = service_shape().members;
  return std::any_of(members.begin(), members.end(), [&](const Member& m) {
    return lower_case(std::string(m.name)) == lower_case(name);
  });
}

Result<Json> service_request(Resolver& resolver, const std::string& id, const Json& properties,
                             const Settings& settings, std::vector<std::string>& notes) {
  Json chosen = Json::object();
  for (const auto& [name, one] : properties.items()) {
    if (name == "TaskDefinition" || name == "NetworkConfiguration") continue;
    const bool known = is_known(name);
    if (!known) {
      notes.push_back(id + "." + name + ": left out, nothing here acts on it");
      continue;
    }
    DRYDOCK_LET(Json resolved, resolver.value(one, id + "." + name));
    if (!resolved.is_null()) chosen[name] = std::move(resolved);
  }
  if (Json network = network_of(resolver, id, properties, notes); !network.is_null())
    chosen["NetworkConfiguration"] = std::move(network);
  DRYDOCK_LET(Json request, fit(chosen, service_shape(), id));
  if (!json_find(request, "serviceName")) request["serviceName"] = made_up_name(settings.stack, id);
  return request;
}

Result<std::string> definition_of(Resolver& resolver, const std::string& id, const Json& properties,
                                  const std::vector<Definition>& known) {
  const Json* named = json_find(properties, "TaskDefinition");
  if (!named)
    return fail(Errc::kInvalid, id + ".TaskDefinition: the service names no task definition");
  const std::string resource = resolver.resource_of(*named);
  for (const Definition& one : known)
    if (one.name == resource) return resource;
  DRYDOCK_LET(const Json text, resolver.value(*named, id + ".TaskDefinition"));
  return text.is_string() ? text.get<std::string>() : std::string();
}

void note_unused(const Resolver& resolver, const Settings& settings,
                 std::vector<std::string>& notes) {
  for (const auto& [name, value] : settings.parameters)
    if (!resolver.used().contains(name) && !name.starts_with("AWS::"))
      notes.push_back("--parameter " + name + ": nothing that was read refers to it");
}

}  // namespace

Format format_of(const Json& document) {
  if (!document.is_object() || json_find(document, "containerDefinitions"))
    return Format::kTaskDefinition;
  if (is_resources(document) && !json_find(document, "taskDefinition"))
    return Format::kCloudFormation;
  if (json_find(document, "planned_values") ||
      (json_find(document, "terraform_version") && json_find(document, "values")))
    return Format::kTerraform;
  if (json_find(document, "artifacts") && json_find(document, "version"))
    return Format::kCdkManifest;
  if (const Json* services = json_find(document, "services"); services && services->is_object())
    return Format::kCompose;
  return Format::kTaskDefinition;
}

Result<Content> read_cloudformation(const Json& document, const Settings& settings) {
  if (!is_resources(document)) return fail(Errc::kInvalid, "the template has no Resources");
  Resolver resolver(document, settings);
  Content out;
  const Json& resources = document["Resources"];
  std::vector<std::pair<std::string, const Json*>> services;
  for (const auto& [id, resource] : resources.items()) {
    const std::string type = json_string(resource, "Type");
    if (type != kDefinition && type != kService) continue;
    DRYDOCK_LET(const bool made, resolver.is_made(id));
    if (!made) continue;
    if (type == kDefinition)
      out.definitions.push_back({id, definition_request(resolver, id, resource, settings)});
    else
      services.emplace_back(id, &properties_of(resource));
  }
  for (const auto& [id, properties] : services) {
    auto definition = definition_of(resolver, id, *properties, out.definitions);
    auto request = service_request(resolver, id, *properties, settings, out.notes);
    if (!definition) request = tl::unexpected(definition.error());
    out.services.push_back({id, definition.value_or(""), std::move(request)});
  }
  if (out.definitions.empty() && out.services.empty())
    return fail(Errc::kNotFound, "the template has no AWS::ECS::TaskDefinition");
  out.notes.insert(out.notes.end(), resolver.made_up().begin(), resolver.made_up().end());
  note_unused(resolver, settings, out.notes);
  return out;
}

}  // namespace drydock::taskdef::templates
