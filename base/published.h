#pragma once
#include <atomic>
#include <memory>
#include <mutex>

namespace drydock {

// A value that one thread replaces and others read: readers get an immutable snapshot.
// The lock is held for the copy of a pointer, or for one update.
template <class T>
class Published {
 public:
  Published() : value_(std::make_shared<T>()) {}
  // The newest value; never null.
  std::shared_ptr<const T> get() const {
    std::lock_guard lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);
  }
  // Changes the value: in place while nobody holds a snapshot, else a copy that takes its place.
  template <class Change>
  void update(Change change) {
    std::lock_guard lock(mutex_);
    if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
    // Whoever held the last snapshot has read it before we write.
    std::atomic_thread_fence(std::memory_order_acquire);
    change(*value_);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<T> value_;  // nobody else may change it
};

}  // namespace drydock
