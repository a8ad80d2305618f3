#include "irsa/admission/large_reviews.h"

namespace irsa::admission {
namespace {

// One of the largest size (--max-body-bytes is 7 MiB), or many of a few hundred kilobytes: up to 104 MiB of buffers.
constexpr size_t kMaxBytes = 8 << 20;

}  // namespace

LargeReviews& LargeReviews::OfProcess() {
  static LargeReviews reviews(kMaxBytes);
  return reviews;
}

bool LargeReviews::Enter(size_t bytes, base::SteadyTime give_up) {
  std::unique_lock lock(mutex_);
  const auto fits = [this, bytes] { return bytes_ == 0 || bytes_ + bytes <= max_bytes_; };
  if (!fits()) {
    const auto slot = waiting_.Take();
    if (!slot || !left_.wait_until(lock, give_up, fits)) return false;
  }
  bytes_ += bytes;
  return true;
}

void LargeReviews::Leave(size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
  }
  left_.notify_all();
}

}  // namespace irsa::admission
