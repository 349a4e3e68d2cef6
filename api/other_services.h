#pragma once
#include <optional>
#include <string>

#include "base/http/message.h"

// What an AWS service that is not here answers: clients whose AWS_ENDPOINT_URL leads everything to
// this endpoint ask for S3 or CloudWatch, too. Pure.
namespace drydock::api {

// The service a request is signed for ("s3", "logs"): from the credential scope of its
// Authorization header; empty when it has none.
std::string signed_service(const http::Headers& headers);

// A refusal (400, so that clients do not try again) that names the service and what to set, in the
// form its clients read; nothing when the request is for ECS, STS or nobody in particular.
std::optional<http::Response> other_service(const http::Request& request);

}  // namespace drydock::api
