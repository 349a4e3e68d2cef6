#include "control/tags.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace drydock::control {
namespace {

constexpr std::size_t kMost = 50;

// Letters of any script, spaces, digits and _ . : / = + - @; bytes above 127 belong to letters in
// UTF-8.
bool allowed(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 128 || std::isalnum(c) || c == ' ' ||
           std::string_view("_.:/=+-@").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool reserved(std::string_view key) {
  static constexpr std::string_view kPrefix = "aws:";
  return key.size() >= kPrefix.size() &&
         std::equal(kPrefix.begin(), kPrefix.end(), key.begin(), [](char a, char b) {
           return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
         });
}

}  // namespace

Answer<Tags> tags_of(const Json* list) {
  Tags tags;
  if (!list) return tags;
  if (list->size() > kMost)
    return invalid_parameter("The maximum number of tags is 50, and " +
                             std::to_string(list->size()) + " were given.");
  for (const auto& tag : *list) {
    const std::string key = json_string(tag, "key");
    const std::string value = json_string(tag, "value");
    if (key.empty() || key.size() > 512 || !allowed(key))
      return invalid_parameter(
          "Tag key '" + key.substr(0, 130) +
          "' is invalid: 1 to 128 letters, digits, spaces and _ . : / = + - @ are allowed.");
    if (value.size() > 1024 || !allowed(value))
      return invalid_parameter(
          "The value of tag '" + key +
          "' is invalid: up to 256 letters, digits, spaces and _ . : / = + - @ are allowed.");
    if (reserved(key))
      return invalid_parameter("Tag key '" + key +
                               "' is invalid: keys that begin with aws: are reserved.");
    if (!tags.emplace(key, value).second)
      return invalid_parameter("Duplicate tag key '" + key + "'.");
  }
  return tags;
}

Json tags_json(const Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

Answer<Tags> merged(Tags tags, const Tags& add) {
  for (const auto& [key, value] : add) tags[key] = value;
  if (tags.size() > kMost)
    return invalid_parameter("The maximum number of tags is 50, and the resource would have " +
                             std::to_string(tags.size()) + ".");
  return tags;
}

Answer<Tags> retagged(Tags tags, const Json& add, const std::vector<std::string>& remove) {
  DRYDOCK_LET(const Tags more, tags_of(&add));
  DRYDOCK_LET(Tags all, merged(std::move(tags), more));
  for (const auto& key : remove) all.erase(key);
  return all;
}

}  // namespace drydock::control
