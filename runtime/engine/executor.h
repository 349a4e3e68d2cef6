#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "runtime/lifecycle/restore.h"
#include "runtime/lifecycle/state.h"
#include "runtime/task_view.h"

namespace drydock::runtime {

// What the outside world turned out to be for one task: shown in its view, never decided on.
struct ContainerFacts {
  std::string image_digest, image_id;
  int pid = 0;
  std::string bundle, cgroup, log_folder;
  std::vector<PublishedPort> ports;
};
struct TaskFacts {
  std::vector<NetworkView> networks;
  bool publishing = false;
  std::vector<ContainerFacts> containers;
  std::vector<std::string> notes;
};

// How an executor answers. All on the engine's thread.
struct ExecutorEvents {
  // New facts of a task (may be null), then what happened (may be absent).
  std::function<void(const std::string& task_id, std::function<void(TaskFacts&)> facts,
                     std::optional<lifecycle::Event> event)>
      report;
  // A metadata listener of the task, one in each of its namespaces, before NetworkReady is
  // reported.
  std::function<void(const std::string& task_id, UniqueFd listener)> listener;
  // The same for the hosts of AWS that are here, of a task that has some.
  std::function<void(const std::string& task_id, UniqueFd listener)> aws_listener;
};

// What adoption found of a task.
struct Adopted {
  TaskFacts facts;
  bool network_found = false;
  std::vector<lifecycle::Found> containers;
};

// Carries out the actions that lifecycle::step decided. An interface because engine tests replace
// the machine.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void begin(std::shared_ptr<const TaskSpec> spec) = 0;
  virtual void perform(const std::string& task_id, const lifecycle::Action& action) = 0;
  // After a restart of the daemon: finds what is left of a task, watches it from now on.
  virtual Adopted adopt(std::shared_ptr<const TaskSpec> spec, const TaskView& stored) = 0;
  // The same for a STOPPED task: its log lines may not all have arrived yet.
  virtual void adopt_stopped(const TaskSpec&) {}
  // A STOPPED task is dropped: its journals go.
  virtual void forget(const std::string& task_id) = 0;
  // The loop has stopped for good: work that waits for other machines is given up.
  virtual void end() {}
};

}  // namespace drydock::runtime
