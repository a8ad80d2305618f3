#include "src/iam/condition_value.h"

#include <gtest/gtest.h>

#include "irsa/base/time_text.h"

namespace irsa::iam {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(ParseNumber, ReadsIntegersAndFractions) {
  const std::pair<const char*, double> cases[] = {{"0", 0},      {"10", 10},      {"-3", -3},    {"+7", 7},
                                                  {"1.50", 1.5}, {"-0.25", -.25}, {"1e3", 1000}, {".5", .5}};
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseNumber(text), value) << text;
}

TEST(ParseNumber, RefusesAllElse) {
  for (const char* text : {"", " 1", "1 ", "1x", "x", "inf", "nan", "-inf", "--1", "+-1", "-", "+", "1e999", "0x10"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(ParseBool, ReadsAnyCaseAndNothingElse) {
  EXPECT_EQ(ParseBool("true"), true);
  EXPECT_EQ(ParseBool("TRUE"), true);
  EXPECT_EQ(ParseBool("False"), false);
  for (const char* text : {"", "1", "yes", "true ", "t"}) EXPECT_EQ(ParseBool(text), std::nullopt) << text;
}

// 2024-05-06T07:08:09Z is 1714979289.
TEST(ParseDate, ReadsTheFormatsOfTheW3cNoteAndEpochSeconds) {
  const std::pair<const char*, Instant> cases[] = {
      {"2024", Instant(seconds(1704067200))},
      {"2024-05", Instant(seconds(1714521600))},
      {"2024-05-06", Instant(seconds(1714953600))},
      {"2024-05-06T07:08Z", Instant(seconds(1714979280))},
      {"2024-05-06T07:08:09Z", Instant(seconds(1714979289))},
      {"2024-05-06T09:08:09+02:00", Instant(seconds(1714979289))},
      {"2024-05-06T01:38:09-05:30", Instant(seconds(1714979289))},
      {"2024-05-06T07:08:09.5Z", Instant(microseconds(1714979289500000))},
      {"2024-05-06T07:08:09.1234567Z", Instant(microseconds(1714979289123456))},
      {"1714979289", Instant(seconds(1714979289))},
      {"0", Instant(seconds(0))},
      {"999", Instant(seconds(999))},
      {"1969-12-31T23:59:59Z", Instant(seconds(-1))},
      {"2024-02-29", Instant(seconds(1709164800))},
  };
  for (const auto& [text, instant] : cases) EXPECT_EQ(ParseDate(text), instant) << text;
}

TEST(ParseDate, RefusesAllElse) {
  for (const char* text : {"",
                           "x",
                           "2024-13",
                           "2024-00",
                           "2023-02-29",
                           "2024-05-32",
                           "2024-5-6",
                           "2024-05-06T",
                           "2024-05-06T07:08",
                           "2024-05-06T07:08:09",
                           "2024-05-06T24:00Z",
                           "2024-05-06T07:60Z",
                           "2024-05-06T07:08:61Z",
                           "2024-05-06T07:08:09.Z",
                           "2024-05-06T07:08:09z",
                           "2024-05-06 07:08:09Z",
                           "2024-05-06T07:08:09+0200",
                           "2024-05-06T07:08:09+24:00",
                           "2024-05-06T07:08:09Zx",
                           "2024-05-06x",
                           "20240506T070809Z",
                           "-1",
                           "1.5",
                           "1234567890123",
                           "2024-05T07:08Z"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(ParseDate, ReadsWhatFormatRfc3339Writes) {
  const base::SystemTime time(std::chrono::milliseconds(1714979289999));
  EXPECT_EQ(base::FormatRfc3339(time), "2024-05-06T07:08:09Z");
  EXPECT_EQ(ParseDate(base::FormatRfc3339(time)), Instant(seconds(1714979289)));
  EXPECT_EQ(base::FormatRfc3339(base::SystemTime(seconds(-1))), "1969-12-31T23:59:59Z");
}

bool InRange(const char* range, const char* address) {
  return Contains(ParseIpRange(range).value(), ParseIpRange(address).value());
}

TEST(IpRange, ComparesTheLeadingBits) {
  EXPECT_TRUE(InRange("203.0.113.0/24", "203.0.113.255"));
  EXPECT_FALSE(InRange("203.0.113.0/24", "203.0.114.0"));
  EXPECT_TRUE(InRange("203.0.113.8/29", "203.0.113.15"));
  EXPECT_FALSE(InRange("203.0.113.8/29", "203.0.113.16"));
  EXPECT_TRUE(InRange("203.0.113.7", "203.0.113.7"));
  EXPECT_FALSE(InRange("203.0.113.7", "203.0.113.6"));
  EXPECT_TRUE(InRange("0.0.0.0/0", "198.51.100.1"));
  EXPECT_TRUE(InRange("2001:db8:1234:5678::/64", "2001:db8:1234:5678:ffff::1"));
  EXPECT_FALSE(InRange("2001:db8:1234:5678::/64", "2001:db8:1234:5679::1"));
  EXPECT_FALSE(InRange("::/0", "198.51.100.1"));
}

TEST(ParseIpRange, RefusesAllElse) {
  for (const std::string text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1",
                                 "1.2.3.4/-0", "1.2.3.4/+1", "::/129", "host", "1.2.3.4/8x", "/8"}) {
    EXPECT_FALSE(ParseIpRange(text)) << text;
  }
  EXPECT_FALSE(ParseIpRange(std::string_view("1.2.3.4\0", 8)));
}

}  // namespace
}  // namespace irsa::iam
