#include "images/flights.h"

#include <chrono>

namespace drydock::images {
namespace {

constexpr std::chrono::milliseconds kLookForCancel{100};

}  // namespace

Flights::Claim::~Claim() {
  if (!of_) return;
  {
    const std::lock_guard guard(of_->mutex_);
    of_->flying_.erase(digest_);
  }
  of_->changed_.notify_all();
}

Result<Flights::Claim> Flights::claim(const std::string& digest,
                                      const std::shared_ptr<LayerState>& mine,
                                      const CancelFlag& cancel) {
  std::unique_lock guard(mutex_);
  for (;;) {
    if (cancel.is_set()) return fail(Errc::kCancelled, "cancelled");
    const auto other = flying_.find(digest);
    if (other == flying_.end() && flying_.size() < static_cast<std::size_t>(at_once_)) {
      flying_.emplace(digest, mine);
      return Claim(*this, digest);
    }
    if (other != flying_.end()) {
      mine->step = other->second->step.load();
      mine->bytes = other->second->bytes.load();
    }
    changed_.wait_for(guard, kLookForCancel);
  }
}

}  // namespace drydock::images
