#include "cli/ecs_rows.h"

#include <nlohmann/json.hpp>

#include "cli/tasks.h"

namespace drydock::cli {
namespace {

const Json& list_of(const Json& object, std::string_view key) {
  static const Json kNothing = Json::array();
  const Json* list = json_find(object, key);
  return list && list->is_array() ? *list : kNothing;
}

const Json& local_of(const Json& task) {
  static const Json kNothing = Json::object();
  const Json* local = json_find(task, "local");
  return local ? *local : kNothing;
}

std::string arrow(const std::string& address, long long outside, const Json& port) {
  return address + ":" + std::to_string(outside) + "->" +
         std::to_string(json_int(port, "containerPort")) + "/" +
         json_string(port, "protocol", "tcp");
}

// In a network of its own a container has its port at its own address; where it is published, there
// too.
std::string ports_of(const Json& task, const std::string& container) {
  std::string address;
  for (const Json& network : list_of(local_of(task), "networks"))
    for (const Json& name : list_of(network, "containers"))
      if (name == container && json_string(network, "mode") == "awsvpc")
        address = json_string(network, "address");
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const Json& local : list_of(local_of(task), "containers")) {
    if (json_string(local, "name") != container) continue;
    if (!address.empty())
      for (const Json& port : list_of(local, "mappedPorts"))
        add(arrow(address, json_int(port, "containerPort"), port));
    for (const Json& port : list_of(local, "ports"))
      add(arrow(json_string(port, "hostAddress"), json_int(port, "hostPort"), port));
  }
  return out;
}

std::string state_of(const Json& container) {
  std::string state = json_string(container, "lastStatus");
  if (state != "STOPPED") return state;
  if (json_find(container, "exitCode"))
    state += " ExitCode: " + std::to_string(json_int(container, "exitCode"));
  const std::string reason = json_string(container, "reason");
  return reason.empty() ? state : state + " Reason: " + reason;
}

std::string last_part(const std::string& text) { return text.substr(text.rfind('/') + 1); }

}  // namespace

std::vector<std::string> ecs_names(const Json& task) {
  const std::string arn = json_string(task, "taskArn");
  const std::string name = arn.substr(arn.find('/') + 1);
  std::vector<std::string> names;
  names.reserve(list_of(task, "containers").size());
  for (const Json& c : list_of(task, "containers"))
    names.push_back(name + "/" + json_string(c, "name"));
  return names;
}

std::vector<std::vector<std::string>> ecs_rows(const std::vector<Json>& tasks) {
  std::vector<std::vector<std::string>> rows = {
      {"Name", "State", "Ports", "TaskDefinition", "Health"}};
  for (const Json& task : tasks) {
    const auto names = ecs_names(task);
    const Json& containers = list_of(task, "containers");
    for (std::size_t i = 0; i < names.size(); ++i)
      rows.push_back({names[i], state_of(containers[i]),
                      is_stopped(task) ? "" : ports_of(task, json_string(containers[i], "name")),
                      task_definition(task),
                      json_string(containers[i], "healthStatus", "UNKNOWN")});
  }
  return rows;
}

std::vector<Json> ecs_tasks(const Json& tasks, const EcsFilter& filter) {
  std::vector<Json> out;
  for (const Json& task : tasks) {
    const std::string definition = task_definition(task), group = json_string(task, "group");
    const bool fits =
        (filter.cluster.empty() ||
         last_part(json_string(task, "clusterArn")) == last_part(filter.cluster)) &&
        (filter.family.empty() || definition.substr(0, definition.rfind(':')) == filter.family) &&
        (filter.service.empty() || group == "service:" + filter.service) &&
        !(filter.outside_services && group.starts_with("service:")) &&
        (filter.desired_status.empty() ||
         json_string(task, "desiredStatus") == filter.desired_status);
    if (fits) out.push_back(task);
  }
  return out;
}

}  // namespace drydock::cli
