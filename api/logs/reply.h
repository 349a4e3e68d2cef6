#pragma once
#include "api/context.h"

// CloudWatch Logs beside the ECS API, on the same endpoint: X-Amz-Target Logs_20140328.<Operation>.
namespace drydock::api::logs {

bool is_logs(const http::Request& request);
// Blocks for the store, and reads journals: on a door's worker.
http::Response reply(ApiContext& context, const http::Request& request);

}  // namespace drydock::api::logs
