#pragma once
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "metadata/role_credentials.h"

namespace drydock::metadata {

// Who a key belongs to, as STS tells it.
struct Identity {
  std::string account;
  std::string arn;      // "arn:aws:sts::<account>:assumed-role/<role>/<session>"
  std::string user_id;  // "AROA...:<session>"
};

// Well-formed keys of roles that mean nothing outside this machine, and what they stand for here.
// Thread-safe; the oldest of very many are forgotten.
class LocalKeys {
 public:
  RoleCredentials mint(const std::string& role_arn, const std::string& session, Time expiration);
  std::optional<Identity> who(const std::string& access_key) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Identity> known_;
  std::deque<std::string> order_;
};

// The parts of "arn:aws:iam::<account>:role/<path>/<name>"; nothing when it is no role's.
struct RoleName {
  std::string partition, account, name;
};
std::optional<RoleName> role_name(const std::string& arn);

}  // namespace drydock::metadata
