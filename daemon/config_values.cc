#include "daemon/config_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "control/credentials_choice.h"
#include "daemon/secret_sources.h"
#include "netns/address6.h"

namespace drydock::daemon {
namespace {

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Only there can the kernel tell who is calling.
bool is_loopback(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool is_listen(const std::string& text) {
  if (text == "none") return true;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || !is_loopback(text.substr(0, colon))) return false;
  const auto port = number(std::string_view(text).substr(colon + 1));
  return port && *port >= 0 && *port <= 65535;
}

bool is_subnet(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return false;
  in_addr address{};
  if (::inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) return false;
  const auto prefix = number(std::string_view(text).substr(slash + 1));
  if (!prefix || *prefix < 8 || *prefix > 28) return false;
  return (ntohl(address.s_addr) & (0xffffffffu >> *prefix)) == 0;
}

bool is_account(const std::string& text) { return text.size() == 12 && only(text, "0123456789"); }

bool is_region(const std::string& text) {
  return text.size() <= 32 && text.find('-') != std::string::npos &&
         only(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t next =
          std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], next);
    }
  }
  return row.back();
}

}  // namespace

Result<std::int64_t> number(std::string_view text) {
  std::int64_t n = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size())
    return fail(Errc::kInvalid, "\"" + std::string(text) + "\" is not a whole number");
  return n;
}

bool fits(Form form, const std::string& text) {
  switch (form) {
    case Form::kFolder:
      return text.size() > 1 && text[0] == '/' &&
             text.size() <= 90;  // sockets live below it: 107 bytes
    case Form::kListen:
      return is_listen(text);
    case Form::kSubnet:
      return text.empty() || is_subnet(text);
    case Form::kRegion:
      return is_region(text);
    case Form::kAccount:
      return is_account(text);
    case Form::kProgram:
      return !text.empty() && (text[0] == '/' || text.find('/') == std::string::npos);
    case Form::kLogLevel:
      return text == "debug" || text == "info" || text == "warn" || text == "error";
    case Form::kPullPolicy:
      return text == "always" || text == "missing" || text == "never";
    case Form::kOptionalFile:
      return text.empty() || text[0] == '/';
    case Form::kCredentials:
      return control::is_credentials_mode(text);
    case Form::kNetwork6:
      return text.empty() || netns::parse_network6(text).has_value();
    case Form::kStorageLimit:
      return text == "auto" || text == "always" || text == "never";
    case Form::kOptionalText:
      return true;
    case Form::kRouter:
      return text == "image" || text == "builtin";
    case Form::kAwsSource:
      return is_aws_source(text);
    case Form::kTaskApi:
      return text == "none" || text == "sts" || text == "all";
    case Form::kWebhook:
      return text.empty() || ((text.starts_with("https://") || text.starts_with("http://")) &&
                              text.find_first_of(" \t\r\n@#") == std::string::npos);
    case Form::kEndpoint:
    case Form::kForward:
      if (text == (form == Form::kForward ? "aws" : "local")) return true;
      [[fallthrough]];
    case Form::kAddress:
      return text.empty() ||
             ((text.starts_with("https://") || text.starts_with("http://")) &&
              text.find_first_of(" \t\r\n@?#") == std::string::npos && text.back() != '/');
    default:
      return !text.empty();
  }
}

std::string nearest(std::string_view unknown, const std::vector<std::string_view>& known) {
  std::string best;
  std::size_t best_distance = unknown.size() / 2 + 1;
  for (const std::string_view one : known) {
    // Of "health.early" also "early" is meant, at the wrong place.
    const std::size_t d = std::min(edit_distance(unknown, one),
                                   1 + edit_distance(unknown, one.substr(one.rfind('.') + 1)));
    if (d < best_distance) {
      best_distance = d;
      best = one;
    }
  }
  return best.empty() ? "" : "; did you mean " + best + "?";
}

}  // namespace drydock::daemon
