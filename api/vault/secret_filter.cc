#include "api/vault/secret_filter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace drydock::api::vault {
namespace {

constexpr std::array<std::string_view, 7> kKeys = {
    "all", "description", "name", "owning-service", "primary-region", "tag-key", "tag-value"};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The text, or a word of it, begins with `value`.
bool begins_somewhere(const std::string& text, const std::string& value) {
  for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 1))
    if (at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0) return true;
  return false;
}

bool in_all(const secrets::Secret& secret, const std::string& value) {
  std::string text = secret.name + " " + secret.description;
  for (const auto& [key, tag] : secret.tags) text += " " + key + " " + tag;
  text = lower(std::move(text));
  std::string words = lower(value);
  for (std::size_t from = 0; from < words.size();) {
    const auto to = std::min(words.find(' ', from), words.size());
    if (to > from && begins_somewhere(text, words.substr(from, to - from))) return true;
    from = to + 1;
  }
  return false;
}

bool holds(const secrets::Secret& secret, const std::string& key, const std::string& value) {
  if (key == "name") return begins_somewhere(secret.name, value);
  if (key == "description") return begins_somewhere(lower(secret.description), lower(value));
  if (key == "all") return in_all(secret, value);
  for (const auto& [tag, text] : secret.tags)
    if ((key == "tag-key" && tag.starts_with(value)) ||
        (key == "tag-value" && text.starts_with(value)))
      return true;
  return key == "primary-region" && secret.place.region.starts_with(value);
}

}  // namespace

control::Answer<SecretFilter> SecretFilter::parse(const Json& input) {
  SecretFilter filter;
  const Json* list = json_find(input, "Filters");
  for (const Json& one : list ? *list : Json::array()) {
    One made{json_string(one, "Key"), {}, {}};
    if (std::find(kKeys.begin(), kKeys.end(), made.key) == kKeys.end())
      return control::refuse(
          "ValidationException",
          "1 validation error detected: Value '" + made.key.substr(0, 100) +
              "' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum "
              "value set: [all, name, tag-key, description, primary-region, owning-service, "
              "tag-value]");
    const Json* values = json_find(one, "Values");
    if (!values || values->empty())
      return control::refuse("InvalidParameterException",
                             "Invalid filter values for key: " + made.key);
    for (const Json& value : *values) {
      const std::string text = value.get<std::string>();
      if (text.starts_with('!'))
        made.negated.push_back(text.substr(1));
      else
        made.values.push_back(text);
    }
    filter.filters_.push_back(std::move(made));
  }
  return filter;
}

bool SecretFilter::matches(const secrets::Secret& secret) const {
  for (const One& one : filters_) {
    const auto fits = [&](const std::string& value) { return holds(secret, one.key, value); };
    if (!one.values.empty() && std::none_of(one.values.begin(), one.values.end(), fits))
      return false;
    if (std::any_of(one.negated.begin(), one.negated.end(), fits)) return false;
  }
  return true;
}

std::vector<secrets::SecretPtr> SecretFilter::select(const secrets::Contents& contents,
                                                     const secrets::Place& place,
                                                     secrets::Millis now, bool deleted) const {
  std::vector<secrets::SecretPtr> out;
  const std::string start = secrets::document_key(place, "");
  const auto& all = contents.secrets();
  for (auto at = all.lower_bound(start); at != all.end() && at->first.starts_with(start); ++at) {
    const secrets::Secret& one = *at->second;
    const bool there = one.purged == 0 || one.purged > now;
    if (there && (deleted || one.deleted == 0) && matches(one)) out.push_back(at->second);
  }
  return out;
}

}  // namespace drydock::api::vault
