// A thread that calls a function again and again until it is destroyed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace irsa::base {

// Calls `action` at once and then again `interval` after each call's end, on a thread of its own; calls never overlap.
// Destruction waits for a call under way and ends a wait at once. `action` must not throw.
class Periodic {
 public:
  Periodic(std::chrono::milliseconds interval, std::function<void()> action);

 private:
  void Run(const std::stop_token& stop, std::chrono::milliseconds interval);

  std::function<void()> action_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace irsa::base
