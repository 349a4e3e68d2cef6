#pragma once
#include <string_view>

#include "logrouter/driver.h"

namespace drydock::logrouter {

// A log driver that takes lines somewhere beyond the journal.
struct Driver {
  std::string_view name;  // logDriver, and the name of its checkpoints
  MakeDestination make;
  // Its destination is there when the task is gone: what is left is delivered then. Otherwise the
  // delivery ends with the task.
  bool outlives_task = true;
};

// nullptr: the journal is all there is (none, json-file, local, awslogs, ...).
const Driver* driver_named(std::string_view name);

}  // namespace drydock::logrouter
