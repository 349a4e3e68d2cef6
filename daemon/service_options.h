#pragma once
#include "control/services/services.h"
#include "daemon/config.h"

namespace drydock::daemon {

// What the configuration says about services, for the given balancer (null: none).
control::ServicesOptions service_options(const Config& config, netns::Balancer* balancer);

}  // namespace drydock::daemon
