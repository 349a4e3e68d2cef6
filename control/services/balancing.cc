#include "control/services/balancing.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/logging.h"

namespace drydock::control::services {
namespace {

using netns::TargetHealth;

constexpr char kKind[] = "target-group";
// Ports after the wanted one that are tried when others have it, before any will do.
constexpr int kTries = 16;

// As a task's port is published (decision 7).
int as_published(int container_port) {
  return container_port < 1024 ? 8000 + container_port : container_port;
}

const char* health_name(TargetHealth health) {
  if (health == TargetHealth::kHealthy) return "healthy";
  return health == TargetHealth::kUnhealthy ? "unhealthy" : "initial";
}

}  // namespace

Balancing::Balancing(Store& store, BalancingOptions options)
    : store_(store), options_(std::move(options)) {}

Status Balancing::restore() {
  DRYDOCK_LET(const auto texts, store_.load_all(kKind));
  for (const auto& [group, text] : texts) {
    DRYDOCK_LET(const Json stored, parse_json(text));
    ports_[group] = static_cast<int>(json_int(stored, "port"));
  }
  return {};
}

const BalancingOptions::Group* Balancing::configured(const std::string& group) const {
  for (const std::string& name : {group, target_group_name(group)})
    if (const auto at = options_.groups.find(name); at != options_.groups.end()) return &at->second;
  return nullptr;
}

int Balancing::wanted_port(const std::string& group, int container_port) const {
  if (const auto* given = configured(group); given && given->port > 0) return given->port;
  const auto before = ports_.find(group);
  return before == ports_.end() ? as_published(container_port) : before->second;
}

std::string Balancing::open(const Json& load_balancers) {
  std::string problems;
  for (const auto& one : load_balancers) {
    const std::string group = group_of(one);
    if (!on() || group.empty() || open_.count(group)) continue;
    const int wanted = wanted_port(group, static_cast<int>(json_int(one, "containerPort")));
    const auto* given = configured(group);
    const bool fixed = given && given->port > 0;
    netns::HealthCheck check;
    check.patience = options_.patience;
    if (given) check.path = given->health_path;
    auto opened = options_.balancer->open(group, wanted, check);
    for (int i = 1; !opened && !fixed && i <= kTries; ++i)
      opened = options_.balancer->open(group, i < kTries ? wanted + i : 0, check);
    if (!opened) {
      problems += (problems.empty() ? "" : "; ") + opened.error().message;
      continue;
    }
    open_[group] = *opened;
    log::info("target group " + target_group_name(group) +
              " is at 127.0.0.1:" + std::to_string(*opened));
    if (std::exchange(ports_[group], *opened) != *opened)
      store_.put(kKind, group, dump_json(Json{{"port", *opened}}));
  }
  return problems;
}

void Balancing::keep_only(const std::vector<std::string>& groups) {
  const std::set<std::string> kept(groups.begin(), groups.end());
  std::erase_if(open_, [&](const auto& one) {
    if (kept.count(one.first)) return false;
    options_.balancer->close(one.first);
    return true;
  });
}

std::vector<std::string> Balancing::add(const std::string& task,
                                        const std::vector<TargetOf>& targets) {
  std::vector<std::string> groups;
  if (!on()) return groups;
  for (const TargetOf& target : targets) {
    auto& mine = targets_[task];
    const bool there = std::any_of(mine.begin(), mine.end(),
                                   [&](const Seen& s) { return s.target.group == target.group; });
    if (there || !open_.count(target.group)) continue;
    mine.push_back({TargetHealth::kInitial, target, {}});
    options_.balancer->add(target.group, {task, target.address, target.port});
    groups.push_back(target.group);
  }
  return groups;
}

std::vector<std::string> Balancing::remove(const std::string& task,
                                           const std::function<void()>& drained) {
  std::vector<std::string> groups;
  const auto at = targets_.find(task);
  if (at == targets_.end()) return groups;
  const auto mine = std::move(at->second);
  targets_.erase(at);
  // The balancer has one thread: no two of these run at once.
  auto left = std::make_shared<std::size_t>(mine.size());
  for (const Seen& s : mine) {
    groups.push_back(s.target.group);
    options_.balancer->remove(s.target.group, task, options_.drain, [left, drained] {
      if (--*left == 0 && drained) drained();
    });
  }
  return groups;
}

bool Balancing::told(const std::string& group, const std::string& task, TargetHealth health,
                     const std::string& why) {
  const auto at = targets_.find(task);
  if (at == targets_.end()) return false;
  for (Seen& s : at->second)
    if (s.target.group == group) {
      s.health = health;
      s.why = why;
      return true;
    }
  return false;
}

std::optional<Balancing::Seen> Balancing::health(const std::string& task) const {
  const auto at = targets_.find(task);
  if (at == targets_.end() || at->second.empty()) return std::nullopt;
  const auto badness = [](const Seen& s) {
    return s.health == TargetHealth::kUnhealthy ? 2 : s.health == TargetHealth::kInitial ? 1 : 0;
  };
  return *std::max_element(at->second.begin(), at->second.end(),
                           [&](const Seen& a, const Seen& b) { return badness(a) < badness(b); });
}

Json Balancing::shown() const {
  std::map<std::string, Json> by_group;
  for (const auto& [task, seen] : targets_)
    for (const Seen& s : seen) {
      Json one = {{"id", task},
                  {"address", s.target.address + ":" + std::to_string(s.target.port)},
                  {"health", health_name(s.health)}};
      if (!s.why.empty()) one["reason"] = s.why;
      auto& list = by_group[s.target.group];
      if (list.is_null()) list = Json::array();
      list.push_back(std::move(one));
    }
  Json groups = Json::array();
  for (const auto& [group, port] : open_)
    groups.push_back({{"targetGroupArn", group},
                      {"endpoint", "127.0.0.1:" + std::to_string(port)},
                      {"targets", by_group.count(group) ? by_group[group] : Json::array()}});
  return Json{{"targetGroups", std::move(groups)}};
}

void Balancing::forget_all() {
  keep_only({});
  ports_.clear();
  targets_.clear();
}

}  // namespace drydock::control::services
