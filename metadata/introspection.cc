#include "metadata/introspection.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "metadata/answers.h"
#include "metadata/documents.h"
#include "runtime/bundle/metadata_file.h"

namespace drydock::metadata {
namespace {

using runtime::ContainerView;
using runtime::TaskStatus;
using runtime::TaskView;

// "Amazon ECS Agent - v1.105.1 (00000000)"
std::string version() {
  return std::string("Amazon ECS Agent - v") + runtime::kAgentVersion + " (" + runtime::kAgentHash +
         ")";
}
constexpr char kLicense[] =
    "Drydock, which answers here in place of the agent, is under the Apache License, Version 2.0:\n"
    "https://www.apache.org/licenses/LICENSE-2.0\n";
constexpr std::size_t kShortId = 12;  // an id up to here may be the beginning of one
constexpr const char* kContainerKeys[] = {"DockerId", "DockerName", "Name",        "Image",
                                          "ImageID",  "CreatedAt",  "StartedAt",   "Ports",
                                          "Networks", "Volumes",    "RestartCount"};

// The words of the control plane, not the agent's own.
const char* known_status(const TaskView& task) {
  if (task.last_status == TaskStatus::kStopped) return "STOPPED";
  return task.last_status < TaskStatus::kRunning ? "PENDING" : "RUNNING";
}

Json container_json(const TaskView& task, const ContainerView& container) {
  const Json v2 = container_document(task, container, Version::kV2);
  const Json v4 = container_document(task, container, Version::kV4);
  Json out;
  for (const char* const key : kContainerKeys) {
    const Json* value = json_find(v2, key);
    if (value == nullptr) value = json_find(v4, key);
    if (value != nullptr) out[key] = *value;
  }
  return out;
}

Json task_json(const TaskView& task) {
  const std::string known = known_status(task);
  Json out;
  out["Arn"] = task.spec->task_arn;
  if (task.desired_stopped || known != "STOPPED")
    out["DesiredStatus"] = task.desired_stopped ? "STOPPED" : "RUNNING";
  out["KnownStatus"] = known;
  out["Family"] = task.spec->definition.family;
  out["Version"] = std::to_string(task.spec->definition.revision);
  out["Containers"] = Json::array();
  for (const auto& one : task.containers)
    if (is_created(one)) out["Containers"].push_back(container_json(task, one));
  return out;
}

http::Response no_task(int status) {
  Json empty;
  for (const char* const key : {"Arn", "KnownStatus", "Family", "Version"}) empty[key] = "";
  empty["Containers"] = nullptr;
  return json_answer(status, empty);
}

http::Response plain(const std::string& text) {
  http::Response response;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = text;
  return response;
}

// The tasks that one instance would run.
using Tasks = std::vector<std::shared_ptr<const TaskView>>;

Tasks tasks_of(const runtime::World& world, const std::string& cluster_arn) {
  Tasks all;
  for (const auto& [id, task] : world.tasks)
    if (task->spec->launch_type == "EC2" && task->spec->cluster_arn == cluster_arn)
      all.push_back(task);
  return all;
}

bool is_called(const TaskView& task, const ContainerView& one, const std::string& docker_id) {
  const auto found = task.spec->container_ids.find(one.name);
  if (found == task.spec->container_ids.end() || !is_created(one)) return false;
  return docker_id.size() > kShortId ? found->second == docker_id
                                     : found->second.starts_with(docker_id);
}

http::Response by_docker_id(const Tasks& tasks, const std::string& id) {
  const TaskView* found = nullptr;
  int matches = 0;
  for (const auto& task : tasks)
    for (const auto& one : task->containers)
      if (is_called(*task, one, id)) {
        found = task.get();
        ++matches;
      }
  if (matches > 1) return no_task(400);
  return found == nullptr ? no_task(404) : json_answer(200, task_json(*found));
}

http::Response tasks_route(const http::Request& request, const Tasks& tasks) {
  const auto arn = http::query_value(request.query, "taskarn").value_or("");
  const auto id = http::query_value(request.query, "dockerid").value_or("");
  if (!arn.empty() && !id.empty()) return no_task(400);
  if (!id.empty()) return by_docker_id(tasks, id);
  Json all = Json::array();
  for (const auto& task : tasks) {
    if (arn == task->spec->task_arn) return json_answer(200, task_json(*task));
    all.push_back(task_json(*task));
  }
  return arn.empty() ? json_answer(200, Json{{"Tasks", std::move(all)}}) : no_task(404);
}

}  // namespace

http::Handler introspection_handler(const runtime::PublishedWorld& world, std::string task_id) {
  return [&world, task_id = std::move(task_id)](const http::Request& request) {
    const auto present = world.get();
    const auto self = present->tasks.find(task_id);
    if (request.path == "/license") return plain(kLicense);
    if (self != present->tasks.end() && request.path == "/v1/metadata") {
      const auto& spec = *self->second->spec;
      return json_answer(200, Json{{"Cluster", spec.cluster_name},
                                   {"ContainerInstanceArn", runtime::container_instance_arn(spec)},
                                   {"Version", version()}});
    }
    if (self != present->tasks.end() && request.path == "/v1/tasks")
      return tasks_route(request, tasks_of(*present, self->second->spec->cluster_arn));
    return plain(R"({"AvailableCommands":["/v1/metadata","/v1/tasks","/license"]})");
  };
}

}  // namespace drydock::metadata
