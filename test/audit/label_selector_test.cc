#include "irsa/audit/facts/label_selector.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::audit {
namespace {

using Json = nlohmann::json;

LabelSelector Read(const char* text) {
  const Json json = Json::parse(text);
  return ReadLabelSelector(&json);
}

TEST(LabelSelector, WithoutRequirementsMatchesEverything) {
  EXPECT_TRUE(ReadLabelSelector(nullptr).Matches({}));
  EXPECT_TRUE(Read("{}").Matches({{"a", "b"}}));
}

TEST(LabelSelector, WantsAllRequirementsMet) {
  const LabelSelector selector =
      Read(R"({"matchLabels":{"team":"a"},"matchExpressions":[{"key":"tier","operator":"In","values":["web","db"]}]})");
  EXPECT_TRUE(selector.Matches({{"team", "a"}, {"tier", "db"}}));
  EXPECT_FALSE(selector.Matches({{"team", "a"}}));
  EXPECT_FALSE(selector.Matches({{"team", "b"}, {"tier", "db"}}));
  EXPECT_EQ(selector.FirstUnmet({{"team", "a"}, {"tier", "x"}})->Text(), "tier In (db, web)");
}

TEST(LabelSelector, KnowsEveryOperator) {
  EXPECT_TRUE(Read(R"({"matchExpressions":[{"key":"a","operator":"Exists"}]})").Matches({{"a", ""}}));
  EXPECT_FALSE(Read(R"({"matchExpressions":[{"key":"a","operator":"Exists"}]})").Matches({}));
  EXPECT_TRUE(Read(R"({"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]})").Matches({}));
  EXPECT_FALSE(Read(R"({"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]})").Matches({{"a", ""}}));
  EXPECT_TRUE(Read(R"({"matchExpressions":[{"key":"a","operator":"NotIn","values":["x"]}]})").Matches({}));
  EXPECT_FALSE(Read(R"({"matchExpressions":[{"key":"a","operator":"NotIn","values":["x"]}]})").Matches({{"a", "x"}}));
  EXPECT_FALSE(Read(R"({"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]})").Matches({{"a", "2"}}));
}

TEST(LabelSelector, IsTheSameInAnyOrder) {
  EXPECT_EQ(
      Read(R"({"matchExpressions":[{"key":"b","operator":"Exists"},{"key":"a","operator":"In","values":["2","1"]}]})"),
      Read(R"({"matchExpressions":[{"key":"a","operator":"In","values":["1","2"]},{"key":"b","operator":"Exists"}]})"));
}

TEST(ReadLabels, PassesOverWhatIsNone) {
  EXPECT_EQ(ReadLabels(Json::parse(R"({"metadata":{"labels":{"a":"b","c":1}}})")), (Labels{{"a", "b"}}));
  EXPECT_EQ(ReadLabels(Json::parse(R"({"metadata":{}})")), Labels());
}

}  // namespace
}  // namespace irsa::audit
