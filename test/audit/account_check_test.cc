#include "irsa/audit/checks/account_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/time_text.h"

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

Json Annotated(const Json& annotations) {
  Json account = AnnotatedAccount();
  account["metadata"]["annotations"] = annotations;
  return account;
}

std::vector<Finding> Check(const Json& annotations, const ClientIds& client_ids = {}, bool has_other_role = false) {
  const Json object = Annotated(annotations);
  const auto account = ReadAccountFacts(ViewOf(object), {});
  return account ? CheckAccount(*account, has_other_role, client_ids, {}) : std::vector<Finding>();
}

TEST(ReadAccountFacts, KnowsWhenTheRoleWasSet) {
  Json object = AnnotatedAccount();
  EXPECT_EQ(base::FormatRfc3339(*ReadAccountFacts(ViewOf(object), {})->changed_at), "2026-01-01T00:00:00Z");
  object["metadata"].erase("managedFields");
  EXPECT_EQ(base::FormatRfc3339(*ReadAccountFacts(ViewOf(object), {})->changed_at), "2025-12-01T00:00:00Z");
}

TEST(ReadAccountFacts, PassesOverAccountsWithoutAnnotations) {
  const Json object = Annotated({{"example.com/role-arn", kRole}});
  EXPECT_FALSE(ReadAccountFacts(ViewOf(object), {}));
}

TEST(CheckAccount, FindsNothingWrongWithARole) {
  EXPECT_EQ(Check({{"eks.amazonaws.com/role-arn", kRole}}), std::vector<Finding>());
}

TEST(CheckAccount, MissesNoRoleWherePodIdentityIsUsed) {
  EXPECT_EQ(Check({{"eks.amazonaws.com/pod-identity", "true"}, {"eks.amazonaws.com/token-expiration", "3600"}}),
            std::vector<Finding>());
  EXPECT_EQ(Check({{"eks.amazonaws.com/pod-identity", "true"}}, {{"corp"}}), std::vector<Finding>())
      << "its audience is no client id of a provider";
  EXPECT_EQ(Kinds(Check({{"eks.amazonaws.com/pod-identity", "false"}})), Names{"annotation-without-role"});
}

TEST(CheckAccount, FindsAMalformedArn) {
  const auto found = Check({{"eks.amazonaws.com/role-arn", "my-role"}});
  ASSERT_EQ(Kinds(found), Names{"role-arn-malformed"});
  EXPECT_EQ(found[0].object, (ObjectName{"ServiceAccount", "team-a", "app"}));
  EXPECT_THAT(found[0].what, HasSubstr("\"my-role\""));
  EXPECT_THAT(found[0].fix, HasSubstr("kubectl annotate serviceaccount app -n team-a eks.amazonaws.com/role-arn="));
}

TEST(CheckAccount, FindsAMisspeltAnnotationOnce) {
  const auto found = Check({{"eks.amazonaws.com/role-arm", kRole}});
  ASSERT_EQ(Kinds(found), Names{"annotation-unknown"});
  EXPECT_THAT(found[0].what, HasSubstr("did you mean role-arn?"));
  EXPECT_THAT(found[0].fix, HasSubstr("kubectl annotate serviceaccount app -n team-a eks.amazonaws.com/role-arm-"));
}

TEST(CheckAccount, NamesAnUnknownAnnotationWhole) {
  const std::string key = "eks.amazonaws.com/" + std::string(60, 'x');
  EXPECT_THAT(Check({{key, kRole}})[0].fix, HasSubstr(" " + key + "-"));
  const auto alike = Check({{key, kRole}, {key + "y", kRole}});
  ASSERT_EQ(alike.size(), 2U);
  EXPECT_THAT(alike[0].fix, ::testing::Not(HasSubstr("kubectl"))) << "shortened, the two are the same";
}

TEST(CheckAccount, FindsValuesThatCountForNothing) {
  EXPECT_EQ(Kinds(Check({{"eks.amazonaws.com/role-arn", kRole}, {"eks.amazonaws.com/sts-regional-endpoints", "yes"}})),
            Names{"annotation-value-ignored"});
  EXPECT_EQ(Kinds(Check({{"eks.amazonaws.com/role-arn", kRole}, {"eks.amazonaws.com/token-expiration", "60"}})),
            Names{"token-expiration-adjusted"});
}

TEST(CheckAccount, FindsAnnotationsWithoutARole) {
  const auto found = Check({{"eks.amazonaws.com/role-arn", ""}, {"eks.amazonaws.com/audience", "x"}});
  ASSERT_EQ(Kinds(found), Names{"annotation-without-role"});
  EXPECT_EQ(found[0].what, "it has eks.amazonaws.com/audience, eks.amazonaws.com/role-arn, but no role");
  EXPECT_EQ(Check({{"eks.amazonaws.com/audience", "x"}}, {}, true), std::vector<Finding>()) << "the ConfigMap has one";
}

TEST(CheckAccount, FindsAnAudienceThatNoProviderHas) {
  const Json annotations = {{"eks.amazonaws.com/role-arn", kRole}, {"eks.amazonaws.com/audience", "vault"}};
  EXPECT_EQ(Kinds(Check(annotations)), Names{"audience-without-provider"});
  EXPECT_EQ(Check(annotations, {{"x", "vault"}}), std::vector<Finding>());
  EXPECT_EQ(Kinds(Check({{"eks.amazonaws.com/role-arn", kRole}}, {{"vault"}})), Names{"audience-without-provider"});
}

TEST(ClientIds, AreThoseOfChinaForRolesThere) {
  const ClientIds usual;
  EXPECT_TRUE(usual.Accept("sts.amazonaws.com", kRole));
  EXPECT_FALSE(usual.Accept("sts.amazonaws.com.cn", kRole));
  EXPECT_TRUE(usual.Accept("sts.amazonaws.com.cn", "arn:aws-cn:iam::111122223333:role/app"));
  EXPECT_FALSE(usual.Accept("sts.amazonaws.com.cn", "no ARN"));
}

}  // namespace
}  // namespace irsa::audit
