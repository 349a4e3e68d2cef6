#include <nlohmann/json.hpp>

#include "base/words.h"
#include "cli/compose_project.h"
#include "cli/session.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

void print_tasks(Session& session, const std::vector<Json>& tasks) {
  if (session.common.json) {
    session.print_json({{"tasks", tasks}});
    return;
  }
  session.out.write(ecs_table(ecs_rows(tasks)));
}

Status create(ComposeProject& project) {
  if (project.options().log_groups) DRYDOCK_TRY(project.create_log_groups());
  DRYDOCK_TRY(project.registered(true));
  return {};
}

// One task when there is none; as many as there were when they run another revision.
Status up(ComposeProject& project) {
  if (project.options().log_groups) DRYDOCK_TRY(project.create_log_groups());
  DRYDOCK_LET(const std::string definition, project.registered());
  DRYDOCK_LET(const auto running, project.running());
  std::vector<Json> old;
  for (const Json& task : running)
    if (project.options().force_update || task_definition(task) != definition) old.push_back(task);
  if (old.empty() && !running.empty()) {
    project.log().info("Found running tasks of this definition; nothing to do",
                       {{"count", std::to_string(running.size())}});
    return {};
  }
  if (!old.empty())
    project.log().info("Updating running tasks", {{"count", std::to_string(old.size())}});
  DRYDOCK_TRY(project.stop(old));
  return project.start(definition, old.empty() ? 1 : static_cast<int>(old.size()), Json::object());
}

Status start(ComposeProject& project) {
  DRYDOCK_LET(const std::string definition, project.newest());
  DRYDOCK_LET(const auto running, project.running());
  if (running.empty()) return project.start(definition, 1, Json::object());
  project.log().info("The project runs", {{"tasks", std::to_string(running.size())}});
  return {};
}

Status stop(ComposeProject& project) {
  DRYDOCK_LET(const auto running, project.running());
  if (running.empty()) project.log().warn("No tasks of " + project.family() + " run");
  return project.stop(running);
}

Status run(ComposeProject& project) {
  const auto& words = project.options().commands;
  if (words.size() % 2 != 0)
    return fail(Errc::kInvalid,
                "\"" + words.back() + "\" has no command: write CONTAINER \"COMMAND\" in pairs");
  Json overrides = Json::object();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    DRYDOCK_LET(const auto command, split_words(words[i + 1]));
    overrides["containerOverrides"].push_back({{"name", words[i]}, {"command", command}});
  }
  DRYDOCK_LET(const std::string definition, project.registered());
  return project.start(definition, 1, overrides);
}

Status scale(ComposeProject& project) {
  DRYDOCK_LET(const std::string definition, project.registered());
  DRYDOCK_LET(auto running, project.running());
  const int now = static_cast<int>(running.size()), wanted = project.options().count;
  if (now < wanted) return project.start(definition, wanted - now, Json::object());
  running.erase(running.begin(), running.begin() + wanted);  // the newest go
  return project.stop(running);
}

Status act(Session& session, const ComposeOptions& options) {
  DRYDOCK_LET(ComposeProject project, ComposeProject::open(session, options));
  if (options.action.starts_with("service ")) return compose_service(session, project);
  if (options.action == "create") return create(project);
  if (options.action == "up") return up(project);
  if (options.action == "start") return start(project);
  if (options.action == "stop") return stop(project);
  if (options.action == "run") return run(project);
  if (options.action == "scale") return scale(project);
  DRYDOCK_LET(const auto tasks, project.tasks());
  print_tasks(session, tasks);
  return {};
}

}  // namespace

int execute(Session& session, const ComposeOptions& options) {
  const Status done = act(session, options);
  return done ? 0 : session.failed(done.error());
}

int execute(Session& session, const EcsPsOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = client->get("tasks?all=1");
  if (!answer) return session.failed(answer.error());
  print_tasks(session, ecs_tasks(answer->value("tasks", Json::array()),
                                 {options.cluster, {}, {}, false, options.desired_status}));
  return 0;
}

}  // namespace drydock::cli
