#pragma once
#include <string>
#include <vector>

#include "netns/address_pool.h"

namespace drydock::netns {

// A subnet id and the part of the tasks' network that it stands for.
struct MappedSubnet {
  std::string id;
  Subnet range;
  bool operator==(const MappedSubnet&) const = default;
};

// kInvalid unless every range lies in `network`, has room for tasks and overlaps no other.
Status check_mapped(const std::vector<MappedSubnet>& mapped, const Subnet& network);

// The addresses of one network: a pool for each mapped subnet, and one for all the rest. Slot n is
// the address network + n, whichever pool it comes from. Not thread-safe.
class Addresses {
 public:
  // `used`: as AddressPool has it. A range whose id is empty only keeps its addresses from others.
  Addresses(Subnet network, std::vector<MappedSubnet> mapped, const std::vector<int>& used);

  bool is_mapped(const std::string& subnet_id) const { return find(subnet_id) != nullptr; }
  // From the range of `subnet_id`; from the rest when it is not mapped. kBusy says what to do.
  Result<int> take(const std::string& subnet_id);
  void give_back(int slot);

  Ipv4 address_of(int slot) const { return network_.at(static_cast<std::uint32_t>(slot)); }
  // The subnet that a task with this slot sees.
  const Subnet& subnet_of(int slot) const;
  const Subnet& network() const { return network_; }
  // The gateways of the mapped ranges, which the bridge must have.
  std::vector<Ipv4> gateways() const;
  bool has_rest() const { return rest_.capacity() > 0; }

 private:
  struct Part {
    MappedSubnet subnet;
    int offset = 0;  // of its first address in the network
    AddressPool pool;
  };
  const Part* find(const std::string& subnet_id) const;

  Subnet network_;
  std::vector<Part> parts_;
  AddressPool rest_;
};

}  // namespace drydock::netns
