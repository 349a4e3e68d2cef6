#pragma once
#include <functional>
#include <string>

#include "base/http/sigv4.h"
#include "base/result.h"
#include "metadata/role_credentials.h"

namespace drydock::metadata {

struct AssumeRole {
  std::string endpoint;  // "https://sts.us-east-1.amazonaws.com", or another that is configured
  std::string region;
  std::string role_arn;
  std::string session;
  std::string external_id;  // or empty
  int duration_seconds = 3600;
};

// Asks STS for keys of a role, signed with `keys`. Blocks, at most half a minute. The error tells
// what STS said.
Result<RoleCredentials> assume_role(const AssumeRole& request, const http::AwsKeys& keys,
                                    const std::function<bool()>& cancelled = {});

// The answer's text (XML) as keys; kInvalid. Pure.
Result<RoleCredentials> parse_assumed_role(const std::string& xml, const std::string& role_arn);

}  // namespace drydock::metadata
