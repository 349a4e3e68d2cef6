#include "images/provider.h"

namespace drydock::images {
namespace {

// Whether a name as written says which tag or digest.
bool has_tag(std::string_view text) {
  return text.find_first_of(":@", text.rfind('/') == text.npos ? 0 : text.rfind('/')) != text.npos;
}

// "web" -> "docker.io/library/web:latest"; a text that is no name stays.
std::string complete(const std::string& text) {
  const auto parsed = parse_reference(text);
  return parsed ? parsed->text() : text;
}

}  // namespace

std::string apply_aliases(const std::map<std::string, std::string>& aliases,
                          const std::string& reference) {
  if (aliases.empty()) return reference;
  const auto asked = parse_reference(reference);
  const std::string* longest = nullptr;
  const std::string* start = nullptr;
  for (const auto& [key, value] : aliases) {
    if (key == reference) return value;
    if (key.ends_with('/')) {
      if (reference.starts_with(key) && (!start || key.size() > start->size())) {
        start = &key;
        longest = &value;
      }
      continue;
    }
    if (!asked) continue;
    if (has_tag(key) && complete(key) == asked->text()) return value;
    if (has_tag(key) || !asked->digest.empty()) continue;
    // A name without a tag stands for all its tags.
    const auto name = parse_reference(key);
    if (name && name->name() == asked->name())
      return has_tag(value) ? value : value + ":" + asked->tag;
  }
  return start ? *longest + reference.substr(start->size()) : reference;
}

}  // namespace drydock::images
