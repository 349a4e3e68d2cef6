#include "base/aws_host.h"

#include <algorithm>
#include <vector>

namespace drydock {
namespace {

std::vector<std::string> labels_of(std::string_view text) {
  std::vector<std::string> labels(1);
  for (const char c : text) {
    if (c == '.')
      labels.emplace_back();
    else
      labels.back() += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return labels;
}

// "eu-west-1", "us-gov-east-1": parts of letters, then a number.
bool is_region(std::string_view label) {
  const auto dash = label.rfind('-');
  if (dash == label.npos || dash + 1 == label.size() || label.find('-') == dash) return false;
  const auto all = [](std::string_view text, std::string_view of) {
    return text.find_first_not_of(of) == text.npos;
  };
  return all(label.substr(dash + 1), "0123456789") &&
         all(label.substr(0, dash), "abcdefghijklmnopqrstuvwxyz-") && label.front() != '-';
}

}  // namespace

std::optional<AwsHost> aws_host(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return std::nullopt;
  std::vector<std::string> labels = labels_of(name);
  for (const std::string_view domain : kAwsDomains) {
    const std::vector<std::string> tail = labels_of(domain);
    if (labels.size() <= tail.size() || !std::equal(tail.rbegin(), tail.rend(), labels.rbegin()))
      continue;
    labels.resize(labels.size() - tail.size());
    AwsHost host;
    if (is_region(labels.back())) {
      host.region = labels.back();
      labels.pop_back();
    }
    if (!labels.empty() && labels.back() == "dualstack") labels.pop_back();
    if (labels.empty() || labels.back().empty()) return std::nullopt;
    host.service = labels.back();
    if (host.service.ends_with("-fips")) host.service.resize(host.service.size() - 5);
    // Only S3 has names in front: buckets, with dots or without.
    const bool bucket = labels.size() > 1;
    if (host.service.empty() || (host.service == "s3" ? false : bucket || host.region.empty()))
      return std::nullopt;
    return host;
  }
  return std::nullopt;
}

}  // namespace drydock
