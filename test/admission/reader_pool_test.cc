#include "src/admission/reader_pool.h"

#include <atomic>
#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "test/admission/pod_text.h"
#include "test/testing/await.h"

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
  std::string largest_small(kMaxSmallReview, '1');
  pool.Take()->ReadPod(largest_small).ok();
  EXPECT_EQ(pool.free_count(), 1U);
  std::string too_large(kMaxKeptMemory, '1');
  {
    const ReaderPool::Lease lease = pool.Take();
    lease->ReadPod(too_large).ok();
    EXPECT_GT(lease->memory(), kMaxKeptMemory);
  }
  EXPECT_EQ(pool.free_count(), 0U);
  EXPECT_LT(pool.Take()->memory(), kMaxKeptMemory);
}

// A small text may have a great many elements, keys or escapes, each of which takes more memory than text.
TEST(ReaderPool, LetsGoOfAReaderThatHasGrownForASmallReview) {
  for (const std::string& pod :
       {R"({"spec":{"volumes":[)" + Repeat("{}", 9000) + R"(],"containers":[{"env":[)" + Repeat("{}", 9000) + "]}]}}",
        R"({"metadata":{"labels":{)" + Repeat(R"("\n":1)", 18000) + "}}}",
        R"({"spec":{"containers":[{"env":[)" + Repeat("{}", 9000) + R"(],"volumeMounts":[)" + Repeat("{}", 9000) +
            "]}]}}"}) {
    ASSERT_LE(pod.size(), kMaxSmallReview);
    ReaderPool pool("p");
    std::string text = pod;
    EXPECT_TRUE(pool.Take()->ReadPod(text).ok());
    EXPECT_EQ(pool.free_count(), 0U) << pod.substr(0, 40);
  }
}

TEST(ReaderPool, KeepsNoMoreThanAFew) {
  ReaderPool pool("p");
  {
    std::list<ReaderPool::Lease> leases;
    for (size_t i = 0; i < kMaxKeptReaders + 1; ++i) leases.push_back(pool.Take());
  }
  EXPECT_EQ(pool.free_count(), kMaxKeptReaders);
}

constexpr size_t kLarge = 4 << 20;
const base::SteadyTime kAtOnce = base::SteadyTime::min();

TEST(ReaderPool, HasLargeReviewsWithinOneBound) {
  ReaderPool pool("p", EnvFrom::kIgnored, 2 * kLarge);
  auto first = std::make_optional(pool.TakeFor(kLarge, kAtOnce));
  const auto second = pool.TakeFor(kLarge, kAtOnce);
  ASSERT_TRUE(first->ok());
  ASSERT_TRUE(second.ok());
  const auto refused = pool.TakeFor(kMaxSmallReview + 1, kAtOnce);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(pool.TakeFor(kMaxSmallReview, kAtOnce).ok()) << "small ones never wait";
  first.reset();
  EXPECT_TRUE(pool.TakeFor(kLarge, kAtOnce).ok());
  EXPECT_EQ(pool.free_count(), 1U) << "only the small one's is kept";
}

TEST(ReaderPool, ReadsAReviewOverTheBoundByItself) {
  ReaderPool pool("p", EnvFrom::kIgnored, kLarge);
  const auto lease = pool.TakeFor(2 * kLarge, kAtOnce);
  EXPECT_TRUE(lease.ok());
  EXPECT_FALSE(pool.TakeFor(kLarge, kAtOnce).ok());
}

TEST(ReaderPool, HasALargeReviewWaitForItsTurn) {
  ReaderPool pool("p", EnvFrom::kIgnored, kLarge);
  const auto first = pool.TakeFor(kLarge, kAtOnce);
  EXPECT_FALSE(pool.TakeFor(kLarge, std::chrono::steady_clock::now() + std::chrono::milliseconds(1)).ok());
  // Without a limit of its own, as an end of the wait is not what is tested.
  LargeReviews large(kLarge);
  ASSERT_TRUE(large.Enter(kLarge, kAtOnce));
  bool entered = false;
  std::jthread waiting([&] { entered = large.Enter(kLarge, base::SteadyTime::max()); });
  large.Leave(kLarge);
  waiting.join();
  EXPECT_TRUE(entered);
}

// However much time its review has.
TEST(ReaderPool, HasALargeReviewWaitNoLongerThanItMay) {
  ReaderPool pool("p", EnvFrom::kIgnored, kLarge);
  const auto first = pool.TakeFor(kLarge, kAtOnce);
  EXPECT_FALSE(pool.TakeFor(kLarge, std::chrono::steady_clock::now() + std::chrono::hours(1)).ok());
}

TEST(ReaderPool, LetsFewLargeReviewsWait) {
  LargeReviews large(kLarge);
  ASSERT_TRUE(large.Enter(kLarge, kAtOnce));
  std::atomic<size_t> entered = 0;
  std::atomic<size_t> refused = 0;
  std::vector<std::jthread> callers;
  for (size_t i = 0; i < kMaxWaitingReviews + 1; ++i) {
    callers.emplace_back([&] {
      const bool has_entered = large.Enter(kLarge, base::SteadyTime::max());
      if (has_entered) large.Leave(kLarge);
      ++(has_entered ? entered : refused);
    });
  }
  EXPECT_TRUE(testing::Await([&] { return refused == 1U; })) << "whoever came last";
  large.Leave(kLarge);
  callers.clear();
  EXPECT_EQ(entered, kMaxWaitingReviews);
}

}  // namespace
}  // namespace irsa::admission
