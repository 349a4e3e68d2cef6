#include "metadata/stats_document.h"

#include <nlohmann/json.hpp>

#include "runtime/bundle/metadata_file.h"

namespace drydock::metadata {
namespace {

using runtime::BlockCounter;
using runtime::CpuCounters;
using runtime::GroupStats;
using runtime::HostCpu;

constexpr const char* kNoTime = "0001-01-01T00:00:00Z";  // Go's zero

void put_count(Json& out, const char* key, std::uint64_t value) {
  if (value != 0) out[key] = value;
}

Json cpu(const CpuCounters& of, const HostCpu& host) {
  Json usage;
  usage["total_usage"] = of.total;
  if (!of.each.empty()) usage["percpu_usage"] = of.each;
  usage["usage_in_kernelmode"] = of.kernel;
  usage["usage_in_usermode"] = of.user;
  Json out;
  out["cpu_usage"] = std::move(usage);
  put_count(out, "system_cpu_usage", host.total);
  put_count(out, "online_cpus", host.online);
  out["throttling_data"] = {{"periods", of.periods},
                            {"throttled_periods", of.throttled_periods},
                            {"throttled_time", of.throttled_time}};
  return out;
}

Json blocks(const std::vector<BlockCounter>& all) {
  Json out = Json::array();
  for (const auto& one : all)
    out.push_back(
        {{"major", one.major}, {"minor", one.minor}, {"op", one.op}, {"value", one.value}});
  return out;
}

// Version 2 knows bytes only, and null is an empty list there.
Json block_io(const GroupStats& of) {
  Json out;
  const bool no_bytes = of.v2 && of.io_bytes.empty();
  out["io_service_bytes_recursive"] = no_bytes ? Json() : blocks(of.io_bytes);
  out["io_serviced_recursive"] = of.v2 ? Json() : blocks(of.io_operations);
  for (const char* const key :
       {"io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive",
        "io_merged_recursive", "io_time_recursive", "sectors_recursive"})
    out[key] = of.v2 ? Json() : Json::array();
  return out;
}

Json memory(const GroupStats& of) {
  Json out = Json::object();
  put_count(out, "usage", of.memory_usage);
  put_count(out, "max_usage", of.memory_peak);
  Json stats = Json::object();
  for (const auto& [name, value] : of.memory) stats[name] = value;
  if (!stats.empty()) out["stats"] = std::move(stats);
  put_count(out, "failcnt", of.memory_failures);
  put_count(out, "limit", of.memory_limit);
  return out;
}

using Interfaces = std::map<std::string, runtime::InterfaceCounters>;

const Interfaces& interfaces_of(const TaskSample& sample, const std::string& container) {
  static const Interfaces kNone;
  const auto found = sample.interfaces.find(container);
  return found == sample.interfaces.end() ? kNone : found->second;
}

Json networks(const Interfaces& interfaces) {
  Json out = Json::object();
  for (const auto& [name, of] : interfaces)
    out[name] = {{"rx_bytes", of.rx_bytes},   {"rx_packets", of.rx_packets},
                 {"rx_errors", of.rx_errors}, {"rx_dropped", of.rx_dropped},
                 {"tx_bytes", of.tx_bytes},   {"tx_packets", of.tx_packets},
                 {"tx_errors", of.tx_errors}, {"tx_dropped", of.tx_dropped}};
  return out;
}

Json network_rates(const TaskSample& now, const TaskSample& before, const std::string& container) {
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  double rx = 0;
  double tx = 0;
  const auto growth = [](std::uint64_t to, std::uint64_t from) {
    return to > from ? static_cast<double>(to - from) : 0;
  };
  const Interfaces& first = interfaces_of(before, container);
  for (const auto& [name, of] : interfaces_of(now, container)) {
    const auto earlier = first.find(name);
    if (earlier == first.end()) continue;
    rx += growth(of.rx_bytes, earlier->second.rx_bytes);
    tx += growth(of.tx_bytes, earlier->second.tx_bytes);
  }
  if (seconds <= 0) return {};
  return {{"rx_bytes_per_sec", number(rx / seconds)}, {"tx_bytes_per_sec", number(tx / seconds)}};
}

const GroupStats* find(const TaskSample* sample, const std::string& container) {
  if (sample == nullptr) return nullptr;
  const auto found = sample->containers.find(container);
  return found == sample->containers.end() ? nullptr : &found->second;
}

}  // namespace

Json stats_document(const StatsBook::Observed& seen, const runtime::TaskSpec& spec,
                    const std::string& container, Version version) {
  const auto* const now = find(seen.now.get(), container);
  const auto* const before = find(seen.before.get(), container);
  if (now == nullptr) return {};
  Json out;
  out["read"] = rfc3339_short(seen.now->at);
  out["preread"] = before != nullptr ? rfc3339_short(seen.before->at) : kNoTime;
  out["pids_stats"] = Json::object();
  put_count(out["pids_stats"], "current", now->pids);
  put_count(out["pids_stats"], "limit", now->pids_limit);
  out["blkio_stats"] = block_io(*now);
  out["num_procs"] = 0;
  out["storage_stats"] = Json::object();
  out["cpu_stats"] = cpu(now->cpu, seen.now->host);
  out["precpu_stats"] = before != nullptr ? cpu(before->cpu, seen.before->host) : cpu({}, {});
  out["memory_stats"] = memory(*now);
  const std::string name = runtime::docker_name(spec, container);
  out["name"] = spec.launch_type == "FARGATE" ? name : "/" + name;
  const auto id = spec.container_ids.find(container);
  out["id"] = id == spec.container_ids.end() ? std::string() : id->second;
  const Interfaces& interfaces = interfaces_of(*seen.now, container);
  if (auto all = networks(interfaces); !all.empty()) out["networks"] = std::move(all);
  if (version == Version::kV4 && before != nullptr && !interfaces.empty())
    if (auto rates = network_rates(*seen.now, *seen.before, container); !rates.empty())
      out["network_rate_stats"] = std::move(rates);
  return out;
}

}  // namespace drydock::metadata
