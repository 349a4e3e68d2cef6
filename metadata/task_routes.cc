#include "metadata/task_routes.h"

#include <nlohmann/json.hpp>

#include "metadata/answers.h"
#include "metadata/routes.h"

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
  return json_answer(200, task_document(*call.task, call.version, host_facts(), with_tags));
}

http::Response stats_route(const Call& call) {
  if (call.task == nullptr)
    return text_error(call.v4() ? 404 : 400, call.no_task("container stats"));
  if (call.container == nullptr)
    return text_error(call.v4() ? 404 : 400, call.no_container("container stats"));
  return text_error(call.v4() ? 500 : 400, "Unable to get container stats for: " + call.id);
}

http::Response task_stats_route(const Call& call) {
  if (call.task == nullptr) return text_error(call.v4() ? 404 : 400, call.no_task("task stats"));
  return text_error(call.v4() ? 500 : 400,
                    "Unable to get task stats for: " + call.task->spec->task_arn);
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

http::Response versioned_route(Version version, const Path& path, const TaskView* task) {
  if (path.empty()) return not_found();
  const ContainerView* container = task == nullptr ? nullptr : container_by_id(*task, path[0]);
  const Call call{version, path[0], container == nullptr ? nullptr : task,
                  container != nullptr && is_created(*container) ? container : nullptr};
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

http::Response v2_route(const Path& path, const TaskView* task, const std::string& caller) {
  const std::string what = path.empty() ? std::string() : path[0];
  const bool with_tags = what == "metadataWithTags";
  if (what != "metadata" && what != "stats" && !with_tags) return not_found();
  std::string id;
  for (std::size_t i = 1; i < path.size(); ++i) id += (i > 1 ? "/" : "") + path[i];
  if (with_tags && !id.empty()) return not_found();
  if (task == nullptr)
    return text_error(
        400, "Unable to get task arn from request: unable to associate '" + caller + "' with task");
  if (what == "stats")
    return text_error(400, id.empty() ? "Unable to get task stats for: " + task->spec->task_arn
                                      : "Unable to get container stats for: " + id);
  if (id.empty() || id == "taskWithTags")
    return json_answer(200, task_document(*task, Version::kV2, {}, with_tags || !id.empty()));
  const auto* const container = container_by_id(*task, id);
  if (container == nullptr || !is_created(*container))
    return text_error(400, "Unable to generate metadata for container '" + id + "'");
  return json_answer(200, container_document(*task, *container, Version::kV2));
}

}  // namespace drydock::metadata
