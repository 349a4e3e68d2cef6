#include "runtime/engine/machine_executor.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/logging.h"
#include "runtime/engine/cleanup.h"
#include "runtime/engine/exit_event.h"
#include "runtime/engine/log_delivery.h"
#include "runtime/engine/machine_jobs.h"
#include "runtime/engine/stop_signal.h"
#include "runtime/engine/task_network.h"
#include "runtime/shim/adopt.h"
#include "runtime/shim/protocol.h"
#include "runtime/shim/records.h"

namespace drydock::runtime {
namespace {

std::string key_of(const std::string& id, std::size_t container) {
  return id + "/" + std::to_string(container);
}

const taskdef::ContainerDefinition& definition_of(const TaskSpec& spec, std::size_t container) {
  return spec.definition.containers[container];
}

shim::Request shim_request(const Machine& m, const TaskSpec& spec, std::size_t container,
                           const Prepared& prepared) {
  const auto& c = definition_of(spec, container);
  shim::Request r;
  r.bundle = m.paths.bundle(spec.task_id, c.name);
  r.id = spec.container_ids.at(c.name);
  r.runtime = m.runtime;
  r.runtime_root = m.paths.runtime_root();
  r.journal = m.paths.log(spec.task_id, c.name);
  r.segment_bytes = m.segment_bytes;
  r.journal_bytes = m.journal_bytes;
  r.checkpoint = held_by(m, spec, container);
  r.terminal = prepared.terminal;
  r.input = prepared.interactive ? shim::Stdin::kHeldOpen : shim::Stdin::kNull;
  r.oom_files = {m.cgroups->oom_file(m.cgroups->container_path(spec.task_id, r.id))};
  r.join = m.cgroups->shim_files();
  return r;
}

}  // namespace

ContainerFacts planned_facts(const Machine& machine, const TaskSpec& spec, std::size_t container) {
  const auto& c = definition_of(spec, container);
  ContainerFacts f;
  f.bundle = machine.paths.bundle(spec.task_id, c.name);
  f.cgroup = machine.cgroups->container_path(spec.task_id, spec.container_ids.at(c.name));
  f.log_folder = machine.paths.log(spec.task_id, c.name);
  return f;
}

Result<std::unique_ptr<MachineExecutor>> MachineExecutor::create(const Machine& machine,
                                                                 ExecutorEvents events) {
  std::unique_ptr<MachineExecutor> self(new MachineExecutor(machine, std::move(events)));
  for (const std::string& folder :
       {machine.paths.tasks(), machine.paths.runtime_root(), machine.paths.probes()})
    DRYDOCK_TRY(make_dirs(folder, 0711));
  DRYDOCK_LET(self->watch_,
              BundleWatch::create(*machine.loop, [raw = self.get()](const std::string& key) {
                const auto slash = key.find('/');
                raw->look(key.substr(0, slash), std::stoul(key.substr(slash + 1)));
              }));
  self->prober_ =
      std::make_unique<Prober>(*machine.loop, machine.runtime, machine.paths.runtime_root(),
                               machine.paths.probes(), machine.probes_at_once);
  return self;
}

MachineExecutor::Task* MachineExecutor::task(const std::string& id) {
  auto at = tasks_.find(id);
  return at == tasks_.end() ? nullptr : &at->second;
}

void MachineExecutor::begin(std::shared_ptr<const TaskSpec> spec) {
  Task& t = tasks_[spec->task_id];
  t.containers.resize(spec->definition.containers.size());
  t.spec = std::move(spec);
}

void MachineExecutor::forget(const std::string& id) {
  tasks_.erase(id);
  if (machine_.logs) machine_.logs->abandon(id, "");
  if (machine_.vault) machine_.vault->release(id);
  if (machine_.keeps_journals && machine_.keeps_journals(id)) return;
  machine_.workers->post([logs = machine_.paths.logs(id)] {
    if (auto gone = remove_tree(logs); !gone)
      log::warn("forget the journals: " + gone.error().message);
  });
}

void MachineExecutor::end() {
  for (auto& [id, t] : tasks_) t.cancel_pulls->set();
}

void MachineExecutor::perform(const std::string& id, const lifecycle::Action& action) {
  struct Visitor {
    MachineExecutor& self;
    const std::string& id;
    void operator()(const lifecycle::AcquireNetwork&) const { self.acquire_network(id); }
    void operator()(const lifecycle::PullImage& a) const { self.pull(id, a.container); }
    void operator()(const lifecycle::StartContainer& a) const {
      self.start(id, a.container, a.again);
    }
    void operator()(const lifecycle::SignalContainer& a) const { self.signal(id, a); }
    void operator()(const lifecycle::Probe& a) const { self.probe(id, a.container); }
    void operator()(const lifecycle::ReleaseTask&) const {
      if (Task* t = self.task(id)) {
        t->release_wanted = true;
        t->cancel_pulls->set();
      }
      self.machine_.loop->post(
          [executor = &self, task_id = id] { executor->release_when_idle(task_id); });
    }
  };
  std::visit(Visitor{*this, id}, action);
}

void MachineExecutor::start(const std::string& id, std::size_t container, bool again) {
  Task* t = task(id);
  if (!t) return;
  Container& c = t->containers[container];
  if (c.shim) {  // a restart in place: the id and bundle are the old shim's until it has ended
    c.restart_wanted = again;
    return;
  }
  c.started_told = c.exit_told = false;
  c.init.reset();
  PrepareInput input;
  input.spec = t->spec;
  input.container = container;
  input.networks = t->networks;
  input.secrets = t->secrets;
  input.again = again;
  for (const Container& other : t->containers) input.images.push_back(other.image);

  // Prepared and shown as created first, then started: two posts from one worker keep their order.
  auto work = [this, m = machine_, id, container,
               input = std::move(input)]() -> tl::expected<Child, PrepareError> {
    auto prepared = prepare_container(m, input);
    if (!prepared) return tl::unexpected(std::move(prepared.error()));
    m.loop->post([this, id, container, notes = prepared->notes] {
      report(
          id,
          [notes](TaskFacts& facts) {
            facts.notes.insert(facts.notes.end(), notes.begin(), notes.end());
          },
          lifecycle::ContainerCreated{container});
    });
    const shim::Request request = shim_request(m, *input.spec, container, *prepared);
    auto fail_create = [](const Error& e) {
      return tl::unexpected(PrepareError{lifecycle::StartError::kCreate, e.message});
    };
    if (auto watched = watch_->add(request.bundle, key_of(id, container)); !watched)
      return fail_create(watched.error());
    if (auto delivery = log_job(m, *input.spec, container, input.secrets))
      m.logs->add(std::move(*delivery));
    SpawnRequest spawn_request;
    spawn_request.program = m.shim;
    spawn_request.args = shim::arguments(request);
    spawn_request.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    auto child = spawn(spawn_request);
    if (!child) return fail_create(child.error());
    return std::move(*child);
  };
  job(id, std::move(work), [this, id, container](tl::expected<Child, PrepareError> child) {
    Task* here = task(id);
    if (!here) return;
    if (!child) {
      watch_->remove(key_of(id, container));
      report(id, nullptr,
             lifecycle::StartFailed{container, child.error().kind, child.error().message});
      return;
    }
    Container& mine = here->containers[container];
    mine.shim = std::move(child->pidfd);
    mine.shim_pid = child->pid;
    watch_shim(id, container);
    look(id, container);  // what it wrote before we listened
  });
}

void MachineExecutor::watch_shim(const std::string& id, std::size_t container) {
  Container& c = tasks_.at(id).containers[container];
  c.shim_ended =
      machine_.loop->readable(c.shim.get(), [this, id, container] { shim_ended(id, container); });
}

// A record has appeared, or may have: tells each once, in order.
void MachineExecutor::look(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t || container >= t->containers.size()) return;
  Container& c = t->containers[container];
  if (!c.shim) return;
  const std::string bundle = machine_.paths.bundle(id, definition_of(*t->spec, container).name);
  if (!c.started_told) {
    auto started = shim::read_started(bundle);
    if (started && *started) {
      c.started_told = true;
      c.init = open_init(**started);
      report(
          id,
          [container, pid = (*started)->pid](TaskFacts& f) { f.containers[container].pid = pid; },
          lifecycle::ContainerStarted{container, (*started)->started_at});
    }
  }
  if (c.exit_told) return;
  auto exited = shim::read_exited(bundle);
  if (!exited || !*exited) return;
  c.exit_told = true;
  journal_is_whole(id, container);
  report(
      id, [container](TaskFacts& f) { f.containers[container].pid = 0; },
      exit_event(container, **exited, c.started_told));
}

