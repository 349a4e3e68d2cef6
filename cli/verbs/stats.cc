#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/lookup.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/stats_table.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f%%", value);
  return text;
}

std::string bytes(const Json& of, const char* key) {
  return human_size(static_cast<double>(json_int(of, key)));
}

std::vector<std::string> row_of(const std::string& task, const Json& c) {
  const Json* cpu = json_find(c, "cpuPercent");
  const auto used = static_cast<double>(json_int(c, "memoryUsage"));
  const auto limit = static_cast<double>(json_int(c, "memoryLimit"));
  return {task.substr(0, kShortId),
          json_string(c, "name"),
          cpu && cpu->is_number() ? percent(cpu->get<double>()) : "-",
          bytes(c, "memoryUsage") + " / " + bytes(c, "memoryLimit"),
          limit > 0 ? percent(used / limit * 100) : "-",
          bytes(c, "networkReceived") + " / " + bytes(c, "networkSent"),
          bytes(c, "blockRead") + " / " + bytes(c, "blockWritten"),
          std::to_string(json_int(c, "pids"))};
}

// The whole ids of the tasks that are meant, as a query.
Result<std::string> query_of(const Client& client, const std::vector<std::string>& names) {
  std::string ids;
  for (const auto& name : names) {
    DRYDOCK_LET(const Json task, look_up(client, name, Several::kRefuse));
    if (is_stopped(task))
      return fail(Errc::kInvalid, "task " + task_id(task) + " has stopped: it uses nothing");
    ids += (ids.empty() ? "stats?tasks=" : ",") + task_id(task);
  }
  return ids.empty() ? "stats" : ids;
}

Status follow_stats(Session& session, const Client& client, const StatsOptions& options) {
  DRYDOCK_LET(const std::string query, query_of(client, options.tasks));
  int seen = 0;
  JsonLines lines([&](const Json& line) {
    // The first look knows no rates yet.
    if (++seen == 1 && (options.no_stream || session.common.json)) return true;
    const std::string text = session.common.json ? dump_json(line) + "\n" : table(stats_rows(line));
    const bool redraw = session.out.terminal() && !options.no_stream && !session.common.json;
    return session.out.write((redraw ? "\033[H\033[2J" : "") + text) && !options.no_stream;
  });
  DRYDOCK_TRY(client.stream(query, [&](std::string_view data) { return lines.feed(data); }));
  DRYDOCK_TRY(lines.error());
  if (options.no_stream && seen < 2)
    return fail(Errc::kNotFound, "the task stopped before it was measured");
  return {};
}

}  // namespace

std::vector<std::vector<std::string>> stats_rows(const Json& line) {
  std::vector<std::vector<std::string>> rows = {{"TASK", "CONTAINER", "CPU", "MEMORY / LIMIT",
                                                 "MEMORY", "NET IN / OUT", "DISK IN / OUT",
                                                 "PIDS"}};
  const Json* tasks = json_find(line, "tasks");
  for (const Json& task : tasks && tasks->is_array() ? *tasks : Json::array()) {
    const Json* containers = json_find(task, "containers");
    for (const Json& c : containers && containers->is_array() ? *containers : Json::array())
      rows.push_back(row_of(json_string(task, "task"), c));
  }
  return rows;
}

int execute(Session& session, const StatsOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto done = follow_stats(session, *client, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
