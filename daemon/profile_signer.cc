#include "daemon/profile_signer.h"

#include "daemon/task_credentials.h"

namespace drydock::daemon {
namespace {

constexpr std::chrono::seconds kPause{5};  // before a profile that gave none is asked again

}  // namespace

ProfileSigner::ProfileSigner(const Config& config, const std::string& profile, std::string setting,
                             bool needs_keys)
    : setting_(std::move(setting)), needs_keys_(needs_keys) {
  const metadata::KeeperOptions keeper = keeper_options(config);
  owner_ = keeper.owner;
  owner_.profile = profile;
  options_.region = keeper.region;
  options_.sts_endpoint = keeper.sts_endpoint;
  options_.sso_endpoint = keeper.sso_endpoint;
}

Result<http::AwsKeys> ProfileSigner::keys() {
  const std::lock_guard lock(mutex_);
  if (now() >= due_) fetch();
  if (keys_ && (now() < until_)) return *keys_;
  if (!needs_keys_) return http::AwsKeys{"drydock", "drydock", ""};
  return fail(Errc::kBusy, setting_ + ": " + trouble_);
}

void ProfileSigner::fetch() {
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

}  // namespace drydock::daemon
