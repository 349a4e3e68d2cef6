#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/logs/logs_operation.h"

// Log groups: CreateLogGroup to retention and tags.
namespace drydock::api::logs {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

Answer<Json> nothing(const Answer<bool>& done) {
  if (!done) return tl::unexpected(done.error());
  return Json::object();
}

constexpr std::array kDays = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                              365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

Answer<Json> put_retention(Control& c, const Caller& who, const Json& in) {
  const long long days = json_int(in, "retentionInDays");
  if (std::find(kDays.begin(), kDays.end(), days) == kDays.end()) {
    std::string all;
    for (const int one : kDays) all += (all.empty() ? "" : ", ") + std::to_string(one);
    return control::invalid_parameter(
        "1 validation error detected: Value '" + std::to_string(days) +
        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: "
        "[" +
        all + "]");
  }
  return c.logs.set_retention(who, in);
}

Answer<Json> tags_of(Control& c, const Caller& who, const std::string& resource) {
  auto tags = c.logs.tags(who, resource);
  if (!tags) return tags;
  return Json{{"tags", std::move(*tags)}};
}

std::vector<std::string> keys(const Json& in, const char* member) {
  return in[member].get<std::vector<std::string>>();
}

}  // namespace

std::vector<LogsOperation> group_operations() {
  return {
      {"logGroupName",
       {"CreateLogGroup",
        "logGroupName: str, kmsKeyId: str, tags: {str:str}, logGroupClass: enum LogGroupClass",
        true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.create_group(who, in);
        }}},
      {"logGroupName",
       {"DeleteLogGroup", "logGroupName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.delete_group(who, in);
        }}},
      {"",
       {"DescribeLogGroups",
        "logGroupNamePrefix: str, logGroupNamePattern: str, nextToken: str, limit: int, "
        "logGroupClass: enum LogGroupClass, logGroupIdentifiers: [str]",
        false,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.describe_groups(who, in);
        }},
       nullptr,
       50},
      {"logGroupName retentionInDays",
       {"PutRetentionPolicy", "logGroupName: str, retentionInDays: int", true, put_retention}},
      {"logGroupName",
       {"DeleteRetentionPolicy", "logGroupName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.set_retention(who, in);
        }}},
      {"kmsKeyId",
       {"AssociateKmsKey", "logGroupName: str, resourceIdentifier: str, kmsKeyId: str", true,
        [](Control& c, const Caller& who, const Json& in) { return c.logs.set_key(who, in); }}},
      {"",
       {"DisassociateKmsKey", "logGroupName: str, resourceIdentifier: str", true,
        [](Control& c, const Caller& who, const Json& in) { return c.logs.set_key(who, in); }}},
  };
}

std::vector<LogsOperation> tag_operations() {
  return {
      {"resourceArn tags",
       {"TagResource", "resourceArn: str, tags: {str:str}", true,
        [](Control& c, const Caller& who, const Json& in) {
          return nothing(c.logs.tag(who, json_string(in, "resourceArn"), in["tags"], {}));
        }}},
      {"resourceArn tagKeys",
       {"UntagResource", "resourceArn: str, tagKeys: [str]", true,
        [](Control& c, const Caller& who, const Json& in) {
          return nothing(
              c.logs.tag(who, json_string(in, "resourceArn"), Json::object(), keys(in, "tagKeys")));
        }}},
      {"resourceArn",
       {"ListTagsForResource", "resourceArn: str", false,
        [](Control& c, const Caller& who, const Json& in) {
          return tags_of(c, who, json_string(in, "resourceArn"));
        }}},
      {"logGroupName tags",
       {"TagLogGroup", "logGroupName: str, tags: {str:str}", true,
        [](Control& c, const Caller& who, const Json& in) {
          return nothing(c.logs.tag(who, json_string(in, "logGroupName"), in["tags"], {}));
        }}},
      {"logGroupName tags",
       {"UntagLogGroup", "logGroupName: str, tags: [str]", true,
        [](Control& c, const Caller& who, const Json& in) {
          return nothing(
              c.logs.tag(who, json_string(in, "logGroupName"), Json::object(), keys(in, "tags")));
        }}},
      {"logGroupName",
       {"ListTagsLogGroup", "logGroupName: str", false,
        [](Control& c, const Caller& who, const Json& in) {
          return tags_of(c, who, json_string(in, "logGroupName"));
        }}},
  };
}

}  // namespace drydock::api::logs
