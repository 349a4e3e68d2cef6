#pragma once
#include <string>
#include <vector>

#include "netns/addresses.h"
#include "runtime/engine/executor.h"
#include "runtime/task_spec.h"

namespace drydock::runtime {

// The networks of tasks that do not run: the addresses, names and ports that they would have, and
// nothing in the kernel. Not thread-safe.
class DryNetwork {
 public:
  // `used`: slots that tasks of an earlier daemon hold.
  DryNetwork(const netns::Subnet& network, std::vector<netns::MappedSubnet> subnets,
             const std::vector<int>& used, std::string region);

  // kBusy when no address is free; then none is taken.
  Result<std::vector<NetworkView>> acquire(const TaskSpec& spec);
  // The host ports of containers on a bridge: those that are mapped, else dynamic ones in turn.
  void publish(const TaskSpec& spec, TaskFacts& facts);
  void release(const std::vector<NetworkView>& networks);

 private:
  void describe(int slot, const TaskSpec& spec, NetworkView& view) const;

  netns::Addresses addresses_;
  std::string region_;
  int last_port_ = 0;
};

}  // namespace drydock::runtime
