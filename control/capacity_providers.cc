#include "control/capacity_providers.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/tags.h"

namespace drydock::control {
namespace {

constexpr const char* kFargate[] = {"FARGATE", "FARGATE_SPOT"};
constexpr std::size_t kMost = 100;  // names in one request
constexpr long long kPage = 10;     // api.md 1.4

std::string arn_of(const Caller& caller, const std::string& name) {
  return ecs_arn(caller.region, caller.account, "capacity-provider/" + name);
}

bool has_prefix_of_aws(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.starts_with("aws") || name.starts_with("ecs") || name.starts_with("fargate");
}

Answer<bool> check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 255 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '-' || c == '_';
                    });
  if (!fits)
    return invalid_parameter("Capacity provider name '" + name.substr(0, 300) +
                             "' is invalid: up to 255 letters, digits, hyphens and underscores.");
  if (has_prefix_of_aws(name))
    return invalid_parameter(
        "The specified capacity provider name is invalid. Up to 255 characters are allowed, "
        "including letters (upper and lowercase), numbers, underscores, and hyphens. The name "
        "cannot be prefixed with \"aws\", \"ecs\", or \"fargate\". Specify a valid name and try "
        "again.");
  return true;
}

Answer<bool> between(const Json& scaling, const char* member, long long low, long long high) {
  const Json* given = json_find(scaling, member);
  if (!given || (json_int(scaling, member) >= low && json_int(scaling, member) <= high))
    return true;
  return invalid_parameter(std::string("managedScaling.") + member + " must be between " +
                           std::to_string(low) + " and " + std::to_string(high) + ".");
}

// What `given` says on top of `group`.
Answer<bool> apply_group(const Json& given, Json& group) {
  for (const auto& [member, value] : given.items())
    if (member != "managedScaling") group[member] = value;
  if (const Json* scaling = json_find(given, "managedScaling"))
    for (const auto& [member, value] : scaling->items()) group["managedScaling"][member] = value;
  Json& scaling = group["managedScaling"];
  const std::pair<const char*, Json> usual[] = {{"status", "DISABLED"},
                                                {"targetCapacity", 100},
                                                {"minimumScalingStepSize", 1},
                                                {"maximumScalingStepSize", 10000},
                                                {"instanceWarmupPeriod", 300}};
  for (const auto& [member, value] : usual)
    if (!scaling.contains(member)) scaling[member] = value;
  DRYDOCK_TRY(between(scaling, "targetCapacity", 1, 100));
  DRYDOCK_TRY(between(scaling, "minimumScalingStepSize", 1, 10000));
  DRYDOCK_TRY(between(scaling, "maximumScalingStepSize", 1, 10000));
  DRYDOCK_TRY(between(scaling, "instanceWarmupPeriod", 0, 10000));
  if (!group.contains("managedTerminationProtection"))
    group["managedTerminationProtection"] = "DISABLED";
  if (!group.contains("managedDraining")) group["managedDraining"] = "ENABLED";
  return true;
}

// Its members are not looked into: nothing here acts on them.
const Json* object_in(const Json& request, std::string_view member) {
  const Json* found = json_find(request, member);
  return found && found->is_object() ? found : nullptr;
}

Json fargate(const Caller& caller, const std::string& name) {
  return {{"capacityProviderArn", arn_of(caller, name)},
          {"name", name},
          {"status", "ACTIVE"},
          {"type", name},
          {"tags", Json::array()}};
}

Json shown(const Json& document, bool with_tags) {
  Json out = document;
  if (!with_tags) out["tags"] = Json::array();
  return out;
}

tl::unexpected<ApiError> not_found() {
  return invalid_parameter(
      "The specified capacity provider does not exist. Specify a valid name "
      "or ARN and try again.");
}

}  // namespace

bool is_fargate_provider(const std::string& name) {
  return std::find(std::begin(kFargate), std::end(kFargate), name) != std::end(kFargate);
}

Status CapacityProviders::restore() {
  DRYDOCK_LET(const auto stored, store_.load_all("capacity-provider"));
  for (const auto& [arn, text] : stored) {
    DRYDOCK_LET(Json document, parse_json(text));
    created_[arn] = std::make_shared<const Json>(std::move(document));
  }
  return {};
}

void CapacityProviders::keep(const std::string& arn, Json document) {
  store_.put("capacity-provider", arn, dump_json(document));
  created_[arn] = std::make_shared<const Json>(std::move(document));
}

CapacityProviders::Document CapacityProviders::lookup(const Caller& caller,
                                                      const std::string& name_or_arn) const {
  const auto name = local_name(caller, "capacity-provider", name_or_arn);
  if (!name) return nullptr;
  if (is_fargate_provider(*name)) return std::make_shared<const Json>(fargate(caller, *name));
  const auto at = created_.find(arn_of(caller, *name));
  return at == created_.end() ? nullptr : at->second;
}

bool CapacityProviders::exists(const Caller& caller, const std::string& name) const {
  const Document found = lookup(caller, name);
  return found && (*found)["status"] == "ACTIVE";
}

