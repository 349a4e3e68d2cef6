#pragma once
#include <string>

#include "base/clock.h"

namespace drydock::metadata {

// Temporary keys of an IAM role, as a task gets them.
struct RoleCredentials {
  std::string role_arn;
  std::string access_key;
  std::string secret;
  std::string token;  // empty for a user's own long-term keys
  Time expiration;
};

}  // namespace drydock::metadata
