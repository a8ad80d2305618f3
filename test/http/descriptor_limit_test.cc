#include "test/testing/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "src/http/socket/socket.h"

namespace irsa::http {
namespace {

TEST(RaiseDescriptorLimit, GoesAsFarAsTheHardOne) {
  const testing::DescriptorLimit before(100);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_EQ(limit.rlim_cur, 100U);
  EXPECT_EQ(DescriptorLimit(), 100U);
  ASSERT_GT(limit.rlim_max, 100U);
  EXPECT_EQ(RaiseDescriptorLimit(), limit.rlim_max);
  const rlim_t hard = limit.rlim_max;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, hard);
  EXPECT_EQ(RaiseDescriptorLimit(), hard) << "again is as once";
}

TEST(ConnectionsWithin, LeavesAReserveToTheProcess) {
  EXPECT_EQ(ConnectionsWithin(1U << 20, 4096), 4096U);
  EXPECT_EQ(ConnectionsWithin(4096 + 576, 4096), 4096U);
  EXPECT_EQ(ConnectionsWithin(4096, 4096), 3520U);
  EXPECT_EQ(ConnectionsWithin(1024, 4096), 512U);
  EXPECT_EQ(ConnectionsWithin(128, 4096), 64U);
  EXPECT_EQ(ConnectionsWithin(40, 4096), 20U);
  EXPECT_EQ(ConnectionsWithin(40, 3), 3U);
  EXPECT_EQ(ConnectionsWithin(1, 4096), 1U);
  EXPECT_EQ(ConnectionsWithin(0, 4096), 1U);
}

}  // namespace
}  // namespace irsa::http
