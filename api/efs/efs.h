#pragma once
#include "api/context.h"
#include "base/http/message.h"

// The EFS API (REST with JSON, version 2015-02-01) over the file systems of this machine
// (volumes/efs_catalog.h).
namespace drydock::api {

bool is_efs(const http::Request& request);
http::Response efs_reply(const ApiContext& context, const http::Request& request);

}  // namespace drydock::api
