#include "control/log_groups.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/tags.h"

namespace drydock::control {
namespace {

constexpr const char* kGroupKind = "loggroup";

std::int64_t now_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(now()).time_since_epoch().count();
}

std::string arn_of(const Caller& caller, const std::string& name) {
  return "arn:aws:logs:" + caller.region + ":" + caller.account + ":log-group:" + name;
}

auto no_group() {
  return refuse("ResourceNotFoundException", "The specified log group does not exist.");
}

Json tag_list(const Json& map) {
  Json list = Json::array();
  for (const auto& [key, value] : map.items()) list.push_back({{"key", key}, {"value", value}});
  return list;
}

Json shown(const Json& document) {
  const std::string arn = json_string(document, "arn");
  Json out = {{"logGroupName", document["logGroupName"]},
              {"creationTime", document["creationTime"]},
              {"metricFilterCount", 0},
              {"arn", arn + ":*"},
              {"storedBytes", 0},
              {"logGroupClass", document["logGroupClass"]},
              {"logGroupArn", arn}};
  for (const char* key : {"retentionInDays", "kmsKeyId"})
    if (const Json* found = json_find(document, key)) out[key] = *found;
  return out;
}

// Whether DescribeLogGroups asks for this one.
bool asked_for(const Json& in, const Json& document) {
  const std::string name = json_string(document, "logGroupName");
  const std::string pattern = json_string(in, "logGroupNamePattern");
  const std::string wanted = json_string(in, "logGroupClass");
  if (name.rfind(json_string(in, "logGroupNamePrefix"), 0) != 0) return false;
  if (!pattern.empty() && name.find(pattern) == std::string::npos) return false;
  if (!wanted.empty() && wanted != json_string(document, "logGroupClass")) return false;
  const Json* some = json_find(in, "logGroupIdentifiers");
  return !some || std::any_of(some->begin(), some->end(), [&](const Json& one) {
    return one == name || one == document["arn"] || one == json_string(document, "arn") + ":*";
  });
}

}  // namespace

LogGroups::LogGroups(Store& store, LogGroupsOptions options) : store_(store), options_(options) {}
LogGroups::~LogGroups() = default;

void LogGroups::forget_all() {
  const Groups gone = std::exchange(groups_, {});
  tasks_.clear();
  started_.clear();
  if (!gone_) return;
  for (const auto& [arn, group] : gone)
    for (const auto& [name, stream] : group.streams) gone_(*stream);
}

void LogGroups::keep(const std::string& arn, Json document) {
  store_.put(kGroupKind, arn, dump_json(document));
  groups_[arn].document = std::make_shared<const Json>(std::move(document));
}

Answer<LogGroups::Groups::const_iterator> LogGroups::find(const Caller& caller,
                                                          const std::string& name_or_arn) const {
  std::string arn = name_or_arn;
  if (!arn.starts_with("arn:")) arn = arn_of(caller, name_or_arn);
  if (arn.ends_with(":*")) arn.resize(arn.size() - 2);
  const auto it = groups_.find(arn);
  if (it == groups_.end()) return no_group();
  return it;
}

Answer<LogGroups::Groups::iterator> LogGroups::find(const Caller& caller,
                                                    const std::string& name_or_arn) {
  DRYDOCK_LET(const auto it, std::as_const(*this).find(caller, name_or_arn));
  return groups_.find(it->first);
}

Answer<Json> LogGroups::create_group(const Caller& caller, const Json& in) {
  const std::string name = json_string(in, "logGroupName");
  const std::string arn = arn_of(caller, name);
  if (groups_.count(arn))
    return refuse("ResourceAlreadyExistsException", "The specified log group already exists");
  if (name.starts_with("aws/") || name.starts_with("AWS/"))
    return invalid_parameter("Log groups starting with AWS/ are reserved for AWS.");
  Json document = {{"logGroupName", name},
                   {"arn", arn},
                   {"creationTime", now_ms()},
                   {"logGroupClass", json_string(in, "logGroupClass", "STANDARD")},
                   {"tags", Json::object()}};
  if (const Json* tags = json_find(in, "tags")) {
    const Json list = tag_list(*tags);
    DRYDOCK_TRY(tags_of(&list));
    document["tags"] = *tags;
  }
  if (const Json* key = json_find(in, "kmsKeyId")) document["kmsKeyId"] = *key;
  keep(arn, std::move(document));
  return Json::object();
}

