// Which instances there are, what is on them, and where a task goes.
#include "control/instances/instances.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "runtime/bundle/metadata_file.h"

namespace drydock::control {

using instances::Candidate;
using instances::Instance;
using runtime::TaskStatus;

namespace {

// "arn:…:container-instance/C/I" -> C's place; empty for a short ARN.
std::string cluster_in(const Arn& arn) {
  const auto slash = arn.resource.find('/');
  return slash == std::string::npos ? std::string() : arn.resource.substr(0, slash);
}

bool is_in(const std::vector<std::string>& clusters, const std::string& name) {
  return std::ranges::any_of(clusters, [&](const auto& one) { return one == "*" || one == name; });
}

}  // namespace

Instances::Instances(Store& store, const Clusters& clusters, Tasks& tasks)
    : store_(store), clusters_(clusters), tasks_(tasks) {
  tasks_.place_with([this](const Caller& caller, const RunPlan& plan, const std::string& wanted) {
    return place(caller, plan, wanted);
  });
}
Instances::~Instances() = default;

Status Instances::restore() {
  DRYDOCK_LET(const auto texts, store_.load_all("container-instance"));
  for (const auto& [arn, text] : texts) {
    auto read = instances::instance_of(text);
    if (!read) return tl::unexpected(std::move(read.error()).in("container instance " + arn));
    if (read->own && !is_in(tasks_.options().instances, read->cluster_name)) {
      store_.remove("container-instance", arn);
      continue;
    }
    if (read->own) {  // the machine may have changed since
      const Instance fresh = instances::machine_instance(
          {tasks_.options().machine, tasks_.options().privileged},
          {read->region, read->account, {}}, {read->cluster_name, read->cluster_arn, {}, nullptr});
      read->resources = fresh.resources;
      read->attributes = fresh.attributes;
      read->version_info = fresh.version_info;
    }
    instances_[arn] = std::move(*read);
  }
  return {};
}

void Instances::forget_all() {
  instances_.clear();
  left_.clear();
}

// The cluster of a request; this machine is in it when it is to be.
Answer<Clusters::Ref> Instances::cluster_of(const Caller& caller, const Json& request) {
  DRYDOCK_LET(Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  join(caller, cluster);
  return cluster;
}

void Instances::join(const Caller& caller, const Clusters::Ref& cluster) {
  const TasksOptions& options = tasks_.options();
  if (!is_in(options.instances, cluster.name)) return;
  Instance own =
      instances::machine_instance({options.machine, options.privileged}, caller, cluster);
  if (instances_.count(own.arn) || left_.count(own.arn)) return;
  Instance& kept = instances_[own.arn] = std::move(own);
  store_.put("container-instance", kept.arn, instances::stored(kept));
}

void Instances::cluster_removed(const std::string& cluster_arn) {
  std::erase_if(instances_, [&](const auto& one) {
    if (one.second.cluster_arn != cluster_arn) return false;
    store_.remove("container-instance", one.first);
    return true;
  });
  const auto parsed = parse_ecs_arn(cluster_arn);
  if (parsed)
    left_.erase(runtime::machine_instance_arn(parsed->region, parsed->account, parsed->resource,
                                              cluster_arn));
}

std::vector<Instance*> Instances::of_cluster(const std::string& cluster_arn) {
  std::vector<Instance*> found;
  for (auto& [arn, instance] : instances_)
    if (instance.cluster_arn == cluster_arn) found.push_back(&instance);
  return found;
}

Instance* Instances::find(const Caller& caller, const Clusters::Ref& cluster,
                          const std::string& id_or_arn) {
  const auto id = local_name(caller, "container-instance", id_or_arn);
  if (!id) return nullptr;
  if (const auto arn = parse_ecs_arn(id_or_arn);
      arn && !cluster_in(*arn).empty() && cluster_in(*arn) != cluster.name)
    return nullptr;
  const auto at = instances_.find(
      ecs_arn(caller.region, caller.account, "container-instance/" + cluster.name + "/" + *id));
  return at == instances_.end() ? nullptr : &at->second;
}

void Instances::keep(Instance& instance) {
  ++instance.version;
  store_.put("container-instance", instance.arn, instances::stored(instance));
  if (changed_) changed_(instance.cluster_arn);
}

instances::Usage Instances::usage(const std::string& arn) const {
  instances::Usage usage;
  for (const auto& view : tasks_.on_instance(arn))
    instances::add_task(usage, instances::need_of(view->spec->definition), view->spec->group,
                        view->last_status < TaskStatus::kRunning);
  return usage;
}

std::vector<Candidate> Instances::candidates(const std::string& cluster_arn) {
  std::vector<Candidate> all;
  for (const Instance* one : of_cluster(cluster_arn))
    if (one->status == "ACTIVE") all.push_back({one, usage(one->arn)});
  return all;
}

// `wanted`: the instance that StartTask names; constraints and strategies do not count then.
Answer<instances::Place> Instances::place(const Caller& caller, const RunPlan& plan,
                                          const std::string& wanted) {
  join(caller, plan.cluster);
  const auto need = instances::need_of(plan.definition);
  instances::Place place;
  if (!wanted.empty()) {
    const Instance& named = instances_.at(wanted);
    return instances::choose({{&named, usage(wanted)}}, need, plan.group, {});
  }
  if (of_cluster(plan.cluster.arn).empty()) return place;
  const auto active = candidates(plan.cluster.arn);
  if (active.empty())
    return invalid_parameter("No Container Instances were found in your cluster.");
  return instances::choose(active, need, plan.group, plan.rules);
}

void Instances::count(const std::string& cluster_arn, TaskCounts& counts) {
  const auto parsed = parse_ecs_arn(cluster_arn);
  const Caller caller = parsed ? Caller{parsed->region, parsed->account, {}} : Caller{};
  if (const auto cluster = clusters_.find(caller, cluster_arn)) join(caller, *cluster);
  for (const Instance* one : of_cluster(cluster_arn)) {
    ++counts.instances;
    counts.own_instances += one->own;
  }
}

std::optional<int> Instances::daemon_tasks(const Caller& caller, const std::string& cluster_arn,
                                           const instances::Rules& rules) {
  if (const auto cluster = clusters_.find(caller, cluster_arn)) join(caller, *cluster);
  if (of_cluster(cluster_arn).empty()) return std::nullopt;
  const auto active = candidates(cluster_arn);
  return static_cast<int>(std::ranges::count_if(
      active, [&](const Candidate& one) { return instances::is_member(one, rules); }));
}

bool Instances::is_left(const std::string& arn) const {
  if (arn.empty()) return false;
  const auto at = instances_.find(arn);
  return at == instances_.end() || at->second.status != "ACTIVE";
}

Answer<Json> Instances::tags(const std::string& arn) const {
  const auto at = instances_.find(arn);
  if (at == instances_.end())
    return refuse("ResourceNotFoundException",
                  "The specified container instance was not found: " + arn);
  return tags_json(at->second.tags);
}

Answer<bool> Instances::tag(const std::string& arn, const Json& add,
                            const std::vector<std::string>& remove) {
  DRYDOCK_TRY(tags(arn));
  Instance& instance = instances_.at(arn);
  DRYDOCK_LET(instance.tags, retagged(instance.tags, add, remove));
  store_.put("container-instance", arn, instances::stored(instance));
  return true;
}

}  // namespace drydock::control
