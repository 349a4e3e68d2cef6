#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/task_view.h"

// Which targets a task of a service is in its load balancers' target groups (api.md 5.6). Pure.
namespace drydock::control::services {

struct TargetOf {
  std::string group;  // the target group's ARN, or a Classic Load Balancer's name
  std::string address;
  int port = 0;
  int container_port = 0;
};

// Of `loadBalancers` of a service: what connections from this machine are to be carried to. With
// network mode awsvpc the task's address and the container's port, else the host's port. Without
// what the task has no address for yet.
std::vector<TargetOf> targets_of(const Json& load_balancers, const runtime::TaskView& task);

// "web" of "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/50dc6c495c0c9188";
// another text is itself.
std::string target_group_name(const std::string& group);
// The group of one of `loadBalancers`.
std::string group_of(const Json& load_balancer);

}  // namespace drydock::control::services
