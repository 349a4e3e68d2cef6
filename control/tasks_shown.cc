#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/tasks.h"

// What others are told of tasks: nothing here changes one.
namespace drydock::control {

using runtime::TaskStatus;
using runtime::TaskView;

namespace {

// "arn:…:container-instance/C/I" by "I".
bool ends_like(const std::string& arn, const std::string& id) {
  return arn.substr(arn.rfind('/') + 1) == id;
}

}  // namespace

Answer<Json> Tasks::describe(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  const Json* names = json_find(request, "tasks");
  if (!names || names->empty()) return invalid_parameter("Tasks cannot be empty.");
  if (names->size() > 100) return invalid_parameter("Tasks can have at most 100 items.");
  const Json* include = json_find(request, "include");
  const bool with_tags =
      include && std::find(include->begin(), include->end(), "TAGS") != include->end();
  Json tasks = Json::array();
  Json failures = Json::array();
  for (const auto& one : *names) {
    const auto name = one.get<std::string>();
    if (const TaskRecord* record = find(caller, cluster.arn, name)) {
      tasks.push_back(task_json(*record, *view(record->spec->task_id), with_tags));
    } else {
      const bool is_arn = name.compare(0, 4, "arn:") == 0;
      failures.push_back({{"arn", is_arn ? name
                                         : ecs_arn(caller.region, caller.account,
                                                   "task/" + cluster.name + "/" + name)},
                          {"reason", "MISSING"}});
    }
  }
  return Json{{"tasks", std::move(tasks)}, {"failures", std::move(failures)}};
}

bool Tasks::matches(const Json& request, const TaskRecord& record, const TaskView& v) const {
  const auto differs = [&](const char* key, const std::string& value) {
    const std::string wanted = json_string(request, key);
    return !wanted.empty() && wanted != value;
  };
  const std::string desired = json_string(request, "desiredStatus", "RUNNING");
  if (desired == "PENDING" || (desired == "STOPPED") != v.desired_stopped) return false;
  if (differs("family", record.spec->definition.family) ||
      differs("launchType", record.spec->launch_type))
    return false;
  if (differs("startedBy", json_string(*record.fixed, "startedBy"))) return false;
  const std::string service = json_string(request, "serviceName");
  if (!service.empty() && service.substr(service.rfind('/') + 1) != record.spec->service_name)
    return false;
  const std::string instance = json_string(request, "containerInstance");
  const std::string& there = record.spec->container_instance;
  if (!instance.empty() && (there.empty() || (instance != there && !ends_like(there, instance))))
    return false;
  return !json_find(request, "daemonName");
}

Answer<Page> Tasks::list(const Caller& caller, const Json& request, const PageRequest& page) const {
  const std::string launch = json_string(request, "launchType");
  if (!launch.empty() && launch != "EC2" && launch != "FARGATE" && launch != "EXTERNAL" &&
      launch != "MANAGED_INSTANCES")
    return invalid_parameter(
        "launch type should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]");
  const std::string desired = json_string(request, "desiredStatus", "RUNNING");
  if (desired != "RUNNING" && desired != "PENDING" && desired != "STOPPED")
    return invalid_parameter("desiredStatus should be one of [RUNNING,PENDING,STOPPED]");
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  std::vector<std::string> arns;
  for (const auto& [id, record] : records_)
    if (record.spec->cluster_arn == cluster.arn && matches(request, record, *view(id)))
      arns.push_back(record.spec->task_arn);
  return page_of(arns, page);
}

TaskCounts Tasks::counts(const std::string& cluster_arn) const {
  TaskCounts n;
  for (const auto& [id, record] : records_) {
    if (record.spec->cluster_arn != cluster_arn) continue;
    const TaskStatus status = view(id)->last_status;
    if (status == TaskStatus::kStopped) continue;
    const bool pending = status < TaskStatus::kRunning;
    const bool fargate = record.spec->launch_type == "FARGATE";
    ++(pending ? n.pending : n.running);
    if (fargate) ++(pending ? n.fargate_pending : n.fargate_running);
  }
  return n;
}

std::vector<std::string> Tasks::of_services() const {
  std::vector<std::string> ids;
  for (const auto& [id, record] : records_)
    if (!record.spec->service_name.empty() && view(id)->last_status != TaskStatus::kStopped)
      ids.push_back(id);
  return ids;
}

std::vector<std::shared_ptr<const TaskView>> Tasks::on_instance(const std::string& arn) const {
  std::vector<ViewPtr> found;
  for (const auto& [id, record] : records_)
    if (record.spec->container_instance == arn)
      if (ViewPtr seen = view(id); seen && seen->last_status != TaskStatus::kStopped)
        found.push_back(std::move(seen));
  return found;
}

std::vector<std::string> Tasks::ids() const {
  std::vector<std::string> all;
  for (const auto& [id, record] : records_) all.push_back(id);
  return all;
}

std::size_t Tasks::live() const {
  return static_cast<std::size_t>(std::count_if(
      records_.begin(), records_.end(),
      [this](const auto& r) { return view(r.first)->last_status != TaskStatus::kStopped; }));
}

Json Tasks::local(const std::string& id) const {
  const auto it = records_.find(id);
  const ViewPtr shown = view(id);
  return it == records_.end() || !shown ? Json() : local_task_json(it->second, *shown);
}

Json Tasks::all_local(bool stopped) const {
  std::vector<ViewPtr> views;
  for (const auto& [id, record] : records_)
    if (const ViewPtr v = view(id); v && (stopped || v->last_status != TaskStatus::kStopped))
      views.push_back(v);
  std::sort(views.begin(), views.end(),
            [](const ViewPtr& a, const ViewPtr& b) { return a->created_at < b->created_at; });
  Json list = Json::array();
  for (const auto& v : views) list.push_back(local_task_json(records_.at(v->spec->task_id), *v));
  return list;
}

}  // namespace drydock::control
