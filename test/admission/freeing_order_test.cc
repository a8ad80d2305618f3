// In a program of its own, since it replaces operator delete and malloc_trim: when a large review's place is given to
// the next one, and its memory to the system.
#include <cstdlib>
#include <functional>
#include <malloc.h>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "src/admission/reader_pool.h"

namespace {

constexpr size_t kLargeBlock = 1 << 20;
std::function<void()>* on_large_block = nullptr;  // called before one is freed
int trims = 0;

void Free(void* block) {
  if (on_large_block != nullptr && block != nullptr && ::malloc_usable_size(block) >= kLargeBlock) {
    (*std::exchange(on_large_block, nullptr))();
  }
  std::free(block);
}

}  // namespace

void* operator new(size_t size) {
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* block) noexcept { Free(block); }
void operator delete[](void* block) noexcept { Free(block); }
void operator delete(void* block, size_t) noexcept { Free(block); }
void operator delete[](void* block, size_t) noexcept { Free(block); }

int malloc_trim(size_t /*pad*/) noexcept {
  ++trims;
  return 0;
}

namespace irsa::admission {
namespace {

TEST(ReaderPool, FreesALargeReadersMemoryBeforeTheNextMayTakeAsMuch) {
  const base::SteadyTime at_once = base::SteadyTime::min();
  std::string review(kLargeBlock, '1');
  ReaderPool pool("p", EnvFrom::kIgnored, review.size());
  auto lease = std::make_optional(pool.TakeFor(review.size(), at_once));
  ASSERT_TRUE(lease->ok());
  EXPECT_FALSE((**lease)->ReadPod(review).ok());
  std::optional<bool> was_let_in;
  std::function<void()> look = [&] { was_let_in = pool.TakeFor(review.size(), at_once).ok(); };
  on_large_block = &look;
  lease.reset();
  EXPECT_EQ(was_let_in, false);
  EXPECT_TRUE(pool.TakeFor(review.size(), at_once).ok());
}

TEST(ReaderPool, ReturnsTheMemoryOfAReviewOverAMebibyteToTheSystem) {
  ReaderPool pool("p");
  const int before = trims;
  EXPECT_TRUE(pool.TakeFor(kLargeBlock, base::SteadyTime::max()).ok());
  EXPECT_EQ(trims, before);
  EXPECT_TRUE(pool.TakeFor(kLargeBlock + 1, base::SteadyTime::max()).ok());
  EXPECT_EQ(trims, before + 1);
}

}  // namespace
}  // namespace irsa::admission
