#pragma once
#include <map>
#include <string>

#include "base/json.h"
#include "control/services/scheduler.h"
#include "control/services/service.h"

// Services as the API shows them (api.md 4.1). Pure.
namespace drydock::control::services {

struct Counts {
  int running = 0;
  int pending = 0;
};
// By deployment id.
std::map<std::string, Counts> counts_of(const std::vector<TaskFacts>& tasks);

using Revisions = std::map<std::string, Revision>;  // by number

Json service_json(const Service& service, const Revisions& revisions,
                  const std::map<std::string, Counts>& counts, bool with_tags);
// One of ListServiceDeployments, and of DescribeServiceDeployments.
Json service_deployment_brief(const Service& service, const ServiceDeployment& one);
Json service_deployment_json(const Service& service, const ServiceDeployment& one,
                             const std::map<std::string, Counts>& counts);
Json service_revision_json(const Service& service, const Revision& revision);

// The platform version that a deployment with these settings runs.
std::string resolved_platform(const Json& settings);

// The roll-out of that ARN; null when there is none.
const ServiceDeployment* told_of(const Service& service, const std::string& arn);

std::string service_deployment_arn(const Service& service, const std::string& id);
std::string service_revision_arn(const Service& service, const std::string& number);

}  // namespace drydock::control::services
