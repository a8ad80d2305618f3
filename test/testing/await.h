// Waiting for what another thread does where nothing tells when it is done.
#pragma once

#include <chrono>
#include <thread>

namespace irsa::testing {

// Looks again and again until holds() is true; false when that has not come within a minute.
template <typename Predicate>
[[nodiscard]] bool Await(Predicate holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace irsa::testing
