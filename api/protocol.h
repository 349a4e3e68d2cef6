#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"

// AWS JSON 1.1, the wire protocol of ECS (api.md part 1). Pure functions.
namespace drydock::api {

// Region, account and access key out of the SigV4 credential scope of the Authorization header: the
// only place where the region appears. A 12-digit access key is the account. Unsigned or odd
// headers give the defaults; signatures are not checked.
control::Caller caller_of(const http::Headers& headers, const control::Caller& defaults);

// The operation of "X-Amz-Target: AmazonEC2ContainerServiceV20141113.<Operation>", empty when the
// header is absent or names another service.
std::string operation_of(const http::Headers& headers);

// The body as a JSON object ("" is {}). SerializationException otherwise.
control::Answer<Json> input_of(const std::string& body);

// A reply in the protocol, with a fresh x-amzn-RequestId.
http::Response success(const Json& output);
http::Response failure(const control::ApiError& error);

// Every operation of the API's model, built here or not, sorted.
const std::vector<std::string_view>& modelled_operations();

}  // namespace drydock::api
