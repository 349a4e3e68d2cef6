#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

Result<Json> fetch_tasks(const Client& client, const PsOptions& options) {
  DRYDOCK_LET(const Json answer, client.get(options.all ? "tasks?all=1" : "tasks"));
  const Json* tasks = json_find(answer, "tasks");
  return filtered_tasks(tasks ? *tasks : Json::array(),
                        {options.all, options.cluster, options.service, options.family});
}

std::string drawn(const Session& session, const PsOptions& options, const Json& tasks) {
  if (session.common.json) return pretty_json(Json{{"tasks", tasks}}) + "\n";
  if (!session.common.quiet) return table(ps_rows(tasks, options.wide));
  std::string ids;
  for (const auto& task : tasks) ids += task_id(task) + "\n";
  return ids;
}

Result<bool> draw(Session& session, const Client& client, const PsOptions& options, bool again) {
  DRYDOCK_LET(const Json tasks, fetch_tasks(client, options));
  // On a terminal the table stays in its place; elsewhere each state follows the one before.
  const std::string home = session.out.terminal() ? "\033[H\033[2J" : again ? "\n" : "";
  return session.out.write((options.watch ? home : "") + drawn(session, options, tasks));
}

// Each line of the stream says that something changed; the table is fetched whole.
Status watch(Session& session, const Client& client, const PsOptions& options) {
  Status failed;
  JsonLines lines([&](const Json&) {
    const auto there = draw(session, client, options, true);
    if (!there) failed = tl::unexpected(there.error());
    return there && *there;
  });
  DRYDOCK_TRY(client.stream("events", [&](std::string_view data) { return lines.feed(data); }));
  DRYDOCK_TRY(failed);
  DRYDOCK_TRY(lines.error());
  return session.out.gone() ? Status() : fail(Errc::kSystem, "the daemon has ended");
}

}  // namespace

int execute(Session& session, const PsOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto drawn_once = draw(session, *client, options, false);
  if (!drawn_once) return session.failed(drawn_once.error());
  if (!options.watch) return 0;
  const auto end = watch(session, *client, options);
  return end ? 0 : session.failed(end.error());
}

}  // namespace drydock::cli
