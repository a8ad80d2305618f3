#include <atomic>
#include <latch>
#include <new>
#include <stdexcept>
#include <string_view>

#include <gtest/gtest.h>

#include "irsa/base/waiting.h"

namespace irsa::base {
namespace {

TEST(Periodic, CallsAgainAndAgain) {
  std::latch calls(3);
  std::atomic<int> left = 3;
  const Periodic periodic(
      std::chrono::milliseconds(1),
      [&] {
        if (left.fetch_sub(1) > 0) calls.count_down();
      },
      [](std::string_view) {});
  calls.wait();
}

TEST(Periodic, CallsAtOnceAndEndsAWaitAtOnce) {
  // An hour's wait would run into the test's time-out.
  std::latch first(1);
  std::atomic<int> calls = 0;
  {
    const Periodic periodic(
        std::chrono::hours(1),
        [&] {
          ++calls;
          first.count_down();
        },
        [](std::string_view) {});
    first.wait();
  }
  EXPECT_EQ(calls, 1);
}

TEST(Periodic, GoesOnAfterAnException) {
  std::latch calls(3);
  std::atomic<int> left = 3;
  std::atomic<int> told = 0;
  {
    const Periodic periodic(
        std::chrono::milliseconds(1),
        [&] {
          if (left.fetch_sub(1) > 0) calls.count_down();
          if (left == 2) throw std::runtime_error("a bug");
          if (left == 1) throw std::bad_alloc();
        },
        [&](std::string_view what) {
          ++told;
          EXPECT_EQ(what, told == 1 ? "a bug" : "out of memory");
          throw std::bad_alloc();  // which costs the report alone
        });
    calls.wait();
  }
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace irsa::base
