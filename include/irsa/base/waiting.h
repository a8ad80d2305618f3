// Waiting: as a parameter, so that a test of what happens after a wait does not wait; again and again; and how long
// before trying again (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

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

// Calls `action` at once and then again `interval` after each call's end, on a thread of its own; calls never overlap.
// Destruction waits for a call under way and ends a wait at once. What `action` throws goes to `on_exception`, in
// words, and the next call comes as if nothing had happened.
class Periodic {
 public:
  Periodic(std::chrono::milliseconds interval, std::function<void()> action,
           std::function<void(std::string_view what)> on_exception);

 private:
  std::jthread thread_;
};

// Uniform in [0, 1).
using Random = std::function<double()>;

// Seeded differently in each process and at each call; for one thread at a time.
Random SeededRandom();

struct BackoffLimits {
  std::chrono::milliseconds initial{500};
  std::chrono::milliseconds max{30000};
};

// For one thread at a time.
class Backoff {
 public:
  Backoff(BackoffLimits limits, Random random);

  // Uniform between zero and a ceiling that is `initial` at first and doubles with each call, up to `max`.
  std::chrono::milliseconds Next();

  // The next wait is as short as the first one.
  void Reset();

 private:
  BackoffLimits limits_;
  Random random_;
  std::chrono::milliseconds ceiling_;
};

}  // namespace irsa::base
