#include "irsa/base/waiting.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

namespace irsa::base {

bool ThreadWaiter::Wait(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> action)
    : thread_([interval, action = std::move(action)](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          action();
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
