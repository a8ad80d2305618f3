#include <gtest/gtest.h>

#include "src/admission/json_document.h"

namespace irsa::admission {
namespace {

TEST(BlankNumbers, ReplacesEveryNumberByAZeroOfTheSameLength) {
  EXPECT_EQ(BlankNumbers("[18446744073709551616,-1.5e+999, 0 ,-0]"), "[0                   ,0        , 0 ,0 ]");
  EXPECT_EQ(BlankNumbers("7"), "0");
}

TEST(BlankNumbers, LeavesStringsAsTheyAre) {
  for (const char* text : {R"({"12":"34"})", R"(["a\"1","\\",true])", R"(["\\\"5"])"}) {
    EXPECT_EQ(BlankNumbers(text), text);
  }
  EXPECT_EQ(BlankNumbers(R"({"a\\":12,"b":"3"})"), R"({"a\\":0 ,"b":"3"})");
}

TEST(BlankNumbers, LeavesWhatIsNoNumberByTheGrammar) {
  for (const char* text : {"[01]", "[--1]", "[1.]", "[-]", "[1e]", "[1e+]", "[1.e5]", "[-.5]", "[1-2]", "[1.5.5]"}) {
    EXPECT_EQ(BlankNumbers(text), text);
  }
}

// What it makes of broken text must not become valid: these have a number after something that is none.
TEST(BlankNumbers, KeepsBrokenTextBroken) {
  EXPECT_EQ(BlankNumbers("[+12]"), "[+0 ]");
  EXPECT_EQ(BlankNumbers("[.12]"), "[.0 ]");
  EXPECT_EQ(BlankNumbers("[true12]"), "[true0 ]");
  EXPECT_EQ(BlankNumbers("[12 34]"), "[0  0 ]");
}

TEST(BlankNumbers, StopsAtTheEndOfAnOpenString) {
  EXPECT_EQ(BlankNumbers("\"12"), "\"12");
  EXPECT_EQ(BlankNumbers("\"12\\"), "\"12\\");
  EXPECT_EQ(BlankNumbers(""), "");
}

}  // namespace
}  // namespace irsa::admission
