#include "netns/address_pool.h"

#include <algorithm>

namespace drydock::netns {

AddressPool::AddressPool(Subnet subnet, const std::vector<int>& used,
                         const std::vector<Subnet>& elsewhere)
    : subnet_(subnet),
      last_(static_cast<int>(std::min<std::uint64_t>(subnet.size(), 65536)) - 2),
      cursor_(kFirst),
      state_(static_cast<std::size_t>(last_ + 1), State::kFresh) {
  fresh_ = last_ - kFirst + 1;
  for (const auto& range : elsewhere) {
    const auto first = std::uint64_t{range.base.value - subnet.base.value};
    for (auto n = std::max<std::uint64_t>(first, kFirst);
         n < first + range.size() && n <= static_cast<std::uint64_t>(last_); ++n) {
      if (state_[n] == State::kUsed) continue;
      state_[n] = State::kUsed;
      --fresh_;
    }
  }
  capacity_ = fresh_;
  for (const int slot : used) {
    if (!holds(slot) || state_[static_cast<std::size_t>(slot)] == State::kUsed) continue;
    state_[static_cast<std::size_t>(slot)] = State::kUsed;
    --fresh_;
    cursor_ = std::max(cursor_, slot + 1);
  }
}

bool AddressPool::holds(int slot) const { return slot >= kFirst && slot <= last_; }

Result<int> AddressPool::take() {
  int slot = 0;
  if (fresh_ > 0) {
    for (;; ++cursor_) {
      if (cursor_ > last_) cursor_ = kFirst;
      if (state_[static_cast<std::size_t>(cursor_)] == State::kFresh) break;
    }
    slot = cursor_++;
    --fresh_;
  } else if (!freed_.empty()) {
    slot = freed_.front();
    freed_.pop_front();
  } else {
    return fail(Errc::kBusy,
                "no free address: all " + std::to_string(capacity_) + " of " + to_string(subnet_) +
                    " are in use; stop tasks, or start the daemon with a bigger --subnet");
  }
  state_[static_cast<std::size_t>(slot)] = State::kUsed;
  return slot;
}

void AddressPool::give_back(int slot) {
  if (!holds(slot) || state_[static_cast<std::size_t>(slot)] != State::kUsed) return;
  state_[static_cast<std::size_t>(slot)] = State::kFreed;
  freed_.push_back(slot);
}

}  // namespace drydock::netns
