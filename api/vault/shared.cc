#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/operation.h"
#include "control/paging.h"
#include "secrets/find.h"

// What the groups of operations have in common.
namespace drydock::api::vault {
namespace {

constexpr std::size_t kMostTags = 50;

}  // namespace

Answer<Json> changed(const Call& call,
                     const std::function<Answer<Json>(secrets::Contents&)>& change) {
  Answer<Json> answer;
  const Status saved = call.vault.change([&](secrets::Contents& contents) {
    answer = change(contents);
    return answer.has_value();
  });
  if (!saved)
    return tl::unexpected(
        control::ApiError{"InternalServiceError",
                          "The change could not be saved: " + saved.error().message,
                          500,
                          {}});
  return answer;
}

double seconds(secrets::Millis at) { return static_cast<double>(at) / 1000.0; }

Answer<Json> paged(const Json& input, const Paging& paging, const Items& items) {
  return paged(input, paging, items, Json::object());
}

Answer<Json> paged(const Json& input, const Paging& paging, const Items& items, Json output) {
  control::PageRequest request;
  request.next_token = json_string(input, "NextToken");
  if (json_find(input, "MaxResults")) request.max_results = json_int(input, "MaxResults");
  const long long size = request.max_results.value_or(paging.most);
  if (size < 1 || size > paging.most)
    return control::refuse(paging.invalid_size,
                           "1 validation error detected: Value '" + std::to_string(size) +
                               "' at 'maxResults' failed to satisfy constraint: Member must have "
                               "value " +
                               (size < 1 ? "greater than or equal to 1"
                                         : "less than or equal to " + std::to_string(paging.most)));
  std::vector<std::string> names;
  for (const auto& [name, item] : items) names.push_back(name);
  auto page = control::page_of(names, request, paging.most);
  if (!page) return control::refuse(paging.invalid_token, "The NextToken value is invalid.");
  Json& list = output[paging.member] = Json::array();
  std::size_t at = 0;
  for (const std::string& name : page->items) {
    while (items[at].first != name) ++at;
    list.push_back(items[at++].second);
  }
  if (!page->next_token.empty()) output["NextToken"] = page->next_token;
  return output;
}

Answer<bool> add_tags(secrets::TagList& tags, const Json* list, const char* code) {
  for (const Json& one : list ? *list : Json::array()) {
    const std::string key = json_string(one, "Key");
    const std::string value = json_string(one, "Value");
    if (key.empty() || key.size() > 128 || value.size() > 256)
      return control::refuse(
          code, "A tag has a Key of 1 to 128 characters and a Value of at most 256 characters.");
    if (key.starts_with("aws:"))
      return control::refuse(code, "aws: prefixed tag key names are not allowed for external use.");
    const auto at =
        std::find_if(tags.begin(), tags.end(), [&](const auto& t) { return t.first == key; });
    if (at == tags.end())
      tags.emplace_back(key, value);
    else
      at->second = value;
  }
  if (tags.size() > kMostTags)
    return control::refuse(code, "A resource has at most 50 tags, and these would be " +
                                     std::to_string(tags.size()) + ".");
  return true;
}

Json tags_json(const secrets::TagList& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

void remove_tags(secrets::TagList& tags, const Json& keys) {
  for (const Json& key : keys)
    std::erase_if(tags, [&](const auto& t) { return t.first == key.get<std::string>(); });
}

std::vector<std::string> strings(const Json& input, const char* member) {
  const Json* list = json_find(input, member);
  return list ? list->get<std::vector<std::string>>() : std::vector<std::string>{};
}

Answer<secrets::SecretPtr> secret_of(const Call& call, const secrets::Contents& contents,
                                     const Json& input, bool deleted_too) {
  auto found = secrets::find_secret(contents, call.place, json_string(input, "SecretId"), call.now);
  if (!found)
    return control::refuse("ResourceNotFoundException",
                           "Secrets Manager can't find the specified secret.");
  if (found->deleted != 0 && !deleted_too)
    return control::refuse("InvalidRequestException",
                           "You can't perform this operation on the secret because it was marked "
                           "for deletion.");
  return found;
}

}  // namespace drydock::api::vault
