// Review readers that are free, so that buffers grown for one review serve the next.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "irsa/admission/review_reader.h"

namespace irsa::admission {

// A reader that has grown over this many bytes of review is not kept. etcd refuses requests over 1.5 MiB, so a pod this
// big is hardly ever one that will exist, and the buffers for it are 14 times its size for each thread.
inline constexpr size_t kMaxKeptCapacity = 1 << 20;

// Holds as many readers as were ever in use at once. May be used from any thread.
class ReaderPool {
 public:
  // `annotation_prefix` as for ReviewReader.
  explicit ReaderPool(std::string annotation_prefix) : annotation_prefix_(std::move(annotation_prefix)) {}

  class GiveBack {
   public:
    explicit GiveBack(ReaderPool& pool) : pool_(&pool) {}
    void operator()(ReviewReader* reader) const { pool_->Put(std::unique_ptr<ReviewReader>(reader)); }

   private:
    ReaderPool* pool_;
  };
  using Lease = std::unique_ptr<ReviewReader, GiveBack>;

  // The one used last, or a new one; it returns to the pool, which outlives it, when the lease ends.
  Lease Take();

  size_t free_count() const;

 private:
  void Put(std::unique_ptr<ReviewReader> reader);

  const std::string annotation_prefix_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ReviewReader>> free_;  // guarded by mutex_
};

}  // namespace irsa::admission
