#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "netns/address.h"
#include "netns/dns/name.h"

// The names that only exist on this machine: of tasks, and of whatever is filled in later.
namespace drydock::netns::dns {

using Ipv6 = std::array<std::uint8_t, 16>;
struct ServiceTarget {  // what an SRV record says
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string host;
  bool operator==(const ServiceTarget&) const = default;
};
struct Alias {  // what a CNAME record says; the target may be anywhere
  std::string target;
  bool operator==(const Alias&) const = default;
};
struct LocalName {
  std::string name;  // "web.default.local"
  std::variant<Ipv4, Ipv6, ServiceTarget, Alias> is;
  bool operator==(const LocalName&) const = default;
};

// All that one source (a task, a service) contributes.
struct LocalNames {
  // Zones that are all ours, "default.local": a name in one that nobody has does not exist, and is
  // never asked elsewhere. They stay after their source has gone.
  std::vector<std::string> zones;
  std::vector<LocalName> names;
};

// Thread-safe; each call takes microseconds.
class Registry {
 public:
  // Replaces what `source` contributed before. What is no valid name is left out.
  void put(const std::string& source, const LocalNames& local);
  void remove(const std::string& source);

  // What a folded name is; several sources may have it. Also empty for a name above others.
  std::vector<LocalName> find(const Name& name) const;
  // Is there a name below this one? (Then it exists, with nothing in it: RFC 8020.)
  bool is_above(const Name& name) const;
  bool in_zone(const Name& name) const;

 private:
  void drop(const std::string& source);

  mutable std::mutex mutex_;
  std::map<std::string, std::set<Name>> names_of_;                       // source -> its names
  std::map<Name, std::map<std::string, std::vector<LocalName>>> names_;  // -> source -> what it is
  std::map<Name, int> above_;  // name -> how many names of sources lie below
  std::set<Name> zones_;
};

}  // namespace drydock::netns::dns
