#include "netns/addresses.h"

#include <algorithm>

namespace drydock::netns {
namespace {

std::vector<Subnet> ranges_of(const std::vector<MappedSubnet>& mapped) {
  std::vector<Subnet> ranges;
  ranges.reserve(mapped.size());
  for (const auto& m : mapped) ranges.push_back(m.range);
  return ranges;
}

int offset_of(const Subnet& range, const Subnet& network) {
  return static_cast<int>(range.base.value - network.base.value);
}

}  // namespace

Status check_mapped(const std::vector<MappedSubnet>& mapped, const Subnet& network) {
  for (auto one = mapped.begin(); one != mapped.end(); ++one) {
    const std::string told = one->id + " (" + to_string(one->range) + ")";
    if (one->range.prefix > 28)
      return fail(Errc::kInvalid,
                  "subnet " + told + " is too small: the prefix must be at most 28");
    if (one->range.prefix < network.prefix || !network.contains(one->range.base))
      return fail(Errc::kInvalid, "subnet " + told + " does not lie in the tasks' network " +
                                      to_string(network) +
                                      "; set \"subnet\" to a network that holds every mapped one");
    const auto other = std::find_if(mapped.begin(), one,
                                    [&](const auto& m) { return m.range.overlaps(one->range); });
    if (other != one)
      return fail(Errc::kInvalid, "subnet " + told + " overlaps " + other->id + " (" +
                                      to_string(other->range) + ")");
  }
  return {};
}

Addresses::Addresses(Subnet network, std::vector<MappedSubnet> mapped, const std::vector<int>& used)
    : network_(network), rest_(network, used, ranges_of(mapped)) {
  for (auto& m : mapped) {
    const int offset = offset_of(m.range, network);
    std::vector<int> mine;
    for (const int slot : used)
      if (m.range.contains(address_of(slot))) mine.push_back(slot - offset);
    AddressPool pool(m.range, mine);
    parts_.push_back({std::move(m), offset, std::move(pool)});
  }
}

const Addresses::Part* Addresses::find(const std::string& subnet_id) const {
  const auto at = std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) {
    return !subnet_id.empty() && p.subnet.id == subnet_id;
  });
  return at == parts_.end() ? nullptr : &*at;
}

Result<int> Addresses::take(const std::string& subnet_id) {
  const Part* part = find(subnet_id);
  if (!part) return rest_.take();
  auto taken = parts_[static_cast<std::size_t>(part - parts_.data())].pool.take();
  if (!taken)
    return fail(taken.error().code,
                "no free address: all of " + subnet_id + " (" + to_string(part->subnet.range) +
                    ") are in use; stop tasks, or map the subnet to a bigger range");
  return *taken + part->offset;
}

void Addresses::give_back(int slot) {
  for (auto& part : parts_)
    if (part.subnet.range.contains(address_of(slot)))
      return part.pool.give_back(slot - part.offset);
  rest_.give_back(slot);
}

const Subnet& Addresses::subnet_of(int slot) const {
  for (const auto& part : parts_)
    if (part.subnet.range.contains(address_of(slot))) return part.subnet.range;
  return network_;
}

std::vector<Ipv4> Addresses::gateways() const {
  std::vector<Ipv4> all;
  for (const auto& part : parts_) all.push_back(gateway_of(part.subnet.range));
  return all;
}

}  // namespace drydock::netns
