#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/account_settings.h"
#include "control/answer.h"
#include "control/caller.h"
#include "control/capacity_providers.h"
#include "control/paging.h"
#include "control/store.h"

namespace drydock::control {

// How many tasks and services of a cluster are in which state.
struct TaskCounts {
  int running = 0;
  int pending = 0;
  int fargate_running = 0;
  int fargate_pending = 0;
  int ec2_services = 0;  // ACTIVE
  int fargate_services = 0;
  int draining_ec2_services = 0;
  int draining_fargate_services = 0;
  int instances = 0;      // container instances
  int own_instances = 0;  // of these: this machine of itself
};

// The clusters of every account and region, as the API's own documents. Loop thread only.
// Requests are shape-checked JSON in the members of the API; results are the API's output.
class Clusters {
 public:
  // `counts` is asked whenever a cluster is shown, `account` when one is made.
  Clusters(Store& store, const AccountSettings& account, const CapacityProviders& providers,
           std::function<TaskCounts(const std::string& cluster_arn)> counts);
  ~Clusters();
  // Reads what the store holds; once, before anything else.
  Status restore();

  // Making one that is ACTIVE already gives that one (api.md 3.2).
  Answer<Json> create(const Caller& caller, const Json& request);
  Answer<Json> describe(const Caller& caller, const Json& request) const;
  Answer<Page> list(const Caller& caller, const PageRequest& page) const;
  // This machine's own instance goes with its cluster; others hinder that.
  Answer<Json> remove(const Caller& caller, const Json& request);
  void on_removed(std::function<void(const std::string& cluster_arn)> fn) {
    removed_ = std::move(fn);
  }
  // UpdateCluster and UpdateClusterSettings: settings, configuration, serviceConnectDefaults.
  Answer<Json> update(const Caller& caller, const Json& request);
  Answer<Json> put_capacity_providers(const Caller& caller, const Json& request);

  // The name of an ACTIVE cluster that has this capacity provider; empty: none has.
  std::string user_of_provider(const Caller& caller, const std::string& provider) const;

  // Service Connect's default namespace of each ACTIVE cluster that has one, by ARN.
  std::map<std::string, std::string> namespaces(const Caller& caller) const;

  // What others need of an ACTIVE cluster; ClusterNotFoundException otherwise. Empty `name_or_arn`:
  // "default".
  struct Ref {
    std::string name;
    std::string arn;
    std::vector<std::string> capacity_providers;
    std::shared_ptr<const Json> default_strategy;  // a list, maybe empty
  };
  Answer<Ref> find(const Caller& caller, const std::string& name_or_arn) const;

  // Tags by ARN; ClusterNotFoundException when there is no such cluster.
  Answer<Json> tags(const std::string& arn) const;
  void forget_all();  // reset: memory only
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);
  std::size_t size() const { return clusters_.size(); }

 private:
  using Document = std::shared_ptr<const Json>;
  Document lookup(const Caller& caller, const std::string& name_or_arn) const;
  void keep(const std::string& arn, Json document);
  Json shown(const Json& document, const Json* include) const;

  Store& store_;
  const AccountSettings& account_;
  const CapacityProviders& providers_;
  std::function<TaskCounts(const std::string&)> counts_;
  std::function<void(const std::string&)> removed_;
  std::map<std::string, Document> clusters_;  // by ARN
};

}  // namespace drydock::control
