#include "api/upstream/asked.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/aws_host.h"

namespace drydock::api {
namespace {

constexpr std::array<std::string_view, 7> kHere = {
    "ecs", "sts", "events", "logs", "elasticfilesystem", "secretsmanager", "ssm"};

// What X-Amz-Target begins with, where that is not the name that is signed: from the services'
// models (targetPrefix and signingName).
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTargets = {
    {{"AmazonEC2ContainerServiceV", "ecs"},
     {"Logs_", "logs"},
     {"AmazonSSM", "ssm"},
     {"DynamoDBStreams_", "dynamodb"},
     {"DynamoDB_", "dynamodb"},
     {"AmazonSQS", "sqs"},
     {"AWSEvents", "events"},
     {"Kinesis_", "kinesis"},
     {"Firehose_", "firehose"},
     {"TrentService", "kms"},
     {"AWSStepFunctions", "states"},
     {"CertificateManager", "acm"},
     {"AmazonEC2ContainerRegistry_", "ecr"},
     {"Route53AutoNaming_", "servicediscovery"}}};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

// Of "<key>/<date>/<region>/<service>/aws4_request".
void read_scope(std::string_view scope, Asked& asked) {
  std::array<std::string_view, 4> parts;
  for (auto& part : parts) {
    const auto slash = scope.find('/');
    if (slash == scope.npos) return;
    part = scope.substr(0, slash);
    scope.remove_prefix(slash + 1);
  }
  if (!is_name(parts[3])) return;
  asked.service = parts[3];
  if (is_name(parts[2])) asked.region = parts[2];
}

void read_signature(const http::Request& head, Asked& asked) {
  constexpr std::string_view kCredential = "Credential=";
  const std::string_view text = http::header(head.headers, "Authorization");
  if (const auto at = text.find(kCredential); at != text.npos) {
    const auto rest = text.substr(at + kCredential.size());
    return read_scope(rest.substr(0, rest.find_first_of(", ")), asked);
  }
  if (const auto scope = http::query_value(head.query, "X-Amz-Credential"))
    return read_scope(*scope, asked);
  // Version 2 of the signature, which S3's older clients use.
  if (text.starts_with("AWS ") || (http::query_value(head.query, "AWSAccessKeyId") &&
                                   http::query_value(head.query, "Signature")))
    asked.service = "s3";
}

void read_target(const http::Request& head, Asked& asked) {
  const std::string_view target = http::header(head.headers, "X-Amz-Target");
  for (const auto& [prefix, service] : kTargets)
    if (target.starts_with(prefix)) {
      asked.service = service;
      return;
    }
  const auto name = target.substr(0, target.find('.'));
  if (name.size() < target.size() && is_name(name)) asked.service = name;
}

std::string lower_host(const http::Request& head) {
  const std::string_view text = http::header(head.headers, "Host");
  std::string host(text.substr(0, text.find(':')));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

// The bucket in front of S3's name in a host: "a.b" of "a.b.s3.us-east-1.localhost".
std::string bucket_before(std::string_view host) {
  const auto at = host.find(".s3");
  if (at == host.npos) return {};
  const auto after = host.substr(at + 3);
  return after.empty() || after.front() == '.' || after.front() == '-'
             ? std::string(host.substr(0, at))
             : std::string();
}

void read_host(const http::Request& head, Asked& asked) {
  const std::string host = lower_host(head);
  constexpr std::string_view kLocal = ".localhost";
  std::optional<AwsHost> named = aws_host(host);
  std::string bucket = named ? bucket_before(host) : "";
  if (!named && host.size() > kLocal.size() && host.ends_with(kLocal)) {
    const std::string name = host.substr(0, host.size() - kLocal.size());
    named = aws_host(name + ".amazonaws.com");
    const bool is_service = named && (named->service == "s3" || !named->region.empty());
    if (!is_service) named = AwsHost{"s3", ""};
    bucket = is_service ? bucket_before(name) : name;
    if (name == "s3") bucket.clear();
  }
  if (!named) return;
  if (asked.service.empty()) asked.service = named->service;
  if (asked.region.empty()) asked.region = named->region;
  if (asked.service == "s3") asked.bucket = bucket;
}

}  // namespace

Asked signed_for(const http::Request& head) {
  Asked asked;
  read_signature(head, asked);
  if (asked.service.empty()) read_target(head, asked);
  return asked;
}

Asked asked_of(const http::Request& head) {
  Asked asked = signed_for(head);
  read_host(head, asked);
  return asked;
}

bool is_here(std::string_view service) {
  return std::find(kHere.begin(), kHere.end(), service) != kHere.end();
}

}  // namespace drydock::api
