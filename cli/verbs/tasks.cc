#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/lookup.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

Status stop_tasks(Session& session, const StopOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  std::vector<Json> tasks;
  for (const auto& name : options.tasks) {
    DRYDOCK_LET(Json task, look_up(client, name, Several::kNewestStopped));
    tasks.push_back(std::move(task));
  }
  // All are asked before the first is waited for, so that they stop side by side.
  Json body = {{"now", options.now}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  for (const auto& task : tasks) {
    if (is_stopped(task)) continue;
    DRYDOCK_TRY(client.post("tasks/" + task_id(task) + "/stop", body));
  }
  for (const auto& task : tasks) {
    if (!is_stopped(task)) DRYDOCK_TRY(follow(client, task, is_stopped));
    session.out.line(task_id(task));
  }
  return {};
}

Status forget_tasks(Session& session, const RmOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  for (const auto& name : options.tasks) {
    DRYDOCK_LET(const Json task, look_up(client, name, Several::kRefuse));
    if (!is_stopped(task))
      return fail(Errc::kBusy, "task " + task_id(task) + " of " + task_definition(task) + " is " +
                                   json_string(task, "lastStatus") +
                                   ", not STOPPED; stop it first: drydock stop " +
                                   short_task_id(task));
    DRYDOCK_TRY(client.remove("tasks/" + task_id(task)));
    session.out.line(task_id(task));
  }
  return {};
}

// The variables a container was started with, from its bundle; absent when this user may not read
// it.
void add_environment(Json& local) {
  if (!local.contains("containers")) return;
  for (auto& c : local["containers"]) {
    const auto text = read_file(json_string(c, "bundle") + "/config.json", 8u << 20);
    const auto config = text ? parse_json(*text) : fail(Errc::kNotFound, "");
    if (!config) continue;
    const Json* process = json_find(*config, "process");
    const Json* environment = process ? json_find(*process, "env") : nullptr;
    if (environment && environment->is_array()) c["environment"] = *environment;
  }
}

// What a definition calls a secret is masked, wherever its value came from.
void mask_secrets(const Client& client, const Json& task, Json& local) {
  const auto answer = client.api("DescribeTaskDefinition",
                                 Json{{"taskDefinition", json_string(task, "taskDefinitionArn")}});
  const Json* definition = answer ? json_find(*answer, "taskDefinition") : nullptr;
  const Json* containers = definition ? json_find(*definition, "containerDefinitions") : nullptr;
  if (!local.contains("containers")) return;
  for (auto& c : local["containers"]) {
    if (!c.contains("environment")) continue;
    for (auto& variable : c["environment"]) {
      if (!variable.is_string()) continue;
      const std::string name =
          variable.get<std::string>().substr(0, variable.get<std::string>().find('='));
      bool secret =
          containers == nullptr;  // without the definition nobody knows which are: mask all
      for (const auto& d : containers ? *containers : Json::array())
        if (const Json* secrets = json_string(d, "name") == json_string(c, "name")
                                      ? json_find(d, "secrets")
                                      : nullptr)
          for (const auto& s : *secrets) secret = secret || json_string(s, "name") == name;
      if (secret) variable = name + "=********";
    }
  }
}

Result<Json> described(Session& session, const DescribeOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  DRYDOCK_LET(const Json task, look_up(client, options.task, Several::kNewestStopped));
  Json input = {{"tasks", {json_string(task, "taskArn")}},
                {"cluster", json_string(task, "clusterArn")},
                {"include", {"TAGS"}}};
  DRYDOCK_LET(Json answer, client.api("DescribeTasks", input));
  if (options.local && answer.contains("tasks") && !answer["tasks"].empty()) {
    Json local = task.contains("local") ? task["local"] : Json::object();
    add_environment(local);
    mask_secrets(client, task, local);
    answer["tasks"][0]["local"] = std::move(local);
  }
  return answer;
}

}  // namespace

int execute(Session& session, const StopOptions& options) {
  const auto done = stop_tasks(session, options);
  return done ? 0 : session.failed(done.error());
}

int execute(Session& session, const RmOptions& options) {
  const auto done = forget_tasks(session, options);
  return done ? 0 : session.failed(done.error());
}

int execute(Session& session, const DescribeOptions& options) {
  const auto answer = described(session, options);
  return answer ? session.print_json(*answer) : session.failed(answer.error());
}

}  // namespace drydock::cli
