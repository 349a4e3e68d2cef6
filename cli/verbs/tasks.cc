#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "cli/lookup.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

// What is wrong with one of several tasks does not keep the others from their end; it is said, and
// is the verb's end.
int stop_tasks(Session& session, const Client& client, const std::vector<std::string>& names,
               const std::string& how, const Json& body) {
  int exit_code = 0;
  const auto failed = [&](const Error& error) { exit_code = session.failed(error); };
  std::vector<Json> tasks;
  for (const auto& name : names) {
    auto task = look_up(client, name, Several::kNewestStopped);
    if (task)
      tasks.push_back(std::move(*task));
    else
      failed(task.error());
  }
  // All are asked before the first is waited for, so that they stop side by side.
  for (auto& task : tasks) {
    if (is_stopped(task)) continue;
    if (const auto asked = client.post("tasks/" + task_id(task) + "/" + how, body); !asked) {
      failed(asked.error());
      task = nullptr;
    }
  }
  for (const auto& task : tasks) {
    if (task.is_null()) continue;
    if (!is_stopped(task))
      if (const auto ended = follow(client, task, is_stopped); !ended) {
        failed(ended.error());
        continue;
      }
    session.out.line(task_id(task));
  }
  return exit_code;
}

Status forget_task(Session& session, const Client& client, const std::string& name) {
  DRYDOCK_LET(const Json task, look_up(client, name, Several::kRefuse));
  if (!is_stopped(task))
    return fail(Errc::kBusy, "task " + task_id(task) + " of " + task_definition(task) + " is " +
                                 json_string(task, "lastStatus") +
                                 ", not STOPPED; stop it first: drydock stop " +
                                 short_task_id(task));
  DRYDOCK_TRY(client.remove("tasks/" + task_id(task)));
  session.out.line(task_id(task));
  return {};
}

// The file that was generated for a log router: what is mounted where a router looks for it.
void add_router_configuration(const Json& config, Json& container) {
  const Json* mounts = json_find(config, "mounts");
  if (!mounts || !mounts->is_array()) return;
  for (const auto& mount : *mounts) {
    const std::string source = json_string(mount, "source");
    const std::string target = json_string(mount, "destination");
    if ((target != "/fluent-bit/etc/fluent-bit.conf" && target != "/fluentd/etc/fluent.conf") ||
        !source.ends_with("/config/fluent.conf"))
      continue;
    if (const auto text = read_file(source, 1u << 20)) container["routerConfiguration"] = *text;
  }
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
    add_router_configuration(*config, c);
  }
}

// The variables of `container` that the definition calls secrets; of a log router also those of its
// clients' secretOptions.
std::set<std::string> secret_names(const Json& containers, const std::string& container) {
  std::set<std::string> names;
  const auto add = [&](const Json& of, const char* list, const std::string& ending) {
    const Json* found = json_find(of, list);
    for (const Json& one : found && found->is_array() ? *found : Json::array())
      names.insert(json_string(one, "name") + ending);
  };
  for (const Json& d : containers) {
    if (json_string(d, "name") != container) continue;
    add(d, "secrets", "");
    if (!d.contains("firelensConfiguration")) continue;
    for (std::size_t i = 0; i < containers.size(); ++i)
      if (const Json* log = json_find(containers[i], "logConfiguration"))
        add(*log, "secretOptions", "_" + std::to_string(i));
  }
  return names;
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
    const auto secrets =
        containers ? secret_names(*containers, json_string(c, "name")) : std::set<std::string>();
    for (auto& variable : c["environment"]) {
      if (!variable.is_string()) continue;
      const std::string text = variable.get<std::string>();
      const std::string name = text.substr(0, text.find('='));
      // Without the definition nobody knows which are: all are masked.
      if (!containers || secrets.contains(name)) variable = name + "=********";
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
    if (!options.show_secrets) mask_secrets(client, task, local);
    answer["tasks"][0]["local"] = std::move(local);
  }
  return answer;
}

}  // namespace

int execute(Session& session, const StopOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Json body = {{"now", options.now}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  return stop_tasks(session, *client, options.tasks, "stop", body);
}

int execute(Session& session, const SpotInterruptOptions& options) {
  const auto client = session.connect();
  return client ? stop_tasks(session, *client, options.tasks, "spot-interrupt", Json::object())
                : session.failed(client.error());
}

int execute(Session& session, const RmOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const auto& name : options.tasks)
    if (const auto done = forget_task(session, *client, name); !done)
      exit_code = session.failed(done.error());
  return exit_code;
}

int execute(Session& session, const DescribeOptions& options) {
  const auto answer = described(session, options);
  return answer ? session.print_json(*answer) : session.failed(answer.error());
}

}  // namespace drydock::cli
