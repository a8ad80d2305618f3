#include "reader_pool.h"

#include <algorithm>
#include <utility>

#include "irsa/base/memory.h"

namespace irsa::admission {
namespace {

// After a review of more, what its buffers took is given back to the system at once: glibc would keep tens of megabytes
// for each thread. It takes less time than the review did.
constexpr size_t kMaxUnreturnedBytes = 1 << 20;

}  // namespace

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

ReaderPool::Lease ReaderPool::Take() { return {TakeFree().release(), GiveBack(*this)}; }

Result<ReaderPool::Lease> ReaderPool::TakeFor(size_t review_bytes, base::SteadyTime deadline) {
  if (review_bytes <= kMaxSmallReview) return Take();
  auto reader = std::make_unique<ReviewReader>(annotation_prefix_, env_from_);
  const base::SteadyTime give_up = std::min(deadline, std::chrono::steady_clock::now() + kLongestWait);
  if (!large_.Enter(review_bytes, give_up)) {
    return Error{ErrorCode::kUnavailable, "too many large reviews in progress; retry"};
  }
  return Lease(reader.release(), GiveBack(*this, review_bytes));
}

size_t ReaderPool::free_count() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

std::unique_ptr<ReviewReader> ReaderPool::TakeFree() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<ReviewReader> reader = std::move(free_.back());
      free_.pop_back();
      return reader;
    }
  }
  return std::make_unique<ReviewReader>(annotation_prefix_, env_from_);
}

void ReaderPool::Put(std::unique_ptr<ReviewReader> reader, size_t large_bytes) {
  if (large_bytes > 0) {
    reader.reset();
    if (large_bytes > kMaxUnreturnedBytes) base::ReturnFreedMemory();
    large_.Leave(large_bytes);
    return;
  }
  if (reader->memory() > kMaxKeptMemory) return;
  const std::lock_guard lock(mutex_);
  if (free_.size() < kMaxKeptReaders) free_.push_back(std::move(reader));
}

}  // namespace irsa::admission
