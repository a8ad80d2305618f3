// Notices that nothing comes any more: a watch whose other side vanished without a word looks like one on which nothing
// happens.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "irsa/base/waiting.h"

namespace irsa::kube {

// Touch may be called from any thread.
class SilenceGuard {
 public:
  // Calls `on_silence`, at most once and from a thread of its own, when `limit` passes without a Touch; it may be
  // called as late as after two times that. `waiter` outlives the guard. Destruction waits for a call under way.
  SilenceGuard(base::Waiter& waiter, std::chrono::milliseconds limit, std::function<void()> on_silence)
      : on_silence_(std::move(on_silence)),
        limit_(limit),
        thread_([this, &waiter](const std::stop_token& stop) { Run(waiter, stop); }) {}

  // Something came. `limit` holds from the end of the present wait on.
  void Touch(std::chrono::milliseconds limit) {
    limit_ = limit;
    touched_ = true;
  }

 private:
  void Run(base::Waiter& waiter, const std::stop_token& stop) {
    while (waiter.Wait(limit_, stop)) {
      if (touched_.exchange(false)) continue;
      on_silence_();
      return;
    }
  }

  const std::function<void()> on_silence_;
  std::atomic<std::chrono::milliseconds> limit_;
  std::atomic<bool> touched_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace irsa::kube
