#pragma once
#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace drydock::metadata {

struct RateLimit {  // metadata.md 4.2
  double per_second = 40;
  double burst = 60;
};

// A token bucket for each address and path. Thread-safe; memory is bounded whatever is asked for.
class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  explicit RateLimiter(RateLimit limit) : limit_(limit) {}
  // Takes a token; false when there is none.
  bool admit(const std::string& address, const std::string& path, TimePoint now);
  const RateLimit& limit() const { return limit_; }

 private:
  struct Bucket {
    double tokens;
    TimePoint at;
  };
  void make_room(TimePoint now);

  const RateLimit limit_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, Bucket>
      buckets_;  // by hash: a long path costs no more than a short one
};

}  // namespace drydock::metadata
