// The tasks of services in their load balancers' target groups: registered while they run, and
// stopped only after their connections have ended.
#include <nlohmann/json.hpp>

#include "control/services/events.h"
#include "control/services/services.h"
#include "control/services/task_sets.h"

namespace drydock::control {
namespace {

using runtime::TaskStatus;
using services::Service;

using ByGroup = std::map<std::string, int>;

const Json& load_balancers(const services::Revision& revision) {
  static const Json none = Json::array();
  const Json* found = json_find(*revision.settings, "loadBalancers");
  return found ? *found : none;
}

// Those of task sets, too.
std::vector<std::string> deployments_of(const Service& service) {
  std::vector<std::string> ids;
  for (const auto& one : service.deployments) ids.push_back(one.id);
  for (const auto& set : service.task_sets) ids.push_back(set.deployment.id);
  return ids;
}

void count_in(ByGroup& counts, const std::vector<std::string>& groups) {
  for (const auto& group : groups) ++counts[group];
}

void tell_each(Service& s, const ByGroup& counts, std::string (*text)(int, const std::string&)) {
  for (const auto& [group, count] : counts) services::tell(s, now(), text(count, group));
}

}  // namespace

const services::Revision* Services::revision_of(const Service& service,
                                                const std::string& deployment) const {
  const auto* d = services::deployment_named(service, deployment);
  const auto at = d ? revisions_.find(d->revision) : revisions_.end();
  return at == revisions_.end() ? nullptr : &at->second;
}

void Services::open_groups(Service& service) {
  for (const std::string& id : deployments_of(service)) {
    const auto* revision = revision_of(service, id);
    if (!revision) continue;
    if (const auto problem = balancing_.open(load_balancers(*revision)); !problem.empty())
      services::complain(service, now(),
                         "was unable to listen for its load balancers. Reason: " + problem);
  }
}

// Before the scheduler looks.
void Services::take_targets(Entry& entry) {
  if (!balancing_.on()) return;
  Service& s = entry.service;
  if (s.status == "ACTIVE") open_groups(s);
  ByGroup in, out;
  for (const std::string& id : entry.ids) {
    const auto view = tasks_.view(id);
    const TaskRecord* record = tasks_.record(id);
    if (!view || !record || entry.draining.count(id)) continue;
    if (view->desired_stopped || view->last_status > TaskStatus::kRunning) {
      count_in(out, balancing_.remove(id, {}));
    } else if (const auto at = s.tasks.find(id);
               at != s.tasks.end() && at->second == services::Mark::kEnded) {
      // It drained when the daemon was killed: its connections are gone.
      tasks_.stop_task(id, {"ServiceSchedulerInitiated",
                            "Scaling activity initiated by the service scheduler", false});
    } else if (view->last_status == TaskStatus::kRunning) {
      if (const auto* revision = revision_of(s, json_string(*record->fixed, "startedBy")))
        count_in(in, balancing_.add(id, services::targets_of(load_balancers(*revision), *view)));
    }
  }
  tell_each(s, in, services::registered_text);
  tell_each(s, out, services::deregistered_text);
}

// The scheduler's stops.
void Services::stop_some(Service& service, const std::vector<services::Stop>& stops) {
  ByGroup out;
  std::map<std::string, int> draining;  // by deployment
  for (const auto& one : stops) {
    if (!balancing_.has(one.task)) {
      tasks_.stop_task(one.task, {"ServiceSchedulerInitiated", one.reason, false});
      continue;
    }
    services_.at(service.arn).draining.insert(one.task);
    if (const TaskRecord* record = tasks_.record(one.task))
      ++draining[json_string(*record->fixed, "startedBy")];
    count_in(out, balancing_.remove(one.task, [this, arn = service.arn, one] {
      loop_.post([this, arn, one] { drained(arn, one); });
    }));
  }
  tell_each(service, out, services::deregistered_text);
  for (const auto& [deployment, count] : draining)
    services::tell_draining(service, now(), deployment, count);
}

void Services::drained(const std::string& arn, const services::Stop& stop) {
  tasks_.stop_task(stop.task, {"ServiceSchedulerInitiated", stop.reason, false});
  const auto at = services_.find(arn);
  if (at == services_.end()) return;
  at->second.draining.erase(stop.task);
  look(arn);
}

void Services::target_changed(const std::string& group, const std::string& task,
                              netns::TargetHealth health, const std::string& why) {
  if (balancing_.told(group, task, health, why)) task_changed(task);
}

// Groups that no deployment names any more are closed.
void Services::release_groups() {
  std::vector<std::string> named;
  for (const auto& [arn, entry] : services_)
    for (const std::string& id : deployments_of(entry.service))
      if (const auto* revision = revision_of(entry.service, id))
        for (const auto& one : load_balancers(*revision)) named.push_back(services::group_of(one));
  balancing_.keep_only(named);
}

}  // namespace drydock::control
