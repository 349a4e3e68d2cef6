#pragma once
#include <optional>
#include <string>

#include "base/http/message.h"
#include "control/answer.h"

// What an AWS service that is not here answers: clients whose AWS_ENDPOINT_URL leads everything to
// this endpoint ask for S3 or CloudWatch, too. Pure.
namespace drydock::api {

// A refusal (400, so that clients do not try again) that names the service and what to set, in the
// form its clients read; nothing when the request is for a service that is here or nobody in
// particular.
std::optional<http::Response> other_service(const http::Request& request);

// An error in the form that the clients of `service` read: XML, or JSON.
http::Response service_error(const http::Request& request, const std::string& service,
                             const control::ApiError& error);

}  // namespace drydock::api
