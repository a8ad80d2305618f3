// Order that goes through another program: what a test sets before it starts one is there when the program asks a
// server of the test's for it, and what that server's thread has done is done when the program has ended. The threads
// know nothing of that order by themselves.
#pragma once

#include <mutex>

namespace irsa::testing {

// Whatever was done before one call is visible after each later one, in any thread.
inline void PassOn() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
}

}  // namespace irsa::testing
