#include "runtime/lifecycle/health_rules.h"

#include <algorithm>

#include "runtime/lifecycle/step.h"

namespace drydock::runtime::lifecycle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Early probes: 100 ms after the start, then at growing distances until the first regular one.
constexpr milliseconds kFirstEarly{100};
constexpr milliseconds kLongestEarly{2000};

void plan_early(ContainerState& c, Time now) {
  const milliseconds gap =
      std::min(kLongestEarly, kFirstEarly * (1 << std::min(c.early_probes, 5)));
  ++c.early_probes;
  c.next_probe = std::min(now + gap, *c.first_regular_probe);
}

void turn(ContainerState& c, Health status, Time now) {
  if (c.health.status == status) return;
  c.health.status = status;
  c.health.since = now;
}

}  // namespace

void begin_health(ContainerState& c, bool early, Time now) {
  c.health = {};
  c.health_from = now;
  c.failures = 0;
  c.probing = false;
  c.had_success = false;
  c.early_probes = 0;
  c.next_probe.reset();
  if (!c.rules.health) return;
  c.first_regular_probe = now + seconds(c.rules.health->interval);
  if (early)
    plan_early(c, now);
  else
    c.next_probe = c.first_regular_probe;
}

bool take_due_probe(ContainerState& c, Time now) {
  if (!c.has_process() || c.probing || c.stop_sent || !c.next_probe || *c.next_probe > now)
    return false;
  c.probing = true;
  c.next_probe.reset();
  return true;
}

void count_probe(ContainerState& c, const Probed& result, bool early, Time now) {
  // Late: of the process before a restart, or before the daemon's.
  if (!c.probing || !c.rules.health || !c.has_process()) return;
  c.probing = false;
  const taskdef::HealthCheck& check = *c.rules.health;
  const bool extra = early && c.first_regular_probe &&
                     now < *c.first_regular_probe;  // successes only (decision 25)
  if (result.exit_code == 0) {
    c.failures = 0;
    c.had_success = true;
    c.health.exit_code = 0;
    c.health.output = result.output;
    turn(c, Health::kHealthy, now);
  } else if (!extra) {
    c.health.exit_code = result.exit_code;
    c.health.output = result.output;
    const bool forgiven =
        !c.had_success && c.health_from && now < *c.health_from + seconds(check.start_period);
    if (!forgiven && ++c.failures >= check.retries) turn(c, Health::kUnhealthy, now);
  }
  if (extra && result.exit_code != 0)
    plan_early(c, now);
  else if (extra)
    c.next_probe = c.first_regular_probe;
  else
    c.next_probe = now + seconds(check.interval);
}

Health task_health(const TaskState& state) {
  bool any_check = false;
  bool unknown = false;
  for (const ContainerState& c : state.containers) {
    if (!c.rules.essential) continue;
    any_check |= c.rules.health.has_value();
    if (c.health.status == Health::kUnhealthy) return Health::kUnhealthy;
    unknown |= c.health.status == Health::kUnknown;
  }
  return any_check && !unknown ? Health::kHealthy : Health::kUnknown;
}

}  // namespace drydock::runtime::lifecycle
