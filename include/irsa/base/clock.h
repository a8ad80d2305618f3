// The clock as a parameter, so that no test waits for time to pass.
#pragma once

#include <chrono>

namespace irsa::base {

using SystemTime = std::chrono::system_clock::time_point;  // what certificates and tokens speak of
using SteadyTime = std::chrono::steady_clock::time_point;  // what deadlines are made of

// Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime Now() const = 0;
  virtual SteadyTime SteadyNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemTime Now() const override { return std::chrono::system_clock::now(); }
  SteadyTime SteadyNow() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace irsa::base
