#include "api/vault/secret_versions.h"

#include <algorithm>

namespace drydock::api::vault {
namespace {

using secrets::Secret;
using secrets::SecretVersion;

constexpr std::size_t kMostVersions = 100;  // older ones without a label go

bool has(const SecretVersion& version, std::string_view stage) {
  return std::find(version.stages.begin(), version.stages.end(), stage) != version.stages.end();
}

void take(Secret& secret, std::string_view stage) {
  for (SecretVersion& one : secret.versions)
    std::erase_if(one.stages, [&](const std::string& s) { return s == stage; });
}

SecretVersion* version_of(Secret& secret, std::string_view id) {
  for (SecretVersion& one : secret.versions)
    if (one.id == id) return &one;
  return nullptr;
}

// `to` becomes the current version; the one that was it becomes the previous one.
void make_current(Secret& secret, SecretVersion& to) {
  if (has(to, kCurrent)) return;
  take(secret, kPrevious);
  for (SecretVersion& one : secret.versions)
    if (has(one, kCurrent)) one.stages.emplace_back(kPrevious);
  take(secret, kCurrent);
  to.stages.emplace_back(kCurrent);
}

void give(Secret& secret, const std::string& stage, SecretVersion& to) {
  if (stage == kCurrent) return make_current(secret, to);
  take(secret, stage);
  to.stages.push_back(stage);
}

}  // namespace

control::Answer<bool> add_version(Secret& secret, const NewValue& value, secrets::Millis now) {
  if (const SecretVersion* there = secret.version(value.token)) {
    if (there->text == value.text && there->binary == value.binary) return true;
    return control::refuse("ResourceExistsException",
                           "You can't use ClientRequestToken " + value.token +
                               " because that value is already in use for a version of secret " +
                               secret.arn + ".");
  }
  while (secret.versions.size() >= kMostVersions) {
    const auto old = std::find_if(secret.versions.begin(), secret.versions.end(),
                                  [](const SecretVersion& v) { return v.stages.empty(); });
    if (old == secret.versions.end()) break;
    secret.versions.erase(old);
  }
  secret.versions.push_back({value.token, value.text, value.binary, {}, now, 0});
  // The first version is the current one, whatever else it is.
  if (!secret.staged(kCurrent)) secret.versions.back().stages.emplace_back(kCurrent);
  for (const std::string& stage : value.stages)
    if (!has(secret.versions.back(), stage)) give(secret, stage, secret.versions.back());
  secret.changed = now;
  return true;
}

control::Answer<bool> move_stage(Secret& secret, const std::string& stage, const std::string& from,
                                 const std::string& to) {
  for (const std::string& id : {from, to})
    if (!id.empty() && !secret.version(id))
      return control::refuse("ResourceNotFoundException",
                             "Secrets Manager can't find the specified secret version " + id + ".");
  const SecretVersion* holder = secret.staged(stage);
  if (holder && holder->id != to && holder->id != from) {
    if (from.empty())
      return control::refuse("InvalidParameterException",
                             "The parameter RemoveFromVersionId can't be empty. Staging label " +
                                 stage + " is currently attached to version " + holder->id +
                                 ", so you must explicitly reference that version in "
                                 "RemoveFromVersionId.");
    return control::refuse("InvalidParameterException",
                           "The parameter RemoveFromVersionId is " + from + ", and staging label " +
                               stage + " is attached to version " + holder->id + ".");
  }
  if (!from.empty() && (!holder || holder->id != from) && from != to)
    return control::refuse("InvalidParameterException",
                           "Staging label " + stage + " is not attached to version " + from + ".");
  if (to.empty()) {
    if (stage == kCurrent)
      return control::refuse("InvalidParameterException",
                             "You can only move staging label AWSCURRENT to a different secret "
                             "version. It can't be completely removed.");
    take(secret, stage);
    return true;
  }
  if (SecretVersion* there = version_of(secret, to); !has(*there, stage))
    give(secret, stage, *there);
  return true;
}

}  // namespace drydock::api::vault
