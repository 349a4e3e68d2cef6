#pragma once
#include "api/context.h"

// EventBridge beside the ECS API, on the same endpoint: X-Amz-Target AWSEvents.<Operation>.
namespace drydock::api {

bool is_eventbridge(const http::Request& request);
// Blocks for the store: on a door's worker.
http::Response eventbridge_reply(const ApiContext& context, const http::Request& request);

}  // namespace drydock::api
