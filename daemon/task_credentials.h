#pragma once
#include "daemon/config.h"
#include "metadata/credentials_keeper.h"

namespace drydock::daemon {

// Whose AWS profiles serve tasks that nobody at a keyboard runs, and what the configuration says
// of STS. Trouble with them goes to the daemon's log.
metadata::KeeperOptions keeper_options(const Config& config);

}  // namespace drydock::daemon
