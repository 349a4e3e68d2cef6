#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/compose/compose.h"
#include "taskdef/compose/container.h"
#include "taskdef/compose/ecs_params.h"
#include "taskdef/compose/project.h"
#include "taskdef/compose/service.h"
#include "taskdef/compose/task.h"

namespace drydock::taskdef::compose {
namespace {

// What a container gets that says nothing of its memory, in MiB (the ECS command line's default).
constexpr int kDefaultMemory = 512;

void put_memory(const Context& context, const Json& task, Json& container) {
  if (container.contains("memory") || container.contains("memoryReservation") ||
      task.contains("memory"))
    return;
  container["memory"] = kDefaultMemory;
  note(context, "services." + json_string(container, "name"),
       "gets " + std::to_string(kDefaultMemory) +
           " MiB of memory: neither mem_limit nor mem_reservation is given");
}

// A container that others wait for the end of cannot be an essential one.
void free_awaited(const Context& context, const Project& project, std::vector<Json>& services) {
  for (const Json& service : services) {
    const Json* waits = json_find(service, "dependsOn");
    if (!waits) continue;
    for (const auto& [name, condition] : waits->items()) {
      const auto found = std::find(project.services.begin(), project.services.end(), name);
      if (found == project.services.end() || (condition != "SUCCESS" && condition != "COMPLETE"))
        continue;
      Json& other = services[static_cast<std::size_t>(found - project.services.begin())];
      if (other.contains("essential")) continue;
      other["essential"] = false;
      note(context, "services." + name, "is not essential: others wait for its end");
    }
  }
}

Status lay_over(const Json& params, const std::string& file, const Project& project,
                std::vector<Json>& services) {
  for (const auto& [name, members] : params["services"].items()) {
    const auto found = std::find(project.services.begin(), project.services.end(), name);
    if (found == project.services.end())
      return fail(Errc::kInvalid, file + ": task_definition.services." + name +
                                      ": the Compose file has no such service");
    Json& service = services[static_cast<std::size_t>(found - project.services.begin())];
    if (members.contains("dependsOn")) service.erase("dependsOn");
    if (members.contains("logConfiguration")) {
      service["logConfiguration"].update(members["logConfiguration"]);
      Json rest = members;
      rest.erase("logConfiguration");
      service = merged_service(std::move(service), rest);
    } else {
      service = merged_service(std::move(service), members);
    }
  }
  return {};
}

}  // namespace

Result<Converted> convert_compose(const std::vector<SourceFile>& files, const Options& options) {
  Converted out;
  DRYDOCK_LET(const Project project, read_project(files, options, out.notes));
  const Context context{options, out.notes, files.front().name, options.folder};
  out.project = !options.family.empty() ? options.family
                : !project.name.empty() ? project_name(project.name)
                                        : project_name(options.folder);
  Json task = Json::object(), configured = Json::object();
  std::vector<Json> services = project.values;
  if (options.registry_credentials) {
    const SourceFile& file = *options.registry_credentials;
    DRYDOCK_LET(const Json read, read_registry_credentials(file, options, out.notes));
    DRYDOCK_TRY(lay_over(read, file.name, project, services));
    task = read["task"];
  }
  if (options.ecs_params) {
    DRYDOCK_LET(const Json read, read_ecs_params(*options.ecs_params, options, out.notes));
    DRYDOCK_TRY(lay_over(read, options.ecs_params->name, project, services));
    task.update(read["task"]);
    configured = read["volumes"];
    out.run = read["run"];
  }
  free_awaited(context, project, services);
  const std::string network_mode = json_string(task, "networkMode");

  Json& request = out.request = {{"family", out.project}};
  request.update(task);
  if (!options.launch_type.empty())
    request["requiresCompatibilities"] = Json::array({options.launch_type});
  Volumes volumes(configured, project.declares_volumes);
  for (const std::string& name : project.volumes) volumes.add(name);
  for (const auto& [name, value] : configured.items()) volumes.add(name);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const std::string& name = project.services[i];
    DRYDOCK_LET(Json container, container_definition(context, name, services[i]));
    put_ports(context, name, services[i], network_mode, container, out.publish);
    DRYDOCK_TRY(put_mounts(context, name, services[i], volumes, container));
    put_memory(context, task, container);
    request["containerDefinitions"].push_back(std::move(container));
  }
  if (Json list = volumes.list(); !list.empty()) request["volumes"] = std::move(list);
  return out;
}

}  // namespace drydock::taskdef::compose
