#include "runtime/lifecycle/depends_on.h"

#include <algorithm>

namespace drydock::runtime::lifecycle {
namespace {

bool never_starts(const ContainerState& dep) {
  return !dep.starting && !dep.started_at && (dep.desired_stopped || dep.stopped());
}

// Only these conditions are limited by the dependency's startTimeout (B4.3).
std::optional<Time> timeout_of(const ContainerState& dep, Wait until) {
  if (until == Wait::kStart || until == Wait::kCreate) return {};
  if (!dep.rules.start_timeout || !dep.started_at || dep.stopped()) return {};
  return *dep.started_at + *dep.rules.start_timeout;
}

bool satisfied(const ContainerState& dep, Wait until) {
  switch (until) {
    case Wait::kCreate:
      return dep.known >= ContainerStatus::kCreated;
    case Wait::kStart:
      return dep.known >= ContainerStatus::kRunning && dep.started_at;
    case Wait::kComplete:
      return dep.stopped() && dep.exit_code;
    case Wait::kSuccess:
      return dep.stopped() && dep.exit_code == 0;
    case Wait::kHealthy:
      return dep.known == ContainerStatus::kRunning && dep.health.status == Health::kHealthy;
  }
  return false;
}

Verdict judge(const ContainerState& target, const ContainerState& dep, Wait until, Time now) {
  if (satisfied(dep, until)) return {};
  const std::string names = "container ordering dependency [" + dep.rules.name + "] for target [" +
                            target.rules.name + "]";
  if (until == Wait::kSuccess && dep.stopped() && dep.started_at)
    return {Readiness::kNever, "dependency graph: failed to resolve " + names +
                                   " as dependency did not exit successfully."};
  // Without a check there never is a verdict (a command NONE passes registration).
  const bool unchecked = until == Wait::kHealthy && !dep.rules.health;
  if (unchecked || never_starts(dep) || (dep.stopped() && until != Wait::kStart))
    return {Readiness::kNever,
            "dependency graph: failed to resolve " + names + " as dependency will never start."};
  if (auto at = timeout_of(dep, until); at && *at <= now)
    return {Readiness::kNever, "dependency graph: " + names + " has timed out."};
  return {Readiness::kBlocked, {}};
}

}  // namespace

Verdict readiness(const TaskState& state, std::size_t target, Time now) {
  const ContainerState& container = state.containers[target];
  Verdict all;
  for (const Dependency& d : container.rules.depends_on) {
    Verdict one = judge(container, state.containers[d.on], d.until, now);
    if (one.readiness == Readiness::kNever) return one;
    if (one.readiness == Readiness::kBlocked) all = std::move(one);
  }
  return all;
}

std::vector<std::string> waits_for_unhealthy(const TaskState& state) {
  std::vector<std::string> lines;
  for (const ContainerState& c : state.containers) {
    if (c.starting || c.desired_stopped || c.known >= ContainerStatus::kCreated) continue;
    for (const Dependency& d : c.rules.depends_on) {
      const ContainerState& dep = state.containers[d.on];
      if (d.until != Wait::kHealthy || dep.health.status != Health::kUnhealthy) continue;
      const std::string said = dep.health.output.substr(0, dep.health.output.find('\n'));
      lines.push_back("container " + c.rules.name + " waits for " + dep.rules.name +
                      " to be HEALTHY, and it is UNHEALTHY" +
                      (said.empty() ? "" : ": " + said.substr(0, 200)));
    }
  }
  return lines;
}

bool may_stop(const TaskState& state, std::size_t target) {
  return std::none_of(
      state.containers.begin(), state.containers.end(), [&](const ContainerState& c) {
        return !c.stopped() && std::any_of(c.rules.depends_on.begin(), c.rules.depends_on.end(),
                                           [&](const Dependency& d) {
                                             return d.on == target && d.until != Wait::kCreate;
                                           });
      });
}

bool depends_in_a_circle(const TaskState& state) {
  // Containers are taken away while all they wait for is away already; a circle remains.
  std::vector<bool> gone(state.containers.size());
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < gone.size(); ++i) {
      const auto& waits = state.containers[i].rules.depends_on;
      if (gone[i] ||
          !std::all_of(waits.begin(), waits.end(), [&](const Dependency& d) { return gone[d.on]; }))
        continue;
      gone[i] = again = true;
    }
  }
  return !std::all_of(gone.begin(), gone.end(), [](bool g) { return g; });
}

std::optional<Time> next_start_timeout(const TaskState& state) {
  std::optional<Time> next;
  for (const ContainerState& c : state.containers) {
    if (c.starting || c.desired_stopped || c.known >= ContainerStatus::kCreated) continue;
    for (const Dependency& d : c.rules.depends_on)
      if (auto at = timeout_of(state.containers[d.on], d.until); at && (!next || *at < *next))
        next = at;
  }
  return next;
}

}  // namespace drydock::runtime::lifecycle
