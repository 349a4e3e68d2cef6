#pragma once
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// AWS Signature Version 4: the only signer. Pure.
namespace drydock::http {

struct AwsKeys {
  std::string id;
  std::string secret;
  std::string session_token;  // or empty
  bool empty() const { return id.empty() || secret.empty(); }
};

struct AwsRequest {
  std::string method;
  std::string path = "/";  // as it is sent: percent-encoded, without "." and ".." and "//"
  std::vector<std::pair<std::string, std::string>> query;  // not encoded, in any order
  // All that are signed, names in lower-case, with host and x-amz-date.
  std::map<std::string, std::string> headers;
  std::string body;
  // What stands for the body's hash where it is not hashed: "UNSIGNED-PAYLOAD" (S3 only; it must be
  // the header x-amz-content-sha256, too).
  std::string payload_hash = {};
  std::string region;
  std::string service;
};

// "20150830T123600Z": the value of the x-amz-date header.
std::string amz_date(std::time_t now);
// The Authorization header's value.
std::string sign_v4(const AwsRequest& request, const AwsKeys& keys);
// The query as it is signed and must be sent: "a=1&b=%20", without "?"; empty for none.
std::string canonical_query(std::vector<std::pair<std::string, std::string>> query);
// Percent-encoding of all but letters, digits and -_.~, and of "/" unless `keep_slash`.
std::string uri_encoded(std::string_view text, bool keep_slash = false);

}  // namespace drydock::http
