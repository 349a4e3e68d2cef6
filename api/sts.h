#pragma once
#include "api/context.h"

// A small STS beside the ECS API, so that programs with the keys of `fake` mode can ask who they
// are: GetCallerIdentity and AssumeRole, in the query protocol with answers in XML.
namespace drydock::api {

// Whether a request is for it: signed for "sts", or a form with an Action.
bool is_sts(const http::Request& request);
http::Response sts_reply(const ApiContext& context, const http::Request& request);

}  // namespace drydock::api
