#pragma once
#include <ctime>
#include <map>
#include <string>
#include <string_view>

// AWS Signature Version 4 for a request without a query. Pure.
namespace drydock::images::credentials {

struct AwsKeys {
  std::string id;
  std::string secret;
  std::string session_token;  // or empty
  bool empty() const { return id.empty() || secret.empty(); }
};

struct AwsRequest {
  std::string method;
  std::string path = "/";
  std::map<std::string, std::string>
      headers;  // all that are signed, names in lower-case, with host
  std::string body;
  std::string region;
  std::string service;
};

// "20150830T123600Z": the value of the x-amz-date header.
std::string amz_date(std::time_t now);
// The Authorization header's value; request.headers must have x-amz-date.
std::string sign_v4(const AwsRequest& request, const AwsKeys& keys);

// The static keys of a profile in ~/.aws/credentials; empty ones when it has none.
AwsKeys parse_aws_credentials(std::string_view text, std::string_view profile);

}  // namespace drydock::images::credentials
