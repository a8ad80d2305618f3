#include <gtest/gtest.h>

#include "irsa/base/time_text.h"

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

TEST(FormatRfc3339Micro, AlwaysHasSixDigits) {
  EXPECT_EQ(FormatRfc3339Micro(SystemTime()), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatRfc3339Micro(SystemTime(milliseconds(1250))), "1970-01-01T00:00:01.250000Z");
  EXPECT_EQ(FormatRfc3339Micro(SystemTime(milliseconds(-1))), "1969-12-31T23:59:59.999000Z");
}

TEST(ParseRfc3339, ReadsZonesAndFractions) {
  const std::pair<std::string_view, SystemTime> cases[] = {
      {"1970-01-01T00:00:00Z", SystemTime()},
      {"2024-02-29T12:34:56Z", SystemTime(seconds(1709210096))},
      {"2024-02-29T14:04:56+01:30", SystemTime(seconds(1709210096))},
      {"2024-02-28T23:34:56-13:00", SystemTime(seconds(1709210096))},
      {"2024-02-29T12:34:56.25Z", SystemTime(seconds(1709210096)) + milliseconds(250)},
      {"1970-01-01T00:00:00.000000001Z", SystemTime(std::chrono::nanoseconds(1))},
      {"2261-12-31T23:59:59Z", SystemTime(seconds(9214646399))}};
  for (const auto& [text, time] : cases) EXPECT_EQ(ParseRfc3339(text).value(), time) << text;
}

TEST(ParseRfc3339, RefusesTheRest) {
  for (const char* text : {"",
                           "2024-02-29",
                           "2024-02-30T12:34:56Z",
                           "2023-02-29T12:34:56Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-01-00T00:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "2262-01-01T00:00:00Z",
                           "2024-02-29 12:34:56Z",
                           "2024-02-29T24:00:00Z",
                           "2024-02-29T12:60:00Z",
                           "2024-02-29T12:34:60Z",
                           "2024-02-29T12:34Z",
                           "2024-02-29T12:34:56",
                           "2024-02-29T12:34:56.Z",
                           "2024-02-29T12:34:56.1234567890Z",
                           "2024-02-29T12:34:56+0100",
                           "2024-02-29T12:34:56+24:00",
                           "2024-02-29T12:34:56+01:60",
                           "2024-02-29T12:34:56+:00",
                           "2024-02-29T12:34:56Zx",
                           "2024-02-29T12:34:56z",
                           "24-02-29T12:34:56Z",
                           "+024-02-29T12:34:56Z",
                           "1709210096"}) {
    EXPECT_FALSE(ParseRfc3339(text).ok()) << text;
  }
  EXPECT_EQ(ParseRfc3339("now").error(),
            (Error{ErrorCode::kInvalid, "\"now\" is not a time such as 2026-08-01T12:00:00Z"}));
}

}  // namespace
}  // namespace irsa::base
