#include "runtime/engine/view.h"

#include "runtime/lifecycle/step.h"

namespace drydock::runtime {

TaskView task_view(std::shared_ptr<const TaskSpec> spec, const lifecycle::TaskState& s,
                   const TaskFacts& facts) {
  TaskView v;
  v.spec = std::move(spec);
  v.last_status = s.last_status;
  v.desired_stopped = s.desired_stopped;
  v.version = s.version;
  v.created_at = s.created_at;
  v.connectivity_at = s.connectivity_at;
  v.pull_started_at = s.pull_started_at;
  v.pull_stopped_at = s.pull_stopped_at;
  v.started_at = s.started_at;
  v.stopping_at = s.stopping_at;
  v.execution_stopped_at = s.execution_stopped_at;
  v.stopped_at = s.stopped_at;
  v.stop_code = s.stop_code;
  v.stopped_reason = s.stopped_reason;
  v.health = lifecycle::task_health(s);
  v.attachment_status = s.attachment_status;
  v.networks = facts.networks;
  v.publishing = facts.publishing;
  v.notes = facts.notes;
  for (std::size_t i = 0; i < s.containers.size(); ++i) {
    const lifecycle::ContainerState& c = s.containers[i];
    ContainerView one;
    one.name = c.rules.name;
    one.known = c.known;
    one.desired_stopped = c.desired_stopped;
    one.exit_code = c.exit_code;
    one.reason = c.reason;
    one.created_at = c.created_at;
    one.started_at = c.started_at;
    one.finished_at = c.finished_at;
    one.health = c.health;
    one.restart_count = c.restart_count;
    if (i < facts.containers.size()) {
      const ContainerFacts& f = facts.containers[i];
      one.image_digest = f.image_digest;
      one.image_id = f.image_id;
      one.pid = c.known == ContainerStatus::kRunning ? f.pid : 0;
      one.bundle = f.bundle;
      one.cgroup = f.cgroup;
      one.log_folder = f.log_folder;
      one.ports = f.ports;
    }
    v.containers.push_back(std::move(one));
  }
  return v;
}

}  // namespace drydock::runtime
