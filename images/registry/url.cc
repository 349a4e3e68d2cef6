#include "images/registry/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace drydock::images::registry {
namespace {

struct DropUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, DropUrl>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

Result<Url> take(CURLU* handle) {
  Url url;
  url.scheme = part_of(handle, CURLUPART_SCHEME);
  url.host = part_of(handle, CURLUPART_HOST);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.port = port.empty() ? 0 : std::stoi(port);
  url.target = part_of(handle, CURLUPART_PATH);
  if (const std::string query = part_of(handle, CURLUPART_QUERY); !query.empty())
    url.target += "?" + query;
  const bool web = url.scheme == "http" || url.scheme == "https";
  if (!web || url.host.empty() || url.port <= 0 || url.host.find('/') != std::string::npos)
    return fail(Errc::kInvalid, "not an http or https address");
  return url;
}

int usual_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

}  // namespace

std::string Url::host_port() const {
  return port == usual_port(scheme) ? host : host + ":" + std::to_string(port);
}
std::string Url::origin() const { return scheme + "://" + host_port(); }
std::string Url::text() const { return origin() + target; }
std::string Url::shown() const { return origin() + target.substr(0, target.find('?')); }

Result<Url> parse_url(std::string_view text) {
  const Handle handle(curl_url());
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos ||
      curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), 0) != CURLUE_OK)
    return fail(Errc::kInvalid, "not an http or https address");
  return take(handle.get());
}

Result<Url> resolve_url(const Url& base, std::string_view location) {
  const Handle handle(curl_url());
  const std::string copy(location);
  if (copy.find('\0') != std::string::npos ||
      curl_url_set(handle.get(), CURLUPART_URL, base.text().c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return fail(Errc::kInvalid, "not an http or https address");
  return take(handle.get());
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

bool may_be_plain(const Url& url, const std::vector<std::string>& insecure) {
  return is_loopback(url.host) ||
         std::any_of(insecure.begin(), insecure.end(), [&](const std::string& named) {
           return named == url.host || named == url.host + ":" + std::to_string(url.port);
         });
}

std::string query_escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

}  // namespace drydock::images::registry
