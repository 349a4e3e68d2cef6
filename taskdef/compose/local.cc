#include "taskdef/compose/local.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::taskdef::compose {
namespace {

constexpr const char* kCredentials = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kMetadata = "ECS_CONTAINER_METADATA_URI";
constexpr const char* kMetadataUri = "http://169.254.170.2/v3";
constexpr const char* kNetwork = "ecs-local-network";

const Json& list_of(const Json& object, std::string_view key) {
  static const Json kNothing = Json::array();
  const Json* list = json_find(object, key);
  return list && list->is_array() ? *list : kNothing;
}

// Compose would take a dollar sign for a variable's.
Json plain(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(plain(item));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) out[key] = plain(member);
    return out;
  }
  if (!value.is_string()) return value;
  std::string text;
  for (const char c : value.get<std::string>()) text += c == '$' ? "$$" : std::string(1, c);
  return text;
}

std::string role_name(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

Json variables(const Json& container, const std::string& credentials) {
  Json out = Json::object();
  for (const Json& one : list_of(container, "environment"))
    out[json_string(one, "name")] = plain(json_string(one, "value"));
  for (const Json& one : list_of(container, "secrets")) {
    const std::string name = json_string(one, "name");
    out[name] = "${" + json_string(container, "name") + "_" + name + "}";
  }
  out[kCredentials] = credentials;
  out[kMetadata] = kMetadataUri;
  return out;
}

Json labels(const Json& container, const LocalSource& source) {
  Json out = Json::object();
  if (const Json* own = json_find(container, "dockerLabels")) out = plain(*own);
  out[kSourceType] = source.type;
  out[kSourceValue] = plain(source.value);
  for (const Json& one : list_of(container, "secrets"))
    out[kSecretLabel + json_string(one, "name")] = plain(json_string(one, "valueFrom"));
  return out;
}

Json mounts(const Json& definition, const Json& container, Json& volumes) {
  Json out = Json::array();
  for (const Json& point : list_of(container, "mountPoints")) {
    const std::string name = json_string(point, "sourceVolume");
    Json one = {
        {"type", "volume"}, {"source", name}, {"target", json_string(point, "containerPath")}};
    for (const Json& volume : list_of(definition, "volumes")) {
      const Json* host = json_find(volume, "host");
      const std::string path = host ? json_string(*host, "sourcePath") : "";
      if (json_string(volume, "name") != name || path.empty()) continue;
      one["type"] = "bind";
      one["source"] = plain(path);
    }
    if (one["type"] == "volume") volumes[name] = nullptr;
    if (json_bool(point, "readOnly")) one["read_only"] = true;
    out.push_back(std::move(one));
  }
  return out;
}

Json ports(const Json& container) {
  Json out = Json::array();
  for (const Json& mapping : list_of(container, "portMappings")) {
    Json one = {{"target", json_int(mapping, "containerPort")}};
    if (const long long host = json_int(mapping, "hostPort"); host != 0) one["published"] = host;
    one["protocol"] = json_string(mapping, "protocol", "tcp");
    out.push_back(std::move(one));
  }
  return out;
}

Json health(const Json& check) {
  Json out = {{"test", plain(list_of(check, "command"))}};
  for (const char* key : {"interval", "timeout"})
    if (check.contains(key)) out[key] = std::to_string(json_int(check, key)) + "s";
  if (check.contains("retries")) out["retries"] = json_int(check, "retries");
  if (check.contains("startPeriod"))
    out["start_period"] = std::to_string(json_int(check, "startPeriod")) + "s";
  return out;
}

void linux_parameters(const Json& container, Json& service) {
  const Json* parameters = json_find(container, "linuxParameters");
  if (!parameters) return;
  if (const Json* capabilities = json_find(*parameters, "capabilities")) {
    for (const char* kind : {"add", "drop"})
      if (!list_of(*capabilities, kind).empty())
        service[std::string("cap_") + kind] = list_of(*capabilities, kind);
  }
  for (const Json& device : list_of(*parameters, "devices")) {
    std::string text = json_string(device, "hostPath") + ":" +
                       json_string(device, "containerPath", json_string(device, "hostPath"));
    std::string letters;
    for (const Json& permission : list_of(device, "permissions"))
      letters += permission == "mknod" ? 'm' : permission.get<std::string>()[0];
    service["devices"].push_back(plain(letters.empty() ? text : text + ":" + letters));
  }
  if (json_bool(*parameters, "initProcessEnabled")) service["init"] = true;
  if (const long long mib = json_int(*parameters, "sharedMemorySize"); mib > 0)
    service["shm_size"] = std::to_string(mib) + "m";
  for (const Json& tmpfs : list_of(*parameters, "tmpfs")) {
    std::string text = json_string(tmpfs, "containerPath") +
                       ":size=" + std::to_string(json_int(tmpfs, "size")) + "m";
    for (const Json& option : list_of(tmpfs, "mountOptions"))
      text += "," + option.get<std::string>();
    service["tmpfs"].push_back(plain(text));
  }
}

struct Renamed {
  const char* from;
  const char* to;
};
constexpr Renamed kSame[] = {
    {"image", "image"},
    {"command", "command"},
    {"entryPoint", "entrypoint"},
    {"user", "user"},
    {"workingDirectory", "working_dir"},
    {"hostname", "hostname"},
    {"links", "links"},
    {"dnsServers", "dns"},
    {"dnsSearchDomains", "dns_search"},
    {"privileged", "privileged"},
    {"readonlyRootFilesystem", "read_only"},
    {"interactive", "stdin_open"},
    {"pseudoTerminal", "tty"},
    {"dockerSecurityOptions", "security_opt"},
};

// What the files of ecs-cli have no place for.
constexpr const char* kLostOfTask[] = {"cpu",
                                       "memory",
                                       "proxyConfiguration",
                                       "runtimePlatform",
                                       "ephemeralStorage",
                                       "placementConstraints"};
constexpr const char* kLostOfContainer[] = {"cpu",
                                            "memory",
                                            "memoryReservation",
                                            "dependsOn",
                                            "startTimeout",
                                            "stopTimeout",
                                            "restartPolicy",
                                            "volumesFrom",
                                            "environmentFiles",
                                            "firelensConfiguration",
                                            "repositoryCredentials",
                                            "resourceRequirements"};

template <std::size_t N>
void note_lost(const Json& object, const std::string& path, const char* const (&keys)[N],
               std::vector<Note>& notes) {
  for (const char* key : keys) {
    const Json* value = json_find(object, key);
    if (value && !(value->is_structured() && value->empty()) && *value != 0)
      notes.push_back({path + key, "is not in the Compose file, which has no place for it"});
  }
}

Json service_of(const Json& definition, const Json& container, const LocalSource& source,
                Json& volumes) {
  Json service = Json::object();
  for (const auto& [from, to] : kSame)
    if (const Json* value = json_find(container, from);
        value && !(value->is_structured() && value->empty()) && *value != false)
      service[to] = plain(*value);
  const std::string role = role_name(json_string(definition, "taskRoleArn"));
  service["environment"] =
      variables(container, source.use_role && !role.empty() ? "/role/" + role : "/creds");
  service["labels"] = labels(container, source);
  if (Json list = ports(container); !list.empty()) service["ports"] = std::move(list);
  if (Json list = mounts(definition, container, volumes); !list.empty())
    service["volumes"] = std::move(list);
  for (const Json& host : list_of(container, "extraHosts"))
    service["extra_hosts"].push_back(json_string(host, "hostname") + ":" +
                                     json_string(host, "ipAddress"));
  for (const Json& limit : list_of(container, "ulimits"))
    service["ulimits"][json_string(limit, "name")] = {{"soft", json_int(limit, "softLimit")},
                                                      {"hard", json_int(limit, "hardLimit")}};
  for (const Json& control : list_of(container, "systemControls"))
    service["sysctls"][json_string(control, "namespace")] = plain(json_string(control, "value"));
  linux_parameters(container, service);
  if (const Json* check = json_find(container, "healthCheck");
      check && !list_of(*check, "command").empty())
    service["healthcheck"] = health(*check);
  if (const Json* logging = json_find(container, "logConfiguration")) {
    service["logging"] = {{"driver", json_string(*logging, "logDriver")}};
    if (const Json* options = json_find(*logging, "options"); options && !options->empty())
      service["logging"]["options"] = plain(*options);
  }
  if (json_string(definition, "pidMode") == "host") service["pid"] = "host";
  const std::string ipc = json_string(definition, "ipcMode");
  if (ipc == "host" || ipc == "none") service["ipc"] = ipc;
  service["networks"] = {{kNetwork, nullptr}};
  return service;
}

}  // namespace

