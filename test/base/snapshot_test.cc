#include "irsa/base/snapshot.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

TEST(Snapshot, IsNullUntilItIsSet) {
  Snapshot<int> snapshot;
  EXPECT_EQ(snapshot.Get(), nullptr);
  snapshot.Set(std::make_shared<const int>(1));
  EXPECT_EQ(*snapshot.Get(), 1);
}

TEST(Snapshot, KeepsAReadersValueAcrossASwap) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  const auto before = snapshot.Get();
  snapshot.Set(std::make_shared<const int>(2));
  EXPECT_EQ(*before, 1);
  EXPECT_EQ(*snapshot.Get(), 2);
}

// For ThreadSanitizer: readers only ever see whole values, in order.
TEST(Snapshot, ServesReadersWhileItIsSwapped) {
  Snapshot<std::vector<int>> snapshot(std::make_shared<const std::vector<int>>(100, 0));
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&snapshot] {
      for (int last = 0; last < 999;) {
        const auto value = snapshot.Get();
        ASSERT_EQ(*value, std::vector<int>(100, value->front()));
        ASSERT_GE(value->front(), last);
        last = value->front();
      }
    });
  }
  for (int i = 1; i < 1000; ++i) snapshot.Set(std::make_shared<const std::vector<int>>(100, i));
}

}  // namespace
}  // namespace irsa::base
