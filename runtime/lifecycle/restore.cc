#include "runtime/lifecycle/restore.h"

#include "runtime/lifecycle/health_rules.h"

namespace drydock::runtime::lifecycle {
namespace {

bool anything_of(const Found& found) { return found.shim_alive || found.exited || found.failed; }

// `lives_on`: the task's network is there, and nobody wants it to stop.
void restore_container(ContainerState& c, const ContainerView& view, const Found& found, bool early,
                       bool lives_on, Time now) {
  c.desired_stopped = view.desired_stopped;
  c.exit_code = view.exit_code;
  c.reason = view.reason;
  c.created_at = view.created_at;
  c.started_at = view.started_at;
  c.finished_at = view.finished_at;
  c.restart_count = view.restart_count;
  c.health = view.health;
  if (view.known == ContainerStatus::kStopped) {
    c.known = ContainerStatus::kStopped;
    return;
  }
  if (found.started) {
    c.known = ContainerStatus::kRunning;
    if (!c.created_at) c.created_at = found.started->at;
    if (!c.started_at) c.started_at = found.started->at;
    if (found.started->at > *c.started_at) c.restarted_at = found.started->at;
    const HealthView before = c.health;
    begin_health(c, early && before.status == Health::kUnknown, now);
    c.health_from = found.started->at;
    c.health = before;
    c.had_success = before.status == Health::kHealthy;
  } else if (anything_of(found) || (lives_on && view.started_at)) {
    // A restart that is under way is RUNNING for everybody else.
    c.known = c.started_at ? ContainerStatus::kRunning : ContainerStatus::kCreated;
    c.starting = true;
  } else {
    c.known = ContainerStatus::kNone;  // begun, but nothing of it exists: from the start again
    c.created_at.reset();
  }
}

}  // namespace

TaskState restored_state(const taskdef::TaskDefinition& definition, const TaskView& stored,
                         bool early_health, bool network_found, const std::vector<Found>& found,
                         Time now) {
  TaskState s = initial_state(definition, early_health);
  s.last_status = stored.last_status;
  s.desired_stopped = stored.desired_stopped;
  s.version = stored.version;
  s.created_at = stored.created_at;
  s.connectivity_at = stored.connectivity_at;
  s.pull_started_at = stored.pull_started_at;
  s.pull_stopped_at = stored.pull_stopped_at;
  s.started_at = stored.started_at;
  s.stopping_at = stored.stopping_at;
  s.execution_stopped_at = stored.execution_stopped_at;
  s.stopped_at = stored.stopped_at;
  s.stop_code = stored.stop_code;
  s.stopped_reason = stored.stopped_reason;
  s.attachment_status = stored.attachment_status;
  for (std::size_t i = 0; i < s.containers.size() && i < stored.containers.size(); ++i)
    restore_container(s.containers[i], stored.containers[i], i < found.size() ? found[i] : Found{},
                      early_health, network_found && !stored.desired_stopped, now);
  const bool over = s.last_status == TaskStatus::kStopped || (s.desired_stopped && !network_found);
  if (over) {
    s.network = NetworkPhase::kReleased;
  } else if (network_found) {
    s.network = NetworkPhase::kReady;
    s.attachment_status = "ATTACHED";
    if (s.last_status == TaskStatus::kProvisioning) {
      s.last_status = TaskStatus::kPending;
      ++s.version;
      s.connectivity_at = now;
    }
  } else if (s.last_status > TaskStatus::kPending) {
    s.last_status = TaskStatus::kPending;  // nothing of it is left: everything is made again
  }
  return s;
}

Actions resume_actions(const TaskState& state, const std::vector<Found>& found) {
  Actions actions;
  if (state.last_status == TaskStatus::kStopped || state.desired_stopped) return actions;
  if (state.network == NetworkPhase::kNone) actions.emplace_back(AcquireNetwork{});
  for (std::size_t i = 0; i < state.containers.size(); ++i)
    if (state.containers[i].known < ContainerStatus::kPulled &&
        !state.containers[i].desired_stopped)
      actions.emplace_back(PullImage{i});
  // A restart whose new shim was not there yet: the records of the old one are gone.
  for (std::size_t i = 0; i < state.containers.size() && i < found.size(); ++i)
    if (state.containers[i].starting && !anything_of(found[i]))
      actions.emplace_back(StartContainer{i, true});
  return actions;
}

}  // namespace drydock::runtime::lifecycle
