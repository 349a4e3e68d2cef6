#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/task_view.h"

namespace drydock::runtime {

class Executor;
struct ExecutorEvents;

struct StopRequest {
  std::string code = "UserInitiated";  // stopCode
  std::string reason;                  // stoppedReason
  bool now = false;                    // SIGKILL at once instead of STOPSIGNAL and stopTimeout
};

// What the engine asks of the daemon around it.
struct EngineHooks {
  // A task's namespace is ready: its metadata listener (and, at the end, that it is gone). Engine
  // thread.
  std::function<void(const std::string& task_id, UniqueFd listener)> network_ready;
  std::function<void(const std::string& task_id, UniqueFd listener)> aws_ready;
  std::function<void(const std::string& task_id)> network_gone;
  // After each turn in which a task changed, with its newest view. Engine thread.
  std::function<void(std::shared_ptr<const TaskView>)> changed;
};

struct EngineOptions {
  bool early_health = true;  // decision 25
  // Health checks are looked at each second and believed at once, whatever the definition says: for
  // a dry daemon, whose containers are healthy or not by decree.
  bool quick_health = false;
};

// Runs tasks. Lives on one Loop; every method but world() is called on that loop's thread.
class Engine {
 public:
  virtual ~Engine() = default;
  // Begins a task: its view (PROVISIONING) is in world() when this returns.
  virtual void run(std::shared_ptr<const TaskSpec> spec) = 0;
  // Asks a task to stop; nothing happens when it is stopping already (except that `now` hastens it)
  // or unknown.
  virtual void stop(const std::string& task_id, StopRequest request) = 0;
  // Drops a STOPPED task from world() and deletes its journals. kBusy while it is not STOPPED.
  virtual Status forget(const std::string& task_id) = 0;
  // Takes over a task that an earlier daemon began (STOPPED ones are only shown again).
  virtual void adopt(std::shared_ptr<const TaskView> stored) = 0;
  // A line for people that belongs to a task, in its view's notes; once for each text. Nothing
  // happens when the task is unknown.
  virtual void note(const std::string& task_id, const std::string& text) = 0;
  virtual const PublishedWorld& world() const = 0;
  // After the loop has stopped for good: gives up what waits for other machines (a later daemon
  // begins it again), so that the worker pools can end.
  virtual void end() = 0;
};

// The engine; `make_executor` is called once with the engine's answers wired. Its error is the
// engine's.
Result<std::unique_ptr<Engine>> make_engine(
    Loop& loop, EngineOptions options, EngineHooks hooks,
    const std::function<Result<std::unique_ptr<Executor>>(ExecutorEvents)>& make_executor);

}  // namespace drydock::runtime
