#include "control/execute_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/words.h"
#include "control/managed_agents.h"

namespace drydock::control {
namespace {

constexpr const char* kNotEnabled =
    "The execute command failed because execute command was not enabled when the task was run or "
    "the execute command agent isn’t running. Wait and try again or run a new task with execute "
    "command enabled and try again.";

// The container the request names, or the only one.
Answer<const taskdef::ContainerDefinition*> container_of(const TaskRecord& record,
                                                         const std::string& name) {
  const auto& all = record.spec->definition.containers;
  if (name.empty() && all.size() == 1) return &all.front();
  std::string names;
  for (const auto& one : all) {
    if (one.name == name) return &one;
    names += (names.empty() ? "" : ", ") + one.name;
  }
  return invalid_parameter(name.empty()
                               ? "container can not be blank: the task has several (" + names + ")."
                               : "The container '" + name.substr(0, 255) +
                                     "' was not found in the task; it has " + names + ".");
}

}  // namespace

Answer<Json> ExecuteCommand::execute(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  if (!json_bool(request, "interactive"))
    return invalid_parameter("Interactive is the only mode supported currently.");
  const TaskRecord* record = tasks_.find(caller, cluster.arn, json_string(request, "task"));
  if (!record) return invalid_parameter("The referenced task was not found.");
  DRYDOCK_LET(const auto* const container,
              container_of(*record, json_string(request, "container")));
  const auto command = split_words(json_string(request, "command"));
  if (!command || command->empty())
    return invalid_parameter(
        "command: " + (command ? "it holds no word" : command.error().message) + ".");
  const auto view = tasks_.view(record->spec->task_id);
  const auto at = std::find_if(view->containers.begin(), view->containers.end(),
                               [&](const auto& c) { return c.name == container->name; });
  const auto* const seen = at == view->containers.end() ? nullptr : &*at;
  if (exec_agent_status(*record, *container, seen) != "RUNNING")
    return invalid_parameter(kNotEnabled);
  DRYDOCK_LET(Json session,
              session_for(caller, {record->spec->task_id, container->name, *command}));
  return Json{{"clusterArn", cluster.arn},
              {"containerArn", record->spec->container_arns.at(container->name)},
              {"containerName", container->name},
              {"interactive", true},
              {"session", std::move(session)},
              {"taskArn", record->spec->task_arn}};
}

Answer<Json> ExecuteCommand::session_for(const Caller& caller, ExecTicket ticket) {
  const std::string& endpoint = caller.endpoint.empty() ? endpoint_ : caller.endpoint;
  if (endpoint.empty())
    return refuse("TargetNotConnectedException",
                  "The execute command failed: this daemon has no TCP endpoint (--listen none) "
                  "where a session could be opened. Use drydock exec.");
  std::erase_if(sessions_, [](const auto& s) { return s.second.made_at + kOpenWithin < now(); });
  if (sessions_.size() >= kMostUnopened)
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.made_at < b.second.made_at; }));
  const std::string id = "ecs-execute-command-" + random_hex(9).substr(0, 17);
  const std::string token = random_hex(32);
  sessions_[id] = {std::move(ticket), token, now()};
  return Json{
      {"sessionId", id},
      {"streamUrl", "ws://" + endpoint + "/v1/data-channel/" + id + "?role=publish_subscribe"},
      {"tokenValue", token}};
}

std::optional<ExecTicket> ExecuteCommand::redeem(const std::string& session_id,
                                                 const std::string& token) {
  const auto at = sessions_.find(session_id);
  if (at == sessions_.end()) return std::nullopt;
  const Session session = std::move(at->second);
  sessions_.erase(at);
  if (session.token != token || session.made_at + kOpenWithin < now()) return std::nullopt;
  return session.ticket;
}

}  // namespace drydock::control
