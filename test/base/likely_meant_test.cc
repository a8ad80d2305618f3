#include <string>

#include <gtest/gtest.h>

#include "irsa/base/text.h"

namespace irsa::base {
namespace {

constexpr std::string_view kNames[] = {"StringEquals", "StringNotEquals", "Effect", "Sid"};

TEST(LikelyMeant, IsAtMostTwoEditsAway) {
  EXPECT_EQ(LikelyMeant("StringEqual", kNames), "StringEquals");
  EXPECT_EQ(LikelyMeant("StringEqualss", kNames), "StringEquals");
  EXPECT_EQ(LikelyMeant("Efect", kNames), "Effect");
  EXPECT_EQ(LikelyMeant("Effetc", kNames), "Effect");
  EXPECT_EQ(LikelyMeant("fEfetc", kNames), "Effect");
  EXPECT_EQ(LikelyMeant("xEffectx", kNames), "Effect");
  EXPECT_EQ(LikelyMeant("xEffectxx", kNames), "");
}

TEST(LikelyMeant, IsTheSameInAnotherCase) {
  EXPECT_EQ(LikelyMeant("stringequals", kNames), "StringEquals");
  EXPECT_EQ(LikelyMeant("EFECT", kNames), "Effect");
}

TEST(LikelyMeant, IsTheNearestAndOfThoseTheFirst) {
  constexpr std::string_view kAlike[] = {"abcdefgh", "abcdefxx", "abcdefgx"};
  EXPECT_EQ(LikelyMeant("abcdefgy", kAlike), "abcdefgh");
  EXPECT_EQ(LikelyMeant("abcdefgX", kAlike), "abcdefgx");
}

TEST(LikelyMeant, SharesMoreThanHalfOfItsLetters) {
  EXPECT_EQ(LikelyMeant("SID", kNames), "Sid");
  EXPECT_EQ(LikelyMeant("Sie", kNames), "");
}

TEST(LikelyMeant, IsNothingWhenNothingIsAlike) {
  EXPECT_EQ(LikelyMeant("", kNames), "");
  EXPECT_EQ(LikelyMeant("Comment", kNames), "");
  EXPECT_EQ(LikelyMeant(std::string(100'000, 'E'), kNames), "");
  EXPECT_EQ(LikelyMeant("Effect", {}), "");
}

}  // namespace
}  // namespace irsa::base
