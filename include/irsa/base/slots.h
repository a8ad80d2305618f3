// A limit on how many may do something at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace irsa::base {

// A number of slots, each free or taken. May be used from any thread; nobody waits. Outlives what is taken from it.
class Slots {
 public:
  // Taken until it is destroyed.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) ++slots_->free_;
    }

   private:
    friend class Slots;
    explicit Slot(Slots& slots) : slots_(&slots) {}
    Slots* slots_;
  };

  explicit Slots(size_t count) : free_(count) {}

  // Nothing when all are taken.
  std::optional<Slot> Take() {
    size_t free = free_;
    while (free > 0) {
      if (free_.compare_exchange_weak(free, free - 1)) return Slot(*this);
    }
    return std::nullopt;
  }

 private:
  std::atomic<size_t> free_;
};

}  // namespace irsa::base
