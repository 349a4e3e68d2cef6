#include "netns/dns/name.h"

#include <cstdint>
#include <cstdio>

namespace drydock::netns::dns {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::optional<Name> name_of(std::string_view text) {
  if (text == ".") return Name(1, '\0');
  if (text.ends_with('.')) text.remove_suffix(1);
  Name name;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabel) return std::nullopt;
    name.push_back(static_cast<char>(label.size()));
    name += label;
    if (dot == text.npos) break;
    text.remove_prefix(dot + 1);
  }
  name.push_back('\0');
  if (name.size() > kMaxName) return std::nullopt;
  return name;
}

std::string text_of(const Name& name) {
  std::string text;
  for (std::size_t at = 0; at < name.size() && name[at] != 0;) {
    const auto length = static_cast<std::uint8_t>(name[at]);
    if (!text.empty()) text += '.';
    for (const char raw : std::string_view(name).substr(at + 1, length)) {
      const char c = lower(raw);
      char escaped[8];
      if (is_plain(c)) {
        text += c;
      } else {
        std::snprintf(escaped, sizeof escaped, "\\%03u", static_cast<std::uint8_t>(c));
        text += escaped;
      }
    }
    at += 1u + length;
  }
  return text.empty() ? "." : text;
}

Name folded(Name name) {
  // A length is below 'A', so it is no letter.
  static_assert(kMaxLabel < 'A');
  for (char& c : name) c = lower(c);
  return name;
}

bool is_within(const Name& name, const Name& zone) {
  for (std::size_t at = 0; at < name.size(); at += 1u + static_cast<std::uint8_t>(name[at])) {
    if (name.size() - at == zone.size()) return name.compare(at, zone.size(), zone) == 0;
    if (name.size() - at < zone.size()) return false;
  }
  return false;
}

}  // namespace drydock::netns::dns
