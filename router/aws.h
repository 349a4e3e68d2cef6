#pragma once
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/http/aws_call.h"
#include "base/json.h"
#include "base/result.h"

// Signed requests to AWS, or to what stands in for it.
namespace drydock::router {

// The keys of the task role, as SDKs find them: the environment, then the task's credentials
// endpoint. Kept until they are about to end.
class TaskKeys {
 public:
  Result<http::AwsKeys> get();

 private:
  std::mutex mutex_;
  http::AwsKeys keys_;
  Time until_{};
};

// `endpoint`: a name or a URL, empty for AWS_ENDPOINT_URL, else AWS's.
http::AwsEndpoint aws_target(const std::string& service, const std::string& region,
                             const std::string& endpoint);

// POSTs JSON in the protocol AWS JSON 1.1. What the service refuses is an error that begins with
// its code: kInvalid when it would refuse it again, kBusy else.
Result<Json> aws_call(TaskKeys& keys, const http::AwsEndpoint& target, const std::string& operation,
                      const Json& input);
// PUTs an object.
Status aws_put(TaskKeys& keys, const http::AwsEndpoint& target, const std::string& path,
               const std::string& body, const std::string& content_type);

}  // namespace drydock::router
