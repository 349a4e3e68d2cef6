#pragma once
#include <string>

#include "cli/client.h"
#include "cli/tasks.h"

namespace drydock::cli {

// The task that `name` means, asked of the daemon (see find_task).
Result<Json> look_up(const Client& client, const std::string& name, Several several);
// Follows a task's changes until `until` says so (true) or it has stopped; gives back its last
// state.
Result<Json> follow(const Client& client, const Json& task,
                    const std::function<bool(const Json&)>& until);

}  // namespace drydock::cli
