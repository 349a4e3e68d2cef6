#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/watching.h"

namespace drydock::cli {
namespace {

Result<std::string> drawn(const Session& session, const Client& client, const PsOptions& options) {
  DRYDOCK_LET(const Json answer, client.get(options.all ? "tasks?all=1" : "tasks"));
  const Json* all = json_find(answer, "tasks");
  const Json tasks = filtered_tasks(
      all ? *all : Json::array(), {options.all, options.cluster, options.service, options.family});
  if (session.common.json) return pretty_json(Json{{"tasks", tasks}}) + "\n";
  if (!session.common.quiet) return table(ps_rows(tasks, options.wide));
  std::string ids;
  for (const auto& task : tasks) ids += task_id(task) + "\n";
  return ids;
}

}  // namespace

int execute(Session& session, const PsOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  return show(session, *client, options.watch, [&] { return drawn(session, *client, options); });
}

}  // namespace drydock::cli
