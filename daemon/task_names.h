#pragma once
#include "netns/dns/registry.h"
#include "runtime/task_view.h"

namespace drydock::daemon {

// The names a task has for others: <family>.<cluster>.local while it is RUNNING and not about to
// stop, else none. Its cluster's zone stays ours.
netns::dns::LocalNames names_of(const runtime::TaskView& task);

}  // namespace drydock::daemon
