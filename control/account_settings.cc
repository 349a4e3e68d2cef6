#include "control/account_settings.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace drydock::control {
namespace {

struct Known {
  std::string_view name, value;           // value: of an account that set nothing
  std::array<std::string_view, 3> takes;  // empty texts: fewer
  bool aws_managed = false;
  bool older = false;  // the API's model has it no more: shown when it was set or is asked for
};

// In the order of their names (api.md 4.4). The ARN formats can no longer be opted out of; that is
// not checked, for tests written earlier do it.
constexpr std::array<Known, 13> kKnown{{
    {"awsvpcTrunking", "disabled", {"enabled", "disabled"}},
    {"containerInsights", "disabled", {"enabled", "disabled", "enhanced"}},
    {"containerInstanceLongArnFormat", "enabled", {"enabled", "disabled"}},
    {"containerLongArnFormat", "enabled", {"enabled", "disabled"}, false, true},
    {"defaultLogDriverMode", "non-blocking", {"blocking", "non-blocking"}},
    {"dualStackIPv6", "enabled", {"enabled", "disabled"}, false, true},
    {"fargateEventWindows", "disabled", {"enabled", "disabled"}},
    {"fargateFIPSMode", "disabled", {"enabled", "disabled"}},
    {"fargateTaskRetirementWaitPeriod", "7", {"0", "7", "14"}},
    {"guardDutyActivate", "off", {"on", "off"}, true},
    {"serviceLongArnFormat", "enabled", {"enabled", "disabled"}},
    {"tagResourceAuthorization", "on", {"on", "off"}},
    {"taskLongArnFormat", "enabled", {"enabled", "disabled"}},
}};

const Known* known(std::string_view name) {
  const auto at = std::find_if(kKnown.begin(), kKnown.end(),
                               [&](const Known& one) { return one.name == name; });
  return at == kKnown.end() ? nullptr : &*at;
}

// The text that clients' tests know; the list in it is older than the one above.
tl::unexpected<ApiError> unknown_name(const std::string& name) {
  return invalid_parameter(
      name.substr(0, 100) +
      " should be one of [serviceLongArnFormat,taskLongArnFormat,"
      "containerInstanceLongArnFormat,containerLongArnFormat,awsvpcTrunking,containerInsights,"
      "dualStackIPv6]");
}

std::string root_of(const Caller& caller) { return "arn:aws:iam::" + caller.account + ":root"; }

Json shown(const Known& setting, const std::string& value, const std::string& principal) {
  return {{"name", setting.name},
          {"value", value},
          {"principalArn", principal},
          {"type", setting.aws_managed ? "aws_managed" : "user"}};
}

std::string principal_in(const Caller& caller, const Json& request) {
  return json_string(request, "principalArn", root_of(caller));
}

}  // namespace

Status AccountSettings::restore() {
  DRYDOCK_LET(const auto stored, store_.load_all("account-setting"));
  for (const auto& [id, text] : stored) {
    DRYDOCK_LET(const Json one, parse_json(text));
    values_[{json_string(one, "region"), json_string(one, "account"), json_string(one, "name"),
             json_string(one, "principal")}] = json_string(one, "value");
  }
  return {};
}

Answer<Json> AccountSettings::keep(const Caller& caller, const Json& request,
                                   const std::string& principal) {
  const std::string name = json_string(request, "name");
  const std::string value = json_string(request, "value");
  const Known* setting = known(name);
  if (!setting) return unknown_name(name);
  if (setting->aws_managed)
    return invalid_parameter("The setting " + name + " is managed by AWS and cannot be changed.");
  std::string all;
  for (const std::string_view one : setting->takes)
    if (!one.empty()) all += (all.empty() ? "" : ",") + std::string(one);
  if (value.empty() ||
      std::find(setting->takes.begin(), setting->takes.end(), value) == setting->takes.end())
    return invalid_parameter("Account setting " + name + " should be one of [" + all + "]");
  const Key key{caller.region, caller.account, name, principal};
  values_[key] = value;
  store_.put("account-setting", key.region + "/" + key.account + "/" + name + "/" + principal,
             dump_json({{"region", key.region},
                        {"account", key.account},
                        {"name", name},
                        {"principal", principal},
                        {"value", value}}));
  return Json{{"setting", shown(*setting, value, principal.empty() ? root_of(caller) : principal)}};
}

Answer<Json> AccountSettings::put(const Caller& caller, const Json& request) {
  return keep(caller, request, principal_in(caller, request));
}

Answer<Json> AccountSettings::put_default(const Caller& caller, const Json& request) {
  return keep(caller, request, "");
}

Answer<Json> AccountSettings::remove(const Caller& caller, const Json& request) {
  const std::string name = json_string(request, "name");
  const Known* setting = known(name);
  if (!setting) return unknown_name(name);
  const Key key{caller.region, caller.account, name, principal_in(caller, request)};
  if (values_.erase(key) > 0)
    store_.remove("account-setting",
                  key.region + "/" + key.account + "/" + name + "/" + key.principal);
  return Json{{"setting", shown(*setting, effective(key), key.principal)}};
}

Answer<Json> AccountSettings::list(const Caller& caller, const Json& request,
                                   const PageRequest& page) const {
  const std::string wanted = json_string(request, "name");
  const std::string value = json_string(request, "value");
  if (!wanted.empty() && !known(wanted)) return unknown_name(wanted);
  if (!value.empty() && wanted.empty())
    return invalid_parameter("A value can only be given together with the name of a setting.");
  const std::string principal = principal_in(caller, request);
  const bool all = json_bool(request, "effectiveSettings");
  std::vector<std::string> names;
  std::map<std::string, Json> settings;
  for (const Known& setting : kKnown) {
    const std::string name(setting.name);
    const Key key{caller.region, caller.account, name, principal};
    if (!wanted.empty() && name != wanted) continue;
    const bool by_default = all && (!setting.older || name == wanted);
    if (!by_default && !values_.count(key) && !values_.count({key.region, key.account, name, ""}))
      continue;
    const std::string now = effective(key);
    if (!value.empty() && now != value) continue;
    names.push_back(name);
    settings[name] = shown(setting, now, principal);
  }
  const auto shown_names = page_of(names, page, 10);
  if (!shown_names) return tl::unexpected(shown_names.error());
  Json out = {{"settings", Json::array()}};
  for (const std::string& name : shown_names->items) out["settings"].push_back(settings[name]);
  if (!shown_names->next_token.empty()) out["nextToken"] = shown_names->next_token;
  return out;
}

std::string AccountSettings::effective(const Key& key) const {
  for (const std::string& principal : {key.principal, std::string()})
    if (const auto at = values_.find({key.region, key.account, key.name, principal});
        at != values_.end())
      return at->second;
  return std::string(known(key.name)->value);
}

std::string AccountSettings::effective(const Caller& caller, const std::string& name) const {
  return effective({caller.region, caller.account, name, root_of(caller)});
}

void AccountSettings::forget_all() { values_.clear(); }

}  // namespace drydock::control
