#pragma once
#include <optional>

#include "daemon/config.h"
#include "logrouter/cloudwatch/forward.h"

namespace drydock::daemon {

// The driver of containers with awslogs when logs.forward says that their lines go on; nullopt when
// it does not. Its keys are those of a profile of the daemon's owner.
std::optional<logrouter::Driver> log_forwarding(const Config& config);

}  // namespace drydock::daemon
