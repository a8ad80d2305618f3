// How long to wait before trying again: exponential, with full jitter, so that many replicas cut off at the same moment
// do not come back at the same moment.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
#pragma once

#include <chrono>
#include <functional>

namespace irsa::base {

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
