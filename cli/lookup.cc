#include "cli/lookup.h"

#include <nlohmann/json.hpp>

namespace drydock::cli {

Result<Json> look_up(const Client& client, const std::string& name, Several several) {
  DRYDOCK_LET(const Json answer, client.get("tasks?all=1"));
  const Json* tasks = json_find(answer, "tasks");
  return find_task(tasks ? *tasks : Json::array(), name, several);
}

Result<Json> follow(const Client& client, const Json& task,
                    const std::function<bool(const Json&)>& until) {
  Json last = task;
  JsonLines lines([&](Json line) {
    if (Json* now = line.contains("task") ? &line["task"] : nullptr) last = std::move(*now);
    return !until(last);
  });
  DRYDOCK_TRY(client.stream("tasks/" + task_id(task) + "/events",
                            [&](std::string_view data) { return lines.feed(data); }));
  DRYDOCK_TRY(lines.error());
  if (!until(last) && !is_stopped(last))
    return fail(Errc::kSystem, "the daemon no longer tells about task " + task_id(task) +
                                   "; it ended, or the task was forgotten");
  return last;
}

}  // namespace drydock::cli
