// A rate limit: so many at once, then so many a second.
#pragma once

#include <algorithm>
#include <chrono>

#include "irsa/base/clock.h"

namespace irsa::base {

// For one thread at a time.
class TokenBucket {
 public:
  // Full at first. `per_second` is over 0, `burst` at least 1.
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Whether one more is allowed now; if so, it is counted. `now` never goes back.
  bool Take(SteadyTime now) {
    if (last_ != SteadyTime()) {
      tokens_ = std::min(burst_, tokens_ + std::chrono::duration<double>(now - last_).count() * per_second_);
    }
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  SteadyTime last_;
};

}  // namespace irsa::base
