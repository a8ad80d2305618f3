#include <string>

#include <gtest/gtest.h>

#include "src/http/wire/request_head.h"

namespace irsa::http {
namespace {

TEST(FieldLine, HasANameAndATrimmedValue) {
  for (const char* line : {"Host:a b", "Host: a b", "Host:\t a b \t"}) {
    const auto field = ParseFieldLine(line);
    ASSERT_TRUE(field) << line;
    EXPECT_EQ(field->name, "Host");
    EXPECT_EQ(field->value, "a b");
  }
  EXPECT_EQ(ParseFieldLine("X:")->value, "");
  EXPECT_EQ(ParseFieldLine("X: caf\xc3\xa9: \"a\tb\"")->value, "caf\xc3\xa9: \"a\tb\"");
}

TEST(FieldLine, RefusesWhatParsersReadDifferently) {
  const std::string lines[] = {"",
                               ":",
                               ": a",
                               "Host",
                               "Host : a",
                               " Host: a",
                               "\tfolded",
                               "Ho st: a",
                               "H\xc3\xb6st: a",
                               "Host: a\rb",
                               "Host: a\nb",
                               std::string("Host: a\0b", 9),
                               "Host: a\x7f",
                               "Host: \x01",
                               "Ho\rst: a",
                               "Host\r: a",
                               "(Host): a"};
  for (const std::string& line : lines) EXPECT_FALSE(ParseFieldLine(line)) << line;
}

TEST(FieldLine, KnowsTokens) {
  EXPECT_TRUE(IsToken("POST"));
  EXPECT_TRUE(IsToken("!#$%&'*+-.^_`|~09azAZ"));
  for (const char* text : {"", "a b", "a/b", "a:b", "\"a\"", "a\x7f", "a\xff"}) EXPECT_FALSE(IsToken(text)) << text;
}

}  // namespace
}  // namespace irsa::http
