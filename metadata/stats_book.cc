#include "metadata/stats_book.h"

#include <algorithm>

namespace drydock::metadata {
namespace {

using runtime::BlockCounter;
using runtime::GroupStats;

constexpr auto kInterval = std::chrono::seconds(1);  // metadata.md 10

void add(std::vector<BlockCounter>& to, const std::vector<BlockCounter>& more) {
  for (const auto& one : more) {
    const auto same = std::find_if(to.begin(), to.end(), [&](const auto& other) {
      return other.major == one.major && other.minor == one.minor && other.op == one.op;
    });
    if (same == to.end())
      to.push_back(one);
    else
      same->value += one.value;
  }
}

// Counters only: what is used at this moment is not a sum.
void add(GroupStats& to, const GroupStats& more) {
  to.cpu.total += more.cpu.total;
  to.cpu.kernel += more.cpu.kernel;
  to.cpu.user += more.cpu.user;
  to.cpu.periods += more.cpu.periods;
  to.cpu.throttled_periods += more.cpu.throttled_periods;
  to.cpu.throttled_time += more.cpu.throttled_time;
  for (std::size_t i = 0; i < std::min(to.cpu.each.size(), more.cpu.each.size()); ++i)
    to.cpu.each[i] += more.cpu.each[i];
  add(to.io_bytes, more.io_bytes);
  add(to.io_operations, more.io_operations);
}

// What Docker would show of the container's interfaces: with awsvpc those of the ENI, with mode
// host none.
void add_interfaces(const runtime::TaskView& task, const runtime::ContainerView& one,
                    TaskSample& out) {
  const runtime::NetworkView& network = runtime::network_of(task.networks, one.name);
  if (one.pid == 0 || network.slot < 0) return;
  for (const std::string& other : network.containers)
    if (const auto seen = out.interfaces.find(other); seen != out.interfaces.end()) {
      out.interfaces[one.name] = seen->second;
      return;
    }
  auto all = runtime::read_interfaces(one.pid, network.netns_path);
  if (!all) return;
  all->erase("lo");
  if (network.mode == "awsvpc") all->erase("eth0");
  out.interfaces[one.name] = std::move(*all);
}

}  // namespace

TaskSample take_sample(const runtime::CgroupMounts& mounts, const runtime::TaskView& task) {
  TaskSample out;
  for (const auto& one : task.containers) {
    // A container may ask before the engine knows that it runs.
    if (one.known != runtime::ContainerStatus::kRunning &&
        one.known != runtime::ContainerStatus::kCreated)
      continue;
    if (auto stats = runtime::read_group_stats(mounts, one.cgroup))
      out.containers.emplace(one.name, std::move(*stats));
    add_interfaces(task, one, out);
  }
  out.host = runtime::read_host_cpu();
  out.at = now();
  return out;
}

void StatsBook::carry(const runtime::TaskView& task, TaskSample& sample) {
  for (const auto& one : task.containers) {
    const auto found = sample.containers.find(one.name);
    if (found == sample.containers.end()) continue;
    auto& run = runs_[one.name];
    if (run.started_at != one.started_at) {
      add(run.before, run.last);
      run.started_at = one.started_at;
    }
    run.last = found->second;
    add(found->second, run.before);
  }
}

StatsBook::Observed StatsBook::look(const runtime::TaskView& task, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (seen_.now && now - taken_ < kInterval) return seen_;
  auto sample = std::make_shared<TaskSample>(sampler_(task));
  carry(task, *sample);
  taken_ = now;
  seen_ = {std::move(sample), std::move(seen_.now)};
  return seen_;
}

}  // namespace drydock::metadata
