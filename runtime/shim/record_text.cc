#include <charconv>
#include <cstdio>

#include "runtime/shim/records.h"

namespace drydock::runtime::shim {
namespace {

// Length of the UTF-8 sequence at the start of `s`; 0 when there is none.
std::size_t utf8_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t n = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return n;
}

}  // namespace

std::string json_quoted(std::string_view text, std::size_t max) {
  std::string out = "\"";
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t n = utf8_length(text.substr(at));
    if (out.size() + 7 > max) break;  // the longest escape and the closing quote
    const char c = text[at];
    if (n == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += text.substr(at, n);
    }
    at += n == 0 ? 1 : n;
  }
  return out + "\"";
}

std::string_view failure_name(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "";
    case Failure::kCommandNotFound:
      return "CommandNotFound";
    case Failure::kCommandNotExecutable:
      return "CommandNotExecutable";
    case Failure::kStart:
      return "Start";
    case Failure::kCreate:
      return "Create";
    case Failure::kRuntime:
      return "Runtime";
    case Failure::kShim:
      return "Shim";
    case Failure::kLost:
      return "Lost";
  }
  return "";
}

std::string text_of(const Started& s) {
  return "{\"pid\":" + std::to_string(s.pid) + ",\"startTicks\":" + std::to_string(s.start_ticks) +
         ",\"startedAt\":" + json_quoted(rfc3339_nano(s.started_at)) + "}\n";
}

std::string text_of(const Exited& e) {
  std::string text = "{\"exitedAt\":" + json_quoted(rfc3339_nano(e.exited_at));
  if (e.code) text += ",\"code\":" + std::to_string(*e.code);
  if (e.signal) text += ",\"signal\":" + std::to_string(*e.signal);
  text += e.oom_killed ? ",\"oomKilled\":true" : ",\"oomKilled\":false";
  if (e.failure != Failure::kNone)
    text += ",\"failure\":" + json_quoted(failure_name(e.failure)) +
            ",\"error\":" + json_quoted(e.error);
  return text + "}\n";
}

std::uint64_t start_ticks(std::string_view stat) {
  // The name in parentheses may hold anything, also spaces and parentheses.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return 0;
  std::string_view rest = stat.substr(name_end + 1);
  for (int field = 2; field < 22; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return 0;
    rest.remove_prefix(space + 1);
  }
  std::uint64_t ticks = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
  return ticks;
}

}  // namespace drydock::runtime::shim
