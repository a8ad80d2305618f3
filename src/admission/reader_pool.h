// Review readers that are free, so that buffers grown for one review serve the next; and none for a large review while
// others take the memory for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "irsa/admission/review_handler.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/slots.h"

namespace irsa::admission {

// A review of more bytes is large: it counts towards LargeReviews, and its reader is not kept. A pod of a few
// containers is reviewed in 4 to 10 KB, one of fifty in 125 KB.
inline constexpr size_t kMaxSmallReview = 128 << 10;
// A reader whose buffers have grown to more is not kept: 4 bytes for each of a review are usual, and lists of empty
// elements or a great many escapes take more.
inline constexpr size_t kMaxKeptMemory = 1 << 20;
// More in use at once are let go of again.
inline constexpr size_t kMaxKeptReaders = 8;
// How long a large review waits for its turn: it holds a thread meanwhile. One of the largest size takes some 20 ms.
inline constexpr std::chrono::milliseconds kLongestWait{500};
// One of the largest size (--max-body-bytes is 7 MiB), or many of a few hundred kilobytes: up to 104 MiB of buffers.
inline constexpr size_t kMaxLargeBytes = 8 << 20;

// Adds up the sizes of the large reviews that are being read. May be used from any thread.
class LargeReviews {
 public:
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

// May be used from any thread.
class ReaderPool {
 public:
  // `annotation_prefix` and `env_from` as for ReviewReader.
  explicit ReaderPool(std::string annotation_prefix, EnvFrom env_from = EnvFrom::kIgnored,
                      size_t max_large_bytes = kMaxLargeBytes)
      : annotation_prefix_(std::move(annotation_prefix)), env_from_(env_from), large_(max_large_bytes) {
    free_.reserve(kMaxKeptReaders);  // so that giving a reader back never fails
  }

  class GiveBack {
   public:
    explicit GiveBack(ReaderPool& pool, size_t large_bytes = 0) : pool_(&pool), large_bytes_(large_bytes) {}
    void operator()(ReviewReader* reader) const { pool_->Put(std::unique_ptr<ReviewReader>(reader), large_bytes_); }

   private:
    ReaderPool* pool_;
    size_t large_bytes_;  // entered into large_; 0 for a review that is not large
  };
  using Lease = std::unique_ptr<ReviewReader, GiveBack>;

  // The one used last, or a new one; it returns to the pool, which outlives it, when the lease ends.
  Lease Take();
  // For a review of that many bytes. A large one may wait for others, until `deadline` and no longer than kLongestWait;
  // kUnavailable when its turn has not come then.
  Result<Lease> TakeFor(size_t review_bytes, base::SteadyTime deadline);

  size_t free_count() const;

 private:
  std::unique_ptr<ReviewReader> TakeFree();
  void Put(std::unique_ptr<ReviewReader> reader, size_t large_bytes);

  const std::string annotation_prefix_;
  const EnvFrom env_from_;
  LargeReviews large_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ReviewReader>> free_;  // guarded by mutex_
};

}  // namespace irsa::admission
