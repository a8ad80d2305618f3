#include "reader_pool.h"

#include <utility>

namespace irsa::admission {

ReaderPool::Lease ReaderPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<ReviewReader> reader = std::move(free_.back());
      free_.pop_back();
      return {reader.release(), GiveBack(*this)};
    }
  }
  return {new ReviewReader(annotation_prefix_), GiveBack(*this)};
}

size_t ReaderPool::free_count() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

void ReaderPool::Put(std::unique_ptr<ReviewReader> reader) {
  if (reader->capacity() > kMaxKeptCapacity) return;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(reader));
}

}  // namespace irsa::admission
