#include "metadata/credentials_keeper.h"

#include <algorithm>

#include "metadata/sts_client.h"

namespace drydock::metadata {
namespace {

using runtime::TaskSpec;
using Spec = std::shared_ptr<const TaskSpec>;

constexpr auto kLocalLife = std::chrono::hours(6);  // as ECS gives them
constexpr auto kAhead = std::chrono::minutes(20);
constexpr auto kRetry = std::chrono::seconds(30);

bool is_local(const TaskSpec& spec) { return spec.credentials == "fake"; }

}  // namespace

Time refresh_at(Time now, Time expiration) {
  const auto half = now + (expiration - now) / 2;
  return std::max(half, expiration - kAhead);
}

CredentialsKeeper::CredentialsKeeper(KeeperOptions options, LocalKeys& local)
    : options_(std::move(options)), local_(local) {}

CredentialsKeeper::~CredentialsKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CredentialsKeeper::add(const Spec& spec) {
  if (spec->credentials_id.empty()) return;
  const std::lock_guard lock(mutex_);
  const bool fresh = entries_.try_emplace(spec->task_id, Entry{spec, {}, {}, {}}).second;
  if (!fresh || is_local(*spec)) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  news_.notify_all();
}

void CredentialsKeeper::remove(const std::string& task_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(task_id);
}

CredentialsLookup CredentialsKeeper::find(const std::string& task_id, const std::string& id) {
  const Time at = now();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(task_id);
  if (found == entries_.end() || id != found->second.spec->credentials_id)
    return UnknownCredentials{};
  Entry& one = found->second;
  if (is_local(*one.spec) && (!one.keys || one.due <= at)) {
    one.keys = local_.mint(one.spec->definition.task_role_arn, task_id, at + kLocalLife);
    one.due = refresh_at(at, one.keys->expiration);
  }
  if (!one.keys || one.keys->expiration <= at) return PendingCredentials{};
  return *one.keys;
}

void CredentialsKeeper::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const Time at = now();
    Spec next;
    Time soonest = at + std::chrono::hours(1);
    for (const auto& [id, one] : entries_) {
      if (is_local(*one.spec)) continue;
      if (one.due <= at) next = one.spec;
      soonest = std::min(soonest, one.due);
    }
    if (!next) {
      news_.wait_until(lock, std::chrono::ceil<std::chrono::system_clock::duration>(soonest));
      continue;
    }
    lock.unlock();
    auto fetched = fetch(*next);
    lock.lock();
    keep(next->task_id, std::move(fetched));
  }
}

Result<RoleCredentials> CredentialsKeeper::fetch(const TaskSpec& spec) const {
  const auto owner = profile_owner(spec.user, spec.credentials, options_.owner);
  const auto cancelled = [this] {
    const std::lock_guard lock(mutex_);
    return ending_;
  };
  DRYDOCK_LET(auto base, profile_keys(owner, {options_.region, options_.sts_endpoint, cancelled,
                                              options_.sso_endpoint}));
  const auto& role = spec.definition.task_role_arn;
  base.keys.role_arn = role;
  if (spec.credentials.rfind("assume", 0) != 0) return std::move(base.keys);
  AssumeRole request;
  request.endpoint = options_.sts_endpoint.empty() ? "https://sts." + base.region + ".amazonaws.com"
                                                   : options_.sts_endpoint;
  request.region = base.region;
  request.role_arn = role;
  request.session = spec.task_id;
  return assume_role(request, {base.keys.access_key, base.keys.secret, base.keys.token}, cancelled);
}

void CredentialsKeeper::keep(const std::string& task_id, Result<RoleCredentials> fetched) {
  const auto found = entries_.find(task_id);
  if (found == entries_.end()) return;
  Entry& one = found->second;
  const Time at = now();
  if (fetched && fetched->expiration > at) {
    one.due = std::max(refresh_at(at, fetched->expiration), at + kRetry);
    one.keys = std::move(*fetched);
    one.trouble.clear();
    return;
  }
  one.due = at + kRetry;
  const std::string why =
      fetched ? "the keys that were given are over already" : fetched.error().message;
  if (why == one.trouble) return;
  one.trouble = why;
  if (options_.report)
    options_.report(
        task_id, "no credentials for the role " + one.spec->definition.task_role_arn + ": " + why);
}

}  // namespace drydock::metadata
