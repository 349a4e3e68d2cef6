#pragma once
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config.h"

namespace drydock::daemon {

// What a value must look like, beyond its JSON type.
enum class Form {
  kText,
  kFolder,
  kListen,
  kSubnet,
  kRegion,
  kAccount,
  kProgram,
  kLogLevel,
  kNumber,
  kSwitch,
  kDuration,
  kUids,
  kPullPolicy,
  kOptionalFile,
  kRegistries,
  kMirrors,
  kAliases,
  kCredentials,
  kRoles,
  kAddress,
  kServers,
  kClusters,
  kSubnets,
  kGroups,
  kTaskApi,
  kNetwork6,
  kEndpoint,
  kRouter,
  kAwsSource,
  kStorageLimit,
  kEfsFolders,
  kAccessPoints,
  kForward,
  kObjects,
  kTargetGroups,
  kUpstreams,
  kOptionalText,
  kWebhook
};

using Member =
    std::variant<std::string Config::*, std::int64_t Config::*, bool Config::*, Duration Config::*,
                 std::vector<uid_t> Config::*, std::vector<std::string> Config::*,
                 std::map<std::string, std::vector<std::string>> Config::*,
                 std::map<std::string, std::string> Config::*,
                 std::vector<netns::SecurityGroup> Config::*,
                 std::vector<volumes::AccessPoint> Config::*>;

// One row of the key table: all that is known about a setting.
struct Key {
  std::string_view name;  // with dots where the file nests: "health.early"
  Form form;
  Member member;
  std::string_view doc;
  std::string_view flag = {};   // "--root", empty when there is none
  std::string_view value = {};  // "DIR", empty for a switch
  std::int64_t min = 0;         // for numbers
  std::int64_t max = 0;
};

const std::vector<Key>& key_table();

// Reads a value of the file, or the text of a flag, into `config`. kInvalid: "is <what>; it must be
// <form>".
Status set_from_json(Config& config, const Key& key, const Json& value);
Status set_from_text(Config& config, const Key& key, const std::string& text);

// The same for the keys about images whose value is a list or an object. False: not well formed.
bool set_registries(Config& config, const Key& key, const Json& value);
bool set_mirrors(Config& config, const Key& key, const Json& value);
bool set_aliases(Config& config, const Key& key, const Json& value);
bool set_roles(Config& config, const Key& key, const Json& value);
bool set_servers(Config& config, const Key& key, const Json& value);
bool set_clusters(Config& config, const Key& key, const Json& value);
bool set_subnets(Config& config, const Key& key, const Json& value);
// kInvalid names the group and its rule.
Status set_groups(Config& config, const Key& key, const Json& value);
// kInvalid names the file system or access point.
Status set_efs_folders(Config& config, const Key& key, const Json& value);
Status set_access_points(Config& config, const Key& key, const Json& value);
// kInvalid names the object.
Status set_objects(Config& config, const Key& key, const Json& value);
// kInvalid names the target group.
Status set_target_groups(Config& config, const Key& key, const Json& value);
// kInvalid names the service.
Status set_upstreams(Config& config, const Key& key, const Json& value);
Json access_points_json(const std::vector<volumes::AccessPoint>& points);
Json groups_json(const std::vector<netns::SecurityGroup>& groups);

// "; did you mean port?": the one of `known` that `unknown` is most like; empty when none is.
std::string nearest(std::string_view unknown, const std::vector<std::string_view>& known);

// "a whole number from 0 to 64": what a value of this key must be.
std::string form_text(const Key& key);
// The value as JSON.
Json value_json(const Config& config, const Key& key);

}  // namespace drydock::daemon
