#pragma once
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/spawn.h"
#include "runtime/engine/bundle_watch.h"
#include "runtime/engine/executor.h"
#include "runtime/engine/machine.h"
#include "runtime/engine/prepare.h"
#include "runtime/health.h"

namespace drydock::runtime {

// Carries out a task's actions on this machine: slow work on the worker pool, everything else on
// the loop's thread. Answers always come later, never out of perform().
class MachineExecutor final : public Executor {
 public:
  static Result<std::unique_ptr<MachineExecutor>> create(const Machine& machine,
                                                         ExecutorEvents events);

  void begin(std::shared_ptr<const TaskSpec> spec) override;
  void perform(const std::string& task_id, const lifecycle::Action& action) override;
  Adopted adopt(std::shared_ptr<const TaskSpec> spec, const TaskView& stored) override;
  void adopt_stopped(const TaskSpec& spec) override;
  void forget(const std::string& task_id) override;
  void end() override;

 private:
  struct Container {
    images::ImagePtr image;
    UniqueFd shim;  // pidfd; open while a shim runs
    pid_t shim_pid = 0;
    Loop::Handle shim_ended;
    UniqueFd init;  // pidfd of the container's first process
    bool started_told = false;
    bool exit_told = false;
    bool restart_wanted = false;  // a restart waits for the shim before to end
    bool draining = false;        // a log router: SIGTERM waits for its clients' lines
    bool kill_due = false;        // its stopTimeout was over before it had them
    Loop::Handle kill_timer, drain_note;
  };
  struct Task {
    std::shared_ptr<const TaskSpec> spec;
    std::vector<NetworkView> networks;
    TaskSecretsPtr secrets;                  // null: none are needed, or they are not there yet
    std::vector<std::size_t> secrets_first;  // containers whose pull waits for them
    std::vector<Container> containers;
    std::shared_ptr<images::CancelFlag> cancel_pulls = std::make_shared<images::CancelFlag>();
    int jobs = 0;  // on the worker pools
    bool release_wanted = false;
  };

  MachineExecutor(const Machine& machine, ExecutorEvents events)
      : machine_(machine), events_(std::move(events)) {}

  void acquire_network(const std::string& id);
  void publish_ports(const std::string& id);
  // False when its namespaces are gone.
  bool adopt_network(const std::string& id, TaskFacts& facts);
  void pull(const std::string& id, std::size_t container);
  bool waits_for_secrets(const std::string& id, std::size_t container);
  void pull_from_afar(const std::string& id, std::size_t container);
  void pulled(const std::string& id, std::size_t container,
              tl::expected<images::ImagePtr, std::string> image);
  void start(const std::string& id, std::size_t container, bool again);
  void launched(const std::string& id, std::size_t container, Result<Child> shim);
  void watch_shim(const std::string& id, std::size_t container);
  void shim_ended(const std::string& id, std::size_t container);
  void look(const std::string& id, std::size_t container);
  void signal(const std::string& id, const lifecycle::SignalContainer& action);
  void signal_now(const std::string& id, std::size_t container, bool kill);
  bool drains_first(const std::string& id, const lifecycle::SignalContainer& action);
  void drained(const std::string& id, std::size_t container);
  void journal_is_whole(const std::string& id, std::size_t container);
  void end_deliveries(const std::string& id);
  void clean_up(const std::string& id);
  void probe(const std::string& id, std::size_t container);
  void release_when_idle(const std::string& id);

  Task* task(const std::string& id);
  // Runs `work` on the pool and `done` with its result on the loop, counted among the task's jobs.
  template <class Work, class Done>
  void job(const std::string& id, Work work, Done done) {
    job_on(*machine_.workers, id, std::move(work), std::move(done));
  }
  template <class Work, class Done>
  void job_on(WorkerPool& pool, const std::string& id, Work work, Done done);
  void report(const std::string& id, std::function<void(TaskFacts&)> facts,
              std::optional<lifecycle::Event> event) {
    events_.report(id, std::move(facts), std::move(event));
  }

  Machine machine_;
  ExecutorEvents events_;
  std::unordered_map<std::string, Task> tasks_;
  std::unique_ptr<BundleWatch> watch_;
  std::unique_ptr<Prober> prober_;
};

// One container's facts as far as they follow from the specification alone.
ContainerFacts planned_facts(const Machine& machine, const TaskSpec& spec, std::size_t container);

}  // namespace drydock::runtime
