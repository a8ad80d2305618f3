#include "irsa/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::base {
namespace {

using ::testing::HasSubstr;

std::string Nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']');
}

TEST(ReadJson, ReadsWhatIsWithinTheLimits) {
  EXPECT_EQ(ReadJson(R"({"a":[1,{"b":"c"}]})").value(), Json::parse(R"({"a":[1,{"b":"c"}]})"));
}

TEST(ReadJson, AllowsTheSameKeyInDifferentObjects) {
  EXPECT_TRUE(ReadJson(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})").ok());
}

TEST(ReadJson, RefusesAKeyTwiceInAnObject) {
  const auto json = ReadJson(R"({"b":{"a":1,"c":{},"a":2}})");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error(), (Error{ErrorCode::kMalformed, "not acceptable JSON: a key occurs twice in an object"}));
}

TEST(ReadJson, BoundsTheDepth) {
  EXPECT_TRUE(ReadJson(Nested(64)).ok());
  const auto json = ReadJson(Nested(65));
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().message, "not acceptable JSON: nested deeper than 64");
  EXPECT_FALSE(ReadJson(std::string(100000, '[')).ok());
}

TEST(ReadJson, BoundsTheSize) {
  const auto json = ReadJson("[1,2]", {.max_bytes = 4});
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error(), (Error{ErrorCode::kTooLarge, "5 bytes of JSON, more than the limit of 4"}));
}

TEST(ReadJson, SaysWhereItBreaksWithoutQuotingTheText) {
  const auto json = ReadJson(R"({"secret": hunter2})");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error(), (Error{ErrorCode::kMalformed, "not valid JSON at byte 12"}));
}

TEST(ReadJson, RefusesWhatFollowsANul) {
  using std::string_view_literals::operator""sv;
  for (const auto text : {"{}\0"sv, "{}\0{}"sv, "\0"sv}) EXPECT_FALSE(ReadJson(text).ok());
  EXPECT_EQ(ReadJson("{}\0{}"sv).error().message, "not valid JSON at byte 3");
}

TEST(ReadJson, CountsEveryLevelWhateverIsInIt) {
  for (const char* text : {"[[]]", "[[1]]", R"([{}])", R"({"a":[]})", R"({"a":{"b":1}})"}) {
    EXPECT_TRUE(ReadJson(text, {.max_depth = 2}).ok()) << text;
    EXPECT_FALSE(ReadJson(text, {.max_depth = 1}).ok()) << text;
  }
}

// Each value has the type that Json::parse gives it, which decides how it is compared and written.
TEST(ReadJson, GivesValuesTheTypesOfTheirLibrary) {
  const std::string text =
      R"([0, 1, -1, 9223372036854775807, 9223372036854775808, 18446744073709551615, -9223372036854775808,)"
      R"( 1.0, -0.0, 1e2, 0.1, 5e-324, 1.7976931348623157e308, true, null, "", "é\u00e9\ud83d\ude00\n", [], {},)"
      R"( {"":{"b":[]},"a":0}])";
  // Two that no 64-bit type holds are for the other parser, with all that is around them.
  for (const std::string& read : {text, "[18446744073709551616, -9223372036854775809, " + text + "]"}) {
    const Json json = ReadJson(read).value();
    EXPECT_EQ(json, Json::parse(read));
    EXPECT_EQ(json.dump(), Json::parse(read).dump());
    for (size_t i = 0; i < json.size(); ++i) EXPECT_EQ(json[i].type(), Json::parse(read)[i].type()) << i;
  }
}

TEST(ReadJson, TakesAnyValueForARoot) {
  for (const char* text : {"1", " null ", R"("x")", "true"}) EXPECT_EQ(ReadJson(text).value(), Json::parse(text));
  for (const char* text : {"", " ", "1 2", "{} {}", "[1,]", "01", "nul"}) EXPECT_FALSE(ReadJson(text).ok()) << text;
}

TEST(ReadJson, RefusesInvalidUtf8AndNumbersOutOfRange) {
  EXPECT_EQ(ReadJson("[\"\xff\"]").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(ReadJson("[1e999]").error().message, "not acceptable JSON: a number is out of range");
}

TEST(AppendJsonString, EscapesWhatMustBe) {
  std::string out;
  AppendJsonString("a\"b\\c\n\x01\x1f/é", out);
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u0001\\u001f/é\"");
  EXPECT_EQ(Json::parse(out).get<std::string>(), "a\"b\\c\n\x01\x1f/é");
}

TEST(FindMember, IsNullForAbsentNullAndNoObject) {
  const Json object = Json::parse(R"({"a":1,"n":null})");
  EXPECT_EQ(*FindMember(object, "a"), 1);
  EXPECT_EQ(FindMember(object, "n"), nullptr);
  EXPECT_EQ(FindMember(object, "b"), nullptr);
  EXPECT_EQ(FindMember(Json::array(), "a"), nullptr);
}

TEST(At, FollowsTheKeysAsFarAsTheyLead) {
  const Json object = Json::parse(R"({"a":{"b":{"c":"x"},"n":null,"s":"y"}})");
  EXPECT_EQ(*At(object, {"a", "b", "c"}), "x");
  EXPECT_EQ(*At(object, {}), object);
  EXPECT_EQ(At(object, {"a", "n"}), nullptr);
  EXPECT_EQ(At(object, {"b", "c"}), nullptr);
  EXPECT_EQ(At(object, {"a", "s", "c"}), nullptr);
}

TEST(TextAt, IsEmptyForWhatIsNoString) {
  const Json object = Json::parse(R"({"a":{"s":"x","n":1}})");
  EXPECT_EQ(TextAt(object, {"a", "s"}), "x");
  EXPECT_EQ(TextAt(object, {"a", "n"}), "");
  EXPECT_EQ(TextAt(object, {"a", "b"}), "");
  EXPECT_EQ(TextAt(object, {"a"}), "");
}

TEST(StringMember, NamesTheKeyAndTheTypeFound) {
  const Json object = Json::parse(R"({"a":"x","n":3})");
  EXPECT_EQ(StringMember(object, "a").value(), "x");
  EXPECT_EQ(StringMember(object, "n").error().message, "n is not a string but of type number");
  EXPECT_EQ(StringMember(object, "b").error().message, "b is missing");
}

}  // namespace
}  // namespace irsa::base
