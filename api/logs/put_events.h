#pragma once
#include "api/context.h"

namespace drydock::api::logs {

// PutLogEvents: into the stream's own journal, on a door's worker. Answered when the kernel has the
// events.
control::Answer<Json> put_events(ApiContext& context, const control::Caller& caller,
                                 const Json& in);

}  // namespace drydock::api::logs
