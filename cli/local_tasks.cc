#include "cli/local_tasks.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

constexpr std::size_t kTagValue = 256;
constexpr std::size_t kId = 12;

const Json& list_of(const Json& object, std::string_view key) {
  static const Json kNothing = Json::array();
  const Json* list = json_find(object, key);
  return list && list->is_array() ? *list : kNothing;
}

const Json& local_containers(const Json& task) {
  static const Json kNothing = Json::array();
  const Json* local = json_find(task, "local");
  return local ? list_of(*local, "containers") : kNothing;
}

// What both forms of `ps` show of a container.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct Row {
  std::string id, image, status, ports, name;
  Json local;
};

std::string image_of(const Json& task, const std::string& container) {
  for (const Json& one : list_of(task, "containers"))
    if (json_string(one, "name") == container) return json_string(one, "image");
  return {};
}

std::string port_text(const Json& port) {
  return json_string(port, "hostAddress") + ":" + std::to_string(json_int(port, "hostPort")) +
         "->" + std::to_string(json_int(port, "containerPort")) + "/" +
         json_string(port, "protocol", "tcp");
}

std::vector<Row> rows_of(const Json& task, Time now) {
  std::vector<Row> rows;
  for (const Json& local : local_containers(task)) {
    Row row;
    const std::string name = json_string(local, "name");
    row.image = image_of(task, name);
    row.id = sha256_hex(task_id(task) + "/" + name);
    row.status = docker_status(local, now);
    if (!is_stopped(task))
      for (const Json& port : list_of(local, "ports"))
        row.ports += (row.ports.empty() ? "" : ", ") + port_text(port);
    std::string definition = task_definition(task);
    for (char& c : definition)
      if (c == ':') c = '-';
    row.name = "/ecs-" + definition + "-" + name + "-" + short_task_id(task);
    row.local = local;
    rows.push_back(std::move(row));
  }
  return rows;
}

bool means(const Json& task, const LocalFilter& filter) {
  const std::string type = tag_of(task, kLocalType), value = tag_of(task, kLocalValue);
  if (type.empty()) return false;
  if (filter.all) return true;
  if (!filter.file.empty()) return type == "local" && value == tag_value(filter.file);
  if (filter.remote.empty()) return tag_of(task, kLocalFolder) == tag_value(filter.folder);
  const std::string definition = task_definition(task);
  const std::string wanted = filter.remote.substr(filter.remote.rfind('/') + 1);
  return type == "remote" && (value == tag_value(filter.remote) || definition == wanted ||
                              definition.substr(0, definition.rfind(':')) == wanted);
}

}  // namespace

std::string tag_value(const std::string& text) {
  std::string out = text.size() > kTagValue ? text.substr(text.size() - kTagValue) : text;
  for (char& c : out) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
    if (!fits) c = '_';
  }
  return out;
}

std::string tag_of(const Json& task, std::string_view key) {
  for (const Json& tag : list_of(task, "tags"))
    if (json_string(tag, "key") == key) return json_string(tag, "value");
  return {};
}

std::vector<Json> local_tasks(const Json& tasks, const LocalFilter& filter) {
  std::vector<Json> out;
  for (const Json& task : tasks)
    if (means(task, filter)) out.push_back(task);
  return out;
}

std::string docker_duration(Duration age) {
  const long long seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  const auto some = [](long long n, const char* unit) { return std::to_string(n) + " " + unit; };
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return some(seconds, "seconds");
  const long long minutes = seconds / 60, hours = (seconds + 1800) / 3600;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return some(minutes, "minutes");
  if (hours == 1) return "About an hour";
  if (hours < 48) return some(hours, "hours");
  if (hours < 336) return some(hours / 24, "days");
  if (hours < 1440) return some(hours / 24 / 7, "weeks");
  if (hours < 17520) return some(hours / 24 / 30, "months");
  return some(hours / 24 / 365, "years");
}

std::string docker_status(const Json& container, Time now) {
  const auto since = [&](const char* key) {
    const auto time = parse_rfc3339(json_string(container, key));
    return docker_duration(time && *time < now ? now - *time : Duration(0));
  };
  if (json_find(container, "finishedAt"))
    return "Exited (" + std::to_string(json_int(container, "exitCode")) + ") " +
           since("finishedAt") + " ago";
  if (json_string(container, "status") == "STOPPED") return "Dead";
  if (!json_find(container, "startedAt")) return "Created";
  std::string status = "Up " + since("startedAt");
  if (const Json* health = json_find(container, "health")) {
    const std::string word = json_string(*health, "status");
    status += word == "HEALTHY"     ? " (healthy)"
              : word == "UNHEALTHY" ? " (unhealthy)"
                                    : " (health: starting)";
  }
  return status;
}

std::vector<std::vector<std::string>> local_rows(const std::vector<Json>& tasks, Time now) {
  std::vector<std::vector<std::string>> rows = {
      {"CONTAINER ID", "IMAGE", "STATUS", "PORTS", "NAMES", "TASKDEFINITION"}};
  for (const Json& task : tasks)
    for (const Row& row : rows_of(task, now))
      rows.push_back({row.id.substr(0, kId), row.image, row.status, row.ports, row.name,
                      tag_of(task, kLocalValue)});
  return rows;
}

Json local_json(const std::vector<Json>& tasks, Time now) {
  Json all = Json::array();
  for (const Json& task : tasks) {
    for (const Row& row : rows_of(task, now)) {
      Json ports = Json::array();
      if (!is_stopped(task))
        for (const Json& port : list_of(row.local, "ports"))
          ports.push_back({{"IP", json_string(port, "hostAddress")},
                           {"PrivatePort", json_int(port, "containerPort")},
                           {"PublicPort", json_int(port, "hostPort")},
                           {"Type", json_string(port, "protocol", "tcp")}});
      const bool ended = row.local.contains("finishedAt"), begun = row.local.contains("startedAt");
      all.push_back(
          {{"Id", row.id},
           {"Names", Json::array({row.name})},
           {"Image", row.image},
           {"ImageID", json_string(row.local, "imageId")},
           {"State", ended   ? "exited"
                     : begun ? "running"
                             : "created"},
           {"Status", row.status},
           {"Ports", std::move(ports)},
           {"Labels",
            {{kLocalType, tag_of(task, kLocalType)}, {kLocalValue, tag_of(task, kLocalValue)}}}});
    }
  }
  return all;
}

}  // namespace drydock::cli
