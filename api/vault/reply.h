#pragma once
#include "api/context.h"

// Secrets Manager and Parameter Store beside the ECS API, on the same endpoint: X-Amz-Target
// secretsmanager.<Operation> and AmazonSSM.<Operation>.
namespace drydock::api::vault {

bool is_vault(const http::Request& request);
// Blocks for the disk: on a door's worker.
http::Response reply(ApiContext& context, const http::Request& request);

}  // namespace drydock::api::vault
