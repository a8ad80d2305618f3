// A bound on what all connections hold together.
#pragma once

#include <atomic>
#include <cstddef>

namespace irsa::http {

// For any number of threads.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit) {}

  size_t used() const { return used_.load(std::memory_order_relaxed); }

  // One holder's part of it; for one thread at a time. The budget outlives it.
  class Share {
   public:
    explicit Share(MemoryBudget& budget) : budget_(budget) {}
    ~Share() { budget_.used_.fetch_sub(bytes_, std::memory_order_relaxed); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // False, and nothing is changed, when the budget would be overrun by growing.
    [[nodiscard]] bool Set(size_t bytes) {
      if (bytes > bytes_) {
        const size_t more = bytes - bytes_;
        if (budget_.used_.fetch_add(more, std::memory_order_relaxed) + more > budget_.limit_) {
          budget_.used_.fetch_sub(more, std::memory_order_relaxed);
          return false;
        }
      } else if (bytes < bytes_) {
        budget_.used_.fetch_sub(bytes_ - bytes, std::memory_order_relaxed);
      }
      bytes_ = bytes;
      return true;
    }

   private:
    MemoryBudget& budget_;
    size_t bytes_ = 0;
  };

 private:
  const size_t limit_;
  std::atomic<size_t> used_ = 0;
};

}  // namespace irsa::http
