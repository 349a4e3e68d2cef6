#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/services/targets.h"
#include "control/store.h"
#include "netns/balancer/balancer.h"

namespace drydock::control::services {

struct BalancingOptions {
  netns::Balancer* balancer = nullptr;  // none: load balancers are kept and shown only
  struct Group {
    int port = 0;             // 0: as for a published port
    std::string health_path;  // empty: a TCP connection
  };
  std::map<std::string, Group> groups;  // by name or ARN
  Duration drain = std::chrono::seconds(10);
  Duration patience = std::chrono::seconds(60);  // netns::HealthCheck::patience
};

// The tasks of services as targets of their target groups: which there are, what is known of their
// health, and who drains. Loop thread only.
class Balancing {
 public:
  Balancing(Store& store, BalancingOptions options);

  bool on() const { return options_.balancer != nullptr; }
  // Which ports groups had, before services are looked at.
  Status restore();
  // Listens for the groups of a service, at the same port as ever. Empty: it does for all of them;
  // else why not.
  std::string open(const Json& load_balancers);
  // Drops what no service names any more.
  void keep_only(const std::vector<std::string>& groups);

  // Registers a task; the groups it was not in before.
  std::vector<std::string> add(const std::string& task, const std::vector<TargetOf>& targets);
  // Takes it out of all groups and names them. `drained` is called on the balancer's thread once
  // its connections have ended; not at all when it was in none.
  std::vector<std::string> remove(const std::string& task, const std::function<void()>& drained);
  bool has(const std::string& task) const { return targets_.count(task) != 0; }

  // What the balancer told. False: of a target that is not here any more.
  bool told(const std::string& group, const std::string& task, netns::TargetHealth health,
            const std::string& why);
  // The worst of a task in all its groups.
  struct Seen {
    netns::TargetHealth health = netns::TargetHealth::kInitial;
    TargetOf target;  // of that health
    std::string why;
  };
  std::optional<Seen> health(const std::string& task) const;

  // {"targetGroups": [{"targetGroupArn", "endpoint", "targets": [{"id", "address", "health",
  // "reason"?}]}]}: for people (api/local/README.md).
  Json shown() const;
  void forget_all();  // reset: closes every group

 private:
  int wanted_port(const std::string& group, int container_port) const;
  const BalancingOptions::Group* configured(const std::string& group) const;

  Store& store_;
  const BalancingOptions options_;
  std::map<std::string, int> ports_;  // of groups, also of those that are closed
  std::map<std::string, int> open_;
  std::map<std::string, std::vector<Seen>> targets_;  // by task
};

}  // namespace drydock::control::services
