#include "api/upstream/passed_on.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/http/aws_call.h"

namespace drydock::api {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return same(one, name); });
}

// "a, b" has "b".
bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto one = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (same(one, name)) return true;
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// What belongs to the client's signature, and is made anew.
bool is_of_signature(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {
      "Host", "Authorization",        "X-Amz-Date", "X-Amz-Security-Token",
      "Date", "X-Amz-Content-Sha256", kVia};
  return one_of(kNames, name);
}

bool is_of_presigned(std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames = {
      "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",           "X-Amz-Expires",
      "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token", "AWSAccessKeyId",
      "Signature",           "Expires"};
  return one_of(kNames, name);
}

std::vector<std::pair<std::string, std::string>> query_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const auto equals = std::min(one.find('='), one.size());
    std::string name = http::percent_decode(one.substr(0, equals), true);
    if (is_of_presigned(name)) continue;
    query.emplace_back(std::move(name),
                       http::percent_decode(one.substr(std::min(equals + 1, one.size())), true));
  }
  return query;
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// "aws-chunked,gzip" -> "gzip"
std::string without_chunked(std::string_view codings) {
  std::string out;
  while (!codings.empty()) {
    const auto comma = std::min(codings.find(','), codings.size());
    auto one = codings.substr(0, comma);
    codings.remove_prefix(std::min(comma + 1, codings.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    if (!one.empty() && !same(one, "aws-chunked")) out.append(out.empty() ? "" : ",").append(one);
  }
  return out;
}

void decide_body(const http::Request& in, Resigned& out) {
  constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
  constexpr std::string_view kSignedChunks = "STREAMING-AWS4-";
  const std::string_view given = http::header(in.headers, "X-Amz-Content-Sha256");
  out.length = content_length(in.headers);
  out.body = SignedBody::kAsItIs;
  if (given.starts_with(kSignedChunks)) {
    out.body = SignedBody::kDecoded;
    out.request.payload_hash = kUnsigned;
    out.length = number_in(http::header(in.headers, "X-Amz-Decoded-Content-Length"));
  } else if (is_hash(given) || given.starts_with("STREAMING-") || given == kUnsigned) {
    out.request.payload_hash = given;
  } else if (out.request.service == "s3") {
    out.request.payload_hash = kUnsigned;
  } else {
    out.body = SignedBody::kHashed;
  }
}

std::string host_of(const std::string& url) {
  const auto from = url.find("://") + 3;
  return url.substr(from, url.find('/', from) - from);
}

}  // namespace

bool is_hop_by_hop(const http::Headers& all, std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames = {"Connection",
                                                       "Keep-Alive",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authorization",
                                                       "Proxy-Connection",
                                                       "TE",
                                                       "Trailer",
                                                       "Transfer-Encoding",
                                                       "Upgrade",
                                                       "Expect"};
  return one_of(kNames, name) || lists(http::header(all, "Connection"), name);
}

std::optional<std::uint64_t> content_length(const http::Headers& headers) {
  return number_in(http::header(headers, "Content-Length"));
}

http::ClientRequest passed_on(const http::Request& request, const std::string& url) {
  http::ClientRequest out;
  out.method = request.method;
  out.url = url + request.target;
  out.bare = true;
  for (const auto& [name, value] : request.headers)
    if (!is_hop_by_hop(request.headers, name) && !same(name, "Content-Length") && !same(name, kVia))
      out.headers.emplace_back(name, value);
  return out;
}

Resigned resigned(const http::Request& in, const Asked& asked) {
  Resigned out;
  out.request.method = in.method;
  out.request.path = (asked.bucket.empty() ? "" : "/" + asked.bucket) + in.path;
  out.request.query = query_of(in.query);
  out.request.service = asked.service;
  out.request.region = asked.region;
  decide_body(in, out);
  for (const auto& [name, value] : in.headers) {
    const std::string key = lower(name);
    if (is_hop_by_hop(in.headers, name) || key == "content-length" || is_of_signature(name))
      continue;
    if (out.body == SignedBody::kDecoded) {
      if (key == "x-amz-decoded-content-length" || key == "x-amz-trailer") continue;
      if (key == "content-encoding") {
        if (auto rest = without_chunked(value); !rest.empty())
          out.unsigned_headers.emplace_back(name, std::move(rest));
        continue;
      }
    }
    if (key.starts_with("x-amz-") || key == "content-type" || key == "content-md5")
      out.request.headers[key] = value;
    else
      out.unsigned_headers.emplace_back(name, value);
  }
  return out;
}

http::ClientRequest signed_request(Resigned resigned, const std::string& url,
                                   const http::AwsKeys& keys, std::time_t now) {
  http::AwsRequest& request = resigned.request;
  request.headers["host"] = host_of(url);
  request.headers["x-amz-date"] = http::amz_date(now);
  if (!request.payload_hash.empty()) request.headers["x-amz-content-sha256"] = request.payload_hash;
  if (!keys.session_token.empty()) request.headers["x-amz-security-token"] = keys.session_token;
  http::ClientRequest out;
  out.method = request.method;
  out.url = url + request.path;
  if (!request.query.empty()) out.url += "?" + http::canonical_query(request.query);
  out.bare = true;
  out.headers = std::move(resigned.unsigned_headers);
  for (const auto& [name, value] : request.headers)
    if (name != "host") out.headers.emplace_back(name, value);
  out.headers.emplace_back("Authorization", http::sign_v4(request, keys));
  out.body = std::move(request.body);
  return out;
}

std::string aws_address(const std::string& service, const std::string& region) {
  // Services that have one address for all regions, and those whose address has another name.
  constexpr std::array<std::string_view, 5> kGlobal = {"iam", "route53", "cloudfront",
                                                       "organizations", "globalaccelerator"};
  if (one_of(kGlobal, service) && !region.starts_with("cn-"))
    return "https://" + service + ".amazonaws.com";
  const std::string host = service == "ses" ? "email" : service == "ecr" ? "api.ecr" : service;
  return http::aws_endpoint(service, region, host).url;
}

}  // namespace drydock::api
