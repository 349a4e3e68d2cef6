#pragma once
#include "daemon/config.h"
#include "images/provider.h"
#include "images/pull.h"

namespace drydock::daemon {

// What the configuration says about images.
images::ProviderOptions provider_options(const Config& config);
images::PullOptions pull_options(const Config& config);

// Whose registry credentials serve callers that bring none (decision 12): the user who started the
// daemon with sudo, else the daemon's own.
images::credentials::Owner default_owner();

}  // namespace drydock::daemon
