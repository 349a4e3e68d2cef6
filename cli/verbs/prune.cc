#include <nlohmann/json.hpp>

#include "cli/session.h"

namespace drydock::cli {
namespace {

struct Pruned {
  Json tasks = Json::array();
  Json images;
};

// The stopped tasks, oldest first; forgotten unless it is a dry run.
Status prune_tasks(const Client& client, bool dry_run, Pruned& pruned) {
  DRYDOCK_LET(const Json answer, client.get("tasks?all=1"));
  const Json* tasks = json_find(answer, "tasks");
  for (const auto& task : tasks ? *tasks : Json::array()) {
    if (json_string(task, "lastStatus") != "STOPPED") continue;
    const Json* local = json_find(task, "local");
    const std::string id = local ? json_string(*local, "id") : std::string();
    if (id.empty()) continue;
    if (!dry_run) {
      const auto gone = client.remove("tasks/" + id);
      if (!gone && gone.error().code != Errc::kNotFound) return tl::unexpected(gone.error());
    }
    pruned.tasks.push_back(id);
  }
  return {};
}

std::size_t count(const Json& json, const char* member) {
  const Json* list = json_find(json, member);
  return list && list->is_array() ? list->size() : 0;
}

void lines(Session& session, const Json& list, const std::string& what) {
  for (const auto& item : list)
    if (item.is_string()) session.out.line(what + item.get<std::string>());
}

}  // namespace

int execute(Session& session, const PruneOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Pruned pruned;
  if (const auto done = prune_tasks(*client, options.dry_run, pruned); !done)
    return session.failed(done.error());
  auto images =
      client->post("images/prune", Json{{"unused", options.images}, {"dryRun", options.dry_run}});
  if (!images) return session.failed(images.error());
  Json volumes = Json::object();
  if (options.volumes) {
    auto gone = client->post("volumes/prune", Json{{"dryRun", options.dry_run}});
    if (!gone) return session.failed(gone.error());
    volumes = std::move(*gone);
  }
  if (session.common.json) {
    Json all = *images;
    all["tasks"] = pruned.tasks;
    if (options.volumes) {
      all["volumes"] = volumes["removed"];
      all["freed"] = json_int(*images, "freed") + json_int(volumes, "freed");
    }
    return session.print_json(all);
  }
  lines(session, pruned.tasks, "task ");
  for (const char* const member : {"untagged", "deleted"})
    if (const Json* list = json_find(*images, member)) lines(session, *list, "image ");
  if (const Json* list = json_find(volumes, "removed")) lines(session, *list, "volume ");
  session.note(
      std::string(options.dry_run ? "would remove " : "removed ") +
      std::to_string(pruned.tasks.size()) + " stopped tasks" +
      (options.volumes ? ", " + std::to_string(count(volumes, "removed")) + " volumes"
                       : std::string()) +
      " and " + std::to_string(count(*images, "deleted")) + " images, " +
      human_size(static_cast<double>(json_int(*images, "freed") + json_int(volumes, "freed"))));
  return 0;
}

}  // namespace drydock::cli
