#include "irsa/base/token_bucket.h"

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

using std::chrono::milliseconds;

const SteadyTime kStart{std::chrono::hours(1)};

TEST(TokenBucket, AllowsABurstThenARate) {
  TokenBucket bucket(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.Take(kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.Take(kStart + milliseconds(101)));
  EXPECT_FALSE(bucket.Take(kStart + milliseconds(101)));
}

TEST(TokenBucket, SavesUpNoMoreThanABurst) {
  TokenBucket bucket(10, 2);
  EXPECT_TRUE(bucket.Take(kStart));
  const SteadyTime later = kStart + std::chrono::hours(24);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(bucket.Take(later));
  EXPECT_FALSE(bucket.Take(later));
}

}  // namespace
}  // namespace irsa::base
