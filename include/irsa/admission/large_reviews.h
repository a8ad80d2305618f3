// Limits the memory that large reviews use while they are read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "irsa/base/clock.h"
#include "irsa/base/slots.h"

namespace irsa::admission {

// Reviews that may wait at once: each holds a thread that small reviews need.
inline constexpr size_t kMaxWaitingReviews = 2;

// Adds up the sizes of the reviews that are being read. May be used from any thread.
class LargeReviews {
 public:
  // The one for all readers of the process.
  static LargeReviews& OfProcess();

  explicit LargeReviews(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Waits until `bytes` more fit within the limit, or until nothing else is being read. False when neither happens in
  // time, or when kMaxWaitingReviews reviews already wait. After true, the caller must call Leave.
  bool Enter(size_t bytes, base::SteadyTime give_up);
  void Leave(size_t bytes);

 private:
  const size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable left_;
  size_t bytes_ = 0;  // guarded by mutex_
  base::Slots waiting_{kMaxWaitingReviews};
};

}  // namespace irsa::admission
