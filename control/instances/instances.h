#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/instances/place.h"
#include "control/instances/this_machine.h"
#include "control/tasks.h"

namespace drydock::control {

// The container instances of every account and region: those that were registered, and this machine
// in the clusters that the configuration names. Whichever a task is placed on, it runs here. Loop
// thread only. Requests are shape-checked JSON in the members of the API.
class Instances {
 public:
  Instances(Store& store, const Clusters& clusters, Tasks& tasks);
  ~Instances();
  // Reads what the store holds, after the tasks were read.
  Status restore();

  // RegisterContainerInstance; with the ARN of one that is there it is registered anew.
  Answer<Json> enrol(const Caller& caller, const Json& request);
  Answer<Json> deregister(const Caller& caller, const Json& request);
  Answer<Json> describe(const Caller& caller, const Json& request);
  Answer<Page> list(const Caller& caller, const Json& request, const PageRequest& page);
  // UpdateContainerInstancesState
  Answer<Json> update_state(const Caller& caller, const Json& request);
  Answer<Json> start_task(const Caller& caller, const Json& request);

  Answer<Json> put_attributes(const Caller& caller, const Json& request);
  Answer<Json> delete_attributes(const Caller& caller, const Json& request);
  Answer<Json> list_attributes(const Caller& caller, const Json& request, const PageRequest& page);

  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);

  // Adds a cluster's instances to its counts.
  void count(const std::string& cluster_arn, TaskCounts& counts);
  // A cluster was deleted: this machine leaves it.
  void cluster_removed(const std::string& cluster_arn);
  // How many tasks a DAEMON service has there: one on each ACTIVE instance that its constraints
  // allow. None: the cluster has no instances.
  std::optional<int> daemon_tasks(const Caller& caller, const std::string& cluster_arn,
                                  const instances::Rules& rules);
  // A task there is to go elsewhere: the instance is DRAINING, or gone.
  bool is_left(const std::string& arn) const;
  // `fn` is told of each change of the instances of a cluster (the scheduler of services).
  void on_change(std::function<void(const std::string& cluster_arn)> fn) {
    changed_ = std::move(fn);
  }
  void forget_all();  // reset: memory only

 private:
  using Entries = std::map<std::string, instances::Instance>;  // by ARN

  // instances.cc
  Answer<Clusters::Ref> cluster_of(const Caller& caller, const Json& request);
  void join(const Caller& caller, const Clusters::Ref& cluster);
  std::vector<instances::Instance*> of_cluster(const std::string& cluster_arn);
  instances::Instance* find(const Caller& caller, const Clusters::Ref& cluster,
                            const std::string& id_or_arn);
  void keep(instances::Instance& instance);
  instances::Usage usage(const std::string& arn) const;
  std::vector<instances::Candidate> candidates(const std::string& cluster_arn);
  Json shown(const instances::Instance& instance, bool with_tags, bool with_health) const;
  Answer<instances::Place> place(const Caller& caller, const RunPlan& plan,
                                 const std::string& wanted);

  // attributes.cc
  struct Change {
    instances::Instance* instance;
    std::string name;
    std::optional<std::string> value;
  };
  Answer<std::vector<Change>> changes_of(const Caller& caller, const Clusters::Ref& cluster,
                                         const Json& request);

  Store& store_;
  const Clusters& clusters_;
  Tasks& tasks_;
  Entries instances_;
  std::set<std::string> left_;  // ARNs of this machine where it was deregistered
  std::function<void(const std::string&)> changed_;
};

}  // namespace drydock::control
