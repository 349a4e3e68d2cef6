#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "runtime/cgroup_mounts.h"
#include "runtime/stats.h"
#include "runtime/task_view.h"

namespace drydock::metadata {

// What a task's containers had used at one moment.
struct TaskSample {
  Time at;
  runtime::HostCpu host;
  std::map<std::string, runtime::GroupStats> containers;  // by name: those that run
  // Of the task's namespace, without lo and the link-local interface to this endpoint.
  // By container, then by interface; those of one namespace have the same.
  std::map<std::string, std::map<std::string, runtime::InterfaceCounters>> interfaces;
};

// Reads the kernel's counters of the containers of `task` that run.
TaskSample take_sample(const runtime::CgroupMounts& mounts, const runtime::TaskView& task);

// The present sample of a task and the one before. Samples are taken when somebody asks, at most
// one a second (as the agent's are), so that statistics cost nothing when nobody wants them and
// little when somebody wants nothing else. Thread-safe.
class StatsBook {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Sampler = std::function<TaskSample(const runtime::TaskView&)>;
  struct Observed {
    std::shared_ptr<const TaskSample> now;
    std::shared_ptr<const TaskSample> before;  // null for the first
  };

  explicit StatsBook(Sampler sampler) : sampler_(std::move(sampler)) {}
  Observed look(const runtime::TaskView& task, TimePoint now);

 private:
  struct Run {  // one start of a container
    std::optional<Time> started_at;
    runtime::GroupStats before;  // the sum of what earlier runs had used
    runtime::GroupStats last;
  };
  // Adds what earlier runs of a restarted container had used: counters never go back.
  void carry(const runtime::TaskView& task, TaskSample& sample);

  const Sampler sampler_;
  std::mutex mutex_;
  TimePoint taken_;
  Observed seen_;
  std::map<std::string, Run> runs_;
};

}  // namespace drydock::metadata
