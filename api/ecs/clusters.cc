#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {
using control::Answer;
using control::Caller;
using control::Control;
}  // namespace

std::vector<Operation> cluster_operations() {
  return {
      {"CreateCluster",
       "clusterName: str, tags: [Tag], settings: [ClusterSetting], configuration: "
       "ClusterConfiguration, "
       "capacityProviders: [str], defaultCapacityProviderStrategy: [CapacityProviderStrategyItem], "
       "serviceConnectDefaults: ClusterServiceConnectDefaultsRequest",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.clusters.create(who, in); }},
      {"DescribeClusters", "clusters: [str], include: [enum ClusterField]", false,
       [](Control& c, const Caller& who, const Json& in) { return c.clusters.describe(who, in); }},
      {"ListClusters", "nextToken: str, maxResults: int", false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("clusterArns", c.clusters.list(who, page_request(in)));
       }},
      {"DeleteCluster", "cluster*: str", true,
       [](Control& c, const Caller& who, const Json& in) { return c.clusters.remove(who, in); }},
      {"UpdateCluster",
       "cluster*: str, settings: [ClusterSetting], configuration: ClusterConfiguration, "
       "serviceConnectDefaults: ClusterServiceConnectDefaultsRequest",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.clusters.update(who, in); }},
      {"UpdateClusterSettings", "cluster*: str, settings*: [ClusterSetting]", true,
       [](Control& c, const Caller& who, const Json& in) { return c.clusters.update(who, in); }},
      {"PutClusterCapacityProviders",
       "cluster*: str, capacityProviders*: [str], "
       "defaultCapacityProviderStrategy*: [CapacityProviderStrategyItem]",
       true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.clusters.put_capacity_providers(who, in);
       }},
  };
}

}  // namespace drydock::api
