#include <string>

#include <gtest/gtest.h>

#include "irsa/base/text.h"

namespace irsa::base {
namespace {

TEST(IsDnsLabel, TakesLowerCaseDigitsAndInnerHyphens) {
  for (const char* text : {"a", "0", "team-a", "a--b", "x1"}) EXPECT_TRUE(IsDnsLabel(text)) << text;
  for (const char* text : {"", "-a", "a-", "A", "a.b", "a_b", "a/b", "é"}) EXPECT_FALSE(IsDnsLabel(text)) << text;
  EXPECT_TRUE(IsDnsLabel(std::string(63, 'a')));
  EXPECT_FALSE(IsDnsLabel(std::string(64, 'a')));
}

TEST(IsDnsSubdomain, TakesLabelsJoinedByDots) {
  for (const char* text : {"a", "eks.amazonaws.com", "a-b.c"}) EXPECT_TRUE(IsDnsSubdomain(text)) << text;
  for (const char* text : {"", ".", "a.", ".a", "a..b", "a.-b", "A.b", "a/b"})
    EXPECT_FALSE(IsDnsSubdomain(text)) << text;
  EXPECT_TRUE(IsDnsSubdomain(std::string(253, 'a')));
  EXPECT_FALSE(IsDnsSubdomain(std::string(254, 'a')));
}

}  // namespace
}  // namespace irsa::base
