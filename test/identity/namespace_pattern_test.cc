#include "irsa/identity/sources/namespace_pattern.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

TEST(IsNamespacePattern, HasAStarAndNothingThatNoNamespaceHas) {
  for (const char* text : {"*", "team-*", "*-prod", "a*b*c", "-*"}) EXPECT_TRUE(IsNamespacePattern(text)) << text;
  for (const std::string text : {"", "team", "**", "a**", "Team-*", "a.*", "a/*", "?*", "te m*"}) {
    EXPECT_FALSE(IsNamespacePattern(text)) << text;
  }
  EXPECT_TRUE(IsNamespacePattern(std::string(62, 'a') + "*"));
  EXPECT_FALSE(IsNamespacePattern(std::string(63, 'a') + "*"));
}

TEST(MatchesNamespace, TakesAnyTextForAStar) {
  for (const char* pattern : {"*", "team-*", "*-prod", "team-a-prod", "team*prod", "t*a-*", "*team-a-prod*"}) {
    EXPECT_TRUE(MatchesNamespace(pattern, "team-a-prod")) << pattern;
  }
  for (const char* pattern : {"team", "*-a", "eam*", "team-a-prod-*", "t*x*", "*prod*prod*", ""}) {
    EXPECT_FALSE(MatchesNamespace(pattern, "team-a-prod")) << pattern;
  }
  EXPECT_TRUE(MatchesNamespace("a*", "a"));
  EXPECT_TRUE(MatchesNamespace("*a*ab", "aaab"));
}

std::string RandomText(std::mt19937& random, std::string_view alphabet, size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

// Against all texts of two letters up to a length, which is enough for patterns as short.
TEST(PatternsOverlap, IsTrueOfJustThoseThatMatchATextInCommon) {
  std::vector<std::string> texts = {""};
  for (size_t i = 0; texts[i].size() < 8; ++i) {
    for (const char c : {'a', 'b'}) texts.push_back(texts[i] + c);
  }
  std::mt19937 random(7);
  size_t overlapping = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string one = RandomText(random, "ab*", 4);
    const std::string other = RandomText(random, "ab*", 4);
    bool expected = false;
    for (const std::string& text : texts) expected |= MatchesNamespace(one, text) && MatchesNamespace(other, text);
    EXPECT_EQ(PatternsOverlap(one, other), expected) << one << " " << other;
    overlapping += expected ? 1 : 0;
  }
  EXPECT_GT(overlapping, 100U);
}

TEST(SpecificityOf, CountsWhatIsNamed) {
  EXPECT_EQ(SpecificityOf("*"), 0U);
  EXPECT_EQ(SpecificityOf("*-a-*"), 3U);
}

}  // namespace
}  // namespace irsa::identity
