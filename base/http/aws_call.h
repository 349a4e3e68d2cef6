#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "base/http/client.h"
#include "base/http/sigv4.h"
#include "base/result.h"

// Signed requests to AWS, or to what stands in for it. They block.
namespace drydock::http {

struct AwsEndpoint {
  std::string service;  // as it is signed: "logs", "secretsmanager"
  std::string region;
  std::string url;  // "https://logs.eu-west-1.amazonaws.com", no slash at its end
};
// AWS's own: `host` is the first part of its name, the service's when empty. Pure.
AwsEndpoint aws_endpoint(const std::string& service, const std::string& region,
                         const std::string& host = {});
// `address`, a URL or a host name, in place of AWS's own address. Pure.
AwsEndpoint aws_endpoint_at(const std::string& address, const std::string& service,
                            const std::string& region);

struct AwsPatience {
  std::chrono::milliseconds total{30000};
  std::function<bool()> cancelled;
};
// Signs `request` (its headers host, x-amz-date and x-amz-security-token, region and service are
// filled in) and sends it. kInvalid when the keys cannot be in a header; else errors as of fetch().
Result<ClientResponse> aws_fetch(const AwsEndpoint& endpoint, const AwsKeys& keys,
                                 AwsRequest request, const AwsPatience& patience = {});

struct AwsAnswer {
  int status = 0;
  std::string body;     // a JSON text when the status is 200
  std::string code;     // else what the service calls its error: "ThrottlingException"
  std::string message;  // and says of it; printable, not for ever
};
// One call in the protocol AWS JSON 1.1. `target`: the X-Amz-Target header's value; `input`: a JSON
// text.
Result<AwsAnswer> aws_json_call(const AwsEndpoint& endpoint, const AwsKeys& keys,
                                const std::string& target, const std::string& input,
                                const AwsPatience& patience = {});

}  // namespace drydock::http
