#include "irsa/base/periodic.h"

#include <utility>

namespace irsa::base {

Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> action)
    : action_(std::move(action)), thread_([this, interval](const std::stop_token& stop) { Run(stop, interval); }) {}

void Periodic::Run(const std::stop_token& stop, std::chrono::milliseconds interval) {
  while (!stop.stop_requested()) {
    action_();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, interval, [] { return false; });
  }
}

}  // namespace irsa::base
