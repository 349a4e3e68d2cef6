#include <utility>

#include "base/files.h"
#include "runtime/engine/log_delivery.h"
#include "runtime/engine/machine_executor.h"

// When the deliveries of journals end, and what waits for them.
namespace drydock::runtime {
namespace {

constexpr char kFirelens[] = "awsfirelens";
constexpr std::chrono::seconds kQuiet{3};  // then people want to know what a task waits for

}  // namespace

void MachineExecutor::journal_is_whole(const std::string& id, std::size_t container) {
  const Task* t = task(id);
  if (!t || !machine_.logs) return;
  const taskdef::ContainerDefinition& c = t->spec->definition.containers[container];
  if (log_driver_of(machine_, *t->spec, container)) machine_.logs->finish(id, c.name);
  // A router that never comes back must not hold its clients up.
  if (c.firelens_configuration && !(c.restart_policy && c.restart_policy->enabled))
    machine_.logs->abandon(id, kFirelens);
}

// A log router is told to stop when it has everything that its task wrote, or does not get on. Its
// stopTimeout begins then. True: the signal waits.
bool MachineExecutor::drains_first(const std::string& id,
                                   const lifecycle::SignalContainer& action) {
  Task* t = task(id);
  const taskdef::ContainerDefinition& definition = t->spec->definition.containers[action.container];
  if (!machine_.logs || !definition.firelens_configuration || action.now) return false;
  Container& c = t->containers[action.container];
  if (action.kill) {
    c.kill_due = c.draining;
    return c.draining;
  }
  if (std::exchange(c.draining, true)) return true;
  c.drain_note = machine_.loop->after(kQuiet, [this, id, name = definition.name] {
    report(
        id,
        [name](TaskFacts& facts) {
          facts.notes.push_back("the task waits until log router " + name +
                                " has taken what was written, or has taken nothing for 30 seconds");
        },
        std::nullopt);
  });
  machine_.logs->when_drained(id, kFirelens, {}, [this, id, container = action.container] {
    machine_.loop->post([this, id, container] { drained(id, container); });
  });
  return true;
}

void MachineExecutor::drained(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t) return;
  Container& c = t->containers[container];
  c.draining = false;
  c.drain_note.cancel();
  signal_now(id, container, false);
  if (!std::exchange(c.kill_due, false)) return;
  const int seconds = t->spec->definition.containers[container].stop_timeout.value_or(30);
  c.kill_timer = machine_.loop->after(std::chrono::seconds(seconds),
                                      [this, id, container] { signal_now(id, container, true); });
}

// The task is over. Where its router was the destination, nobody takes the rest; what other
// destinations have not taken is told before the task is STOPPED.
void MachineExecutor::end_deliveries(const std::string& id) {
  if (!machine_.logs) return clean_up(id);
  machine_.logs->abandon(id, kFirelens);
  const logrouter::Pump::Patience a_moment{std::chrono::seconds(2), std::chrono::seconds(5)};
  machine_.logs->when_settled(id, a_moment, [this, id](const std::vector<std::string>& left) {
    machine_.loop->post([this, id, left] {
      if (!left.empty())
        report(
            id,
            [left](TaskFacts& facts) {
              facts.notes.insert(facts.notes.end(), left.begin(), left.end());
            },
            std::nullopt);
      clean_up(id);
    });
  });
}

void MachineExecutor::adopt_stopped(const TaskSpec& spec) {
  const TaskSecretsPtr secrets = held_task_secrets(machine_, spec);
  for (std::size_t i = 0; i < spec.definition.containers.size(); ++i) {
    auto delivery = log_job(machine_, spec, i, secrets);
    const logrouter::Driver* driver = log_driver_of(machine_, spec, i);
    if (!delivery || !driver->outlives_task || !exists(delivery->source.journal)) continue;
    machine_.logs->add(std::move(*delivery));
    machine_.logs->finish(spec.task_id, spec.definition.containers[i].name);
  }
}

}  // namespace drydock::runtime