Json local_compose(const Json& definition, const LocalSource& source, std::vector<Note>& notes) {
  Json services = Json::object(), volumes = Json::object();
  note_lost(definition, "", kLostOfTask, notes);
  for (std::size_t i = 0; i < list_of(definition, "containerDefinitions").size(); ++i) {
    const Json& container = list_of(definition, "containerDefinitions")[i];
    note_lost(container, "containerDefinitions[" + std::to_string(i) + "].", kLostOfContainer,
              notes);
    services[json_string(container, "name")] = service_of(definition, container, source, volumes);
  }
  Json out = {{"version", "3.4"}, {"services", std::move(services)}};
  if (!volumes.empty()) out["volumes"] = std::move(volumes);
  out["networks"] = {{kNetwork, {{"external", true}}}};
  return out;
}

Json local_override(const Json& definition) {
  Json services = Json::object();
  for (const Json& container : list_of(definition, "containerDefinitions"))
    services[json_string(container, "name")] = {{"logging", {{"driver", "json-file"}}}};
  return {{"version", "3.4"}, {"services", std::move(services)}};
}

LocalSource local_source(const Json& request) {
  for (const Json& container : list_of(request, "containerDefinitions"))
    if (const Json* own = json_find(container, "dockerLabels"); own && own->contains(kSourceValue))
      return {json_string(*own, kSourceType), json_string(*own, kSourceValue)};
  return {};
}

