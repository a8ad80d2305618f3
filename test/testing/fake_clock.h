// Time that passes only when the test says so.
#pragma once

#include <atomic>
#include <chrono>

#include "irsa/base/clock.h"

namespace irsa::testing {

class FakeClock final : public base::Clock {
 public:
  explicit FakeClock(base::SystemTime start = base::SystemTime(std::chrono::seconds(1'790'000'000))) : start_(start) {}

  base::SystemTime Now() const override {
    return start_ + std::chrono::duration_cast<base::SystemTime::duration>(passed_.load());
  }
  base::SteadyTime SteadyNow() const override { return base::SteadyTime(passed_.load()); }

  void Advance(std::chrono::nanoseconds time) { passed_ = passed_.load() + time; }

 private:
  const base::SystemTime start_;
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::hours(1)};
};

}  // namespace irsa::testing
