#include <gtest/gtest.h>

#include "irsa/base/text.h"

namespace irsa::base {
namespace {

TEST(IsAlphanumeric, IsTrueOfAsciiLettersAndDigitsAlone) {
  for (const char c : std::string("azAZ09")) EXPECT_TRUE(IsAlphanumeric(c)) << c;
  for (const char c : std::string("@[`{/:_-\xc3\xa9\x00", 11)) EXPECT_FALSE(IsAlphanumeric(c)) << c;
}

TEST(IsLowerOrDigit, IsFalseOfCapitals) {
  EXPECT_TRUE(IsLowerOrDigit('a') && IsLowerOrDigit('z') && IsLowerOrDigit('5'));
  EXPECT_FALSE(IsLowerOrDigit('A') || IsLowerOrDigit('`') || IsLowerOrDigit('{'));
}

TEST(LowerCase, LeavesWhatIsNoAsciiLetter) { EXPECT_EQ(LowerCase("AZ@[\xc3\x89-az"), "az@[\xc3\x89-az"); }

TEST(EqualsIgnoringCase, WantsTheSameLength) {
  EXPECT_TRUE(EqualsIgnoringCase("Content-TYPE", "content-type"));
  EXPECT_FALSE(EqualsIgnoringCase("Content-Type", "Content-Typ"));
  // Apart by the bit that makes a letter lower case.
  EXPECT_FALSE(EqualsIgnoringCase("@[", "`{"));
}

}  // namespace
}  // namespace irsa::base
