#pragma once
#include "runtime/shim/exec_call.h"
#include "runtime/shim/protocol.h"

namespace drydock::runtime::shim {

// One process in a running container from its start to its end, as exec_call.h says.
End exec_session(const ExecCall& call);

}  // namespace drydock::runtime::shim
