// Services that are kept: what the scheduler decides is carried out here.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/logging.h"
#include "control/instances/instances.h"
#include "control/services/events.h"
#include "control/services/names.h"
#include "control/services/requests.h"
#include "control/services/services.h"
#include "control/services/task_sets.h"

namespace drydock::control {
namespace {

using runtime::TaskStatus;
using runtime::TaskView;
using services::Service;
using services::TaskFacts;

std::string service_arn(const runtime::TaskSpec& spec) {
  return ecs_arn(spec.region, spec.account,
                 "service/" + spec.cluster_name + "/" + spec.service_name);
}

TaskFacts::Phase phase_of(const TaskView& v) {
  if (v.last_status == TaskStatus::kStopped) return TaskFacts::Phase::kStopped;
  if (v.desired_stopped || v.last_status > TaskStatus::kRunning) return TaskFacts::Phase::kStopping;
  return v.last_status == TaskStatus::kRunning ? TaskFacts::Phase::kRunning
                                               : TaskFacts::Phase::kPending;
}

// By the essential containers with a health check alone: one without keeps the task's own health at
// UNKNOWN for ever.
void judge_health(const TaskView& v, TaskFacts& facts) {
  int healthy = 0, checked = 0;
  for (const auto& c : v.spec->definition.containers) {
    if (!c.essential || !c.health_check) continue;
    ++checked;
    const auto seen = std::find_if(v.containers.begin(), v.containers.end(),
                                   [&](const auto& one) { return one.name == c.name; });
    if (seen == v.containers.end()) continue;
    healthy += seen->health.status == runtime::Health::kHealthy;
    if (seen->health.status == runtime::Health::kUnhealthy)
      facts.health = TaskFacts::Health::kUnhealthy;
  }
  facts.checked = checked > 0;
  if (checked > 0 && healthy == checked) facts.health = TaskFacts::Health::kHealthy;
}

void judge_target(const services::Balancing::Seen& seen, TaskFacts& facts) {
  facts.balanced = true;
  if (seen.health == netns::TargetHealth::kHealthy) facts.target = TaskFacts::Health::kHealthy;
  if (seen.health != netns::TargetHealth::kUnhealthy) return;
  facts.target = TaskFacts::Health::kUnhealthy;
  facts.target_group = seen.target.group;
  facts.target_problem =
      services::unhealthy_target_text(seen.target.container_port, seen.target.group, seen.why);
}

TaskFacts facts_of(const TaskView& v, const std::string& deployment) {
  TaskFacts f;
  f.id = v.spec->task_id;
  f.deployment = deployment;
  f.phase = phase_of(v);
  f.created_at = v.created_at.value_or(Time{});
  f.started_at = v.started_at;
  f.stopping_at = v.stopping_at ? v.stopping_at : v.stopped_at;
  f.by_itself = v.stop_code == "TaskFailedToStart" || v.stop_code == "EssentialContainerExited";
  judge_health(v, f);
  return f;
}

}  // namespace

Services::Services(Loop& loop, Store& store, const Clusters& clusters, Tasks& tasks,
                   TaskProtection& protection, ServicesOptions options)
    : loop_(loop),
      store_(store),
      clusters_(clusters),
      tasks_(tasks),
      protection_(protection),
      options_(std::move(options)),
      balancing_(store, options_.balancing) {
  tasks_.on_each_change([this](const std::string& id) { task_changed(id); });
  protection_.on_change([this](const std::string& id) { task_changed(id); });
}
Services::~Services() = default;

Status Services::restore() {
  DRYDOCK_TRY(balancing_.restore());
  DRYDOCK_LET(const auto revisions, store_.load_all("service-revision"));
  for (const auto& [number, text] : revisions) {
    auto read = services::revision_of(text);
    if (!read) return tl::unexpected(std::move(read.error()).in("service revision " + number));
    revisions_[number] = std::move(*read);
  }
  DRYDOCK_LET(const auto texts, store_.load_all("service"));
  for (const auto& [arn, text] : texts) {
    auto read = services::service_of(text);
    if (!read) return tl::unexpected(std::move(read.error()).in("stored service " + arn));
    Entry& entry = services_[arn];
    entry.service = std::move(*read);
    entry.stored = text;
    entry.told = services::told_of(entry.service);
    for (const auto& [id, mark] : entry.service.tasks) entry.ids.insert(id);
  }
  // Those that were started just before the daemon died.
  for (const std::string& id : tasks_.of_services()) task_changed(id);
  for (const auto& [arn, entry] : services_) look(arn);
  return {};
}

void Services::task_changed(const std::string& id) {
  const auto* record = tasks_.record(id);
  if (!record || record->spec->service_name.empty()) return;
  const std::string arn = service_arn(*record->spec);
  const auto at = services_.find(arn);
  if (at == services_.end()) return;
  at->second.ids.insert(id);
  look(arn);
}

void Services::look(const std::string& arn) {
  due_.insert(arn);
  if (posted_) return;
  posted_ = true;
  loop_.post([this] { look_at_due(); });
}

void Services::look_at_due() {
  posted_ = false;
  const auto due = std::exchange(due_, {});
  const Store::Hold one_transaction(store_);
  for (const std::string& arn : due) evaluate(arn);
}

std::vector<TaskFacts> Services::facts(const Entry& entry) const {
  std::vector<TaskFacts> all;
  for (const std::string& id : entry.ids) {
    const auto view = tasks_.view(id);
    const TaskRecord* record = tasks_.record(id);
    if (!view || !record) continue;
    all.push_back(facts_of(*view, json_string(*record->fixed, "startedBy")));
    services::TaskFacts& f = all.back();
    f.protected_until = protection_.until(id);
    f.leaving = instances_ && instances_->is_left(record->spec->container_instance);
    if (entry.draining.count(id) && f.phase < TaskFacts::Phase::kStopping)
      f.phase = TaskFacts::Phase::kStopping;
    if (const auto seen = balancing_.health(id)) judge_target(*seen, f);
  }
  return all;
}

std::map<std::string, services::Counts> Services::counts(const Entry& entry) const {
  return services::counts_of(facts(entry));
}

void Services::evaluate(const std::string& arn) {
  const auto at = services_.find(arn);
  if (at == services_.end() || paused_) return;
  Entry& entry = at->second;
  settle_desired(entry.service);
  take_targets(entry);
  const auto seen = facts(entry);
  services::Decision decision = services::schedule(entry.service, seen, now(), options_.scheduler);
  Service next = decision.service;
  if (decision.roll_back) roll_back(next, services::rollback_reason(next));
  act(next, decision);
  const bool fewer = next.deployments.size() < entry.service.deployments.size() ||
                     next.task_sets.size() < entry.service.task_sets.size();
  if (next.task_sets.size() != entry.service.task_sets.size()) prune_revisions(next);
  entry.service = std::move(next);
  if (fewer) release_groups();
  for (const TaskFacts& t : seen)
    if (t.phase == TaskFacts::Phase::kStopped) entry.ids.erase(t.id);
  std::erase_if(entry.ids, [this](const std::string& id) { return !tasks_.record(id); });
  keep(entry);
  plan_next(arn, entry, decision.next);
}

void Services::act(Service& service, const services::Decision& decision) {
  stop_some(service, decision.stops);
  if (decision.start > 0) start(service, decision.deployment, decision.start);
  if (decision.roll_back) look(service.arn);
}

void Services::start(Service& service, const std::string& deployment, int count) {
  const services::Deployment* d = services::deployment_named(service, deployment);
  const auto revision = revisions_.find(d->revision);
  std::vector<std::string> started;
  std::string problem;
  if (revision == revisions_.end()) {
    problem = services::not_placed_text("service revision " + d->revision + " is not there", "");
  } else if (!json_find(*revision->second.settings, "capacityProviderStrategy")) {
    start_some(service, deployment, "", count, started, problem);
  } else {
    std::map<std::string, int> present;
    for (const auto& [id, mark] : service.tasks)
      if (const TaskRecord* record = tasks_.record(id); record && mark != services::Mark::kEnded)
        ++present[json_string(*record->fixed, "capacityProviderName")];
    for (int i = 0; i < count && problem.empty(); ++i) {
      const std::string provider = services::next_provider(*revision->second.settings, present);
      ++present[provider];
      start_some(service, deployment, provider, 1, started, problem);
    }
  }
  services::note_started(service, started, now());
  if (problem.empty()) return;
  services::note_not_placed(service, deployment, problem, now(), options_.scheduler);
  look(service.arn);  // when to try again
}

void Services::start_some(Service& service, const std::string& deployment,
                          const std::string& provider, int count, std::vector<std::string>& started,
                          std::string& problem) {
  const services::Deployment* d = services::deployment_named(service, deployment);
  const services::Revision& revision = revisions_.at(d->revision);
  LocalRun local;
  local.service = std::make_shared<const OfService>(
      OfService{service.name, service.tags, services::definition_of(revision),
                services::is_daemon(*service.settings)});
  const Caller caller{service.region, service.account, {}};
  constexpr int kAtOnce = 10;  // RunTask's limit
  for (int left = count; left > 0 && problem.empty(); left -= kAtOnce) {
    const auto answer = tasks_.run(
        caller,
        services::run_request(service, revision, deployment, provider, std::min(left, kAtOnce)),
        local);
    if (!answer) {
      problem = services::not_placed_text(answer.error().message, "");
      return;
    }
    for (const auto& task : (*answer)["tasks"]) {
      const std::string arn = json_string(task, "taskArn");
      started.push_back(arn.substr(arn.rfind('/') + 1));
    }
    if (!(*answer)["failures"].empty()) {
      const Json& failure = (*answer)["failures"][0];
      problem =
          services::not_placed_text(json_string(failure, "reason"), json_string(failure, "detail"),
                                    json_string(failure, "arn"));
    }
  }
}

void Services::roll_back(Service& service, const std::string& reason) {
  const auto target = revisions_.find(service.completed);
  if (target == revisions_.end()) return;
  service.settings =
      std::make_shared<const Json>(services::settings_with(*service.settings, target->second));
  services::read_settings(service);
  services::begin_rollback(service, services::new_deployment_id(), reason, now());
}

void Services::keep(Entry& entry) {
  std::vector<services::Event> fresh;
  for (services::Event& e : entry.service.events) {
    if (!e.id.empty()) continue;
    e.id = random_uuid();
    fresh.push_back(e);
  }
  for (const auto& news : services::news_of(entry.service, fresh, entry.told))
    if (news_) news_(entry.service, news);
  std::string text = services::stored(entry.service);
  if (text == entry.stored) return;
  store_.put("service", entry.service.arn, text);
  entry.stored = std::move(text);
  tasks_.tell_watchers();
}

void Services::plan_next(const std::string& arn, Entry& entry, std::optional<Time> next) {
  const bool gone = entry.service.status == "INACTIVE";
  if (gone) next = entry.service.inactive_at.value_or(now()) + options_.keep_inactive;
  entry.timer.cancel();
  if (!next) return;
  const Duration left = std::max(Duration{0}, *next - now());
  entry.timer = loop_.after(left, [this, arn, gone] { gone ? drop(arn) : look(arn); });
}

// A deleted service that was shown long enough.
void Services::drop(const std::string& arn) {
  const auto at = services_.find(arn);
  if (at == services_.end() || at->second.service.status != "INACTIVE") return;
  const Service gone = std::move(at->second.service);
  services_.erase(at);
  store_.remove("service", arn);
  std::erase_if(revisions_, [&](const auto& one) {
    if (one.second.service_arn != arn) return false;
    store_.remove("service-revision", one.first);
    return true;
  });
}

void Services::forget_all() {
  services_.clear();
  revisions_.clear();
  balancing_.forget_all();
  due_.clear();
}

}  // namespace drydock::control
