// Waiting as a parameter, so that a test of what happens after a wait does not wait.
#pragma once

#include <chrono>
#include <stop_token>

namespace irsa::base {

class Waiter {
 public:
  virtual ~Waiter() = default;

  // Returns after `duration`, or at once when a stop is requested. Whether it may go on: false after a stop.
  virtual bool Wait(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
};

// May be called from any thread.
class ThreadWaiter final : public Waiter {
 public:
  bool Wait(std::chrono::milliseconds duration, const std::stop_token& stop) override;
};

}  // namespace irsa::base
