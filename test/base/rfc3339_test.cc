#include "irsa/base/rfc3339.h"

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FormatRfc3339, WritesUtcToTheSecond) {
  EXPECT_EQ(FormatRfc3339(SystemTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(SystemTime(seconds(1709210096))), "2024-02-29T12:34:56Z");
  EXPECT_EQ(FormatRfc3339(SystemTime(seconds(4102444799))), "2099-12-31T23:59:59Z");
}

TEST(FormatRfc3339, RoundsDownBeforeTheEpochToo) {
  EXPECT_EQ(FormatRfc3339(SystemTime(milliseconds(1999))), "1970-01-01T00:00:01Z");
  EXPECT_EQ(FormatRfc3339(SystemTime(milliseconds(-1))), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace irsa::base
