#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/efs/efs.h"
#include "api/efs/operations.h"
#include "api/protocol.h"
#include "base/ids.h"

namespace drydock::api {
namespace efs {
namespace {

constexpr std::string_view kPrefix = "/2015-02-01/";
constexpr std::size_t kTags = 50;

struct Route {
  std::string_view method;
  std::string_view path;  // "{}" stands for an id at the place of one part
  int status;
  Answer<Json> (*run)(const Call&);
};
constexpr Route kRoutes[] = {
    {"POST", "file-systems", 201, create_file_system},
    {"GET", "file-systems", 200, describe_file_systems},
    {"PUT", "file-systems/{}", 202, update_file_system},
    {"DELETE", "file-systems/{}", 204, delete_file_system},
    {"GET", "file-systems/{}/lifecycle-configuration", 200, lifecycle_configuration},
    {"PUT", "file-systems/{}/lifecycle-configuration", 200, put_lifecycle_configuration},
    {"GET", "file-systems/{}/backup-policy", 200, backup_policy},
    {"PUT", "file-systems/{}/backup-policy", 200, put_backup_policy},
    {"GET", "file-systems/{}/policy", 200, file_system_policy},
    {"PUT", "file-systems/{}/policy", 200, put_file_system_policy},
    {"DELETE", "file-systems/{}/policy", 200, delete_file_system_policy},
    {"POST", "mount-targets", 200, create_mount_target},
    {"GET", "mount-targets", 200, describe_mount_targets},
    {"DELETE", "mount-targets/{}", 204, delete_mount_target},
    {"GET", "mount-targets/{}/security-groups", 200, mount_target_groups},
    {"PUT", "mount-targets/{}/security-groups", 204, put_mount_target_groups},
    {"POST", "access-points", 200, create_access_point},
    {"GET", "access-points", 200, describe_access_points},
    {"DELETE", "access-points/{}", 204, delete_access_point},
    {"GET", "resource-tags/{}", 200, list_tags},
    {"POST", "resource-tags/{}", 200, tag},
    {"DELETE", "resource-tags/{}", 200, untag},
    {"GET", "tags/{}", 200, list_tags},
};

// True when `path` has the form of `pattern`; `id` becomes what stands for "{}".
bool matches(std::string_view pattern, std::string_view path, std::string& id) {
  const auto at = pattern.find("{}");
  if (at == pattern.npos) return pattern == path;
  const std::string_view before = pattern.substr(0, at);
  const std::string_view after = pattern.substr(at + 2);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return false;
  const auto part = path.substr(before.size(), path.size() - before.size() - after.size());
  id = http::percent_decode(part);
  return part.find('/') == part.npos && id.size() <= 200;
}

http::Response reply(int status, const Json& body) {
  http::Response r;
  r.status = status;
  r.headers = {{"Content-Type", "application/json"}, {"x-amzn-RequestId", random_uuid()}};
  if (!body.is_null()) r.body = dump_json(body);
  return r;
}

http::Response problem(const control::ApiError& error) {
  Json body = {{"ErrorCode", error.code}, {"Message", error.message}};
  if (!error.resource_ids.empty()) body["FileSystemId"] = error.resource_ids.front();
  http::Response r = reply(error.status, body);
  r.headers.emplace_back("x-amzn-ErrorType", error.code);
  return r;
}

}  // namespace

tl::unexpected<control::ApiError> refuse(const std::string& code, const std::string& message,
                                         int status) {
  return tl::unexpected(control::ApiError{code, message, status, {}});
}

tl::unexpected<control::ApiError> no_file_system(const std::string& id) {
  return refuse("FileSystemNotFound", "File system '" + id + "' does not exist.", 404);
}

tl::unexpected<control::ApiError> no_access_point(const std::string& id) {
  return refuse("AccessPointNotFound", "Access point '" + id + "' does not exist.", 404);
}

tl::unexpected<control::ApiError> failed(const Error& error) {
  if (error.code == Errc::kInvalid) return refuse("BadRequest", error.message);
  return refuse("InternalServerError", error.message, 500);
}

std::string arn(const Call& call, const std::string& resource) {
  return "arn:aws:elasticfilesystem:" + call.caller.region + ":" + call.caller.account + ":" +
         resource;
}

Json tags_json(const volumes::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

Answer<volumes::Tags> tags_of(const Json& input, const char* member) {
  volumes::Tags tags;
  const Json* list = json_find(input, member);
  if (!list) return tags;
  if (!list->is_array() || list->size() > kTags)
    return refuse("BadRequest", std::string(member) + " must be a list of at most 50 tags");
  for (const Json& one : *list) {
    const std::string key = json_string(one, "Key");
    const std::string value = json_string(one, "Value");
    if (key.empty() || key.size() > 128 || value.size() > 256)
      return refuse("BadRequest",
                    "a tag has a Key of 1 to 128 characters and a Value of at most 256");
    tags[key] = value;
  }
  return tags;
}

std::string plain_id(const std::string& id_or_arn) {
  if (!id_or_arn.starts_with("arn:")) return id_or_arn;
  const auto slash = id_or_arn.rfind('/');
  return slash == std::string::npos ? id_or_arn : id_or_arn.substr(slash + 1);
}

std::string cut_page(const http::Request& request, const char* marker, const char* most,
                     const char* id, std::vector<Json>& items) {
  const auto after = http::query_value(request.query, marker);
  const auto asked = http::query_value(request.query, most);
  std::size_t count = 100;
  if (asked) std::from_chars(asked->data(), asked->data() + asked->size(), count);
  count = std::clamp<std::size_t>(count, 1, 1000);
  if (after)  // items are in the order of their ids
    std::erase_if(items, [&](const Json& one) { return json_string(one, id) <= *after; });
  if (items.size() <= count) return {};
  items.resize(count);
  return json_string(items.back(), id);
}

}  // namespace efs

bool is_efs(const http::Request& request) {
  return std::string_view(request.path).starts_with(efs::kPrefix);
}

http::Response efs_reply(const ApiContext& context, const http::Request& request) {
  const std::string_view path = std::string_view(request.path).substr(efs::kPrefix.size());
  const std::string_view plain = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  for (const efs::Route& route : efs::kRoutes) {
    efs::Call call{context, request, caller_of(request.headers, context.defaults), "", {}};
    if (route.method != request.method || !efs::matches(route.path, plain, call.id)) continue;
    auto input = input_of(request.body);
    if (!input) return efs::problem({"BadRequest", input.error().message, 400, {}});
    call.input = std::move(*input);
    const auto answer = route.run(call);
    return answer ? efs::reply(route.status, *answer) : efs::problem(answer.error());
  }
  return efs::problem(
      {"UnsupportedOperation",
       "Drydock's EFS has no " + request.method.substr(0, 20) + " " + request.path.substr(0, 200) +
           ": it has file systems, their policies, access points, mount targets and tags.",
       400,
       {}});
}

}  // namespace drydock::api
