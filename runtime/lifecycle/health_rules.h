#pragma once
#include "runtime/lifecycle/state.h"

// Health checks (firelens-and-lifecycle.md B8, decision 25). Pure.
namespace drydock::runtime::lifecycle {

// The container has just started: UNKNOWN, and the first probe is due.
void begin_health(ContainerState& container, bool early, Time now);
// True, once, when a probe is due; the container is then probing.
bool take_due_probe(ContainerState& container, Time now);
// A probe's outcome: counts it, turns the status, plans the next one.
void count_probe(ContainerState& container, const Probed& result, bool early, Time now);

}  // namespace drydock::runtime::lifecycle
