#pragma once
#include "api/context.h"

namespace drydock::api::logs {

// StartLiveTail: a stream of frames (event_stream.h) with what arrives in groups, once a second as
// AWS sends it, until the client goes or three hours have passed.
http::Response live_tail(ApiContext& context, const control::Caller& caller, const Json& in);

}  // namespace drydock::api::logs
