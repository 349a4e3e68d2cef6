#include "taskdef/compose/task.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::taskdef::compose {

Volumes::Volumes(const Json& configured, bool declared)
    : configured_(configured), declared_(declared), list_{Json::array()} {}

Volumes::~Volumes() = default;

const Json& Volumes::list() const { return list_.front(); }

bool Volumes::has(const std::string& name) const {
  return std::any_of(list().begin(), list().end(),
                     [&](const Json& v) { return json_string(v, "name") == name; });
}

void Volumes::add(const std::string& name) {
  if (has(name)) return;
  Json one = {{"name", name}};
  if (const Json* members = json_find(configured_, name)) one.update(*members);
  list_.front().push_back(std::move(one));
}

void Volumes::add_known(const Json& volume) { list_.front().push_back(volume); }

Result<std::string> Volumes::name_of(const Json& mount) {
  const std::string source = json_string(mount, "source");
  if (json_string(mount, "type") == "bind") return bind(source);
  if (source.empty()) return fresh();
  if (!has(source) && declared_)
    return fail(Errc::kInvalid, "the volume \"" + source +
                                    "\" is not declared; add it to volumes at the top of the file");
  add(source);
  return source;
}

std::string Volumes::fresh() {
  std::string name;
  do {
    name = "volume-" + std::to_string(next_++);
  } while (has(name));
  add(name);
  return name;
}

std::string Volumes::bind(const std::string& path) {
  for (const Json& volume : list())
    if (const Json* host = json_find(volume, "host"))
      if (json_string(*host, "sourcePath") == path) return json_string(volume, "name");
  std::string name = fresh();
  list_.front().back()["host"] = {{"sourcePath", path}};
  return name;
}

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

}  // namespace drydock::taskdef::compose
