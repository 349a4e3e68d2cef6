#include "taskdef/compose/override.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "taskdef/compose/container.h"
#include "taskdef/compose/project.h"
#include "taskdef/compose/task.h"

namespace drydock::taskdef::compose {
namespace {

// What tells the elements of a list apart.
constexpr std::array<std::string_view, 6> kNames = {
    "containerPath", "containerPort", "name", "hostname", "namespace", "containerName"};

std::string name_of(const Json& element) {
  if (!element.is_object()) return dump_json(element);
  for (const std::string_view key : kNames)
    if (const Json* name = json_find(element, key))
      return dump_json(*name) + "/" + json_string(element, "protocol", "tcp");
  return dump_json(element);
}

void lay_list(Json& list, const Json& over) {
  for (const Json& item : over) {
    const auto same = std::find_if(list.begin(), list.end(),
                                   [&](const Json& one) { return name_of(one) == name_of(item); });
    if (same == list.end())
      list.push_back(item);
    else
      *same = item;
  }
}

void lay(Json& to, const Json& over) {
  for (const auto& [key, value] : over.items()) {
    Json& at = to[key];
    const bool other_driver = key == "logConfiguration" && at.is_object() &&
                              json_string(at, "logDriver") != json_string(value, "logDriver");
    if (at.is_object() && value.is_object() && !other_driver)
      lay(at, value);
    else if (at.is_array() && value.is_array() && key != "command" && key != "entryPoint")
      lay_list(at, value);
    else
      at = value;
  }
}

Json* container_of(Json& definition, const std::string& name) {
  if (!definition.contains("containerDefinitions")) return nullptr;
  for (Json& one : definition["containerDefinitions"])
    if (json_string(one, "name") == name) return &one;
  return nullptr;
}

}  // namespace

Status apply_overrides(Json& definition, const std::vector<SourceFile>& files,
                       const Options& options, std::vector<Note>& notes) {
  if (files.empty()) return {};
  DRYDOCK_LET(const Project project, read_project(files, options, notes));
  const Context context{options, notes, files.front().name, options.folder};
  const Json none = Json::object();
  Volumes volumes(none, false);
  if (const Json* known = json_find(definition, "volumes"))
    for (const Json& one : *known) volumes.add_known(one);
  for (std::size_t i = 0; i < project.services.size(); ++i) {
    const std::string& name = project.services[i];
    Json* container = container_of(definition, name);
    if (!container)
      return fail(Errc::kInvalid, context.file + ": services." + name +
                                      ": the task definition has no such container");
    Json service = project.values[i];
    const bool own_image = service.contains("image");
    if (!own_image) service["image"] = json_string(*container, "image");
    if (service.contains("logConfiguration") && container->contains("logConfiguration") &&
        !service["logConfiguration"].contains("logDriver"))
      service["logConfiguration"]["logDriver"] =
          json_string((*container)["logConfiguration"], "logDriver");
    DRYDOCK_LET(Json over, container_definition(context, name, service));
    std::vector<PublishedPort> publish;
    put_ports(context, name, service, json_string(definition, "networkMode"), over, publish);
    DRYDOCK_TRY(put_mounts(context, name, service, volumes, over));
    for (const char* key : {"name", "essential"}) over.erase(key);
    if (!own_image) over.erase("image");
    lay(*container, over);
  }
  if (!volumes.list().empty()) definition["volumes"] = volumes.list();
  return {};
}

}  // namespace drydock::taskdef::compose
