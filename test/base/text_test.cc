#include "irsa/base/text.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

TEST(Utf8Length, IsThatOfTheFirstCharacter) {
  const std::pair<std::string_view, size_t> texts[] = {{"a", 1},
                                                       {"ab", 1},
                                                       {std::string_view("\0", 1), 1},
                                                       {"\x7f", 1},
                                                       {"\xc2\x80", 2},
                                                       {"\xdf\xbfx", 2},
                                                       {"\xe0\xa0\x80", 3},
                                                       {"\xed\x9f\xbf", 3},
                                                       {"\xee\x80\x80", 3},
                                                       {"\xef\xbf\xbf", 3},
                                                       {"\xf0\x90\x80\x80", 4},
                                                       {"\xf4\x8f\xbf\xbf", 4}};
  for (const auto& [text, length] : texts) EXPECT_EQ(Utf8Length(text), length) << text;
}

TEST(Utf8Length, IsNoneForWhatIsNotUtf8) {
  for (const std::string_view text : {"", "\x80", "\xbf", "\xc2",
                                      "\xc2"
                                      "a",
                                      "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xe1\x80",
                                      "\xe1\x80"
                                      "a",
                                      "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf1\x80\x80",
                                      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(Utf8Length(text), 0U) << text;
  }
}

TEST(PrintableLength, IsNoneForControlCharacters) {
  for (const std::string_view text : {" ", "~", "é", "\xc2\xa0", "€", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(PrintableLength(text), text.size()) << text;
  }
  for (const std::string_view text : {"", "\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f", "\xff"}) {
    EXPECT_EQ(PrintableLength(text), 0U) << text;
  }
}

TEST(Quoted, LeavesPrintableTextAsItIs) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("über ~"), R"("über ~")");
  EXPECT_EQ(Quoted("\u00a0é€\ud7ff\ue000😀\U0010ffff"), "\"\u00a0é€\ud7ff\ue000😀\U0010ffff\"");
}

TEST(Quoted, EscapesWhatEndsItAndWhatATerminalWouldObey) {
  EXPECT_EQ(Quoted(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("a\n\x1b[2J\x7f"), R"("a\x0a\x1b[2J\x7f")");
  EXPECT_EQ(Quoted(std::string_view("a\0b", 3)), R"("a\x00b")");
  EXPECT_EQ(Quoted("\u0080\u009f"), R"("\xc2\x80\xc2\x9f")");
}

TEST(Quoted, EscapesEachByteOfInvalidUtf8) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\x80", R"(\x80)"},                          // a tail by itself
      {"\xc3", R"(\xc3)"},                          // cut short
      {"\xc3z", R"(\xc3z)"},                        // no tail
      {"\xc0\xaf", R"(\xc0\xaf)"},                  // overlong
      {"\xe0\x9f\xbf", R"(\xe0\x9f\xbf)"},          // overlong
      {"\xe2\x82", R"(\xe2\x82)"},                  // cut short
      {"\xe2\x82z", R"(\xe2\x82z)"},                // no tail
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},          // a surrogate
      {"\xf0\x8f\xbf\xbf", R"(\xf0\x8f\xbf\xbf)"},  // overlong
      {"\xf0\x9f\x98", R"(\xf0\x9f\x98)"},          // cut short
      {"\xf0\x9f\x98z", R"(\xf0\x9f\x98z)"},        // no tail
      {"\xf0\x9fz\x80", R"(\xf0\x9fz\x80)"},        // no tail
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},  // over U+10FFFF
      {"\xf5\x80\x80\x80", R"(\xf5\x80\x80\x80)"},  // over U+10FFFF
      {"\xff\xfe", R"(\xff\xfe)"},                  // never in UTF-8
      {"\xffé", R"(\xffé)"},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(Quoted(bytes), '"' + std::string(text) + '"') << text;
}

TEST(Quoted, CutsBetweenCharactersAndEscapes) {
  const std::string long_text(199, 'x');
  EXPECT_EQ(Quoted(long_text + "y"), '"' + long_text + "y\"");
  EXPECT_EQ(Quoted(long_text + "é"), '"' + long_text + "\"…");
  EXPECT_EQ(Quoted(long_text + "yz"), '"' + long_text + "y\"…");
  EXPECT_EQ(Quoted("abcdef", 6), R"("abcdef")");
  EXPECT_EQ(Quoted("abcdefg", 6), R"("abcdef"…)");
  EXPECT_EQ(Quoted("ab€€", 6), R"("ab€"…)");
  EXPECT_EQ(Quoted("ab\n", 6), R"("ab\x0a")");
  EXPECT_EQ(Quoted("abc\n", 6), R"("abc"…)");
  EXPECT_EQ(Quoted("abcde\"", 6), R"("abcde"…)");
}

TEST(CharacterCount, CountsCodePoints) {
  EXPECT_EQ(CharacterCount(""), 0U);
  EXPECT_EQ(CharacterCount("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 4U);
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdefg", 6), "abc…");
  EXPECT_EQ(Shortened("ab€defg", 7), "ab…") << "the euro sign has three bytes";
  EXPECT_EQ(Shortened("ab€defg", 8), "ab€…");
  EXPECT_EQ(Shortened("abcd", 3), "…");
}

TEST(Trimmed, TakesWhiteSpaceOffBothEnds) {
  const std::pair<std::string_view, std::string_view> texts[] = {
      {"", ""}, {" \t\r\n\v\f", ""}, {"a b", "a b"}, {"\n a\tb \r\n", "a\tb"}, {"a", "a"}};
  for (const auto& [text, trimmed] : texts) EXPECT_EQ(Trimmed(text), trimmed) << text;
}

TEST(TakeUntil, TakesThePartsOneAfterTheOther) {
  std::string_view text = "a,,b";
  EXPECT_EQ(TakeUntil(',', text), "a");
  EXPECT_EQ(text, ",b");
  EXPECT_EQ(TakeUntil(',', text), "");
  EXPECT_EQ(TakeUntil(',', text), "b");
  EXPECT_EQ(text, "");
  EXPECT_EQ(TakeUntil(',', text), "");
}

TEST(ParseNumber, TakesDigitsAlone) {
  EXPECT_EQ(ParseNumber("0"), 0U);
  EXPECT_EQ(ParseNumber("007"), 7U);
  EXPECT_EQ(ParseNumber("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(ShellWord, IsItselfToAShell) {
  EXPECT_EQ(ShellWord("arn:aws:iam::1/a_b@c,d=%e+f.g-h"), "arn:aws:iam::1/a_b@c,d=%e+f.g-h");
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("$(x)'`\\"), R"('$(x)'\''`\')");
  EXPECT_EQ(ShellWord("ü"), "'ü'");
}

}  // namespace
}  // namespace irsa::base
