#include "metadata/task_routes.h"

#include <nlohmann/json.hpp>

#include "metadata/answers.h"
#include "metadata/routes.h"
#include "metadata/stats_document.h"

namespace drydock::metadata {
namespace {

using runtime::ContainerView;
using runtime::TaskView;

// One request below /v3 or /v4 with what its id refers to.
struct Call {
  Version version;
  const std::string& id;
  const TaskView* task;            // null: the id belongs to no container of the task
  const ContainerView* container;  // null: none, or not made yet
  const Meters& meters;
  bool v4() const { return version == Version::kV4; }
  std::string prefix(const std::string& what) const {
    return (v4() ? "V4 " : "V3 ") + what + " handler: ";
  }
  std::string no_task(const std::string& what) const {
    return prefix(what) +
           "unable to get task arn from request: unable to get task Arn from v3 endpoint ID: " + id;
  }
  std::string no_container(const std::string& what,
                           const std::string& word = "container ID") const {
    return prefix(what) + "unable to get " + word +
           " from request: unable to get docker ID from v3 endpoint ID: " + id;
  }
};

http::Response container_route(const Call& call) {
  if (call.container == nullptr)
    return text_error(call.v4() ? 404 : 500, call.no_container("container metadata"));
  return json_answer(200, container_document(*call.task, *call.container, call.version));
}

http::Response task_route(const Call& call, bool with_tags) {
  if (call.task == nullptr) return text_error(call.v4() ? 404 : 500, call.no_task("task metadata"));
  HostFacts facts = host_facts();
  if (call.v4() && call.meters.storage) facts.storage_utilized_mib = call.meters.storage();
  return json_answer(200, task_document(*call.task, call.version, facts, with_tags));
}

// An object that is nearly empty, or null, while a container that runs was not looked at yet.
Json nothing_yet(Version version) { return version == Version::kV4 ? Json::object() : Json(); }

http::Response container_stats(const TaskView& task, const ContainerView& container,
                               Version version, StatsBook& book) {
  const auto& id = task.spec->container_ids.at(container.name);
  if (container.known == runtime::ContainerStatus::kStopped)
    return text_error(version == Version::kV4 ? 500 : 400,
                      "Unable to get container stats for: " + id);
  auto stats = stats_document(book.look(task, std::chrono::steady_clock::now()), *task.spec,
                              container.name, version);
  return json_answer(200, stats.is_null() ? nothing_yet(version) : stats);
}

Json task_stats(const TaskView& task, Version version, StatsBook& book) {
  const auto seen = book.look(task, std::chrono::steady_clock::now());
  Json out = Json::object();
  for (const auto& one : task.containers) {
    if (!is_created(one)) continue;
    const auto& id = task.spec->container_ids.at(one.name);
    auto stats = stats_document(seen, *task.spec, one.name, version);
    out[id] = stats.is_null() ? nothing_yet(version) : std::move(stats);
  }
  return out;
}

http::Response stats_route(const Call& call) {
  if (call.task == nullptr)
    return text_error(call.v4() ? 404 : 400, call.no_task("container stats"));
  if (call.container == nullptr)
    return text_error(call.v4() ? 404 : 400, call.no_container("container stats"));
  return container_stats(*call.task, *call.container, call.version, call.meters.stats);
}

http::Response task_stats_route(const Call& call) {
  if (call.task == nullptr) return text_error(call.v4() ? 404 : 400, call.no_task("task stats"));
  return json_answer(200, task_stats(*call.task, call.version, call.meters.stats));
}

// Accelerators only: a Fargate task never has any.
http::Response associations_route(const Call& call, const std::string& type,
                                  const std::string* name) {
  const std::string what = "container associations";
  if (call.container == nullptr) return text_error(400, call.no_container(what, "container id"));
  if (type.empty())
    return text_error(400, call.prefix(what) + "unable to get association type from request");
  if (name == nullptr) return json_answer(200, Json{{"Associations", nullptr}});
  if (name->empty())
    return text_error(400, call.prefix(what) + "unable to get association name from request");
  return text_error(400,
                    "Unable to write container association response: unable to get association "
                    "from association type " +
                        type + " and association name " + *name);
}

}  // namespace

http::Response versioned_route(Version version, const Path& path, const TaskView* task,
                               const Meters& meters) {
  if (path.empty()) return not_found();
  const ContainerView* container = task == nullptr ? nullptr : container_by_id(*task, path[0]);
  const Call call{version, path[0], container == nullptr ? nullptr : task,
                  container != nullptr && is_created(*container) ? container : nullptr, meters};
  if (path.size() == 1) return container_route(call);
  const auto& what = path[1];
  if (path.size() == 2 && what == "task") return task_route(call, false);
  if (path.size() == 2 && what == "taskWithTags") return task_route(call, true);
  if (path.size() == 2 && what == "stats") return stats_route(call);
  if (path.size() == 3 && what == "task" && path[2] == "stats") return task_stats_route(call);
  if (path.size() == 3 && what == "associations") return associations_route(call, path[2], nullptr);
  if (path.size() == 4 && what == "associations")
    return associations_route(call, path[2], &path[3]);
  return not_found();
}

http::Response v2_route(const Path& path, const TaskView* task, const std::string& caller,
                        StatsBook& stats) {
  const std::string what = path.empty() ? std::string() : path[0];
  const bool with_tags = what == "metadataWithTags";
  if (what != "metadata" && what != "stats" && !with_tags) return not_found();
  std::string id;
  for (std::size_t i = 1; i < path.size(); ++i) id += (i > 1 ? "/" : "") + path[i];
  if (with_tags && !id.empty()) return not_found();
  if (task == nullptr)
    return text_error(
        400, "Unable to get task arn from request: unable to associate '" + caller + "' with task");
  if (what == "stats" && id.empty())
    return json_answer(200, task_stats(*task, Version::kV2, stats));
  if (what != "stats" && (id.empty() || id == "taskWithTags"))
    return json_answer(200, task_document(*task, Version::kV2, {}, with_tags || !id.empty()));
  const auto* const container = container_by_id(*task, id);
  if (container == nullptr || !is_created(*container))
    return text_error(400, what == "stats"
                               ? "Unable to get container stats for: " + id
                               : "Unable to generate metadata for container '" + id + "'");
  if (what == "stats") return container_stats(*task, *container, Version::kV2, stats);
  return json_answer(200, container_document(*task, *container, Version::kV2));
}

}  // namespace drydock::metadata
