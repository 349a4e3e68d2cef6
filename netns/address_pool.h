#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "netns/address.h"

namespace drydock::netns {

// Hands out the addresses of a subnet as slots: slot n is the address subnet + n. First in, first
// out, so that an address rests as long as possible before it means another task (decision 7). Not
// thread-safe.
class AddressPool {
 public:
  // Network, gateway (+1), resolver (+2) and +3 are reserved as in a VPC, and so is the last
  // address. Of a big subnet the first 65536 addresses are used. `used` are the slots that tasks of
  // an earlier daemon still hold; counting goes on after the highest of them. Slots outside the
  // subnet are ignored. Addresses in `elsewhere` are never handed out.
  AddressPool(Subnet subnet, const std::vector<int>& used,
              const std::vector<Subnet>& elsewhere = {});

  // kBusy "no free address ..." says what to do.
  Result<int> take();
  void give_back(int slot);

  bool holds(int slot) const;  // is `slot` one that this pool may hand out?
  Ipv4 address_of(int slot) const { return subnet_.at(static_cast<std::uint32_t>(slot)); }
  const Subnet& subnet() const { return subnet_; }
  int last_slot() const { return last_; }
  // How many addresses it has, in use or not.
  int capacity() const { return capacity_; }

  static constexpr int kFirst = 4;

 private:
  enum class State : std::uint8_t { kFresh, kUsed, kFreed };

  Subnet subnet_;
  int last_;
  int cursor_;     // the next slot to look at among the fresh ones
  int fresh_ = 0;  // how many fresh ones are left
  int capacity_ = 0;
  std::vector<State> state_;
  std::deque<int> freed_;
};

inline Ipv4 gateway_of(const Subnet& subnet) { return subnet.at(1); }
inline Ipv4 resolver_of(const Subnet& subnet) { return subnet.at(2); }

}  // namespace drydock::netns
