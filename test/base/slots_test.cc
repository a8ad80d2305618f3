#include "irsa/base/slots.h"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

TEST(Slots, GivesOutAsManyAsThereAre) {
  Slots slots(2);
  auto first = slots.Take();
  const auto second = slots.Take();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(slots.Take());
  first.reset();
  EXPECT_TRUE(slots.Take());
}

TEST(Slots, HasNoneWhereThereAreNone) { EXPECT_FALSE(Slots(0).Take()); }

TEST(Slots, StaysTakenWhileItIsMoved) {
  Slots slots(1);
  {
    auto slot = slots.Take();
    const auto moved = std::move(slot);
    slot.reset();
    EXPECT_FALSE(slots.Take());
  }
  EXPECT_TRUE(slots.Take());
  EXPECT_TRUE(slots.Take()) << "given back once";
}

TEST(Slots, IsFreeAgainAfterAnException) {
  Slots slots(1);
  try {
    const auto slot = slots.Take();
    throw 1;
  } catch (int) {
  }
  EXPECT_TRUE(slots.Take());
}

TEST(Slots, NeverGivesOutMoreAtOnce) {
  Slots slots(3);
  std::atomic<int> taken = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 2000; ++turn) {
          const auto slot = slots.Take();
          if (!slot) continue;
          const int now = ++taken;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
          --taken;
        }
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
}

}  // namespace
}  // namespace irsa::base
