#include <sys/types.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "cli/daemon_process.h"
#include "cli/session.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

// Tasks stop side by side, each within its containers' stop timeouts (at most 120 s).
constexpr std::chrono::milliseconds kStopLimit{std::chrono::seconds(180)};

std::string quoted(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) {
    const bool plain =
        !w.empty() && w.find_first_of(" \t\n'\"\\$`*?[]{}();&|<>~#!") == std::string::npos;
    std::string text = w;
    for (auto at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4))
      text.replace(at, 1, "'\\''");
    out += (out.empty() ? "" : " ") + (plain ? w : "'" + text + "'");
  }
  return out;
}

Result<Json> running_tasks(const Client& client) {
  DRYDOCK_LET(const Json answer, client.get("tasks"));
  const Json* tasks = json_find(answer, "tasks");
  return tasks ? *tasks : Json::array();
}

void list_tasks(Session& session, const Json& tasks, const std::string& verb) {
  for (const auto& t : tasks)
    session.out.line("would " + verb + " task " + task_id(t) + " of " + task_definition(t));
}

// What is wrong with it the daemon tells itself.
Json configuration(const DaemonStartOptions& options) {
  const auto text = read_file(options.config, 1u << 20);
  const auto config = text ? parse_json(*text) : fail(Errc::kNotFound, "");
  return config && config->is_object() ? *config : Json::object();
}

// Where the daemon's socket will be.
std::string run_folder(const DaemonStartOptions& options) {
  return options.run.empty() ? json_string(configuration(options), "run", "/run/drydock")
                             : options.run;
}

// What the daemon would say of its flags and its configuration.
Status check_configuration(Session& session, const std::string& program,
                           const DaemonStartOptions& options) {
  auto arguments = options.arguments;
  arguments.emplace_back("--check");
  DRYDOCK_LET(const auto checked, output_of(program, arguments, std::chrono::seconds(10)));
  if (checked.exit_code != 0) {
    std::string why = checked.out.substr(0, checked.out.find('\n'));
    if (why.starts_with("drydockd: ")) why.erase(0, 10);
    return fail(Errc::kInvalid, "the daemon would not start: " + why);
  }
  const auto config = parse_json(checked.out);
  if (!config || !config->is_object()) return {};
  session.out.line("with root " + json_string(*config, "root") + ", run " +
                   json_string(*config, "run") + ", listen " + json_string(*config, "listen") +
                   (exists(options.config) ? ", and what " + options.config + " says" : ""));
  return {};
}

Status start(Session& session, const DaemonStartOptions& options) {
  if (options.dry_run) {
    DRYDOCK_LET(const std::string program, find_daemon());
    std::vector<std::string> words = {program};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    session.out.line("would run: " + quoted(words));
    return check_configuration(session, program, options);
  }
  if (::geteuid() != 0 && !options.dry && !json_bool(configuration(options), "dry"))
    return fail(Errc::kUnsupported,
                "the daemon must be started by root: sudo drydock daemon start (one without "
                "containers need not be: drydock daemon start --dry --root DIR --run DIR)");
  const std::string run = run_folder(options);
  const std::string socket = run + "/drydock.sock";
  DRYDOCK_LET(const bool started, start_daemon(options.arguments, run));
  const Client client(Host{socket, {}});
  DRYDOCK_LET(const Json status, client.get("status"));
  const std::string tcp = json_string(status, "tcpAddress");
  session.note(std::string(started ? "the daemon answers at " : "a daemon answers already at ") +
               client.host_name() + (tcp.empty() ? "" : " and http://" + tcp));
  if (!started && !options.arguments.empty())
    session.note(
        "it goes on as it was started: for other settings end it first (drydock daemon "
        "stop), or give this one folders of its own with --root and --run");
  if (started && socket != kDefaultSocket)
    session.note("use it with: export DRYDOCK_HOST=" + client.host_name());
  return {};
}

Status stop(Session& session, const DaemonStopOptions& options) {
  DRYDOCK_LET(const Client client, session.connect(Missing::kLeave));
  DRYDOCK_LET(const Json status, client.get("status"));
  const auto pid = static_cast<pid_t>(json_int(status, "pid"));
  if (options.dry_run) {
    if (options.stop_tasks) {
      DRYDOCK_LET(const Json tasks, running_tasks(client));
      list_tasks(session, tasks, "stop");
    }
    session.out.line("would end the daemon (pid " + std::to_string(pid) + ") at " +
                     client.host_name());
    return {};
  }
  const Json* counts = json_find(status, "counts");
  const std::int64_t running = counts && !options.stop_tasks ? json_int(*counts, "running") : 0;
  const auto end = ProcessEnd::of(pid);
  const auto asked = client.post("shutdown", Json{{"stopTasks", options.stop_tasks}});
  // A daemon with nothing left to do may be gone before its answer is out: its end is the answer.
  if (!asked && asked.error().code != Errc::kSystem) return tl::unexpected(asked.error());
  if (!asked && !end.wait(std::chrono::seconds(5))) return tl::unexpected(asked.error());
  DRYDOCK_TRY(end.wait(kStopLimit));
  if (running > 0)
    session.note(std::to_string(running) + (running == 1 ? " task runs" : " tasks run") +
                 " on; the next daemon takes over (--stop-tasks ends them, too)");
  return {};
}

Status reset(Session& session, const DaemonResetOptions& options) {
  DRYDOCK_LET(const Client client, session.connect(Missing::kLeave));
  if (options.dry_run) {
    DRYDOCK_LET(const Json tasks, running_tasks(client));
    DRYDOCK_LET(const Json status, client.get("status"));
    list_tasks(session, tasks, "stop");
    session.out.line(
        "would forget every cluster, task definition, task, journal and stored secret below " +
        json_string(status, "root") + "; images stay");
    return {};
  }
  DRYDOCK_LET(const Json answer, client.post("reset", Json::object()));
  session.note("stopped " + std::to_string(json_int(answer, "stoppedTasks")) +
               " tasks and forgot all state; images stay");
  return {};
}

Result<int> status(Session& session) {
  DRYDOCK_LET(const Client client, session.connect(Missing::kLeave));
  DRYDOCK_LET(const Json answer, client.get("status"));
  if (session.common.json) return session.print_json(answer);
  std::vector<std::vector<std::string>> rows = {{"address", client.host_name()}};
  const auto row = [&](const std::string& prefix, const Json& object) {
    for (const auto& [key, value] : object.items())
      if (!value.is_object())
        rows.push_back(
            {prefix + key, value.is_string() ? value.get<std::string>() : dump_json(value)});
  };
  row("", answer);
  if (const Json* counts = json_find(answer, "counts")) row("", *counts);
  session.out.write(table(rows));
  return 0;
}

int finished(Session& session, const Status& done) {
  return done ? 0 : session.failed(done.error());
}

}  // namespace

int execute(Session& session, const DaemonStartOptions& options) {
  return finished(session, start(session, options));
}
int execute(Session& session, const DaemonStopOptions& options) {
  return finished(session, stop(session, options));
}
int execute(Session& session, const DaemonResetOptions& options) {
  return finished(session, reset(session, options));
}
int execute(Session& session, const DaemonStatusOptions&) {
  const auto done = status(session);
  return done ? *done : session.failed(done.error());
}

}  // namespace drydock::cli
