#pragma once
#include <memory>
#include <mutex>

namespace drydock {

// A value that one thread replaces and others read: readers get an immutable snapshot.
// The lock is held for the copy of a pointer only.
template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> value = std::make_shared<T>())
      : value_(std::move(value)) {}
  // The newest value; never null.
  std::shared_ptr<const T> get() const {
    std::lock_guard lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace drydock
