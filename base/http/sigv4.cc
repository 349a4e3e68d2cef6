#include "base/http/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/ids.h"

namespace drydock::http {
namespace {

std::string hmac(const std::string& key, const std::string& text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &size);
  return {reinterpret_cast<const char*>(out), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

// Leading and trailing blanks go, runs of blanks become one.
std::string header_value(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c != ' ')
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// S3 alone signs the path as it is; the others encode what is sent once more.
std::string canonical_path(const AwsRequest& request) {
  return request.service == "s3" ? request.path : uri_encoded(request.path, true);
}

}  // namespace

std::string amz_date(std::time_t now) {
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

std::string uri_encoded(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && keep_slash)) {
      out += c;
      continue;
    }
    out += '%';
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string canonical_query(std::vector<std::pair<std::string, std::string>> query) {
  for (auto& [name, value] : query) {
    name = uri_encoded(name);
    value = uri_encoded(value);
  }
  std::sort(query.begin(), query.end());
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string sign_v4(const AwsRequest& request, const AwsKeys& keys) {
  std::string lines;
  std::string names;
  for (const auto& [name, value] : request.headers) {
    lines += name + ":" + header_value(value) + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      request.method + "\n" + canonical_path(request) + "\n" + canonical_query(request.query) +
      "\n" + lines + "\n" + names + "\n" +
      (request.payload_hash.empty() ? sha256_hex(request.body) : request.payload_hash);
  const std::string date = request.headers.at("x-amz-date");
  const std::string day = date.substr(0, 8);
  const std::string scope = day + "/" + request.region + "/" + request.service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sha256_hex(canonical);
  std::string key = "AWS4" + keys.secret;
  for (const std::string& part :
       {day, request.region, request.service, std::string("aws4_request")})
    key = hmac(key, part);
  return "AWS4-HMAC-SHA256 Credential=" + keys.id + "/" + scope + ", SignedHeaders=" + names +
         ", Signature=" + hex(hmac(key, to_sign));
}

}  // namespace drydock::http
