#pragma once
#include <functional>
#include <memory>
#include <string>

#include "api/upstream/upstream.h"
#include "base/loop.h"
#include "control/events/rules/rules.h"
#include "daemon/config.h"

namespace drydock::daemon {

// Where calls for other AWS services go, as the configuration says; null: nowhere. `instance`: this
// daemon's.
std::shared_ptr<const api::Upstream> configured_upstream(const Config& config,
                                                         const std::string& instance);

// How rules of EventBridge reach targets outside of ECS: on the pool, each once. `ended`: the
// daemon ends; asked on the pool.
control::Rules::Sender target_sender(std::shared_ptr<const api::Upstream> upstream,
                                     WorkerPool& pool, Loop& loop, std::function<bool()> ended);

}  // namespace drydock::daemon
