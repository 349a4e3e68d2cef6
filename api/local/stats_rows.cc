#include "api/local/stats_rows.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace drydock::api::local {
namespace {

using metadata::TaskSample;
using runtime::GroupStats;

const GroupStats* find(const TaskSample* sample, const std::string& container) {
  if (!sample) return nullptr;
  const auto found = sample->containers.find(container);
  return found == sample->containers.end() ? nullptr : &found->second;
}

// What the container needs: pages of files that nobody uses can be taken back at any time.
std::uint64_t memory_in_use(const GroupStats& of) {
  const auto unused = of.memory.find(of.v2 ? "inactive_file" : "total_inactive_file");
  if (unused == of.memory.end() || unused->second > of.memory_usage) return of.memory_usage;
  return of.memory_usage - unused->second;
}

std::uint64_t blocks(const GroupStats& of, char first) {
  std::uint64_t sum = 0;
  for (const auto& one : of.io_bytes)
    if (!one.op.empty() && (one.op[0] | 0x20) == first) sum += one.value;
  return sum;
}

double rounded(double value) { return std::round(value * 100) / 100; }

}  // namespace

Json stats_row(const metadata::StatsBook::Observed& seen, const runtime::TaskView& task) {
  Json containers = Json::array();
  for (const auto& c : task.spec->definition.containers) {
    const GroupStats* now = find(seen.now.get(), c.name);
    if (!now) continue;
    const GroupStats* before = find(seen.before.get(), c.name);
    Json row = {{"name", c.name}};
    if (before) {
      const double seconds = std::chrono::duration<double>(seen.now->at - seen.before->at).count();
      const double used = now->cpu.total > before->cpu.total
                              ? static_cast<double>(now->cpu.total - before->cpu.total)
                              : 0;
      if (seconds > 0) row["cpuPercent"] = rounded(used / 1e9 / seconds * 100);
    }
    row["memoryUsage"] = memory_in_use(*now);
    row["memoryLimit"] = now->memory_limit;
    std::uint64_t received = 0, sent = 0;
    if (const auto all = seen.now->interfaces.find(c.name); all != seen.now->interfaces.end())
      for (const auto& [name, counters] : all->second) {
        received += counters.rx_bytes;
        sent += counters.tx_bytes;
      }
    row["networkReceived"] = received;
    row["networkSent"] = sent;
    row["blockRead"] = blocks(*now, 'r');
    row["blockWritten"] = blocks(*now, 'w');
    row["pids"] = now->pids;
    containers.push_back(std::move(row));
  }
  const std::string& arn = task.spec->task_definition_arn;
  return Json{{"task", task.spec->task_id},
              {"taskDefinition", arn.substr(arn.rfind('/') + 1)},
              {"containers", std::move(containers)}};
}

}  // namespace drydock::api::local
