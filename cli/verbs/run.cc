#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "cli/calling_user.h"
#include "cli/compose_input.h"
#include "cli/definitions.h"
#include "cli/documents.h"
#include "cli/env_files.h"
#include "cli/foreground.h"
#include "cli/run_request.h"
#include "cli/secret_value.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "taskdef/compose/compose.h"

namespace drydock::cli {
namespace {

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct Definition {
  Json document;  // or the name of a registered one
  std::vector<std::string> containers;
  std::vector<std::string> objects;  // of environmentFiles
  RunWishes wishes;
};

Definition of_request(Json request, RunWishes wishes = {}) {
  auto names = container_names(request);
  auto objects = environment_objects(request);
  return Definition{std::move(request), std::move(names), std::move(objects), std::move(wishes)};
}

Result<Definition> compose_definition(Session& session, const ComposeSource& source) {
  DRYDOCK_LET(taskdef::compose::Converted made, read_compose(source));
  for (const auto& line : note_lines(made.notes)) session.note(line);
  return of_request(std::move(made.request), {std::move(made.publish), std::move(made.run)});
}

Result<Definition> local_definition(Session& session, const RunOptions& options) {
  std::string file = options.file;
  if (file.empty()) {
    DRYDOCK_LET(file, default_task_definition());
  }
  std::vector<std::string> notes;
  DRYDOCK_LET(NamedDefinition chosen, chosen_definition(file, options.from, notes));
  for (const auto& note : notes) session.note(note);
  for (const auto& line : ignored_members(file, chosen.request)) session.note(line);
  return of_request(std::move(chosen.request), std::move(chosen.wishes));
}

Result<Definition> remote_definition(const Client& client, const std::string& name) {
  DRYDOCK_LET(const Json answer,
              client.api("DescribeTaskDefinition", Json{{"taskDefinition", name}}));
  const Json* definition = json_find(answer, "taskDefinition");
  if (!definition) return Definition{name, {}, {}, {}};
  Definition out = of_request(*definition);
  out.document = name;
  return out;
}

Result<Json> read_overrides(const std::string& file) {
  if (file.empty()) return Json();
  DRYDOCK_LET(const std::string text, read_document(file, limits::kTaskDefinitionFile));
  auto json = parse_json(text);
  if (!json) return tl::unexpected(std::move(json.error()).in(file));
  return json;
}

// What the files say of the run, where no flag does.
RunOptions with_files(RunOptions options, const Definition& definition) {
  if (!options.no_publish && options.publish.empty())
    for (const auto& p : definition.wishes.publish)
      options.publish.push_back(
          {p.container, p.host_port, p.container_port, p.protocol, p.address});
  if (!options.subnets.empty() || !options.security_groups.empty()) return options;
  const Json* network = json_find(definition.wishes.run, "networkConfiguration");
  const Json* vpc = network ? json_find(*network, "awsvpcConfiguration") : nullptr;
  if (!vpc) return options;
  options.subnets = vpc->value("subnets", options.subnets);
  options.security_groups = vpc->value("securityGroups", options.security_groups);
  return options;
}

// Files are read before a daemon is started for them.
Result<Json> start(Session& session, const RunOptions& options, std::optional<Client>& client) {
  DRYDOCK_LET(Json overrides, read_overrides(options.overrides_file));
  std::optional<std::string> secrets;
  if (!options.secrets_file.empty()) {
    DRYDOCK_LET(secrets, read_secrets_file(options.secrets_file));
  }
  Definition definition;
  if (!options.compose.files.empty()) {
    DRYDOCK_LET(definition, compose_definition(session, options.compose));
  } else if (options.remote.empty()) {
    DRYDOCK_LET(definition, local_definition(session, options));
  }
  DRYDOCK_LET(client, session.connect());
  if (!options.remote.empty()) {
    DRYDOCK_LET(definition, remote_definition(*client, options.remote));
  }
  DRYDOCK_LET(Json body, run_request(with_files(options, definition), definition.document,
                                     definition.containers, std::move(overrides),
                                     std::move(definition.objects)));
  body["user"] = calling_user();
  if (secrets) body["secrets"] = *secrets;
  return client->post("run", body);
}

// Prints what RunTask refused; false when there was something.
bool all_placed(Session& session, const Json& answer) {
  const Json* failures = json_find(answer, "failures");
  if (!failures || failures->empty()) return true;
  for (const auto& f : *failures) {
    const std::string detail = json_string(f, "detail");
    session.failed({Errc::kInvalid,
                    "a task could not be placed: " + json_string(f, "reason") +
                        (detail.empty() ? "" : ": " + detail),
                    0});
  }
  return false;
}

std::vector<std::string> texts(const Json& answer, std::string_view key) {
  std::vector<std::string> out;
  const Json* list = json_find(answer, key);
  if (list && list->is_array())
    for (const auto& t : *list)
      if (t.is_string()) out.push_back(t.get<std::string>());
  return out;
}

}  // namespace

int execute(Session& session, const RunOptions& options) {
  std::optional<Client> client;
  const auto answer = start(session, options, client);
  if (!answer) return session.failed(answer.error(), kRefused);
  std::vector<Json> tasks;
  if (const Json* list = json_find(*answer, "tasks"); list && list->is_array())
    tasks.assign(list->begin(), list->end());
  const bool placed = all_placed(session, *answer);
  for (const auto& task : tasks)
    session.note("task " + task_id(task) + " of " + task_definition(task));
  for (const auto& text : texts(*answer, "approximations")) session.note(text);
  if (options.detach) {
    for (const auto& task : tasks) session.out.line(task_id(task));
    return placed ? 0 : kRefused;
  }
  if (tasks.empty()) return kRefused;
  Ending ending = stay_in_foreground(session, *client, {tasks, options.timeout});
  if (options.remove) {
    for (const auto& task : ending.tasks) {
      if (!is_stopped(task)) continue;
      if (const auto gone = client->remove("tasks/" + task_id(task)); !gone)
        session.failed(gone.error());
    }
  }
  return placed || ending.exit_code != 0 ? ending.exit_code : kRefused;
}

}  // namespace drydock::cli
