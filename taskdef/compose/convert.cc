#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/compose/compose.h"
#include "taskdef/compose/container.h"
#include "taskdef/compose/ecs_params.h"
#include "taskdef/compose/project.h"
#include "taskdef/compose/service.h"

namespace drydock::taskdef::compose {
namespace {

// What a container gets that says nothing of its memory, in MiB (the ECS command line's default).
constexpr int kDefaultMemory = 512;

// The volumes of the task while they are found.
class Volumes {
 public:
  Volumes(const Project& project, const Json& configured) : configured_(configured) {
    for (const std::string& name : project.volumes) add(name);
    for (const auto& [name, value] : configured.items()) add(name);
    declared_ = project.declares_volumes;
  }

  // The name of a mount's volume. kInvalid: nobody has declared it.
  Result<std::string> name_of(const Json& mount) {
    const std::string source = json_string(mount, "source");
    if (json_string(mount, "type") == "bind") return bind(source);
    if (source.empty()) return fresh();
    if (!has(source)) {
      if (declared_)
        return fail(Errc::kInvalid, "the volume \"" + source +
                                        "\" is not declared; add it to volumes at the top of the "
                                        "file");
      add(source);
    }
    return source;
  }

  Json list() const { return list_; }

 private:
  bool has(const std::string& name) const {
    return std::any_of(list_.begin(), list_.end(),
                       [&](const Json& v) { return json_string(v, "name") == name; });
  }
  void add(const std::string& name) {
    if (has(name)) return;
    Json one = {{"name", name}};
    if (const Json* members = json_find(configured_, name)) one.update(*members);
    list_.push_back(std::move(one));
  }
  std::string fresh() {
    std::string name;
    do {
      name = "volume-" + std::to_string(next_++);
    } while (has(name));
    add(name);
    return name;
  }
  std::string bind(const std::string& path) {
    for (const Json& volume : list_)
      if (const Json* host = json_find(volume, "host"))
        if (json_string(*host, "sourcePath") == path) return json_string(volume, "name");
    std::string name = fresh();
    list_.back()["host"] = {{"sourcePath", path}};
    return name;
  }

  const Json& configured_;
  Json list_ = Json::array();
  bool declared_ = false;
  int next_ = 0;
};

Status put_mounts(const Context& context, const std::string& name, const Json& service,
                  Volumes& volumes, Json& container) {
  const Json* mounts = json_find(service, "mounts");
  if (!mounts) return {};
  for (const auto& [target, mount] : mounts->items()) {
    if (json_string(mount, "type") == "tmpfs") continue;
    auto volume = volumes.name_of(mount);
    if (!volume)
      return tl::unexpected(
          std::move(volume.error()).in(context.file + ": services." + name + ".volumes"));
    Json one = {{"sourceVolume", *volume}, {"containerPath", target}};
    if (json_bool(mount, "readOnly")) one["readOnly"] = true;
    container["mountPoints"].push_back(std::move(one));
  }
  return {};
}

// In a network of its own a task has its containers' ports; what is to be at another one of this
// machine is told beside the definition.
void put_ports(const Context& context, const std::string& name, const Json& service,
               const std::string& network_mode, Json& container,
               std::vector<PublishedPort>& publish) {
  const Json* ports = json_find(service, "ports");
  if (!ports) return;
  const bool own_ports = network_mode == "awsvpc" || network_mode == "host";
  for (const Json& port : *ports) {
    const int inside = static_cast<int>(json_int(port, "containerPort"));
    const int outside = static_cast<int>(json_int(port, "hostPort"));
    const std::string address = json_string(port, "address"),
                      protocol = json_string(port, "protocol", "tcp");
    Json one = {{"containerPort", inside}};
    if (outside != 0 && (!own_ports || outside == inside)) one["hostPort"] = outside;
    one["protocol"] = protocol;
    container["portMappings"].push_back(std::move(one));
    const std::string path = "services." + name + ".ports";
    if (network_mode == "awsvpc" && outside != 0 && (outside != inside || !address.empty()))
      publish.push_back({name, address, outside, inside, protocol});
    else if (!address.empty())
      note(context, path, "the address " + address + " is ignored: a port mapping has none");
    if (own_ports && outside != 0 && outside != inside)
      note(context, path,
           "in network mode " + network_mode + " the port is " + std::to_string(inside) + ", not " +
               std::to_string(outside));
  }
}

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
  Volumes volumes(project, configured);
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
