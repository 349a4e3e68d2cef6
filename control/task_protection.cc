#include "control/task_protection.h"

#include <nlohmann/json.hpp>

#include "base/ids.h"

namespace drydock::control {
namespace {

constexpr char kKind[] = "protection";
constexpr long long kDefaultMinutes = 120;
constexpr long long kMostMinutes = 2880;

bool of_a_service(const runtime::TaskSpec& spec) { return spec.group.starts_with("service:"); }

// What a request is about: each task that can be protected, and a failure for each that cannot.
struct Targets {
  std::vector<std::shared_ptr<const runtime::TaskView>> tasks;
  Json failures = Json::array();
};

Answer<Targets> targets_of(const Caller& caller, const Json& request, const Clusters& clusters,
                           const Tasks& tasks, std::size_t most) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters.find(caller, json_string(request, "cluster")));
  const Json* names = json_find(request, "tasks");
  if (!names || names->empty()) return invalid_parameter("Tasks cannot be empty.");
  if (names->size() > most)
    return invalid_parameter("Tasks can have at most " + std::to_string(most) + " items.");
  Targets out;
  for (const auto& one : *names) {
    const auto name = one.get<std::string>();
    const bool is_arn = name.starts_with("arn:");
    const auto arn =
        is_arn ? name : ecs_arn(caller.region, caller.account, "task/" + cluster.name + "/" + name);
    const auto view = tasks.view(arn.substr(arn.rfind('/') + 1));
    const bool known =
        view && view->spec->task_arn == arn && view->spec->cluster_arn == cluster.arn;
    if (known && of_a_service(*view->spec) && !view->desired_stopped)
      out.tasks.push_back(view);
    else
      out.failures.push_back({{"arn", arn}, {"reason", known ? "TASK_NOT_VALID" : "MISSING"}});
  }
  return out;
}

}  // namespace

Status TaskProtection::restore() {
  DRYDOCK_LET(const auto documents, store_.load_all(kKind));
  for (const auto& [id, text] : documents)
    if (const auto until = parse_rfc3339(text)) until_[id] = *until;
  drop_what_ended();
  return {};
}

bool TaskProtection::is_protected(const std::string& id) const {
  const auto it = until_.find(id);
  return it != until_.end() && it->second > now();
}

std::optional<Time> TaskProtection::until(const std::string& id) const {
  if (!is_protected(id)) return std::nullopt;
  return until_.at(id);
}

Json TaskProtection::shown(const std::string& id, const std::string& arn) const {
  const bool on = is_protected(id);
  Json out = {{"taskArn", arn}, {"protectionEnabled", on}};
  if (on) out["expirationDate"] = epoch_seconds(until_.at(id));
  return out;
}

Answer<Json> TaskProtection::get(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(Targets targets, targets_of(caller, request, clusters_, tasks_, 100));
  Json all = Json::array();
  for (const auto& view : targets.tasks)
    all.push_back(shown(view->spec->task_id, view->spec->task_arn));
  return Json{{"protectedTasks", std::move(all)}, {"failures", std::move(targets.failures)}};
}

Answer<Json> TaskProtection::update(const Caller& caller, const Json& request) {
  const long long minutes = json_int(request, "expiresInMinutes", kDefaultMinutes);
  if (minutes < 1 || minutes > kMostMinutes)
    return invalid_parameter("expiresInMinutes must be between 1 and " +
                             std::to_string(kMostMinutes) + ", and was " + std::to_string(minutes) +
                             ".");
  DRYDOCK_LET(Targets targets, targets_of(caller, request, clusters_, tasks_, 10));
  drop_what_ended();
  const Time until =
      std::chrono::floor<std::chrono::milliseconds>(now()) + std::chrono::minutes(minutes);
  Json all = Json::array();
  for (const auto& view : targets.tasks) {
    const auto& id = view->spec->task_id;
    if (json_bool(request, "protectionEnabled")) {
      until_[id] = until;
      store_.put(kKind, id, rfc3339_short(until));
    } else if (until_.erase(id) != 0) {
      store_.remove(kKind, id);
    }
    if (changed_) changed_(id);
    all.push_back(shown(id, view->spec->task_arn));
  }
  return Json{{"protectedTasks", std::move(all)}, {"failures", std::move(targets.failures)}};
}

void TaskProtection::drop_what_ended() {
  std::erase_if(until_, [this](const auto& one) {
    if (one.second > now() && tasks_.view(one.first)) return false;
    store_.remove(kKind, one.first);
    return true;
  });
}

void TaskProtection::forget_all() { until_.clear(); }

}  // namespace drydock::control
