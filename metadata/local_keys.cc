#include "metadata/local_keys.h"

#include <algorithm>
#include <cstdlib>

#include "base/ids.h"

namespace drydock::metadata {
namespace {

constexpr std::size_t kMost = 20'000;
constexpr std::string_view kIdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kSecretLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Letters of an alphabet of 32 or 64, one for each random byte.
std::string random_text(std::size_t size, std::string_view letters) {
  const std::string hex = random_hex(size);
  std::string out;
  for (std::size_t i = 0; i < size; ++i)
    out += letters[static_cast<std::size_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16)) %
                   letters.size()];
  return out;
}

// The same for a role every time, as in IAM.
std::string role_id(const std::string& role_arn) {
  const std::string hex = sha256_hex(role_arn);
  std::string out = "AROA";
  for (std::size_t i = 0; i < 17; ++i)
    out += kIdLetters[static_cast<std::size_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16)) % 32];
  return out;
}

}  // namespace

std::optional<RoleName> role_name(const std::string& arn) {
  if (arn.rfind("arn:", 0) != 0) return std::nullopt;
  const auto service = arn.find(":iam::", 4);
  if (service == std::string::npos) return std::nullopt;
  RoleName out;
  out.partition = arn.substr(4, service - 4);
  const auto account = service + 6;
  const auto role = arn.find(":role/", account);
  if (role != account + 12) return std::nullopt;
  out.account = arn.substr(account, 12);
  out.name = arn.substr(arn.rfind('/') + 1);
  const bool digits = std::all_of(out.account.begin(), out.account.end(),
                                  [](unsigned char c) { return c >= '0' && c <= '9'; });
  if (!digits || out.name.empty() || out.partition.find(':') != std::string::npos)
    return std::nullopt;
  return out;
}

RoleCredentials LocalKeys::mint(const std::string& role_arn, const std::string& session,
                                Time expiration) {
  RoleCredentials keys{role_arn, "ASIA" + random_text(16, kIdLetters),
                       random_text(40, kSecretLetters), random_text(356, kSecretLetters),
                       expiration};
  const auto role = role_name(role_arn).value_or(RoleName{"aws", "000000000000", "unnamed"});
  Identity identity{role.account,
                    "arn:" + role.partition + ":sts::" + role.account + ":assumed-role/" +
                        role.name + "/" + session,
                    role_id(role_arn) + ":" + session};
  const std::lock_guard lock(mutex_);
  known_.emplace(keys.access_key, std::move(identity));
  order_.push_back(keys.access_key);
  if (order_.size() > kMost) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return keys;
}

std::optional<Identity> LocalKeys::who(const std::string& access_key) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(access_key);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace drydock::metadata
