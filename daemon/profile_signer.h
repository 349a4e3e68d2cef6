#pragma once
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/http/sigv4.h"
#include "daemon/config.h"
#include "metadata/profile.h"

namespace drydock::daemon {

// The keys of one profile of the daemon's owner, fetched again before they end. Thread-safe;
// whoever comes while they are fetched waits.
class ProfileSigner {
 public:
  // `setting`: the key of the configuration that errors name. Without `needs_keys` a profile that
  // has none gives made-up ones: what stands in for AWS takes any.
  ProfileSigner(const Config& config, const std::string& profile, std::string setting,
                bool needs_keys);
  Result<http::AwsKeys> keys();

 private:
  void fetch();

  metadata::ProfileOwner owner_;
  metadata::ProfileOptions options_;
  const std::string setting_;
  const bool needs_keys_;
  std::mutex mutex_;
  std::optional<http::AwsKeys> keys_;
  Time due_{}, until_{};
  std::string trouble_;
};

}  // namespace drydock::daemon
