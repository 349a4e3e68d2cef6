#include "netns/dns/registry.h"

namespace drydock::netns::dns {
namespace {

// How many zones are remembered: clusters come and go.
constexpr std::size_t kMaxZones = 1024;

// The names above `name`, up to and without the root.
std::vector<Name> parents(const Name& name) {
  std::vector<Name> all;
  for (std::size_t at = 1u + static_cast<std::uint8_t>(name[0]); at < name.size() && name[at] != 0;
       at += 1u + static_cast<std::uint8_t>(name[at]))
    all.push_back(name.substr(at));
  return all;
}

}  // namespace

void Registry::drop(const std::string& source) {
  const auto had = names_of_.find(source);
  if (had == names_of_.end()) return;
  for (const Name& name : had->second) {
    const auto at = names_.find(name);
    at->second.erase(source);
    if (at->second.empty()) names_.erase(at);
    for (const Name& parent : parents(name))
      if (--above_[parent] == 0) above_.erase(parent);
  }
  names_of_.erase(had);
}

void Registry::put(const std::string& source, const LocalNames& local) {
  std::lock_guard lock(mutex_);
  drop(source);
  for (const std::string& zone : local.zones)
    if (const auto name = name_of(zone); name && zones_.size() < kMaxZones)
      zones_.insert(folded(*name));
  for (const LocalName& one : local.names) {
    const auto name = name_of(one.name);
    if (!name || name->size() == 1) continue;
    const Name key = folded(*name);
    names_[key][source].push_back(one);
    if (names_of_[source].insert(key).second)
      for (const Name& parent : parents(key)) ++above_[parent];
  }
}

void Registry::remove(const std::string& source) {
  std::lock_guard lock(mutex_);
  drop(source);
}

std::vector<LocalName> Registry::find(const Name& name) const {
  std::lock_guard lock(mutex_);
  std::vector<LocalName> all;
  if (const auto at = names_.find(name); at != names_.end())
    for (const auto& [source, list] : at->second) all.insert(all.end(), list.begin(), list.end());
  return all;
}

bool Registry::is_above(const Name& name) const {
  std::lock_guard lock(mutex_);
  return above_.contains(name);
}

bool Registry::in_zone(const Name& name) const {
  std::lock_guard lock(mutex_);
  for (const Name& zone : zones_)
    if (is_within(name, zone)) return true;
  return false;
}

}  // namespace drydock::netns::dns
