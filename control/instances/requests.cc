// RegisterContainerInstance and what is asked of instances that are there (api.md 4.5).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/instances/identity.h"
#include "control/instances/instances.h"

namespace drydock::control {

using instances::Candidate;
using instances::Expression;
using instances::Instance;

namespace {

bool includes(const Json& request, std::string_view what) {
  const Json* include = json_find(request, "include");
  return include && std::ranges::find(*include, what) != include->end();
}

// The instances that a request names: refused when there are none or too many.
Answer<std::vector<std::string>> named(const Json& request, std::size_t most) {
  const Json* list = json_find(request, "containerInstances");
  if (!list || list->empty()) return client_error("Container Instances cannot be empty.");
  if (list->size() > most)
    return invalid_parameter("Container Instances can have at most " + std::to_string(most) +
                             " items.");
  return list->get<std::vector<std::string>>();
}

Json missing(const Caller& caller, const Clusters::Ref& cluster, const std::string& name) {
  return {{"arn", name.starts_with("arn:")
                      ? name
                      : ecs_arn(caller.region, caller.account,
                                "container-instance/" + cluster.name + "/" + name)},
          {"reason", "MISSING"}};
}

auto not_there(const std::string& name) {
  return invalid_parameter("Referenced container instance " + name + " not found.");
}

// That the daemon answers is all there is to the health of its own; nobody tells that of others.
Json health(const Instance& instance) {
  if (!instance.own) return {{"overallStatus", "INSUFFICIENT_DATA"}, {"details", Json::array()}};
  return {
      {"overallStatus", "OK"},
      {"details", Json::array({{{"type", "CONTAINER_RUNTIME"},
                                {"status", "OK"},
                                {"lastUpdated", epoch_seconds(now())},
                                {"lastStatusChange", epoch_seconds(instance.registered_at)}}})}};
}

}  // namespace

Json Instances::shown(const Instance& i, bool with_tags, bool with_health) const {
  const instances::Usage used = usage(i.arn);
  Json out = {{"containerInstanceArn", i.arn}};
  if (!i.ec2_id.empty()) out["ec2InstanceId"] = i.ec2_id;
  out["version"] = i.version;
  out["versionInfo"] = *i.version_info;
  out["remainingResources"] = instances::remaining_json(i.resources, used);
  out["registeredResources"] = instances::registered_json(i.resources);
  out["status"] = i.status;
  out["agentConnected"] = true;
  out["runningTasksCount"] = used.running;
  out["pendingTasksCount"] = used.pending;
  out["attributes"] = Json::array();
  for (const auto& [name, value] : instances::all_attributes(i)) {
    Json one = {{"name", name}};
    if (value) one["value"] = *value;
    out["attributes"].push_back(std::move(one));
  }
  out["registeredAt"] = epoch_seconds(i.registered_at);
  out["attachments"] = Json::array();
  out["tags"] = with_tags ? tags_json(i.tags) : Json::array();
  if (with_health) out["healthStatus"] = health(i);
  return out;
}

Answer<Json> Instances::enrol(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_LET(Instance made, instances::registration_of(request));
  const std::string again = json_string(request, "containerInstanceArn");
  if (again.empty()) {
    made.id = new_task_id();
    made.arn = ecs_arn(caller.region, caller.account,
                       "container-instance/" + cluster.name + "/" + made.id);
    made.registered_at = now();
    made.version = 0;
  } else {
    const Instance* there = find(caller, cluster, again);
    if (!there) return not_there(again);
    DRYDOCK_TRY(instances::may_follow(*there, made));
    made.id = there->id;
    made.arn = there->arn;
    made.registered_at = there->registered_at;
    made.version = there->version;
    made.status = there->status;
    made.custom = there->custom;
    if (made.tags.empty()) made.tags = there->tags;
  }
  made.cluster_name = cluster.name;
  made.cluster_arn = cluster.arn;
  made.region = caller.region;
  made.account = caller.account;
  Instance& kept = instances_[made.arn] = std::move(made);
  keep(kept);
  return Json{{"containerInstance", shown(kept, true, false)}};
}

Answer<Json> Instances::deregister(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  const std::string name = json_string(request, "containerInstance");
  const Instance* there = find(caller, cluster, name);
  if (!there) return not_there(name);
  const auto tasks = tasks_.on_instance(there->arn);
  if (!tasks.empty() && !json_bool(request, "force"))
    return invalid_parameter("Found running tasks on the instance.");
  Json answer = shown(*there, true, false);
  answer["status"] = "INACTIVE";
  if (there->own) left_.insert(there->arn);
  const std::string arn = there->arn;
  instances_.erase(arn);
  store_.remove("container-instance", arn);
  // Nobody would look after them any more (firelens-and-lifecycle.md B7.2).
  for (const auto& view : tasks)
    tasks_.stop_task(view->spec->task_id,
                     {"UserInitiated", "Container instance deregistration forced by user", false});
  if (changed_) changed_(cluster.arn);
  return Json{{"containerInstance", std::move(answer)}};
}

Answer<Json> Instances::describe(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_LET(const auto names, named(request, 100));
  Json found = Json::array();
  Json failures = Json::array();
  for (const std::string& name : names) {
    if (const Instance* one = find(caller, cluster, name))
      found.push_back(
          shown(*one, includes(request, "TAGS"), includes(request, "CONTAINER_INSTANCE_HEALTH")));
    else
      failures.push_back(missing(caller, cluster, name));
  }
  return Json{{"containerInstances", std::move(found)}, {"failures", std::move(failures)}};
}

Answer<Page> Instances::list(const Caller& caller, const Json& request, const PageRequest& page) {
  const std::string status = json_string(request, "status");
  constexpr const char* kKnown[] = {"ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING",
                                    "REGISTRATION_FAILED"};
  if (!status.empty() && std::ranges::find(kKnown, status) == std::end(kKnown))
    return invalid_parameter(
        "Container instance status should be one of [ACTIVE, DRAINING, REGISTERING, "
        "DEREGISTERING, REGISTRATION_FAILED]");
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  const std::string filter = json_string(request, "filter");
  std::optional<Expression> wanted;
  if (!filter.empty()) {
    auto parsed = Expression::parse(filter);
    if (!parsed)
      return invalid_parameter("The filter '" + filter.substr(0, 200) +
                               "' is invalid: " + parsed.error().message + ".");
    wanted = std::move(*parsed);
  }
  std::vector<std::string> arns;
  for (const Instance* one : of_cluster(cluster.arn)) {
    if (!status.empty() && one->status != status) continue;
    const Candidate candidate{one, wanted ? usage(one->arn) : instances::Usage{}};
    if (!wanted || wanted->matches([&](const std::string& subject) {
          return instances::values_of(candidate, subject);
        }))
      arns.push_back(one->arn);
  }
  return page_of(arns, page);
}

Answer<Json> Instances::update_state(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  const std::string status = json_string(request, "status");
  if (status != "ACTIVE" && status != "DRAINING")
    return invalid_parameter("Container instance status should be one of [ACTIVE, DRAINING]");
  DRYDOCK_LET(const auto names, named(request, 10));
  Json changed = Json::array();
  Json failures = Json::array();
  for (const std::string& name : names) {
    Instance* one = find(caller, cluster, name);
    if (!one) {
      failures.push_back(missing(caller, cluster, name));
      continue;
    }
    const bool differs = std::exchange(one->status, status) != status;
    if (differs) keep(*one);
    changed.push_back(shown(*one, false, false));
  }
  return Json{{"containerInstances", std::move(changed)}, {"failures", std::move(failures)}};
}

Answer<Json> Instances::start_task(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_LET(const auto names, named(request, 10));
  Json each = request;
  each["launchType"] = "EC2";
  DRYDOCK_TRY(tasks_.plan(caller, each, {}));
  Json tasks = Json::array();
  Json failures = Json::array();
  for (const std::string& name : names) {
    const Instance* one = find(caller, cluster, name);
    if (!one) {
      failures.push_back(missing(caller, cluster, name));
      continue;
    }
    if (one->status != "ACTIVE") {
      failures.push_back({{"arn", one->arn},
                          {"reason", "INACTIVE"},
                          {"detail", "the container instance is " + one->status}});
      continue;
    }
    LocalRun local;
    local.container_instance = one->arn;
    DRYDOCK_LET(Json begun, tasks_.run(caller, each, local));
    for (auto& task : begun["tasks"]) tasks.push_back(std::move(task));
    for (auto& failure : begun["failures"]) failures.push_back(std::move(failure));
  }
  return Json{{"tasks", std::move(tasks)}, {"failures", std::move(failures)}};
}

}  // namespace drydock::control
