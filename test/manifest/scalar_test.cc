#include "src/manifest/scalar.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace irsa::manifest {
namespace {

// The value's JSON, which tells 1 from 1.0.
std::string Plain(std::string_view text) {
  const auto value = ResolvePlain(text);
  return value ? value->dump() : value.error().message;
}

std::string Tagged(std::string_view tag, std::string_view text) {
  const auto value = ResolveTagged("tag:yaml.org,2002:" + std::string(tag), text);
  return value ? value->dump() : value.error().message;
}

TEST(ResolvePlain, KnowsTheSpellingsOfNull) {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(Plain(text), "null") << text;
  for (const char* text : {"nULL", "nil", "none", "~~"}) EXPECT_EQ(ResolvePlain(text).value(), Value(text));
}

TEST(ResolvePlain, KnowsTheSpellingsOfBooleans) {
  for (const char* text : {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    EXPECT_EQ(Plain(text), "true") << text;
  }
  for (const char* text : {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    EXPECT_EQ(Plain(text), "false") << text;
  }
  for (const char* text : {"yEs", "tRUE", "oN", "nO", "t", "f", "yess"}) {
    EXPECT_EQ(ResolvePlain(text).value(), Value(text));
  }
}

TEST(ResolvePlain, ReadsIntegersOfFourBases) {
  EXPECT_EQ(Plain("0"), "0");
  EXPECT_EQ(Plain("+12"), "12");
  EXPECT_EQ(Plain("-12"), "-12");
  EXPECT_EQ(Plain("0644"), "420");
  EXPECT_EQ(Plain("0o644"), "420");
  EXPECT_EQ(Plain("0O17"), "15");
  EXPECT_EQ(Plain("0x1F"), "31");
  EXPECT_EQ(Plain("-0X1f"), "-31");
  EXPECT_EQ(Plain("0b101"), "5");
  EXPECT_EQ(Plain("-0B1"), "-1");
  EXPECT_EQ(Plain("1_000__0_"), "10000");
}

TEST(ResolvePlain, ReadsIntegersToTheEndsOf64Bits) {
  EXPECT_EQ(Plain("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Plain("12345678901234567890"), "12345678901234567890");
  EXPECT_EQ(Plain("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Plain("0xffffffffffffffff"), "18446744073709551615");
}

TEST(ResolvePlain, TakesLongerDecimalsForFloatsAndRefusesOtherBases) {
  EXPECT_EQ(Plain("18446744073709551616"), "1.8446744073709552e+19");
  EXPECT_EQ(Plain("-9223372036854775809"), "-9.223372036854776e+18");
  for (const char* text : {"0x10000000000000000", "-0x8000000000000001"}) {
    EXPECT_EQ(ResolvePlain(text).error(), (Error{ErrorCode::kInvalid, "an integer of more than 64 bits"})) << text;
  }
}

TEST(ResolvePlain, ReadsFloats) {
  EXPECT_EQ(Plain("1.0"), "1.0");
  EXPECT_EQ(Plain("0.1"), "0.1");
  EXPECT_EQ(Plain("-5."), "-5.0");
  EXPECT_EQ(Plain("+.5"), "0.5");
  EXPECT_EQ(Plain(".5"), "0.5");
  EXPECT_EQ(Plain(".5_1"), "0.51");
  EXPECT_EQ(Plain("1e3"), "1000.0");
  EXPECT_EQ(Plain("1_0.5E-1"), "1.05");
  EXPECT_EQ(Plain("08"), "8.0");
  EXPECT_EQ(Plain("1e-999"), "0.0");
}

TEST(ResolvePlain, TakesForStringsWhatOnlyLooksLikeANumber) {
  for (const char* text : {"1.2.3", "10.0.0.1", "0x",  "0b",    "0b2",   "0o8",   "0xg",   "-",   "+",   ".",
                           "-.",    "..",       "e3",  "1e",    "1e+",   ".e1",   ".5__0", "._5", ".5_", ".5e_1",
                           "1 2",   "+-1",      "--1", "12e3x", "1e999", "0x1p3", "1:30",  "12Gi"}) {
    EXPECT_EQ(ResolvePlain(text).value(), Value(text));
  }
}

TEST(ResolvePlain, LeavesDatesAndYamlsOtherTypesAsText) {
  for (const char* text : {"2001-12-14", "2001-12-14t21:59:43.10-05:00", "<<", "=", "NaN", "inf"}) {
    EXPECT_EQ(ResolvePlain(text).value(), Value(text));
  }
}

TEST(ResolvePlain, RefusesWhatJsonHasNoNumberFor) {
  for (const char* text : {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "-.Inf"}) {
    EXPECT_EQ(ResolvePlain(text).error(),
              (Error{ErrorCode::kInvalid, "JSON cannot represent infinity or not-a-number"}))
        << text;
  }
}

TEST(ResolveTagged, GivesTheTypeOfTheTag) {
  EXPECT_EQ(Tagged("str", "12"), "\"12\"");
  EXPECT_EQ(Tagged("str", ""), "\"\"");
  EXPECT_EQ(Tagged("timestamp", "2001-12-14"), "\"2001-12-14\"");
  EXPECT_EQ(Tagged("int", "0x1F"), "31");
  EXPECT_EQ(Tagged("float", "1"), "1.0");
  EXPECT_EQ(Tagged("float", "1.5"), "1.5");
  EXPECT_EQ(Tagged("bool", "yes"), "true");
  EXPECT_EQ(Tagged("null", "~"), "null");
}

TEST(ResolveTagged, RefusesTextThatIsNotOfTheType) {
  const std::string reason = "a value that does not match its tag";
  EXPECT_EQ(Tagged("int", "1.5"), reason);
  EXPECT_EQ(Tagged("int", "x"), reason);
  EXPECT_EQ(Tagged("float", "true"), reason);
  EXPECT_EQ(Tagged("bool", "1"), reason);
  EXPECT_EQ(Tagged("null", "x"), reason);
  EXPECT_EQ(Tagged("float", ".inf"), "JSON cannot represent infinity or not-a-number");
}

TEST(ResolveTagged, RefusesOtherTags) {
  EXPECT_EQ(ResolveTagged("!mine", "x").error(), (Error{ErrorCode::kInvalid, "an unknown tag"}));
  EXPECT_EQ(Tagged("set", "x"), "an unknown tag");
  EXPECT_EQ(Tagged("binary", "eA=="), "the tag !!binary: write base64 as a string without the tag");
}

TEST(KeyText, IsWhatKubectlMakesOfTheKey) {
  EXPECT_EQ(KeyText("a"), "a");
  EXPECT_EQ(KeyText(true), "true");
  EXPECT_EQ(KeyText(false), "false");
  EXPECT_EQ(KeyText(420), "420");
  EXPECT_EQ(KeyText(-1), "-1");
  EXPECT_EQ(KeyText(uint64_t{18446744073709551615U}), "18446744073709551615");
  EXPECT_EQ(KeyText(1.5), "1.5");
  EXPECT_EQ(KeyText(1.0), "1");
  EXPECT_EQ(KeyText(3.14159265358979), "3.1415927");
  EXPECT_EQ(KeyText(1e6), "1e+06");
  EXPECT_EQ(KeyText(nullptr), std::nullopt);
  EXPECT_EQ(KeyText(Value::array()), std::nullopt);
}

}  // namespace
}  // namespace irsa::manifest
