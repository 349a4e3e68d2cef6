#include "taskdef/normalise.h"

#include <nlohmann/json.hpp>

#include "taskdef/attributes.h"
#include "taskdef/fargate_sizes.h"
#include "taskdef/shapes.h"

namespace drydock::taskdef {
namespace {

void set_default(Json& object, const char* key, Json value) {
  if (!json_find(object, key)) object[key] = std::move(value);
}

// "1 vCPU" -> "1024"; "" is no size at all.
void plain_size(Json& document, const char* key,
                std::optional<int> (*parse_size)(std::string_view)) {
  const std::string text = json_string(document, key);
  if (text.empty())
    document.erase(key);
  else if (auto size = parse_size(text))
    document[key] = std::to_string(*size);
}

void port_mapping(Json& mapping, const std::string& network_mode) {
  set_default(mapping, "protocol", "tcp");
  if (json_find(mapping, "containerPortRange")) return;
  const bool shared = network_mode == "awsvpc" || network_mode == "host";
  set_default(mapping, "hostPort", shared ? json_int(mapping, "containerPort") : 0);
}

void container(Json& container, const std::string& network_mode) {
  set_default(container, "cpu", 0);
  set_default(container, "essential", true);
  for (const char* list :
       {"portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"})
    set_default(container, list, Json::array());
  for (Json& mapping : container["portMappings"]) port_mapping(mapping, network_mode);
  if (!json_find(container, "healthCheck")) return;
  Json& check = container["healthCheck"];
  set_default(check, "interval", 30);
  set_default(check, "timeout", 5);
  set_default(check, "retries", 3);
}

void volume(Json& volume) {
  if (!json_find(volume, "efsVolumeConfiguration")) return;
  Json& efs = volume["efsVolumeConfiguration"];
  if (json_string(efs, "rootDirectory").empty()) efs["rootDirectory"] = "/";
}

}  // namespace

Json normalise(const Json& request) {
  Json document = canonical(request, request_shape());
  document.erase("tags");
  plain_size(document, "cpu", parse_cpu);
  plain_size(document, "memory", parse_memory);
  if (json_string(document, "networkMode").empty()) document["networkMode"] = "bridge";
  for (const char* list : {"containerDefinitions", "volumes", "placementConstraints"})
    set_default(document, list, Json::array());
  for (Json& item : document["containerDefinitions"])
    container(item, json_string(document, "networkMode"));
  for (Json& item : document["volumes"]) volume(item);
  // Defaults were added at the ends: once more into the order of the tables.
  document = canonical(document, request_shape());
  document["compatibilities"] = compatibilities_of(request);
  document["requiresAttributes"] = Json::array();
  for (std::string& name : attributes_of(document))
    document["requiresAttributes"].push_back(Json{{"name", std::move(name)}});
  return document;
}

Json tags_of(const Json& request) {
  const Json known = canonical(request, request_shape());
  const Json* tags = json_find(known, "tags");
  return tags ? *tags : Json::array();
}

Json registered(const Json& document, const Registration& registration) {
  Json out = Json{{"taskDefinitionArn", registration.arn}};
  for (const auto& [key, value] : document.items()) out[key] = value;
  out["revision"] = registration.revision;
  out["status"] = "ACTIVE";
  out["registeredAt"] = registration.registered_at;
  out["registeredBy"] = registration.registered_by;
  return out;
}

}  // namespace drydock::taskdef
