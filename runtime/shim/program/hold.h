#pragma once
#include "base/result.h"
#include "runtime/shim/hold_call.h"

namespace drydock::runtime::shim {

// Makes the namespaces of a task as hold_call.h says; process 1 of its PID namespace runs then.
Status hold(const HoldCall& call);

// That process: reaps for ever. It has every signal blocked, and from inside its namespace even
// SIGKILL does not reach it.
[[noreturn]] void reap_for_ever();

}  // namespace drydock::runtime::shim
