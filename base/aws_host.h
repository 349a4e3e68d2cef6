#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

// Which service's endpoint a host name of AWS is.
struct AwsHost {
  std::string service;  // "logs", "s3"; without "-fips"
  std::string region;   // empty for one without
  bool operator==(const AwsHost&) const = default;
};
// "logs.eu-west-1.amazonaws.com", "bucket.s3.amazonaws.com", "logs.eu-west-1.api.aws", in any case.
// nullopt for every other name. Pure.
std::optional<AwsHost> aws_host(std::string_view name);

// The domains in which such names lie.
inline constexpr std::string_view kAwsDomains[] = {"amazonaws.com", "amazonaws.com.cn", "api.aws"};

}  // namespace drydock
