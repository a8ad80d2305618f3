#include "src/admission/reader_pool.h"

#include <string>

#include <gtest/gtest.h>

namespace irsa::admission {
namespace {

TEST(ReaderPool, GivesOutTheReaderUsedLast) {
  ReaderPool pool("p");
  const ReviewReader* first = nullptr;
  {
    const ReaderPool::Lease lease = pool.Take();
    first = lease.get();
  }
  EXPECT_EQ(pool.free_count(), 1U);
  const ReaderPool::Lease again = pool.Take();
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(pool.free_count(), 0U);
}

TEST(ReaderPool, MakesAsManyReadersAsAreInUseAtOnce) {
  ReaderPool pool("p");
  {
    const ReaderPool::Lease first = pool.Take();
    const ReaderPool::Lease second = pool.Take();
    EXPECT_NE(first.get(), second.get());
  }
  EXPECT_EQ(pool.free_count(), 2U);
}

TEST(ReaderPool, HandsThePrefixOn) {
  ReaderPool pool("example.org");
  std::string pod = R"({"metadata":{"annotations":{"example.org/a":"1","p/a":"2"}}})";
  EXPECT_EQ(pool.Take()->ReadPod(pod).value()->annotations.size(), 1U);
}

// What an attempt to send something huge costs must not stay.
TEST(ReaderPool, LetsGoOfAReaderThatHasGrownTooLarge) {
  ReaderPool pool("p");
  std::string largest_kept(kMaxKeptCapacity, '1');
  pool.Take()->ReadPod(largest_kept).ok();
  EXPECT_EQ(pool.free_count(), 1U);
  std::string too_large(kMaxKeptCapacity + 1, '1');
  {
    const ReaderPool::Lease lease = pool.Take();
    lease->ReadPod(too_large).ok();
    EXPECT_GT(lease->capacity(), kMaxKeptCapacity);
  }
  EXPECT_EQ(pool.free_count(), 0U);
  EXPECT_LT(pool.Take()->capacity(), kMaxKeptCapacity);
}

}  // namespace
}  // namespace irsa::admission
