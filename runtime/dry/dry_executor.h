#pragma once
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/loop.h"
#include "runtime/dry/dry_network.h"
#include "runtime/dry/dry_rules.h"
#include "runtime/engine/executor.h"

namespace drydock::runtime {

// Carries out a task's actions in memory alone, at once: images are pulled by name, containers run
// without a process, are healthy and end as they are told. What becomes of them is said by
// dry_rules() and by the methods below. Loop thread.
class DryExecutor final : public Executor {
 public:
  DryExecutor(Loop& loop, DryNetwork network, ExecutorEvents events)
      : loop_(loop), network_(std::move(network)), events_(std::move(events)) {}

  void begin(std::shared_ptr<const TaskSpec> spec) override;
  void perform(const std::string& task_id, const lifecycle::Action& action) override;
  Adopted adopt(std::shared_ptr<const TaskSpec> spec, const TaskView& stored) override;
  void forget(const std::string& task_id) override;

  struct Exit {
    int code = 0;
    bool out_of_memory = false;
    std::string reason;
  };
  // A running container ends. kNotFound names what is not there, kBusy what does not run.
  // `container` may be empty when the task has only one.
  Status end_container(const std::string& task_id, const std::string& container, const Exit& how);
  // What its health checks say from now on.
  Status set_health(const std::string& task_id, const std::string& container, bool healthy,
                    std::string output);
  // Pulls of this image fail with this error from now on; an empty one: they succeed again.
  void fail_pulls(const std::string& image, const std::string& error);
  const std::map<std::string, std::string>& failing_images() const { return failing_; }

 private:
  struct Container {
    DryRules rules;
    bool running = false;
    bool probed = false;  // it has been told that it is healthy
    bool asked = false;   // a probe waits until that changes
    std::string health_output;
    Loop::Handle ends;
  };
  struct Task {
    std::shared_ptr<const TaskSpec> spec;
    std::vector<NetworkView> networks;
    std::vector<Container> containers;
  };

  void acquire_network(const std::string& id);
  void pull(const std::string& id, std::size_t container);
  void start(const std::string& id, std::size_t container);
  void started(const std::string& id, std::size_t container, Time at);
  void exit(const std::string& id, std::size_t container, const Exit& how);
  void probe(const std::string& id, std::size_t container);
  void answer_probe(const std::string& id, std::size_t container);
  void release(const std::string& id);
  Task* task(const std::string& id);
  Result<std::size_t> running_container(const std::string& id, const std::string& name);
  // Answers come later, in the order of the actions.
  void later(const std::string& id, std::function<void(Task&)> fn);
  void report(const std::string& id, lifecycle::Event event) {
    events_.report(id, nullptr, std::move(event));
  }

  Loop& loop_;
  DryNetwork network_;
  ExecutorEvents events_;
  std::unordered_map<std::string, Task> tasks_;
  std::map<std::string, std::string> failing_;  // image -> error
};

}  // namespace drydock::runtime
