#pragma once
#include <functional>
#include <string>

#include "cli/session.h"

namespace drydock::cli {

// Prints what `draw` gives, and with `watch` again whenever the daemon says that a task or a
// service changed: on a terminal in its place, elsewhere one after the other. The exit code.
int show(Session& session, const Client& client, bool watch,
         const std::function<Result<std::string>()>& draw);

}  // namespace drydock::cli
