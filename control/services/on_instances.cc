// What container instances mean for services: where a DAEMON has tasks, and when to look again.
#include <nlohmann/json.hpp>

#include "control/instances/instances.h"
#include "control/services/requests.h"
#include "control/services/services.h"

namespace drydock::control {

using services::Service;

void Services::follow(Instances& instances) {
  instances_ = &instances;
  instances.on_change([this](const std::string& cluster_arn) {
    for (const auto& [arn, entry] : services_)
      if (entry.service.cluster_arn == cluster_arn) look(arn);
  });
}

void Services::settle_desired(Service& s) const {
  if (!instances_ || s.status != "ACTIVE" || !services::is_daemon(*s.settings)) return;
  const auto revision =
      s.deployments.empty() ? revisions_.end() : revisions_.find(s.deployments.front().revision);
  const Json* of_definition = revision == revisions_.end()
                                  ? nullptr
                                  : json_find(*revision->second.definition, "placementConstraints");
  const auto rules =
      instances::rules_of(json_find(*s.settings, "placementConstraints"), nullptr, of_definition);
  if (!rules) return;
  s.desired =
      instances_->daemon_tasks({s.region, s.account, {}}, s.cluster_arn, *rules).value_or(1);
}

}  // namespace drydock::control
