#include "metadata/storage_meter.h"

#include <algorithm>

namespace drydock::metadata {
namespace {

constexpr std::size_t kAtOnce = 4'000;  // files: some ten milliseconds
constexpr std::size_t kMost = 500'000;
constexpr std::chrono::seconds kFresh{10};
constexpr int kShare = 20;  // counting takes at most this part of the time of one thread

}  // namespace

struct StorageMeter::State {
  explicit State(Counter c) : counter(std::move(c)) {}

  const Counter counter;
  std::mutex mutex;
  std::optional<std::uint64_t> bytes;
  TimePoint next;  // not counted again before
  bool counting = false;

  void count(std::size_t most) {
    const auto begun = std::chrono::steady_clock::now();
    const Count counted = counter(most);
    const auto took = std::chrono::steady_clock::now() - begun;
    const std::lock_guard lock(mutex);
    bytes = counted.bytes;
    if (most == kMost || counted.complete)
      next = begun + std::max<TimePoint::duration>(kFresh, took * kShare);
    counting = false;
  }
};

StorageMeter::StorageMeter(Counter counter, Background background)
    : background_(std::move(background)), state_(std::make_shared<State>(std::move(counter))) {}

std::int64_t StorageMeter::utilized_mib(TimePoint now) {
  bool first = false;
  bool due = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = !state_->bytes && !state_->counting;
    if (first) state_->counting = true;
  }
  if (first) state_->count(kAtOnce);
  std::uint64_t bytes = 0;
  {
    const std::lock_guard lock(state_->mutex);
    due = !state_->counting && now >= state_->next;
    if (due) state_->counting = true;
    bytes = state_->bytes.value_or(0);
  }
  if (due) background_([state = state_] { state->count(kMost); });
  return static_cast<std::int64_t>(bytes >> 20);
}

}  // namespace drydock::metadata
