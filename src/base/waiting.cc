#include "irsa/base/waiting.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

#include "irsa/base/guarded.h"

namespace irsa::base {

bool ThreadWaiter::Wait(std::chrono::milliseconds duration, const std::stop_token& stop) {
  // Not std::condition_variable_any, which takes memory: a thread that has run out of it waits, too.
  std::mutex mutex;
  std::condition_variable stopped;
  const std::stop_callback on_stop(stop, [&] {
    const std::lock_guard lock(mutex);
    stopped.notify_all();
  });
  std::unique_lock lock(mutex);
  return !stopped.wait_for(lock, duration, [&stop] { return stop.stop_requested(); });
}

Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> action,
                   std::function<void(std::string_view what)> on_exception)
    : thread_(
          [interval, action = std::move(action), on_exception = std::move(on_exception)](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
              CallGuarded(action, on_exception);
              ThreadWaiter().Wait(interval, stop);
            }
          }) {}

Random SeededRandom() {
  return [generator = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(generator);
  };
}

Backoff::Backoff(BackoffLimits limits, Random random)
    : limits_(limits), random_(std::move(random)), ceiling_(limits.initial) {}

std::chrono::milliseconds Backoff::Next() {
  const auto ceiling = std::min(ceiling_, limits_.max);
  ceiling_ = std::min(ceiling_ * 2, limits_.max);
  return std::chrono::duration_cast<std::chrono::milliseconds>(ceiling * random_());
}

void Backoff::Reset() { ceiling_ = limits_.initial; }

}  // namespace irsa::base
