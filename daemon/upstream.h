#pragma once
#include <memory>
#include <string>

#include "api/upstream/upstream.h"
#include "daemon/config.h"

namespace drydock::daemon {

// Where calls for other AWS services go, as the configuration says; null: nowhere. `instance`: this
// daemon's.
std::shared_ptr<const api::Upstream> configured_upstream(const Config& config,
                                                         const std::string& instance);

}  // namespace drydock::daemon
