#include "src/http/server/memory_budget.h"

#include <optional>

#include <gtest/gtest.h>

namespace irsa::http {
namespace {

TEST(MemoryBudget, IsSharedUpToItsLimit) {
  MemoryBudget budget(100);
  std::optional<MemoryBudget::Share> first(budget);
  MemoryBudget::Share second(budget);
  EXPECT_TRUE(first->Set(60));
  EXPECT_TRUE(second.Set(40));
  EXPECT_FALSE(second.Set(41));
  EXPECT_EQ(budget.used(), 100U) << "what is refused changes nothing";
  EXPECT_TRUE(first->Set(50));
  EXPECT_TRUE(second.Set(50));
  first.reset();
  EXPECT_EQ(budget.used(), 50U);
  EXPECT_TRUE(second.Set(0));
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace irsa::http
