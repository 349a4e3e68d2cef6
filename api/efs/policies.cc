// What is kept with a file system and has no effect here: who asks gets what was put.
#include <nlohmann/json.hpp>

#include "api/efs/operations.h"

namespace drydock::api::efs {
namespace {

using volumes::EfsState;

constexpr std::size_t kPolicyBytes = 20'000;

// What `name` is among the settings; null when it was not put.
Answer<Json> setting(const Call& call, const char* name) {
  const auto state = call.context.volumes->efs().state();
  const auto known = state->file_systems.find(plain_id(call.id));
  if (known == state->file_systems.end()) return no_file_system(call.id);
  const Json settings = settings_of(known->second);
  const Json* found = json_find(settings, name);
  return found ? *found : Json();
}

// Null takes it away.
Answer<bool> put_setting(const Call& call, const char* name, const Json& value) {
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    const auto known = state.file_systems.find(plain_id(call.id));
    if (known == state.file_systems.end()) return fail(Errc::kNotFound, "");
    Json settings = settings_of(known->second);
    settings.erase(name);
    if (!value.is_null()) settings[name] = value;
    known->second.settings = dump_json(settings);
    return {};
  });
  if (!done && done.error().code == Errc::kNotFound) return no_file_system(call.id);
  if (!done) return failed(done.error());
  return true;
}

// One of {"TransitionToIA": "AFTER_30_DAYS"} and the like.
bool is_transition(const Json& policy) {
  if (!policy.is_object() || policy.size() != 1) return false;
  const std::string kind = policy.begin().key();
  if (!policy.begin()->is_string()) return false;
  const auto when = policy.begin()->get<std::string>();
  if (kind == "TransitionToPrimaryStorageClass") return when == "AFTER_1_ACCESS";
  if (kind != "TransitionToIA" && kind != "TransitionToArchive") return false;
  for (const char* days : {"1", "7", "14", "30", "60", "90", "180", "270", "365"})
    if (when == std::string("AFTER_") + days + (days == std::string("1") ? "_DAY" : "_DAYS"))
      return true;
  return false;
}

}  // namespace

Answer<Json> lifecycle_configuration(const Call& call) {
  DRYDOCK_LET(Json policies, setting(call, "LifecyclePolicies"));
  return Json{{"LifecyclePolicies", policies.is_array() ? std::move(policies) : Json::array()}};
}

Answer<Json> put_lifecycle_configuration(const Call& call) {
  const Json* policies = json_find(call.input, "LifecyclePolicies");
  if (!policies || !policies->is_array() || policies->size() > 3)
    return refuse("BadRequest", "LifecyclePolicies must be a list of at most three policies.");
  for (const Json& policy : *policies)
    if (!is_transition(policy))
      return refuse("BadRequest",
                    "a lifecycle policy is one of TransitionToIA, TransitionToArchive (AFTER_1_DAY "
                    "to AFTER_365_DAYS) and TransitionToPrimaryStorageClass (AFTER_1_ACCESS), and "
                    "was " +
                        dump_json(policy).substr(0, 200) + ".");
  DRYDOCK_TRY(put_setting(call, "LifecyclePolicies", *policies));
  return Json{{"LifecyclePolicies", *policies}};
}

Answer<Json> backup_policy(const Call& call) {
  DRYDOCK_LET(const Json status, setting(call, "BackupPolicy"));
  if (!status.is_string())
    return refuse("PolicyNotFound", "File system '" + plain_id(call.id) + "' has no backup policy.",
                  404);
  return Json{{"BackupPolicy", {{"Status", status}}}};
}

Answer<Json> put_backup_policy(const Call& call) {
  const Json* policy = json_find(call.input, "BackupPolicy");
  const std::string status = policy ? json_string(*policy, "Status") : "";
  if (status != "ENABLED" && status != "DISABLED")
    return refuse(
        "ValidationException",
        "BackupPolicy.Status must be ENABLED or DISABLED, and was '" + status.substr(0, 40) + "'.");
  DRYDOCK_TRY(put_setting(call, "BackupPolicy", status));
  return Json{{"BackupPolicy", {{"Status", status}}}};
}

Answer<Json> file_system_policy(const Call& call) {
  DRYDOCK_LET(const Json policy, setting(call, "Policy"));
  if (!policy.is_string())
    return refuse("PolicyNotFound", "File system '" + plain_id(call.id) + "' has no policy.", 404);
  return Json{{"FileSystemId", plain_id(call.id)}, {"Policy", policy}};
}

Answer<Json> put_file_system_policy(const Call& call) {
  const std::string policy = json_string(call.input, "Policy");
  const auto json = parse_json(policy);
  if (policy.size() > kPolicyBytes || !json || !json->is_object())
    return refuse("InvalidPolicyException",
                  "Policy must be a JSON object in at most 20000 characters.");
  DRYDOCK_TRY(put_setting(call, "Policy", policy));
  return Json{{"FileSystemId", plain_id(call.id)}, {"Policy", policy}};
}

Answer<Json> delete_file_system_policy(const Call& call) {
  DRYDOCK_TRY(put_setting(call, "Policy", Json()));
  return Json();
}

}  // namespace drydock::api::efs
