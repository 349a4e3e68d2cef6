#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "taskdef/compose/place.h"

// What containers of one task have in common: its volumes and its ports.
namespace drydock::taskdef::compose {

// The volumes of a task while they are found.
class Volumes {
 public:
  // `configured` has what is known of volumes by name, beside their names; only `declared` ones may
  // be named, when that is set. Both outlive this.
  Volumes(const Json& configured, bool declared);
  ~Volumes();
  Volumes(const Volumes&) = delete;
  Volumes& operator=(const Volumes&) = delete;

  void add(const std::string& name);
  // One that is there, as a task definition has it.
  void add_known(const Json& volume);
  // The name of a mount's volume. kInvalid: nobody has declared it.
  Result<std::string> name_of(const Json& mount);
  const Json& list() const;

 private:
  bool has(const std::string& name) const;
  std::string fresh();
  std::string bind(const std::string& path);

  const Json& configured_;
  bool declared_;
  std::vector<Json> list_;  // one, a list: Json is not complete here
  int next_ = 0;
};

// The mount points of a service (read_service) in its container definition.
Status put_mounts(const Context& context, const std::string& name, const Json& service,
                  Volumes& volumes, Json& container);
// Its port mappings. In a network of its own a task has its containers' ports: what is to be at
// another one of this machine goes to `publish`.
void put_ports(const Context& context, const std::string& name, const Json& service,
               const std::string& network_mode, Json& container,
               std::vector<PublishedPort>& publish);

}  // namespace drydock::taskdef::compose
