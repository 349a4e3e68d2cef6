#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "control/client_tokens.h"
#include "control/credentials_choice.h"
#include "control/log_groups.h"
#include "control/machine_size.h"
#include "control/placement.h"
#include "control/run_plan.h"
#include "control/task_document.h"
#include "runtime/engine/engine.h"

namespace drydock::control {

struct TasksOptions {
  Duration keep_stopped = std::chrono::hours(1);  // how long a STOPPED task stays in the API
  Duration keep_tokens = std::chrono::hours(24);  // how long a clientToken is remembered
  CredentialsRules credentials = {};
  KnownVpc vpc = {};
  std::string firelens = "image";  // who routes logs unless the run says: image, builtin
  MachineSize machine = {};
  bool firelens_local = false;  // what log routers send to AWS comes here, whatever the run says
  bool privileged = false;      // privileged containers may run
  // The clusters of which this machine is a container instance; "*": of all.
  std::vector<std::string> instances = {};
};

// Tasks as documents: RunTask, DescribeTasks, ListTasks, StopTask, and what the private routes ask.
// What never changes of a task is kept here; what changes comes from the engine as views. Loop
// thread only.
class Tasks {
 public:
  Tasks(Loop& loop, Store& store, const Clusters& clusters, const TaskDefinitions& definitions,
        LogGroups& logs, TasksOptions options);
  ~Tasks();

  // Start, in this order: restore() gives what the store holds, stopped tasks too, for
  // Engine::adopt; attach() the engine; changed() is EngineHooks::changed.
  Result<std::vector<std::shared_ptr<const runtime::TaskView>>> restore();
  void attach(runtime::Engine& engine);
  void changed(std::shared_ptr<const runtime::TaskView> view);

  // Checks a RunTask request; nothing is begun.
  Answer<RunPlan> plan(const Caller& caller, const Json& request, const LocalRun& local) const;
  // RunTask: {tasks, failures}. A clientToken that was used before gives the same tasks again.
  Answer<Json> run(const Caller& caller, const Json& request, const LocalRun& local = {});
  Answer<Json> describe(const Caller& caller, const Json& request) const;
  Answer<Page> list(const Caller& caller, const Json& request, const PageRequest& page) const;
  Answer<Json> stop(const Caller& caller, const Json& request);
  TaskCounts counts(const std::string& cluster_arn) const;
  // The task that a caller names, in that cluster; null when there is none. Good until the next
  // change.
  const TaskRecord* find(const Caller& caller, const std::string& cluster_arn,
                         const std::string& id_or_arn) const;

  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);

  // By complete task id, of any cluster: the task as api/local/README.md has it; null when there is
  // none.
  Json local(const std::string& id) const;
  // All of them, oldest first; without `stopped` only those that are not STOPPED.
  Json all_local(bool stopped) const;
  // The newest view; null when there is no such task.
  std::shared_ptr<const runtime::TaskView> view(const std::string& id) const;
  // By complete task id; null when there is none. Good until the next change.
  const TaskRecord* record(const std::string& id) const;
  // The ids of all tasks that services started and that are not STOPPED.
  std::vector<std::string> of_services() const;
  // Those on a container instance that are not STOPPED.
  std::vector<std::shared_ptr<const runtime::TaskView>> on_instance(const std::string& arn) const;
  // Chooses the container instance of a task of launch type EC2, before each is begun. `wanted`:
  // the ARN of the one that StartTask names, else empty. Neither an instance nor failures: the
  // cluster has none, and the task runs as it is.
  using Placing = std::function<Answer<instances::Place>(const Caller& caller, const RunPlan& plan,
                                                         const std::string& wanted)>;
  void place_with(Placing placing) { placing_ = std::move(placing); }
  const TasksOptions& options() const { return options_; }
  // Asks the engine to stop a task. False when there is none.
  bool stop_task(const std::string& id, const runtime::StopRequest& request);
  // Drops a STOPPED task with its journals. kNotFound, or kBusy while it is not STOPPED.
  Status forget(const std::string& id);
  // Forgets what is kept in memory (reset; the store is cleared apart).
  void forget_all();
  std::size_t size() const { return records_.size(); }
  std::vector<std::string> ids() const;  // of all of them
  std::size_t live() const;              // those that are not STOPPED

  // Calls `fn` after each change of a task (and when it is forgotten: its view is gone then), until
  // unwatch(). An empty id means every task, and what tell_watchers() is called for.
  int watch(const std::string& id, std::function<void()> fn);
  void unwatch(int watch_id);
  // Calls those that watch every task: a service changed, which they may show, too.
  void tell_watchers();
  // `fn` is told of each change of each task, for good (the scheduler of services, events).
  void on_each_change(std::function<void(const std::string& id)> fn) {
    each_change_.push_back(std::move(fn));
  }

 private:
  std::vector<std::shared_ptr<const runtime::TaskSpec>> live_specs() const;
  struct Watch {
    std::string task_id;
    std::function<void()> fn;
  };
  using ViewPtr = std::shared_ptr<const runtime::TaskView>;

  const TaskRecord* by_arn(const std::string& arn) const;
  TaskRecord record_for(const Caller& caller, const RunPlan& plan, const LocalRun& local) const;
  Answer<Json> same_again(const ClientTokens::Use& use, const std::string& fingerprint) const;
  void expire_later(const std::string& id, const runtime::TaskView& view);
  void notify(const std::string& id);
  void call_watchers(const std::string& id);
  bool matches(const Json& request, const TaskRecord& record, const runtime::TaskView& view) const;

  Loop& loop_;
  Store& store_;
  const Clusters& clusters_;
  const TaskDefinitions& definitions_;
  LogGroups& logs_;
  TasksOptions options_;
  runtime::Engine* engine_ = nullptr;
  std::map<std::string, TaskRecord> records_;  // by task id
  std::map<std::string, ViewPtr> views_;       // the last one heard of
  std::map<std::string, Loop::Handle> expiry_;
  ClientTokens tokens_;
  std::map<int, Watch> watches_;
  std::vector<std::function<void(const std::string&)>> each_change_;
  Placing placing_;
  int next_watch_ = 1;
};

}  // namespace drydock::control
