#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// How a container behaves that does not run: what its Docker labels say, else its environment
// (which RunTask can override).
struct DryRules {
  std::optional<Duration> exit_after;  // drydock.dry.exit-after, DRYDOCK_DRY_EXIT_AFTER: "2s"
  int exit_code = 0;                   // drydock.dry.exit-code, DRYDOCK_DRY_EXIT_CODE
  int stop_code = 143;                 // drydock.dry.stop-code, DRYDOCK_DRY_STOP_CODE
  bool healthy = true;                 // drydock.dry.health, DRYDOCK_DRY_HEALTH: "unhealthy"
  bool operator==(const DryRules&) const = default;
};
// A value that cannot be read is as if it were not there. Pure.
DryRules dry_rules(const taskdef::ContainerDefinition& container);

// What of a container's rules cannot be read, a line each, for the task's notes. Pure.
std::vector<std::string> dry_notes(const taskdef::TaskDefinition& task);

}  // namespace drydock::runtime
