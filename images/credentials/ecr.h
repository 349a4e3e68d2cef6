#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/http/sigv4.h"
#include "images/credentials/credentials.h"

// Logins for private registries of Amazon ECR, made from AWS keys.
namespace drydock::images::credentials {

struct EcrHost {
  std::string region;
  std::string endpoint;  // "https://api.ecr.us-east-1.amazonaws.com"
};
// None when `registry` is not <account>.dkr.ecr.<region>.amazonaws.com or one of its relatives
// (-fips, .com.cn). Pure.
std::optional<EcrHost> parse_ecr_host(std::string_view registry);

// The keys `owner` has: of this process's environment when it is the same user, otherwise the
// static ones of ~/.aws/credentials. Empty when there are none.
Result<http::AwsKeys> aws_keys_of(const Owner& owner);

// Asks `host.endpoint` for a login (GetAuthorizationToken), signed with `keys`.
Result<registry::Credentials> ecr_login(const EcrHost& host, const http::AwsKeys& keys);

}  // namespace drydock::images::credentials
