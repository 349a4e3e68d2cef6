#pragma once
#include <string>
#include <string_view>

#include "base/http/message.h"

// For which AWS service a request is, from its head alone. Pure.
namespace drydock::api {

struct Asked {
  std::string service;  // as it is signed: "s3", "sqs"; empty when nothing tells
  std::string region;   // empty when nothing tells
  std::string bucket;   // of S3, when the host names it: "bucket.localhost", "bucket.s3.localhost"
  bool operator==(const Asked&) const = default;
};
// By the credential scope (of the Authorization header, or of a presigned URL), else by
// X-Amz-Target.
Asked signed_for(const http::Request& head);
// The same, else by the host's name.
Asked asked_of(const http::Request& head);

// Drydock has this service itself: its calls go nowhere else.
bool is_here(std::string_view service);

}  // namespace drydock::api