void restore_local(Json& request, std::vector<Note>& notes) {
  const auto drop_notes = [&notes](auto matches) {
    notes.erase(std::remove_if(notes.begin(), notes.end(), matches), notes.end());
  };
  drop_notes([](const Note& n) { return n.path == "networks" || n.path.ends_with(".networks"); });
  bool secret = false;
  for (Json& container : request["containerDefinitions"]) {
    Json variables_left = Json::array(), secrets = Json::array(), labels_left = Json::object();
    const Json* own = json_find(container, "dockerLabels");
    const Json nothing = Json::object();
    for (const auto& [key, value] : (own ? *own : nothing).items()) {
      if (key.starts_with(kSecretLabel))
        secrets.push_back(
            {{"name", key.substr(std::string(kSecretLabel).size())}, {"valueFrom", value}});
      else
        labels_left[key] = value;
    }
    for (const Json& one : list_of(container, "environment")) {
      const std::string name = json_string(one, "name"), value = json_string(one, "value");
      if (name == kCredentials && value.starts_with("/role/") && !request.contains("taskRoleArn"))
        request["taskRoleArn"] = value.substr(6);
      const bool ours =
          (name == kMetadata && value == kMetadataUri) ||
          (name == kCredentials && (value == "/creds" || value.starts_with("/role/")));
      const bool is_secret = std::any_of(secrets.begin(), secrets.end(), [&](const Json& s) {
        return json_string(s, "name") == name;
      });
      if (!ours && !is_secret) variables_left.push_back(one);
    }
    container["environment"] = std::move(variables_left);
    if (own) container["dockerLabels"] = std::move(labels_left);
    for (const Json& one : secrets) {
      const std::string unset =
          "the variable " + json_string(container, "name") + "_" + json_string(one, "name") + " ";
      drop_notes([&](const Note& n) { return n.text.starts_with(unset); });
    }
    secret = secret || !secrets.empty();
    if (!secrets.empty()) container["secrets"] = std::move(secrets);
  }
  if (secret && !request.contains("executionRoleArn"))
    request["executionRoleArn"] = "ecsTaskExecutionRole";
}

}  // namespace drydock::taskdef::compose
