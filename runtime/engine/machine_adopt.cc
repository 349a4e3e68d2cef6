#include "base/files.h"
#include "base/logging.h"
#include "runtime/engine/cleanup.h"
#include "runtime/engine/exit_event.h"
#include "runtime/engine/log_delivery.h"
#include "runtime/engine/machine_executor.h"
#include "runtime/shim/adopt.h"
#include "runtime/shim/records.h"

// After a restart of the daemon: what is left of each task on this machine (decisions 5, 18, 20).
namespace drydock::runtime {
namespace {

using lifecycle::Found;

// A container that no shim holds: its records tell, or it was lost.
Found found_without_shim(const Machine& m, const TaskSpec& spec, std::size_t i,
                         const std::string& bundle, const std::optional<shim::Started>& started) {
  Found found;
  auto exited = shim::read_exited(bundle);
  if (exited && *exited) {
    const lifecycle::Event event = exit_event(i, **exited, started.has_value());
    if (const auto* e = std::get_if<lifecycle::ContainerExited>(&event)) found.exited = *e;
    if (const auto* e = std::get_if<lifecycle::StartFailed>(&event)) found.failed = *e;
    return found;
  }
  if (auto retired = shim::retire_bundle(bundle); !retired)
    log::debug("retire " + bundle + ": " + retired.error().message);
  if (!started) return found;  // it had not begun: it is begun again
  const std::string& runtime_id = spec.container_ids.at(spec.definition.containers[i].name);
  if (auto ended = end_orphan(m, spec.task_id, runtime_id); !ended)
    log::warn(ended.error().message);
  const lifecycle::Event event = lost_shim_event(i, true);
  found.exited = std::get<lifecycle::ContainerExited>(event);
  return found;
}

}  // namespace

Adopted MachineExecutor::adopt(std::shared_ptr<const TaskSpec> spec, const TaskView& stored) {
  const std::string& id = spec->task_id;
  Task& t = tasks_.at(id);
  Adopted adopted;
  adopted.facts.notes = stored.notes;
  t.secrets = held_task_secrets(machine_, *spec);
  adopted.facts.networks = stored.networks;
  adopted.facts.containers.resize(t.containers.size());
  if (auto plan = machine_.volumes->plan(spec->definition, id, spec->block_volume))
    machine_.volumes->adopt(*plan, id);

  adopted.network_found = adopt_network(id, adopted.facts);
  // The daemon may have ended between the first and the last of what its containers share.
  if (adopted.network_found && stored.last_status <= TaskStatus::kPending)
    if (auto made = prepare_task(machine_, *spec, t.networks); !made)
      log::error("task " + id + ": " + made.error().message);

  for (std::size_t i = 0; i < t.containers.size(); ++i) {
    Container& c = t.containers[i];
    ContainerFacts& facts = adopted.facts.containers[i];
    if (i < stored.containers.size()) {
      facts.image_digest = stored.containers[i].image_digest;
      facts.image_id = stored.containers[i].image_id;
    }
    if (!facts.image_digest.empty())
      if (auto image = machine_.images->held(image_holder(id, i))) c.image = *image;
    const std::string bundle = machine_.paths.bundle(id, spec->definition.containers[i].name);
    Found found;
    if (auto released = let_go(machine_, *spec, i); !released)
      log::warn("task " + id + ": " + released.error().message);
    if (auto delivery = log_job(machine_, *spec, i, t.secrets);
        delivery && exists(delivery->source.journal)) {
      machine_.logs->add(std::move(*delivery));
      if (i < stored.containers.size() && stored.containers[i].known == ContainerStatus::kStopped)
        journal_is_whole(id, i);
    }
    // Told already, and nothing can follow: do not watch it again.
    if (i < stored.containers.size() && stored.containers[i].known == ContainerStatus::kStopped) {
      if (auto shim = shim::find_shim(bundle); shim && *shim) {
        c.shim = std::move((*shim)->pidfd);
        c.started_told = c.exit_told = true;
        watch_shim(id, i);
      }
      adopted.containers.push_back(std::move(found));
      continue;
    }
    auto shim = shim::find_shim(bundle);
    std::optional<shim::Started> started;
    if (auto record = shim::read_started(bundle)) started = *record;
    if (shim && *shim) {
      found.shim_alive = true;
      c.shim = std::move((*shim)->pidfd);
      c.shim_pid = (*shim)->pid;
      if (auto watched = watch_->add(bundle, id + "/" + std::to_string(i)); !watched)
        log::error("task " + id + ": " + watched.error().message);
      watch_shim(id, i);
      machine_.loop->post([this, id, i] { look(id, i); });
    } else {
      found = found_without_shim(machine_, *spec, i, bundle, started);
      if (found.exited || found.failed) journal_is_whole(id, i);
    }
    if (started) {
      found.started = lifecycle::ContainerStarted{i, started->started_at};
      c.started_told = true;
      c.init = open_init(*started);
      facts.pid = started->pid;
    }
    adopted.containers.push_back(std::move(found));
  }
  return adopted;
}

}  // namespace drydock::runtime
