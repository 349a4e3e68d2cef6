#pragma once
#include <memory>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "runtime/dry/dry_executor.h"

namespace drydock::daemon {

// A root folder belongs to daemons that run containers or to dry ones, for ever: tasks of the ones
// are none of the others. kInvalid says what to do.
Status claim_mode(const std::string& root, bool dry);

// What carries out the tasks of a dry daemon; `restored`: those of the daemon before, whose
// addresses are taken.
Result<std::unique_ptr<runtime::DryExecutor>> dry_executor(
    const Config& config, Loop& loop,
    const std::vector<std::shared_ptr<const runtime::TaskView>>& restored,
    runtime::ExecutorEvents events);

}  // namespace drydock::daemon
