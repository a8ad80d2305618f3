// SIGTERM and SIGINT as something to wait for.
#pragma once

#include <chrono>

namespace irsa::serve {

// Blocks the two signals in the calling thread and all threads started from then on, so construct it before any; they
// stay blocked when it is gone. SIGPIPE is ignored from then on: a peer that went away is an error of its socket.
class TerminationSignals {
 public:
  TerminationSignals();

  // Waits for one of them; its number.
  int Wait() const;

  // Waits at most that long; whether one came.
  bool WaitFor(std::chrono::milliseconds time) const;
};

}  // namespace irsa::serve