void MachineExecutor::shim_ended(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t) return;
  look(id, container);
  Container& c = t->containers[container];
  siginfo_t info{};
  ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(c.shim.get()), &info,
           WEXITED | WNOHANG);
  c.shim_ended.cancel();
  c.shim.reset();
  watch_->remove(key_of(id, container));
  if (!c.exit_told) {
    // Somebody killed the shim: nobody reads the container's output any more. It must not run on
    // unseen.
    c.exit_told = true;
    journal_is_whole(id, container);
    const std::string runtime_id =
        t->spec->container_ids.at(definition_of(*t->spec, container).name);
    const bool ran = c.started_told;
    job(
        id, [m = machine_, id, runtime_id] { return end_orphan(m, id, runtime_id); },
        [this, id, container, ran](Status ended) {
          if (!ended) log::warn("task " + id + ": " + ended.error().message);
          report(id, nullptr, lost_shim_event(container, ran));
        });
    return;
  }
  if (c.restart_wanted) {
    c.restart_wanted = false;
    start(id, container, true);
    return;
  }
  release_when_idle(id);
}

void MachineExecutor::signal(const std::string& id, const lifecycle::SignalContainer& action) {
  Task* t = task(id);
  if (!t || drains_first(id, action)) return;
  signal_now(id, action.container, action.kill);
}

