#pragma once
#include "api/context.h"
#include "api/operation.h"

namespace drydock::api {

// Runs one operation on the loop and, for a write, waits until it is on disk. Blocks; not on the
// loop's thread.
control::Answer<Json> perform(const ApiContext& context, const Operation& operation,
                              const control::Caller& caller, const Json& input);

}  // namespace drydock::api
