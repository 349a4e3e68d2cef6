#pragma once
#include "daemon/config.h"
#include "secrets/chain.h"

namespace drydock::daemon {

// Where the values of secrets come from, as configured.
secrets::ChainOptions secret_sources(const Config& config, secrets::Vault& vault);

// "none", "profile" or "profile:NAME".
bool is_aws_source(const std::string& text);

}  // namespace drydock::daemon
