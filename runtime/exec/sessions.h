#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "base/spawn.h"
#include "runtime/engine/machine.h"
#include "runtime/exec/plan.h"
#include "runtime/shim/exec_call.h"
#include "runtime/task_view.h"

namespace drydock::runtime {

// A process that is about to be started in a container: its document lies in a folder of its own,
// which goes with this value.
class PreparedExec {
 public:
  explicit PreparedExec(shim::ExecCall call) : call_(std::move(call)) {}
  PreparedExec(PreparedExec&&) noexcept = default;
  PreparedExec& operator=(PreparedExec&&) noexcept = default;
  ~PreparedExec();
  const shim::ExecCall& call() const { return call_; }
  shim::ExecCall release() { return std::exchange(call_, {}); }

 private:
  shim::ExecCall call_;
};

// Processes that people start in running containers (`drydock exec`, ExecuteCommand). Each hangs on
// a `drydock-shim exec` that speaks with its user; this only holds on to them: when it ends, and
// when the daemon dies, so do they.
class ExecSessions {
 public:
  static constexpr int kMost = 256;  // at once

  // `loop` is where starts and ends are seen; it must have stopped before this is destroyed.
  static Result<std::unique_ptr<ExecSessions>> create(Loop& loop, const Machine& machine);
  ~ExecSessions();
  ExecSessions(const ExecSessions&) = delete;
  ExecSessions& operator=(const ExecSessions&) = delete;

  // Checks the request against the container and writes down what is needed. kNotFound, kInvalid,
  // kBusy (not running), kLimited. Any thread; reads files.
  Result<PreparedExec> prepare(const TaskView& task, const std::string& container,
                               const ExecRequest& request) const;
  // Starts it and lets it speak frames (base/frames.h) on `stream`, a socket; also when it fails.
  // Loop thread.
  void start(PreparedExec prepared, UniqueFd stream);

 private:
  struct Running {
    Child shim;
    UniqueFd life;  // the reading end of the pipe whose closing ends the session
    Loop::Handle ended;
    std::string folder;
  };
  ExecSessions(Loop& loop, const Machine& machine);
  void ended(int number);

  Loop& loop_;
  std::string run_folder_, runtime_, runtime_root_, shim_;
  std::vector<std::string> join_;
  Paths paths_;
  std::map<int, Running> running_;
  std::atomic<int> count_{0};
  int next_ = 0;
};

}  // namespace drydock::runtime
