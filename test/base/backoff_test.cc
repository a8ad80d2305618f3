#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/waiting.h"

namespace irsa::base {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr BackoffLimits kLimits{.initial = milliseconds(100), .max = milliseconds(1000)};

std::vector<milliseconds> Waits(Backoff& backoff, int count) {
  std::vector<milliseconds> waits;
  for (int i = 0; i < count; ++i) waits.push_back(backoff.Next());
  return waits;
}

TEST(Backoff, DoublesItsCeilingUpToTheMaximum) {
  Backoff backoff(kLimits, [] { return 1.0; });
  EXPECT_THAT(Waits(backoff, 6), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400), milliseconds(800),
                                             milliseconds(1000), milliseconds(1000)));
}

TEST(Backoff, WaitsAnyShareOfTheCeiling) {
  double share = 0;
  Backoff backoff(kLimits, [&share] { return share += 0.25; });
  EXPECT_THAT(Waits(backoff, 3), ElementsAre(milliseconds(25), milliseconds(100), milliseconds(300)));
}

TEST(Backoff, StartsAgainAfterAReset) {
  Backoff backoff(kLimits, [] { return 1.0; });
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), milliseconds(100));
}

TEST(Backoff, NeverWaitsLongerThanAMaximumBelowItsFirstWait) {
  Backoff backoff({.initial = milliseconds(100), .max = milliseconds(10)}, [] { return 1.0; });
  EXPECT_THAT(Waits(backoff, 2), ElementsAre(milliseconds(10), milliseconds(10)));
}

TEST(SeededRandom, StaysInItsRangeAndVaries) {
  const Random random = SeededRandom();
  double lowest = 1;
  double highest = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = random();
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  EXPECT_GE(lowest, 0);
  EXPECT_LT(highest, 1);
  EXPECT_LT(lowest, highest);
}

}  // namespace
}  // namespace irsa::base
