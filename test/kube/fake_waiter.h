// Waits that are over at once, but for those long enough to be time limits, which are over when the test says so.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

#include "irsa/base/waiting.h"

namespace irsa::kube {

class FakeWaiter final : public base::Waiter {
 public:
  static constexpr std::chrono::milliseconds kLong = std::chrono::hours(1);

  bool Wait(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    if (duration < kLong) {
      waits_.push_back(duration);
      return !stop.stop_requested();
    }
    waiting_.insert(duration);
    changed_.notify_all();
    const bool is_over = changed_.wait(lock, stop, [this, duration] { return over_.contains(duration); });
    waiting_.erase(waiting_.find(duration));
    if (is_over) over_.erase(over_.find(duration));
    return is_over;
  }

  // The next wait of that length, or the one under way, is over.
  void End(std::chrono::milliseconds duration) {
    const std::lock_guard lock(mutex_);
    over_.insert(duration);
    changed_.notify_all();
  }

  // Returns when somebody waits that long.
  void AwaitWait(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, duration] { return waiting_.contains(duration); });
  }

  // Those under kLong, in order.
  std::vector<std::chrono::milliseconds> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multiset<std::chrono::milliseconds> over_;  // guarded by mutex_, as are the next two
  std::multiset<std::chrono::milliseconds> waiting_;
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace irsa::kube
