#include "taskdef/compose/service.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace drydock::taskdef::compose {
namespace {

using Reader = Status (*)(const Context&, const Yaml&, const std::string& path, Json& out);

// The kinds of values.
Status put_text(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, text_at(c, node, path));
  return {};
}
Status put_flag(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, flag_at(c, node, path));
  return {};
}
Status put_number(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, number_at(c, node, path));
  return {};
}
Status put_mib(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, mib_at(c, node, path));
  return {};
}
Status put_seconds(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, seconds_at(c, node, path));
  return {};
}
Status put_texts(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, texts_at(c, node, path));
  return {};
}
Status put_words(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(to, words_at(c, node, path));
  return {};
}

// A variable without a value has the caller's; one that he has not either is none.
Status put_variables(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(const auto pairs, pairs_at(c, node, path));
  to = Json::object();
  for (const Pair& pair : pairs) {
    const auto value = pair.value           ? pair.value
                       : c.options.variable ? c.options.variable(pair.name)
                                            : std::nullopt;
    if (value)
      to[pair.name] = *value;
    else
      note(c, path + "." + pair.name,
           "left out: it has no value here and is not set where Drydock runs");
  }
  return {};
}

struct Key {
  std::string_view name;    // in a Compose file
  std::string_view member;  // in a container definition; "a/b": b inside of a
  Reader read;
};

constexpr Key kKeys[] = {
    {"image", "image", put_text},
    {"command", "command", put_words},
    {"entrypoint", "entryPoint", put_words},
    {"environment", "environment", put_variables},
    {"env_file", "envFiles", read_env_files},
    {"working_dir", "workingDirectory", put_text},
    {"user", "user", put_text},
    {"hostname", "hostname", put_text},
    {"links", "links", put_texts},
    {"ports", "ports", read_ports},
    {"volumes", "mounts", read_mounts},
    {"volumes_from", "volumesFrom", read_volumes_from},
    {"labels", "dockerLabels", read_pairs},
    {"logging", "logConfiguration", read_logging},
    {"log_driver", "logConfiguration/logDriver", put_text},
    {"log_opt", "logConfiguration/options", read_pairs},
    {"dns", "dnsServers", put_texts},
    {"dns_search", "dnsSearchDomains", put_texts},
    {"extra_hosts", "extraHosts", read_hosts},
    {"devices", "devices", read_devices},
    {"cap_add", "capabilities/add", put_texts},
    {"cap_drop", "capabilities/drop", put_texts},
    {"privileged", "privileged", put_flag},
    {"read_only", "readonlyRootFilesystem", put_flag},
    {"security_opt", "dockerSecurityOptions", put_texts},
    {"tmpfs", "tmpfs", read_tmpfs},
    {"tty", "pseudoTerminal", put_flag},
    {"stdin_open", "interactive", put_flag},
    {"shm_size", "sharedMemorySize", put_mib},
    {"init", "initProcessEnabled", put_flag},
    {"ulimits", "ulimits", read_limits},
    {"sysctls", "systemControls", read_pairs},
    {"healthcheck", "healthCheck", read_health},
    {"stop_grace_period", "stopTimeout", put_seconds},
    {"cpu_shares", "cpu", put_number},
    {"mem_limit", "memory", put_mib},
    {"mem_reservation", "memoryReservation", put_mib},
    {"depends_on", "dependsOn", read_dependencies},
};

// What is left out, with why, when there is more to say than that ECS has no place for it.
struct Skipped {
  std::string_view name;
  std::string_view why;
};
constexpr Skipped kSkipped[] = {
    {"build", "images are not built: build it, load it with `drydock load` and name it with image"},
    {"deploy", "write sizes in ecs-params.yml; the number of tasks is a service's"},
    {"restart", "a task stops when an essential container exits; services start a new one"},
    {"networks", "all containers of a task share the task's network"},
    {"network_mode", "write ecs_network_mode in ecs-params.yml"},
    {"container_name", "a container is called as its service"},
    {"expose", "containers of a task reach all ports of each other"},
    {"secrets", "write secrets in ecs-params.yml"},
    {"pid", "write pid_mode in ecs-params.yml"},
    {"ipc", "write ipc_mode in ecs-params.yml"},
};

std::string_view why_skipped(std::string_view key) {
  for (const Skipped& one : kSkipped)
    if (one.name == key) return one.why;
  return "ECS has no place for it";
}

Json& member_of(Json& service, std::string_view member) {
  const std::size_t slash = member.find('/');
  Json& first = service[std::string(member.substr(0, slash))];
  return slash == std::string_view::npos ? first : first[std::string(member.substr(slash + 1))];
}

void append_new(Json& list, const Json& more) {
  for (const Json& item : more)
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// Keys that are read elsewhere (project.cc).
bool read_elsewhere(std::string_view key) {
  return key == "extends" || key == "profiles" || key.starts_with("x-");
}

}  // namespace

Result<Json> read_service(const Context& context, const std::string& name, const Yaml& service) {
  const std::string path = "services." + name;
  if (!service.is_map())
    return fail_at(context, service, path,
                   "expected a map with image, found " + std::string(kind_name(service)));
  Json out = Json::object();
  for (const auto& [key, value] : service.members) {
    if (read_elsewhere(key)) continue;
    const auto* known = std::find_if(std::begin(kKeys), std::end(kKeys),
                                     [&key = key](const Key& k) { return k.name == key; });
    const std::string here = path + "." + key;
    if (known == std::end(kKeys)) {
      note(context, here, "ignored: " + std::string(why_skipped(key)));
    } else if (!value.is_null()) {
      if (!value.tag.empty())
        return fail_at(context, value, here, "the tag " + value.tag + " is not supported");
      DRYDOCK_TRY(known->read(context, value, here, member_of(out, known->member)));
    }
  }
  return out;
}

Json merged_service(Json base, const Json& over) {
  for (const auto& [key, value] : over.items()) {
    Json& to = base[key];
    const bool command = key == "command" || key == "entryPoint";
    const bool other_driver = key == "logConfiguration" && to.is_object() &&
                              value.contains("logDriver") &&
                              json_string(to, "logDriver") != json_string(value, "logDriver");
    if (to.is_object() && value.is_object() && !other_driver) {
      if (key == "mounts")
        to.update(value);
      else
        to = merged_service(to, value);
    } else if (to.is_array() && value.is_array() && !command) {
      append_new(to, value);
    } else {
      to = value;
    }
  }
  return base;
}

}  // namespace drydock::taskdef::compose
