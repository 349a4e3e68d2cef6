#include "metadata/rate_limit.h"

#include <algorithm>

namespace drydock::metadata {
namespace {

constexpr std::size_t kBuckets = 1024;

double seconds(RateLimiter::TimePoint::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

bool RateLimiter::admit(const std::string& address, const std::string& path, TimePoint now) {
  const auto key = std::hash<std::string>()(address + '\n' + path);
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kBuckets && buckets_.count(key) == 0) make_room(now);
  auto& bucket = buckets_.try_emplace(key, Bucket{limit_.burst, now}).first->second;
  bucket.tokens =
      std::min(limit_.burst, bucket.tokens + seconds(now - bucket.at) * limit_.per_second);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// Buckets that are full again say nothing; if none is, all are forgotten: the flood is of distinct
// paths, which the limit, as ECS has it, lets pass anyway.
void RateLimiter::make_room(TimePoint now) {
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const double tokens = it->second.tokens + seconds(now - it->second.at) * limit_.per_second;
    it = tokens >= limit_.burst ? buckets_.erase(it) : std::next(it);
  }
  if (buckets_.size() >= kBuckets) buckets_.clear();
}

}  // namespace drydock::metadata
