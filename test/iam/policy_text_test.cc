#include "irsa/iam/policy_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;

// Every text over `alphabet` with up to `max_length` letters.
std::vector<std::string> AllTexts(std::string_view alphabet, size_t max_length) {
  std::vector<std::string> texts = {""};
  for (size_t begin = 0, length = 0; length < max_length; ++length) {
    const size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) texts.push_back(texts[begin] + c);
    }
  }
  return texts;
}

// The definition, without regard to cost.
bool NaiveMatch(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return NaiveMatch(pattern.substr(1), text) || (!text.empty() && NaiveMatch(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         NaiveMatch(pattern.substr(1), text.substr(1));
}

TEST(MatchesWildcards, AgreesWithTheDefinitionOnAllSmallInputs) {
  const std::vector<std::string> patterns = AllTexts("ab*?", 5);
  const std::vector<std::string> texts = AllTexts("ab", 5);
  ASSERT_EQ(patterns.size(), 1365U);
  ASSERT_EQ(texts.size(), 63U);
  size_t matches = 0;
  for (const std::string& pattern : patterns) {
    for (const std::string& text : texts) {
      const bool expected = NaiveMatch(pattern, text);
      ASSERT_EQ(MatchesWildcards(pattern, text), expected) << pattern << " " << text;
      matches += expected ? 1 : 0;
    }
  }
  EXPECT_GT(matches, 10000U);
}

TEST(MatchesWildcards, ComparesCaseUnlessToldNotTo) {
  EXPECT_FALSE(MatchesWildcards("sts:Assume*", "STS:assumeRole"));
  EXPECT_TRUE(MatchesWildcardsIgnoringCase("sts:Assume*", "STS:assumeRole"));
  EXPECT_FALSE(MatchesWildcardsIgnoringCase("sts:Assume?", "STS:assumeRole"));
}

TEST(MatchesWildcards, CountsACharacterOfSeveralBytesAsOne) {
  EXPECT_TRUE(MatchesWildcards("caf?", "café"));
  EXPECT_TRUE(MatchesWildcards("?*?", "é€"));
  EXPECT_FALSE(MatchesWildcards("caf??", "café"));
  EXPECT_FALSE(MatchesWildcards("*??", "€"));
}

// Backtracking into every star would take longer than the universe has.
TEST(MatchesWildcards, StaysFastOnHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesWildcards(pattern + "b", std::string(2000, 'a')));
}

TEST(Pattern, TakesLiteralPiecesLiterally) {
  Pattern pattern;
  pattern.AppendWildcards("a*");
  pattern.AppendLiteral("*?");
  EXPECT_TRUE(pattern.Matches("axyz*?"));
  EXPECT_FALSE(pattern.Matches("axyz??"));
  EXPECT_FALSE(pattern.Matches("axyzbb"));
  EXPECT_TRUE(pattern.MatchesIgnoringCase("AXYZ*?"));
}

TEST(Pattern, SplitsIntoAtMostTheCount) {
  Pattern pattern;
  pattern.AppendWildcards("a:*:c:d");
  const std::vector<Pattern> parts = pattern.Split(':', 3);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_TRUE(parts[0].Matches("a"));
  EXPECT_TRUE(parts[1].Matches("anything"));
  EXPECT_TRUE(parts[2].Matches("c:d"));
  EXPECT_EQ(pattern.Split('/', 3).size(), 1U);
}

TEST(CountedCharacters, LeavesOutWhiteSpaceBetweenTokensOnly) {
  EXPECT_EQ(CountedCharacters("{ \"a b\" :\n\t1 }"), 9U);
  EXPECT_EQ(CountedCharacters(R"(["a\" b", "c\\" ])"), 15U);
  EXPECT_EQ(CountedCharacters("[\"é\"]"), 5U);
}

TEST(KeyLess, OrdersWithoutRegardToCase) {
  const KeyLess less;
  EXPECT_FALSE(less("aws:SourceIp", "AWS:sourceip"));
  EXPECT_FALSE(less("AWS:sourceip", "aws:SourceIp"));
  EXPECT_TRUE(less("A:b", "a:C"));
}

TEST(QuotedList, ReadsAsASentence) {
  EXPECT_EQ(QuotedList({}), "");
  EXPECT_EQ(QuotedList({"a"}), "\"a\"");
  EXPECT_EQ(QuotedList({"a", "b", "c"}), "\"a\", \"b\" or \"c\"");
}

}  // namespace
}  // namespace irsa::iam