void MachineExecutor::signal_now(const std::string& id, std::size_t container, bool kill) {
  Task* t = task(id);
  if (!t) return;
  const Container& c = t->containers[container];
  const int number =
      kill || !c.image ? (kill ? SIGKILL : SIGTERM) : stop_signal(c.image->config.stop_signal);
  if (c.init)
    ::syscall(SYS_pidfd_send_signal, c.init.get(), number, nullptr, 0);  // ESRCH: it has just ended
  const bool own_pids = t->spec->definition.pid_mode.empty();
  if (kill && (!c.init || !own_pids)) {
    const std::string path = machine_.cgroups->container_path(
        id, t->spec->container_ids.at(definition_of(*t->spec, container).name));
    job(
        id, [m = machine_, path] { return m.cgroups->kill_all(path); },
        [id](Status killed) {
          if (!killed) log::warn("task " + id + ": " + killed.error().message);
        });
  }
}

void MachineExecutor::probe(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t) return;
  const auto& c = definition_of(*t->spec, container);
  if (!c.health_check) return;
  prober_->probe({t->spec->container_ids.at(c.name), c.health_check->command,
                  std::chrono::seconds(c.health_check->timeout)},
                 [this, id, container](ProbeResult result) {
                   report(id, nullptr,
                          lifecycle::Probed{container, result.exit_code, std::move(result.output)});
                 });
}

// Once, when nothing of the task is under way any more.
void MachineExecutor::release_when_idle(const std::string& id) {
  Task* t = task(id);
  if (!t || !t->release_wanted || t->jobs > 0) return;
  for (const Container& c : t->containers)
    if (c.shim) return;
  t->release_wanted = false;
  end_deliveries(id);
}

void MachineExecutor::clean_up(const std::string& id) {
  const Task* t = task(id);
  if (!t) return;
  machine_.workers->post(
      [this, m = machine_, id, spec = t->spec, networks = t->networks, n = t->containers.size()] {
        if (auto cleaned = clean_task(m, id, n); !cleaned)
          log::error("task " + id + ": " + cleaned.error().message);
        if (auto released = release_networks(m, *spec, networks); !released)
          log::error("task " + id + ": " + released.error().message);
        m.loop->post([this, id] {
          tasks_.erase(id);
          report(id, nullptr, lifecycle::Released{});
        });
      });
}

}  // namespace drydock::runtime
