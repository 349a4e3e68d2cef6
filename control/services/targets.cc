#include "control/services/targets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::services {
namespace {

using runtime::ContainerView;
using runtime::NetworkView;

// Where the port of a container is to be reached from this machine; port 0: nowhere yet.
std::pair<std::string, int> reached_at(const runtime::TaskView& task, const ContainerView& c,
                                       int port) {
  const NetworkView& network = runtime::network_of(task.networks, c.name);
  if (network.mode == "awsvpc") return {network.address, network.address.empty() ? 0 : port};
  if (network.mode == "host") return {"127.0.0.1", port};
  const auto at = std::find_if(c.ports.begin(), c.ports.end(), [&](const auto& p) {
    return p.container_port == port && p.protocol == "tcp";
  });
  if (at == c.ports.end()) return {"", 0};
  const bool any = at->host_address.empty() || at->host_address == "0.0.0.0";
  return {any ? "127.0.0.1" : at->host_address, at->host_port};
}

}  // namespace

std::string group_of(const Json& load_balancer) {
  const std::string arn = json_string(load_balancer, "targetGroupArn");
  return arn.empty() ? json_string(load_balancer, "loadBalancerName") : arn;
}

std::vector<TargetOf> targets_of(const Json& load_balancers, const runtime::TaskView& task) {
  std::vector<TargetOf> found;
  for (const auto& one : load_balancers) {
    const std::string name = json_string(one, "containerName");
    const int port = static_cast<int>(json_int(one, "containerPort"));
    const auto c = std::find_if(task.containers.begin(), task.containers.end(),
                                [&](const auto& x) { return x.name == name; });
    if (c == task.containers.end() || group_of(one).empty()) continue;
    auto [address, reached] = reached_at(task, *c, port);
    if (reached > 0) found.push_back({group_of(one), std::move(address), reached, port});
  }
  return found;
}

std::string target_group_name(const std::string& group) {
  constexpr std::string_view kMark = ":targetgroup/";
  const auto at = group.find(kMark);
  if (at == std::string::npos) return group;
  const auto begin = at + kMark.size();
  return group.substr(begin, group.find('/', begin) - begin);
}

}  // namespace drydock::control::services
