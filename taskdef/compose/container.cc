#include "taskdef/compose/container.h"

#include <nlohmann/json.hpp>

namespace drydock::taskdef::compose {
namespace {

Json object_list(const Json& object, const char* key, const char* value) {
  Json list = Json::array();
  for (const auto& [name, text] : object.items()) list.push_back({{key, name}, {value, text}});
  return list;
}

// {name: {…}} as [{<key>: name, …}].
Json named_list(const Json& object, const char* key) {
  Json list = Json::array();
  for (const auto& [name, members] : object.items()) {
    Json one = {{key, name}};
    one.update(members);
    list.push_back(std::move(one));
  }
  return list;
}

// The variables of env_file, later files over earlier ones, and `environment` over all.
Result<Json> environment(const Context& context, const Json& service) {
  Json all = Json::object();
  const Json* files = json_find(service, "envFiles");
  for (const Json& file : files ? *files : Json::array()) {
    const std::string path = json_string(file, "path");
    auto text = context.options.read_file
                    ? context.options.read_file(path)
                    : Result<std::string>(fail(Errc::kInvalid, "no other file can be read here"));
    if (!text && text.error().code == Errc::kNotFound && !json_bool(file, "required", true))
      continue;
    if (!text)
      return tl::unexpected(
          std::move(text.error()).in(json_string(file, "place") + ": env_file " + path));
    auto variables = parse_env_text(*text, context.options.variable);
    if (!variables) return tl::unexpected(std::move(variables.error()).in(path));
    for (auto& [name, value] : *variables) all[name] = std::move(value);
  }
  if (const Json* own = json_find(service, "environment")) all.update(*own);
  return all;
}

Json linux_parameters(const Json& service) {
  Json out = Json::object();
  for (const char* key : {"capabilities", "initProcessEnabled", "sharedMemorySize"})
    if (const Json* value = json_find(service, key)) out[key] = *value;
  if (const Json* devices = json_find(service, "devices"))
    for (const auto& [target, device] : devices->items()) {
      Json one = {{"hostPath", json_string(device, "hostPath")}, {"containerPath", target}};
      if (const Json* permissions = json_find(device, "permissions"))
        one["permissions"] = *permissions;
      out["devices"].push_back(std::move(one));
    }
  Json tmpfs = json_find(service, "tmpfs") ? service["tmpfs"] : Json::object();
  if (const Json* mounts = json_find(service, "mounts"))
    for (const auto& [target, mount] : mounts->items())
      if (json_string(mount, "type") == "tmpfs")
        tmpfs[target] = {
            {"size", json_int(mount, "size")},
            {"mountOptions", json_bool(mount, "readOnly") ? Json::array({"ro"}) : Json::array()}};
  if (!tmpfs.empty()) out["tmpfs"] = named_list(tmpfs, "containerPath");
  return out;
}

Json hosts(const Json& service) {
  Json list = Json::array();
  for (const auto& [key, entry] : service.items()) list.push_back(entry);
  return list;
}

}  // namespace

Result<Json> container_definition(const Context& context, const std::string& name,
                                  const Json& service) {
  if (json_string(service, "image").empty())
    return fail(Errc::kInvalid,
                context.file + ": services." + name +
                    ": it has no image, and images are not built here: build it, load it with "
                    "`drydock load` and name it with image");
  Json out = {{"name", name}};
  const auto copy = [&](std::initializer_list<const char*> keys) {
    for (const char* key : keys)
      if (const Json* value = json_find(service, key)) out[key] = *value;
  };
  const auto put = [&](const char* from, const char* to, auto made) {
    if (const Json* value = json_find(service, from); value && !value->empty())
      out[to] = made(*value);
  };
  copy({"image", "repositoryCredentials", "cpu", "memory", "memoryReservation", "links"});
  out["essential"] = json_bool(service, "essential", true);
  copy({"entryPoint", "command"});
  DRYDOCK_LET(const Json variables, environment(context, service));
  if (!variables.empty()) out["environment"] = object_list(variables, "name", "value");
  copy({"volumesFrom"});
  if (Json parameters = linux_parameters(service); !parameters.empty())
    out["linuxParameters"] = std::move(parameters);
  copy({"secrets"});
  put("dependsOn", "dependsOn",
      [](const Json& v) { return object_list(v, "containerName", "condition"); });
  copy({"stopTimeout", "hostname", "user", "workingDirectory", "privileged",
        "readonlyRootFilesystem", "dnsServers", "dnsSearchDomains"});
  put("extraHosts", "extraHosts", hosts);
  copy({"dockerSecurityOptions", "interactive", "pseudoTerminal", "dockerLabels"});
  put("ulimits", "ulimits", [](const Json& v) { return named_list(v, "name"); });
  if (const Json* logging = json_find(service, "logConfiguration")) {
    // Options alone are those of Docker's own driver.
    Json& to =
        out["logConfiguration"] = {{"logDriver", json_string(*logging, "logDriver", "json-file")}};
    for (const char* key : {"options", "secretOptions"})
      if (const Json* value = json_find(*logging, key)) to[key] = *value;
  }
  if (const Json* check = json_find(service, "healthCheck");
      check && json_find(*check, "command") && (*check)["command"] != Json::array({"NONE"}))
    out["healthCheck"] = *check;
  put("systemControls", "systemControls",
      [](const Json& v) { return object_list(v, "namespace", "value"); });
  copy({"resourceRequirements", "firelensConfiguration"});
  return out;
}

}  // namespace drydock::taskdef::compose
