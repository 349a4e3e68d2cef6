#include <nlohmann/json.hpp>

#include "cli/lookup.h"
#include "cli/session.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

const Json& networks_of(const Json& task) {
  static const Json kNone = Json::array();
  const Json* local = json_find(task, "local");
  const Json* list = local ? json_find(*local, "networks") : nullptr;
  return list && list->is_array() ? *list : kNone;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string names_of(const Json& list) {
  std::string out;
  for (const Json& one : list.is_array() ? list : Json::array())
    if (one.is_string()) out += (out.empty() ? "" : ",") + one.get<std::string>();
  return out;
}

// A task's networks, each with the task it belongs to.
Json described(const Json& task) {
  Json out = Json::array();
  for (const Json& network : networks_of(task)) {
    Json one = {{"task", task_id(task)},
                {"taskDefinition", task_definition(task)},
                {"lastStatus", json_string(task, "lastStatus")}};
    one.update(network);
    Json ports = Json::array();
    const Json* local = json_find(task, "local");
    const Json* containers = local ? json_find(*local, "containers") : nullptr;
    for (const Json& c : containers && containers->is_array() ? *containers : Json::array()) {
      const Json* published = json_find(c, "ports");
      const std::string name = json_string(c, "name");
      const Json* members = json_find(network, "containers");
      if (!published || !members ||
          std::find(members->begin(), members->end(), Json(name)) == members->end())
        continue;
      for (Json port : *published) {
        port["container"] = name;
        ports.push_back(std::move(port));
      }
    }
    one["ports"] = std::move(ports);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

int execute(Session& session, const NetworkListOptions&) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto status = client->get("status");
  const auto answer = client->get("tasks");
  if (!status) return session.failed(status.error());
  if (!answer) return session.failed(answer.error());
  Json all = Json::array();
  if (const Json* tasks = json_find(*answer, "tasks"))
    for (const Json& task : *tasks)
      for (Json& one : described(task)) all.push_back(std::move(one));
  const std::string subnet = json_string(*status, "subnet");
  if (session.common.json)
    return session.print_json(Json{{"subnet", subnet}, {"networks", std::move(all)}});
  std::vector<std::vector<std::string>> rows = {
      {"TASK", "TASKDEFINITION", "MODE", "ADDRESS", "NAMESPACE", "CONTAINERS"}};
  for (const Json& one : all) {
    const std::string address = json_string(one, "address");
    const Json* members = json_find(one, "containers");
    rows.push_back({json_string(one, "task").substr(0, kShortId),
                    json_string(one, "taskDefinition"), json_string(one, "mode"),
                    address.empty() ? "-" : address + "/" + std::to_string(json_int(one, "prefix")),
                    or_dash(json_string(one, "namespace")), members ? names_of(*members) : ""});
  }
  if (session.common.quiet) {
    for (const Json& one : all) session.out.line(json_string(one, "task"));
    return 0;
  }
  session.out.write(table(rows));
  session.note("subnet " + subnet);
  return 0;
}

int execute(Session& session, const NetworkInspectOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Json all = Json::array();
  for (const auto& name : options.tasks) {
    const auto task = look_up(*client, name, Several::kRefuse);
    if (!task) return session.failed(task.error());
    for (Json& one : described(*task)) all.push_back(std::move(one));
  }
  return session.print_json(Json{{"networks", std::move(all)}});
}

}  // namespace drydock::cli
