#include <nlohmann/json.hpp>

#include "taskdef/fargate_sizes.h"
#include "taskdef/rules.h"
#include "taskdef/shapes.h"

// CPU and memory of the task and its containers.
namespace drydock::taskdef::rules {
namespace {

constexpr int kLeastMemoryMib = 6;  // what the container runtime itself reserves
constexpr int kLeastTaskCpu = 128;
constexpr int kMostTaskCpu = 196608;

}  // namespace

void task_size(Subject& s) {
  const Node cpu = s.task["cpu"];
  const bool in_range = s.cpu && (s.fargate || (*s.cpu >= kLeastTaskCpu && *s.cpu <= kMostTaskCpu));
  if (cpu.filled() && !in_range) s.add(cpu, fill(text::kTaskSize, {"cpu"}));
  const Node memory = s.task["memory"];
  if (memory.filled() && !s.memory_mib) s.add(memory, fill(text::kTaskSize, {"memory"}));
}

void container_memory(Subject& s) {
  for (const Node& container : s.containers) {
    const std::string name = name_of(container);
    const Node memory = container["memory"];
    const Node reservation = container["memoryReservation"];
    // 0 is how some tools write "not set".
    const long long hard = memory.number();
    const long long soft = reservation.number();
    if (hard == 0 && soft == 0 && !s.task["memory"].filled())
      s.add(container, fill(text::kNoMemory, {name}));
    for (const auto& [node, member] :
         {std::pair{memory, "memory"}, std::pair{reservation, "memoryReservation"}})
      if (node.number() != 0 && node.number() < kLeastMemoryMib)
        s.add(node, fill(text::kLeastMemory, {name, member}));
    if (hard > 0 && soft > hard) s.add(reservation, fill(text::kReservation, {name}));
    if (s.memory_mib && hard > *s.memory_mib) s.add(memory, fill(text::kMemoryAboveTask, {name}));
  }
}

void compatibilities(Subject& s) {
  if (!s.task) return;
  for (Problem& problem : check_members(*s.task.value(), request_shape()))
    if (problem.path.starts_with("requiresCompatibilities["))
      s.problems.push_back(std::move(problem));
}

void fargate_size(Subject& s) {
  if (!s.fargate) return;
  if (s.network_mode != "awsvpc") s.add(s.task["networkMode"], std::string(text::kFargateNetwork));
  for (std::string_view member : {"cpu", "memory"})
    if (!s.task[member].filled()) s.add(s.task[member], fill(text::kFargateSizeMissing, {member}));
  if (s.cpu && s.memory_mib && !fargate_size_exists(*s.cpu, *s.memory_mib, s.windows))
    s.add(s.task["memory"],
          fill(text::kFargateSize, {std::to_string(*s.cpu), std::to_string(*s.memory_mib)}));
}

void size_sums(Subject& s) {
  if (!s.fargate) return;
  long long cpu = 0;
  long long reserved = 0;
  for (const Node& container : s.containers) {
    cpu += container["cpu"].number();
    reserved += container["memoryReservation"].number();
  }
  if (s.cpu && cpu > *s.cpu) s.add(s.task["cpu"], fill(text::kSum, {"cpu", "cpu"}));
  if (s.memory_mib && reserved > *s.memory_mib)
    s.add(s.task["memory"], fill(text::kSum, {"memoryReservation", "memory"}));
}

}  // namespace drydock::taskdef::rules
