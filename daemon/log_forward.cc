#include "daemon/log_forward.h"

#include <mutex>

#include "daemon/task_credentials.h"

namespace drydock::daemon {
namespace {

constexpr std::chrono::seconds kPause{5};  // before a profile that gave none is asked again

// The keys of one profile, fetched again before they end. Thread-safe; whoever comes while they are
// fetched waits.
class ProfileSigner {
 public:
  ProfileSigner(metadata::ProfileOwner owner, metadata::ProfileOptions options, bool needs_keys)
      : owner_(std::move(owner)), options_(std::move(options)), needs_keys_(needs_keys) {}

  Result<http::AwsKeys> keys() {
    const std::lock_guard lock(mutex_);
    if (now() >= due_) fetch();
    if (keys_ && (now() < until_)) return *keys_;
    if (!needs_keys_) return http::AwsKeys{"drydock", "drydock", ""};
    return fail(Errc::kBusy, "logs.forward: " + trouble_);
  }

 private:
  void fetch() {
    const auto got = metadata::profile_keys(owner_, options_);
    if (!got) {
      trouble_ = got.error().message;
      due_ = now() + kPause;
      return;
    }
    keys_ = http::AwsKeys{got->keys.access_key, got->keys.secret, got->keys.token};
    until_ = got->keys.expiration;
    due_ = metadata::refresh_at(now(), until_);
  }

  const metadata::ProfileOwner owner_;
  const metadata::ProfileOptions options_;
  const bool needs_keys_;  // what stands in for AWS takes any
  std::mutex mutex_;
  std::optional<http::AwsKeys> keys_;
  Time due_{}, until_{};
  std::string trouble_;
};

}  // namespace

std::optional<logrouter::Driver> log_forwarding(const Config& config) {
  if (config.logs_forward.empty()) return std::nullopt;
  const bool aws = config.logs_forward == "aws";
  metadata::KeeperOptions keeper = keeper_options(config);
  keeper.owner.profile = config.logs_forward_profile;
  metadata::ProfileOptions profile;
  profile.region = keeper.region;
  profile.sts_endpoint = keeper.sts_endpoint;
  profile.sso_endpoint = keeper.sso_endpoint;
  auto signer = std::make_shared<ProfileSigner>(keeper.owner, std::move(profile), aws);
  logrouter::ForwardOptions options;
  if (!aws) options.endpoint = config.logs_forward;
  options.create_groups = config.logs_create_groups;
  options.keys = [signer] { return signer->keys(); };
  return logrouter::forwarding_driver(std::move(options));
}

}  // namespace drydock::daemon