Answer<Json> LogGroups::delete_group(const Caller& caller, const Json& in) {
  DRYDOCK_LET(const auto it, find(caller, json_string(in, "logGroupName")));
  const std::string arn = it->first;
  std::vector<std::string> names;
  for (const auto& [name, stream] : it->second.streams) names.push_back(name);
  for (const auto& name : names) drop_stream(arn, it->second, name);
  store_.remove(kGroupKind, arn);
  groups_.erase(it);
  return Json::object();
}

Answer<Json> LogGroups::describe_groups(const Caller& caller, const Json& in) const {
  const std::string prefix = arn_of(caller, "");
  std::vector<std::string> arns;
  for (auto it = groups_.lower_bound(prefix); it != groups_.end() && it->first.starts_with(prefix);
       ++it)
    if (asked_for(in, *it->second.document)) arns.push_back(it->first);
  PageRequest request{json_int(in, "limit", 50), json_string(in, "nextToken")};
  const auto page = page_of(arns, request, 50);
  if (!page) return invalid_parameter("The specified nextToken is invalid.");
  Json out = {{"logGroups", Json::array()}};
  for (const auto& arn : page->items) out["logGroups"].push_back(shown(*groups_.at(arn).document));
  if (!page->next_token.empty()) out["nextToken"] = page->next_token;
  return out;
}

Answer<Json> LogGroups::set_retention(const Caller& caller, const Json& in) {
  DRYDOCK_LET(const auto it, find(caller, json_string(in, "logGroupName")));
  Json changed = *it->second.document;
  changed.erase("retentionInDays");
  if (const Json* days = json_find(in, "retentionInDays")) changed["retentionInDays"] = *days;
  keep(it->first, std::move(changed));
  return Json::object();
}

Answer<Json> LogGroups::set_key(const Caller& caller, const Json& in) {
  const std::string name = json_string(in, "logGroupName", json_string(in, "resourceIdentifier"));
  DRYDOCK_LET(const auto it, find(caller, name));
  Json changed = *it->second.document;
  changed.erase("kmsKeyId");
  if (const Json* key = json_find(in, "kmsKeyId")) changed["kmsKeyId"] = *key;
  keep(it->first, std::move(changed));
  return Json::object();
}

Answer<Json> LogGroups::tags(const Caller& caller, const std::string& resource) const {
  DRYDOCK_LET(const auto it, find(caller, resource));
  return (*it->second.document)["tags"];
}

Answer<bool> LogGroups::tag(const Caller& caller, const std::string& resource, const Json& add,
                            const std::vector<std::string>& remove) {
  DRYDOCK_LET(const auto it, find(caller, resource));
  const Json list = tag_list(add);
  DRYDOCK_TRY(tags_of(&list));
  Json changed = *it->second.document;
  Json& tags = changed["tags"];
  for (const auto& [key, value] : add.items()) tags[key] = value;
  for (const auto& key : remove) tags.erase(key);
  if (tags.size() > 50)
    return refuse("TooManyTagsException", "A resource can have no more than 50 tags.");
  keep(it->first, std::move(changed));
  return true;
}

Answer<LogGroups::View> LogGroups::view(const Caller& caller,
                                        const std::string& name_or_arn) const {
  DRYDOCK_LET(const auto it, find(caller, name_or_arn));
  View v{it->first, static_cast<int>(json_int(*it->second.document, "retentionInDays")), {}};
  for (const auto& [name, stream] : it->second.streams) v.streams.push_back(stream);
  return v;
}

std::vector<LogGroups::View> LogGroups::all() const {
  std::vector<View> views;
  for (const auto& [arn, group] : groups_) {
    views.push_back({arn, static_cast<int>(json_int(*group.document, "retentionInDays")), {}});
    for (const auto& [name, stream] : group.streams) views.back().streams.push_back(stream);
  }
  return views;
}

}  // namespace drydock::control
