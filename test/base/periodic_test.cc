#include <atomic>
#include <latch>

#include <gtest/gtest.h>

#include "irsa/base/waiting.h"

namespace irsa::base {
namespace {

TEST(Periodic, CallsAgainAndAgain) {
  std::latch calls(3);
  std::atomic<int> left = 3;
  const Periodic periodic(std::chrono::milliseconds(1), [&] {
    if (left.fetch_sub(1) > 0) calls.count_down();
  });
  calls.wait();
}

TEST(Periodic, CallsAtOnceAndEndsAWaitAtOnce) {
  // An hour's wait would run into the test's time-out.
  std::latch first(1);
  std::atomic<int> calls = 0;
  {
    const Periodic periodic(std::chrono::hours(1), [&] {
      ++calls;
      first.count_down();
    });
    first.wait();
  }
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace irsa::base
