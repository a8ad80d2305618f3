#include "silence_guard.h"

#include <utility>

namespace irsa::kube {

SilenceGuard::SilenceGuard(base::Waiter& waiter, std::chrono::milliseconds limit, std::function<void()> on_silence)
    : on_silence_(std::move(on_silence)),
      limit_(limit),
      thread_([this, &waiter](const std::stop_token& stop) { Run(waiter, stop); }) {}

void SilenceGuard::Touch(std::chrono::milliseconds limit) {
  limit_ = limit;
  touched_ = true;
}

void SilenceGuard::Run(base::Waiter& waiter, const std::stop_token& stop) {
  while (waiter.Wait(limit_, stop)) {
    if (touched_.exchange(false)) continue;
    on_silence_();
    return;
  }
}

}  // namespace irsa::kube
