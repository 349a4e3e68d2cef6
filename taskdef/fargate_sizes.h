#pragma once
#include <optional>
#include <string_view>

// Task sizes: the way they are written, and the pairs Fargate offers.
namespace drydock::taskdef {

// "1024", "1 vCPU", ".25 vcpu" -> CPU units (1024 a vCPU). Nothing unless the result is a whole
// positive number.
std::optional<int> parse_cpu(std::string_view text);

// "2048", "2 GB", ".5 gb", "512 MiB" -> MiB. Nothing unless the result is a whole positive number.
std::optional<int> parse_memory(std::string_view text);

// Is there a Fargate size of `cpu` units and `memory_mib`? Windows starts at one vCPU and ends at
// four.
bool fargate_size_exists(int cpu, int memory_mib, bool windows = false);

}  // namespace drydock::taskdef
