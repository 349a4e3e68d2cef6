#include "images/registry/answer.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::images::registry {
namespace {

constexpr std::size_t kLongestToken = 64 << 10;
constexpr int kMostErrors = 3;  // of one answer are told

struct Told {
  std::string code;  // the first one's
  std::string text;
};

Told read_errors(std::string_view body) {
  Told told;
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return told;
  const Json* errors = json_find(*json, "errors");
  if (errors == nullptr || !errors->is_array()) {
    // Token endpoints: {"details": ...}, {"error": ..., "error_description": ...}, {"message": ...}
    for (const char* member : {"error_description", "details", "message", "error"})
      if (told.text.empty()) told.text = printable(json_string(*json, member));
    return told;
  }
  int count = 0;
  for (const auto& one : *errors) {
    if (!one.is_object() || ++count > kMostErrors) continue;
    const std::string code = printable(json_string(one, "code"), 60);
    const std::string message = printable(json_string(one, "message"));
    if (told.code.empty()) told.code = code;
    told.text += (told.text.empty() ? "" : "; ") + code +
                 (code.empty() || message.empty() ? "" : ": ") + message;
  }
  return told;
}

Errc code_of(int status, std::string code) {
  std::transform(code.begin(), code.end(), code.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (status == 429 || code == "TOOMANYREQUESTS") return Errc::kLimited;
  if (status == 401 || status == 403 || code == "DENIED" || code == "UNAUTHORIZED")
    return Errc::kDenied;
  if (status == 404 || code == "MANIFEST_UNKNOWN" || code == "NAME_UNKNOWN" ||
      code == "BLOB_UNKNOWN")
    return Errc::kNotFound;
  return Errc::kSystem;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  if (text.size() > most) {
    // Not in the middle of a character.
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
    out += "...";
  }
  return out;
}

Error error_of_answer(const Answer& answer, const std::string& doing) {
  const Told told = read_errors(answer.body);
  Error error{code_of(answer.status, told.code), doing + ": ", 0};
  switch (error.code) {
    case Errc::kLimited:
      error.message += "too many requests";
      break;
    case Errc::kDenied:
      error.message += "access denied";
      break;
    case Errc::kNotFound:
      error.message += "not found";
      break;
    default:
      error.message += "the registry answered HTTP " + std::to_string(answer.status);
  }
  if (!told.text.empty()) error.message += " (" + told.text + ")";
  const std::string later = answer.header("retry-after");
  if (error.code == Errc::kLimited && !later.empty())
    error.message += "; the registry asks to wait " + printable(later, 40) +
                     (parse_number(later) ? " seconds" : "");
  return error;
}

bool is_passing(int status) {
  return status == 429 || status == 408 || (status >= 500 && status != 501);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::int64_t now) {
  if (const auto seconds = parse_number(value))
    return std::chrono::seconds(std::min<std::uint64_t>(*seconds, 1u << 30));
  const std::string copy(value.substr(0, 64));
  const time_t when = curl_getdate(copy.c_str(), nullptr);
  if (when < 0) return std::nullopt;
  return std::chrono::seconds(std::clamp<std::int64_t>(when - now, 0, 1 << 30));
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  constexpr std::string_view kUnit = "bytes ";
  if (value.substr(0, kUnit.size()) != kUnit) return std::nullopt;
  value.remove_prefix(kUnit.size());
  const auto dash = value.find('-');
  const auto slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return std::nullopt;
  const auto first = parse_number(value.substr(0, dash));
  const auto last = parse_number(value.substr(dash + 1, slash - dash - 1));
  const auto total = parse_number(value.substr(slash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  if (!total && value.substr(slash + 1) != "*") return std::nullopt;
  return ContentRange{*first, *last, total};
}

Result<Token> parse_token(std::string_view body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object())
    return fail(Errc::kInvalid, "the token endpoint's answer is not a JSON object");
  Token token;
  token.text = json_string(*json, "token");
  if (token.text.empty()) token.text = json_string(*json, "access_token");
  const bool clean =
      std::all_of(token.text.begin(), token.text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (token.text.empty() || token.text.size() > kLongestToken || !clean)
    return fail(Errc::kInvalid, "the token endpoint gave no usable token");
  const long long lasts = json_int(*json, "expires_in", 60);
  token.lasts = std::chrono::seconds(std::clamp(lasts, 60LL, 24 * 3600LL));
  return token;
}

}  // namespace drydock::images::registry
