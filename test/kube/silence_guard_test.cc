#include "src/kube/watch/silence_guard.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "test/kube/fake_waiter.h"

namespace irsa::kube {
namespace {

using std::chrono::hours;

TEST(SilenceGuard, SaysWhenNothingComes) {
  FakeWaiter waiter;
  std::promise<void> silence;
  const SilenceGuard guard(waiter, hours(1), [&silence] { silence.set_value(); });
  waiter.End(hours(1));
  silence.get_future().wait();
}

TEST(SilenceGuard, WaitsOnAfterATouchAsLongAsThatSays) {
  FakeWaiter waiter;
  std::promise<void> silence;
  std::atomic<bool> was_called = false;
  SilenceGuard guard(waiter, hours(1), [&] {
    was_called = true;
    silence.set_value();
  });
  waiter.AwaitWait(hours(1));
  guard.Touch(hours(2));
  waiter.End(hours(1));
  waiter.AwaitWait(hours(2));
  // Its thread calls before it waits again, if it does.
  EXPECT_FALSE(was_called);
  waiter.End(hours(2));
  silence.get_future().wait();
}

TEST(SilenceGuard, EndsAtOnce) {
  FakeWaiter waiter;
  bool was_called = false;
  {
    const SilenceGuard guard(waiter, hours(1), [&was_called] { was_called = true; });
  }
  EXPECT_FALSE(was_called);
}

}  // namespace
}  // namespace irsa::kube
