#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "images/pull.h"

namespace drydock::images {

// How far one layer is; written by the thread that fetches it, read by all that wait for it.
struct LayerState {
  std::atomic<LayerStep> step = LayerStep::kWaiting;
  std::atomic<std::uint64_t> bytes = 0;
};

// Which blobs are on their way, over all pulls: each is fetched by one, the others wait. Any
// thread.
class Flights {
 public:
  explicit Flights(int at_once) : at_once_(at_once) {}

  // The right to fetch a blob; given back when it goes, which wakes those who wait.
  class Claim {
   public:
    Claim(Flights& of, std::string digest) : of_(&of), digest_(std::move(digest)) {}
    Claim(Claim&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), digest_(std::move(other.digest_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim();

   private:
    Flights* of_;
    std::string digest_;
  };

  // Waits until nobody else fetches `digest`, and not too many blobs are fetched at all. While
  // another does, `mine` shows its progress; from here on `mine` is what others see. The store is
  // to be looked at again afterwards: the other may have succeeded.
  Result<Claim> claim(const std::string& digest, const std::shared_ptr<LayerState>& mine,
                      const CancelFlag& cancel);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<LayerState>> flying_;
  int at_once_;
};

}  // namespace drydock::images