Answer<Json> CapacityProviders::create(const Caller& caller, const Json& request) {
  const std::string name = json_string(request, "name");
  DRYDOCK_TRY(check_name(name));
  const std::string arn = arn_of(caller, name);
  if (exists(caller, name))
    return invalid_parameter("The capacity provider '" + name +
                             "' already exists. Specify another name and try again.");
  const Json* group = json_find(request, "autoScalingGroupProvider");
  const Json* managed = object_in(request, "managedInstancesProvider");
  if ((group == nullptr) == (managed == nullptr))
    return invalid_parameter(
        "Specify either autoScalingGroupProvider or managedInstancesProvider and try again.");
  DRYDOCK_LET(const Tags tags, tags_of(json_find(request, "tags")));
  Json document = {{"capacityProviderArn", arn},
                   {"name", name},
                   {"status", "ACTIVE"},
                   {"type", group ? "EC2_AUTOSCALING" : "MANAGED_INSTANCES"},
                   {"tags", tags_json(tags)}};
  if (group) {
    Json kept = Json::object();
    DRYDOCK_TRY(apply_group(*group, kept));
    document["autoScalingGroupProvider"] = std::move(kept);
  } else {
    document["managedInstancesProvider"] = *managed;
    if (const Json* cluster = json_find(request, "cluster")) document["cluster"] = *cluster;
  }
  Json answer = {{"capacityProvider", document}};
  keep(arn, std::move(document));
  return answer;
}

Answer<Json> CapacityProviders::update(const Caller& caller, const Json& request) {
  const std::string name = json_string(request, "name");
  const Document document = lookup(caller, name);
  if (!document || (*document)["status"] != "ACTIVE" || is_fargate_provider(name))
    return not_found();
  Json changed = *document;
  if (const Json* group = json_find(request, "autoScalingGroupProvider")) {
    if (!changed.contains("autoScalingGroupProvider"))
      return invalid_parameter("The capacity provider '" + name + "' has no Auto Scaling group.");
    DRYDOCK_TRY(apply_group(*group, changed["autoScalingGroupProvider"]));
  }
  if (const Json* managed = object_in(request, "managedInstancesProvider"))
    for (const auto& [member, value] : managed->items())
      changed["managedInstancesProvider"][member] = value;
  changed["updateStatus"] = "UPDATE_COMPLETE";
  Json answer = {{"capacityProvider", changed}};
  const std::string arn = json_string(changed, "capacityProviderArn");
  keep(arn, std::move(changed));
  return answer;
}

Answer<Json> CapacityProviders::remove(const Caller& caller, const Json& request,
                                       const InUse& in_use) {
  const Document document = lookup(caller, json_string(request, "capacityProvider"));
  if (!document) return not_found();
  const std::string name = json_string(*document, "name");
  if (is_fargate_provider(name))
    return invalid_parameter("The capacity provider '" + name + "' cannot be deleted.");
  if (const std::string cluster = in_use(name); !cluster.empty())
    return invalid_parameter("The capacity provider '" + name +
                             "' is associated with the cluster '" + cluster +
                             "'. Remove it there (PutClusterCapacityProviders) and try "
                             "again.");
  Json changed = *document;
  changed["status"] = "INACTIVE";
  changed["updateStatus"] = "DELETE_COMPLETE";
  Json answer = {{"capacityProvider", changed}};
  const std::string arn = json_string(changed, "capacityProviderArn");
  keep(arn, std::move(changed));
  return answer;
}

Answer<Json> CapacityProviders::describe(const Caller& caller, const Json& request,
                                         const PageRequest& page) const {
  bool with_tags = false;
  if (const Json* include = json_find(request, "include"))
    with_tags = std::find(include->begin(), include->end(), "TAGS") != include->end();
  const Json* names = json_find(request, "capacityProviders");
  if (names && names->size() > kMost)
    return invalid_parameter("capacityProviders can have at most 100 items.");
  std::vector<std::string> arns;
  Json failures = Json::array();
  if (names && !names->empty()) {
    for (const auto& one : *names) {
      const auto given = one.get<std::string>();
      if (const Document found = lookup(caller, given))
        arns.push_back(json_string(*found, "capacityProviderArn"));
      else
        failures.push_back({{"arn", given.starts_with("arn:") ? given : arn_of(caller, given)},
                            {"reason", "MISSING"}});
    }
  } else {
    for (const char* name : kFargate) arns.push_back(arn_of(caller, name));
    const std::string prefix = arn_of(caller, "");
    for (auto at = created_.lower_bound(prefix);
         at != created_.end() && at->first.starts_with(prefix); ++at)
      if ((*at->second)["status"] == "ACTIVE") arns.push_back(at->first);
  }
  DRYDOCK_LET(const Page some, page_of(arns, page, kPage));
  Json out = {{"capacityProviders", Json::array()}, {"failures", std::move(failures)}};
  for (const std::string& arn : some.items)
    out["capacityProviders"].push_back(shown(*lookup(caller, arn), with_tags));
  if (!some.next_token.empty()) out["nextToken"] = some.next_token;
  return out;
}

Answer<Json> CapacityProviders::tags(const std::string& arn) const {
  const auto at = created_.find(arn);
  if (at == created_.end()) return not_found();
  return (*at->second)["tags"];
}

Answer<bool> CapacityProviders::tag(const std::string& arn, const Json& add,
                                    const std::vector<std::string>& remove) {
  DRYDOCK_LET(const Json present, tags(arn));
  DRYDOCK_LET(Tags all, tags_of(&present));
  DRYDOCK_LET(all, retagged(std::move(all), add, remove));
  Json changed = *created_.at(arn);
  changed["tags"] = tags_json(all);
  keep(arn, std::move(changed));
  return true;
}

void CapacityProviders::forget_all() { created_.clear(); }

}  // namespace drydock::control
