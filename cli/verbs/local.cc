#include <nlohmann/json.hpp>

#include "cli/calling_user.h"
#include "cli/compose_input.h"
#include "cli/definitions.h"
#include "cli/documents.h"
#include "cli/ecs_log.h"
#include "cli/local_input.h"
#include "cli/local_tasks.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "taskdef/compose/compose.h"
#include "taskdef/compose/local.h"
#include "taskdef/compose/override.h"
#include "taskdef/parse.h"

namespace drydock::cli {
namespace {

namespace compose = taskdef::compose;

// What `up` runs.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct Runnable {
  Json definition;  // a document, or the name of a registered one
  std::string type, value;
  std::vector<compose::PublishedPort> publish;
};

Result<Json> definition_of(Session& session, const LocalInput& input,
                           const std::optional<Client>& client) {
  if (input.kind == LocalKind::kFile) {
    std::vector<std::string> notes;
    DRYDOCK_LET(NamedDefinition chosen, chosen_definition(input.name, {}, notes));
    for (const auto& note : notes) session.note(note);
    for (const auto& line : ignored_members(input.name, chosen.request)) session.note(line);
    return std::move(chosen.request);
  }
  DRYDOCK_LET(const Json answer,
              client->api("DescribeTaskDefinition", {{"taskDefinition", input.name}}));
  return taskdef::to_request(answer);
}

// What a person has written over the files; the log driver that the generated file has for all of
// them is none: the logs of a task are always kept here.
void drop_generated(Json& service) {
  if (const Json* logging = json_find(service, "logConfiguration");
      logging && *logging == Json{{"logDriver", "json-file"}})
    service.erase("logConfiguration");
}

Status lay_overrides(Session& session, const std::vector<compose::SourceFile>& files,
                     const std::string& beside, Json& definition) {
  if (files.empty()) return {};
  DRYDOCK_LET(const compose::Options surroundings, compose_surroundings({}, beside));
  std::vector<taskdef::Note> notes;
  Json changed = definition;
  DRYDOCK_TRY(compose::apply_overrides(changed, files, surroundings, notes));
  for (std::size_t i = 0; i < changed["containerDefinitions"].size(); ++i) {
    Json& now = changed["containerDefinitions"][i];
    const Json& before = definition["containerDefinitions"][i];
    drop_generated(now);
    if (!now.contains("logConfiguration") && before.contains("logConfiguration"))
      now["logConfiguration"] = before["logConfiguration"];
  }
  definition = std::move(changed);
  for (const auto& line : note_lines(notes)) session.note(line);
  return {};
}

// A Compose file, perhaps one that `local create` or ecs-cli wrote.
Result<Runnable> of_compose(Session& session, EcsLog& log, const LocalOptions& options,
                            const std::string& file) {
  DRYDOCK_LET(const auto base, read_source_file(file));
  DRYDOCK_LET(const auto over, override_files(log, file, true, options.overrides));
  DRYDOCK_LET(const auto surroundings, compose_surroundings({}, file));
  std::vector<compose::SourceFile> files = {base};
  std::string used = file;
  for (const auto& one : over) {
    files.push_back(one);
    used += ", " + one.name;
  }
  DRYDOCK_LET(compose::Converted made, compose::convert_compose(files, surroundings));
  const compose::LocalSource source = compose::local_source(made.request);
  if (!source.type.empty()) {
    compose::restore_local(made.request, made.notes);
    for (Json& container : made.request["containerDefinitions"]) drop_generated(container);
  }
  for (const auto& line : note_lines(made.notes)) session.note(line);
  log.info("Using " + used + " files to start containers");
  return Runnable{std::move(made.request), source.type.empty() ? "local" : source.type,
                  source.value.empty() ? absolute(file) : source.value, std::move(made.publish)};
}

Result<Runnable> of_definition(Session& session, EcsLog& log, const LocalOptions& options,
                               const LocalInput& input, const Client& client) {
  DRYDOCK_LET(Json definition, definition_of(session, input, client));
  DRYDOCK_TRY(write_local_files(log, session, options, input, definition));
  const std::string base = options.output.empty() ? kLocalFile : options.output;
  DRYDOCK_LET(const auto over, override_files(log, base, true, options.overrides));
  const Json before = definition;
  DRYDOCK_TRY(lay_overrides(session, over, base, definition));
  const bool remote = input.kind == LocalKind::kRemote;
  // A registered one runs as it is, not as a new revision, unless something was written over it.
  Json runs = remote && definition == before ? Json(input.name) : std::move(definition);
  return Runnable{
      std::move(runs), remote ? "remote" : "local", remote ? input.name : absolute(input.name), {}};
}

Json run_body(const LocalOptions& options, const Runnable& runnable) {
  const auto tag = [](const char* key, const std::string& value) {
    return Json{{"key", key}, {"value", tag_value(value)}};
  };
  Json body = {
      {"taskDefinition", runnable.definition},
      {"cluster", "default"},
      {"count", 1},
      {"publishAutomatically", true},
      {"tags", Json::array({tag(kLocalType, runnable.type), tag(kLocalValue, runnable.value),
                            tag(kLocalFolder, absolute("."))})},
      {"user", calling_user()}};
  for (const auto& p : runnable.publish) {
    body["publish"].push_back({{"container", p.container},
                               {"hostPort", p.host_port},
                               {"containerPort", p.container_port},
                               {"protocol", p.protocol}});
    if (!p.address.empty()) body["publish"].back()["hostAddress"] = p.address;
  }
  if (!options.aws_profile.empty()) body["credentials"] = "profile:" + options.aws_profile;
  return body;
}

bool is_there(const Json& task) {
  return is_stopped(task) ||
         (json_string(task, "lastStatus") == "RUNNING" && addresses_are_known(task));
}

// Until it runs: then its addresses are told. One that did not get so far is a failure.
Status show_start(Session& session, EcsLog& log, const Client& client, const Json& answer) {
  for (const Json& failure : answer.value("failures", Json::array()))
    return fail(Errc::kInvalid, "the task could not be placed: " + json_string(failure, "reason"));
  for (const Json& line : answer.value("approximations", Json::array()))
    session.note(line.get<std::string>());
  for (const Json& begun : answer.value("tasks", Json::array())) {
    log.info("Started task " + task_id(begun) + " of " + task_definition(begun));
    DRYDOCK_LET(const Json task, follow(client, begun, is_there));
    for (const auto& line : task_notes(task)) session.note(line);
    for (const auto& line : address_lines(task)) session.note(line);
    if (!is_stopped(task)) continue;
    for (const auto& line : end_lines(task, false)) session.note(line);
    if (json_string(task, "stopCode") == "TaskFailedToStart")
      return fail(Errc::kInvalid, "the task did not start: " + json_string(task, "stoppedReason"));
  }
  return {};
}

Status create(Session& session, EcsLog& log, const LocalOptions& options) {
  DRYDOCK_LET(const LocalInput input, local_input(options));
  std::optional<Client> client;
  if (input.kind == LocalKind::kRemote) {
    DRYDOCK_LET(client, session.connect());
  }
  DRYDOCK_LET(const Json definition, definition_of(session, input, client));
  return write_local_files(log, session, options, input, definition);
}

Status up(Session& session, EcsLog& log, const LocalOptions& options) {
  DRYDOCK_LET(const LocalInput input, local_input(options));
  Runnable runnable;
  if (input.kind == LocalKind::kCompose) {
    DRYDOCK_LET(runnable, of_compose(session, log, options, input.name));
  }
  DRYDOCK_LET(const Client client, session.connect());
  if (input.kind != LocalKind::kCompose) {
    DRYDOCK_LET(runnable, of_definition(session, log, options, input, client));
  }
  DRYDOCK_LET(const Json answer, client.post("run", run_body(options, runnable)));
  return show_start(session, log, client, answer);
}

Result<std::vector<Json>> meant(const Client& client, const LocalOptions& options) {
  DRYDOCK_LET(const Json answer, client.get("tasks?all=1"));
  LocalFilter filter{options.all, {}, options.remote, absolute(".")};
  if (!options.file.empty()) filter.file = absolute(options.file);
  return local_tasks(answer.value("tasks", Json::array()), filter);
}

Status ps(Session& session, const LocalOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  DRYDOCK_LET(const auto tasks, meant(client, options));
  if (session.common.json)
    session.print_json(local_json(tasks, now()));
  else
    session.out.write(ecs_table(local_rows(tasks, now())));
  return {};
}

Status down(Session& session, EcsLog& log, const LocalOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  log.info(options.all               ? "Searching for all running containers"
           : !options.file.empty()   ? "Searching for containers from " + absolute(options.file)
           : !options.remote.empty() ? "Searching for containers from " + options.remote
                                     : "Searching for containers started from " + absolute("."));
  DRYDOCK_LET(const auto tasks, meant(client, options));
  if (tasks.empty()) {
    log.warn("No running ECS local tasks found");
    return {};
  }
  const auto rows = local_rows(tasks, now());
  log.info("Stop and remove " + std::to_string(rows.size() - 1) + " container(s)");
  for (const Json& task : tasks)
    if (!is_stopped(task))
      DRYDOCK_TRY(client.post("tasks/" + task_id(task) + "/stop", {{"reason", "local down"}}));
  for (const Json& task : tasks)
    if (!is_stopped(task)) DRYDOCK_TRY(follow(client, task, is_stopped));
  for (std::size_t i = 1; i < rows.size(); ++i) log.info("Stopped container with id " + rows[i][0]);
  for (const Json& task : tasks) DRYDOCK_TRY(client.remove("tasks/" + task_id(task)));
  for (std::size_t i = 1; i < rows.size(); ++i) log.info("Removed container with id " + rows[i][0]);
  return {};
}

}  // namespace

int execute(Session& session, const LocalOptions& options) {
  EcsLog log(session);
  Status done = check_pairs(options);
  if (done)
    done = options.action == "create" ? create(session, log, options)
           : options.action == "up"   ? up(session, log, options)
           : options.action == "ps"   ? ps(session, options)
                                      : down(session, log, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
