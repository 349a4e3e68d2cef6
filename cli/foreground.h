#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/unique_fd.h"
#include "cli/session.h"

namespace drydock::cli {

struct Foreground {
  std::vector<Json> tasks;  // as POST run answered
  std::optional<Duration> timeout;
};

struct Ending {
  int exit_code = 0;
  std::vector<Json> tasks;  // as they were last seen
};

// Stays with tasks until they have stopped: prints addresses, logs and how each container ended;
// SIGINT and SIGTERM stop the tasks, a second one kills them. While it runs the daemon stops them
// when this process goes away.
Ending stay_in_foreground(Session& session, const Client& client, const Foreground& foreground);

}  // namespace drydock::cli
