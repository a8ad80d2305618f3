#include <thread>

#include <gtest/gtest.h>

#include "irsa/base/waiting.h"

namespace irsa::base {
namespace {

TEST(ThreadWaiter, ReturnsWhenTheTimeIsOver) {
  EXPECT_TRUE(ThreadWaiter().Wait(std::chrono::milliseconds(1), std::stop_token()));
}

TEST(ThreadWaiter, EndsAWaitAtOnceWhenStopped) {
  std::stop_source source;
  std::jthread stopper([&source] { source.request_stop(); });
  // An hour's wait would run into the test's time-out.
  EXPECT_FALSE(ThreadWaiter().Wait(std::chrono::hours(1), source.get_token()));
}

}  // namespace
}  // namespace irsa::base
