// Review readers that are free, so that buffers grown for one review serve the next; and none for a large review while
// others take the memory for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "irsa/admission/large_reviews.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"

#include "answers.h"

namespace irsa::admission {

// A review of more bytes is large: it counts towards LargeReviews, and its reader is not kept. A pod of a few
// containers is reviewed in 4 to 10 KB, one of fifty in 125 KB.
inline constexpr size_t kMaxSmallReview = 128 << 10;
// A reader whose buffers have grown to more is not kept: 4 bytes for each of a review are usual, and lists of empty
// elements or a great many escapes take more.
inline constexpr size_t kMaxKeptMemory = 1 << 20;
// Of a pool; more in use at once are let go of again.
inline constexpr size_t kMaxKeptReaders = 8;
// How long a large review waits for its turn: it holds a thread meanwhile. One of the largest size takes some 20 ms.
inline constexpr std::chrono::milliseconds kLongestWait{500};

// May be used from any thread.
class ReaderPool {
 public:
  // `annotation_prefix` and `env_from` as for ReviewReader. `large` outlives the pool.
  explicit ReaderPool(std::string annotation_prefix, LargeReviews& large = LargeReviews::OfProcess(),
                      EnvFrom env_from = EnvFrom::kIgnored)
      : annotation_prefix_(std::move(annotation_prefix)), env_from_(env_from), large_(large) {
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
  LargeReviews& large_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ReviewReader>> free_;  // guarded by mutex_
};

// What every handler begins with: a reader for the review, and the request in it. `answer` is called with both; what is
// wrong before that is answered here.
template <typename Answer>
AdmissionAnswer AnswerReview(ReaderPool& readers, std::string& review, base::SteadyTime deadline, Answer answer) {
  const Result<ReaderPool::Lease> lease = readers.TakeFor(review.size(), deadline);
  if (!lease.ok()) return AnswerTo(lease.error(), {});
  ReviewReader& reader = **lease;
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  if (!request.ok()) return AnswerTo(request.error(), {});
  return answer(*request, reader);
}

}  // namespace irsa::admission
