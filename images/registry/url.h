#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Addresses of registries, and what may be asked where. Pure.
namespace drydock::images::registry {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower-case; an IPv6 address in brackets
  int port = 0;        // never 0 after parsing
  std::string target;  // "/path?query"

  std::string text() const;
  std::string origin() const;  // "https://host:5000", the port only where it is not the usual one
  std::string host_port() const;  // "host:5000", likewise
  // For messages: without the query, which may be a signature that opens a blob to anybody.
  std::string shown() const;
};

// Absolute http and https URLs only; a user name in one is dropped. kInvalid.
Result<Url> parse_url(std::string_view text);
// What a Location header in the answer of `base` stands for.
Result<Url> resolve_url(const Url& base, std::string_view location);
bool same_origin(const Url& a, const Url& b);
// localhost, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);
// Whether `url`'s host may be asked by plain HTTP: loopback, or named in `insecure`.
bool may_be_plain(const Url& url, const std::vector<std::string>& insecure);
// Percent-encodes everything but letters, digits and -._~.
std::string query_escape(std::string_view text);

}  // namespace drydock::images::registry
