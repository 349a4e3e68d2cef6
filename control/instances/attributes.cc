// PutAttributes, DeleteAttributes, ListAttributes (api.md 4.5).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/instances/identity.h"
#include "control/instances/instances.h"

namespace drydock::control {

using instances::Instance;

namespace {

constexpr std::size_t kMostAtOnce = 10;
constexpr std::size_t kMostCustom = 10;

Answer<bool> check_type(const std::string& type) {
  if (type.empty() || type == "container-instance") return true;
  return invalid_parameter("targetType should be one of [container-instance]");
}

Json attribute_json(const Instance& instance, const std::string& name,
                    const std::optional<std::string>& value) {
  Json out = {{"name", name}};
  if (value) out["value"] = *value;
  out["targetId"] = instance.arn;
  return out;
}

}  // namespace

// An attribute without a target is one of every instance of the cluster.
Answer<std::vector<Instances::Change>> Instances::changes_of(const Caller& caller,
                                                             const Clusters::Ref& cluster,
                                                             const Json& request) {
  const Json* list = json_find(request, "attributes");
  if (!list || list->empty()) return invalid_parameter("attributes value is required");
  if (list->size() > kMostAtOnce) return invalid_parameter("attributes can have at most 10 items.");
  std::vector<Change> changes;
  for (const auto& one : *list) {
    const std::string name = json_string(one, "name");
    const auto value = instances::value_of(one);
    DRYDOCK_TRY(instances::check_attribute(name, value));
    DRYDOCK_TRY(check_type(json_string(one, "targetType")));
    const std::string target = json_string(one, "targetId");
    if (target.empty()) {
      for (Instance* each : of_cluster(cluster.arn)) changes.push_back({each, name, value});
      continue;
    }
    Instance* found = find(caller, cluster, target);
    if (!found) return refuse("TargetNotFoundException", "Could not find " + target);
    changes.push_back({found, name, value});
  }
  return changes;
}

Answer<Json> Instances::put_attributes(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_LET(const auto changes, changes_of(caller, cluster, request));
  std::map<Instance*, instances::Attributes> after;
  for (const Change& one : changes) {
    auto& custom = after.emplace(one.instance, one.instance->custom).first->second;
    custom[one.name] = one.value;
    if (custom.size() > kMostCustom)
      return refuse(
          "AttributeLimitExceededException",
          "The container instance " + one.instance->id + " can have at most 10 custom attributes.");
  }
  for (auto& [instance, custom] : after) {
    instance->custom = std::move(custom);
    keep(*instance);
  }
  Json out = Json::array();
  for (const Change& one : changes)
    out.push_back(attribute_json(*one.instance, one.name, one.value));
  return Json{{"attributes", std::move(out)}};
}

Answer<Json> Instances::delete_attributes(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_LET(const auto changes, changes_of(caller, cluster, request));
  Json out = Json::array();
  std::set<Instance*> changed;
  for (const Change& one : changes) {
    const auto at = one.instance->custom.find(one.name);
    if (at == one.instance->custom.end() || (one.value && at->second != one.value)) continue;
    out.push_back(attribute_json(*one.instance, one.name, at->second));
    one.instance->custom.erase(at);
    changed.insert(one.instance);
  }
  for (Instance* instance : changed) keep(*instance);
  return Json{{"attributes", std::move(out)}};
}

Answer<Json> Instances::list_attributes(const Caller& caller, const Json& request,
                                        const PageRequest& page) {
  DRYDOCK_LET(const Clusters::Ref cluster, cluster_of(caller, request));
  DRYDOCK_TRY(check_type(json_string(request, "targetType")));
  const std::string name = json_string(request, "attributeName");
  const auto value = json_find(request, "attributeValue")
                         ? std::optional(json_string(request, "attributeValue"))
                         : std::nullopt;
  std::map<std::string, Json> found;  // by what orders them and marks a page
  std::vector<std::string> keys;
  for (const Instance* one : of_cluster(cluster.arn))
    for (const auto& [n, v] : instances::all_attributes(*one)) {
      if ((!name.empty() && n != name) || (value && v != value)) continue;
      const std::string key = one->arn + " " + n;
      found[key] = attribute_json(*one, n, v);
      keys.push_back(key);
    }
  DRYDOCK_LET(const Page some, page_of(keys, page));
  Json out = {{"attributes", Json::array()}};
  for (const std::string& key : some.items) out["attributes"].push_back(found.at(key));
  if (!some.next_token.empty()) out["nextToken"] = some.next_token;
  return out;
}

}  // namespace drydock::control
