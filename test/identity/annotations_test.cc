#include "irsa/identity/rules/annotations.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr auto kAccount = AnnotationHolder::kServiceAccount;
constexpr auto kPod = AnnotationHolder::kPod;

std::string Text(std::string_view name, AnnotationHolder holder) {
  const Warning warning = UnknownAnnotation("p/" + std::string(name), "p", holder);
  EXPECT_EQ(warning.reason, WarningReason::kUnknownAnnotation);
  return warning.text;
}

std::vector<std::pair<std::string, std::string>> In(std::string_view text, std::string_view prefix) {
  const base::Json object = base::ReadJson(text).value();
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Annotation& annotation : AnnotationsIn(object, prefix)) {
    texts.emplace_back(annotation.key, annotation.value);
  }
  return texts;
}

TEST(AnnotationsIn, AreThoseUnderThePrefix) {
  EXPECT_THAT(In(R"({"metadata": {"annotations": {"p.io/z": "1", "p.io/a": "2", "p.io": "3", "p.iox/a": "4",
                                                  "x.p.io/a": "5", "p.io/": "6"}}})",
                 "p.io"),
              ElementsAre(Pair("p.io/", "6"), Pair("p.io/a", "2"), Pair("p.io/z", "1")));
}

TEST(AnnotationsIn, CountWhatIsNoStringAsEmpty) {
  EXPECT_THAT(In(R"({"metadata": {"annotations": {"p/a": null, "p/b": 7, "p/c": "x"}}})", "p"),
              ElementsAre(Pair("p/a", ""), Pair("p/b", ""), Pair("p/c", "x")));
}

TEST(AnnotationsIn, AreNoneWhereThereIsNoMapOfThem) {
  for (const char* text : {"[]", "{}", R"({"metadata": 1})", R"({"metadata": {}})",
                           R"({"metadata": {"annotations": null}})", R"({"metadata": {"annotations": "p/a"}})"}) {
    EXPECT_THAT(In(text, "p"), IsEmpty()) << text;
  }
}

TEST(AnnotationName, IsWhatFollowsThePrefixAndASlash) {
  EXPECT_EQ(AnnotationName("id.example.org/role-arn", "id.example.org"), "role-arn");
  EXPECT_EQ(AnnotationName("id.example.org/", "id.example.org"), "");
}

TEST(AnnotationName, IsNothingOutsideThePrefix) {
  for (const char* key : {"", "role-arn", "id.example.org", "id.example.orgx/role-arn", "x.id.example.org/role-arn",
                          "eks.amazonaws.com/role-arn"}) {
    EXPECT_EQ(AnnotationName(key, "id.example.org"), std::nullopt) << key;
  }
}

TEST(UnknownAnnotation, NamesTheKeyWhenNothingLikeItIsKnown) {
  EXPECT_EQ(Text("compute-type", kPod), R"(unknown annotation "p/compute-type" is ignored)");
  EXPECT_EQ(Text("", kAccount), R"(unknown annotation "p/" is ignored)");
  EXPECT_EQ(Text("a\nb", kAccount), R"(unknown annotation "p/a\x0ab" is ignored)");
}

TEST(UnknownAnnotation, SuggestsWhatIsAtMostTwoEditsAway) {
  const std::pair<std::string_view, std::string_view> slips[] = {
      {"role-arm", "role-arn"},   // replaced
      {"rolearn", "role-arn"},    // left out
      {"role-arns", "role-arn"},  // too much
      {"xrole-arn", "role-arn"},  // too much in front
      {"role-anr", "role-arn"},   // swapped
      {"rloe-anr", "role-arn"},   // swapped twice
      {"orle-arm", "role-arn"},   // swapped and replaced
      {"role_arm", "role-arn"},   // replaced twice
      {"Role-ARN", "role-arn"},   // case
      {"ROLE_ARM", "role-arn"},   // case and replaced twice
      {"audiance", "audience"},
      {"sts-regional-endpoint", "sts-regional-endpoints"},
      {"token-expirations", "token-expiration"},
  };
  for (const auto& [slip, meant] : slips) {
    EXPECT_EQ(Text(slip, kAccount), "unknown annotation \"p/" + std::string(slip) + "\" is ignored: did you mean " +
                                        std::string(meant) + "?");
  }
  EXPECT_EQ(Text("skip-container", kPod),
            R"(unknown annotation "p/skip-container" is ignored: did you mean skip-containers?)");
}

TEST(UnknownAnnotation, SuggestsNothingThreeEditsAway) {
  for (const char* name : {"role", "role-arnxxx", "rolls-arm", "token-expiry", "xyzrole-arn", "eloraran"}) {
    EXPECT_EQ(Text(name, kAccount), "unknown annotation \"p/" + std::string(name) + "\" is ignored");
  }
}

TEST(UnknownAnnotation, SaysWhereAKnownOneBelongs) {
  EXPECT_EQ(Text("role-arn", kPod),
            R"(annotation "p/role-arn" has no effect on a pod: it belongs on the service account)");
}

TEST(UnknownAnnotation, SaysWhereASuggestedOneBelongsUnlessItIsHere) {
  EXPECT_EQ(Text("role-arm", kPod),
            R"(unknown annotation "p/role-arm" is ignored: did you mean role-arn, on the service account?)");
  EXPECT_EQ(Text("skip-container", kAccount),
            R"(unknown annotation "p/skip-container" is ignored: did you mean skip-containers?)");
  EXPECT_EQ(Text("token-expirtaion", kPod),
            R"(unknown annotation "p/token-expirtaion" is ignored: did you mean token-expiration?)");
}

TEST(UnknownAnnotation, ShortensTheNameNotThePrefix) {
  const std::string prefix(50, 'p');
  EXPECT_EQ(UnknownAnnotation(prefix + "/" + std::string(100, 'n'), prefix, kPod).text,
            "unknown annotation \"" + prefix + "/" + std::string(40, 'n') + "\"… is ignored");
}

}  // namespace
}  // namespace irsa::identity
