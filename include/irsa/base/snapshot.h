// One immutable value that a writer swaps whole while any number of threads read it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace irsa::base {

// Get and Set may be called from any thread. A reader keeps the value it got for as long as it likes.
//
// A mutex around the pointer's copy rather than std::atomic<std::shared_ptr>: libstdc++ 12's makes ThreadSanitizer
// report a race in every run.
template <typename T>
class Snapshot {
 public:
  Snapshot() = default;
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  // Null until the first Set when constructed without a value.
  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  // The old value is destroyed outside the lock.
  void Set(std::shared_ptr<const T> value) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(value);
    }
    value.reset();
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_
};

}  // namespace irsa::base
