#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/iam/lint/policy_lint.h"

#include "test/iam/linted_policy.h"

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(LintTrustPolicy, FindsThatTheSubjectIsNotAsked) {
  const std::string without =
      Clean({{R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:cart",)", ""}});
  const Finding finding = FindingOf(without, "no-subject");
  EXPECT_THAT(finding.message, ::testing::StartsWith("no condition on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" "
                                                     "names who may assume the role: every pod of the cluster may"));
  EXPECT_EQ(finding.fixed_policy, "");
  EXPECT_TRUE(BecomesClean(without));
  EXPECT_THAT(Codes(Clean({{"StringEquals", "StringNotEquals"}})),
              ElementsAre("error audience", "warning no-audience"));
  EXPECT_THAT(Fixes(Clean({{"StringEquals", "StringNotEquals"}})),
              ::testing::Not(::testing::Contains("left audience")));
}

TEST(LintTrustPolicy, TakesADenyThatNarrowsAnAllow) {
  const std::string deny =
      R"("Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringNotLike": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:*"}}},)";
  EXPECT_THAT(Codes(Clean({{R"("Statement": [)", deny}, {"StringEquals", "StringLike"}, {"shop:cart", "*:cart"}})),
              IsEmpty());
}

TEST(LintTrustPolicy, FindsSubjectsOfOtherNamespaces) {
  const auto with = [](const std::string& pattern) {
    return Clean({{"StringEquals", "StringLike"}, {"system:serviceaccount:shop:cart", pattern}});
  };
  EXPECT_EQ(FindingOf(with("system:serviceaccount:*:*"), "any-subject").message,
            "\"system:serviceaccount:*:*\" for \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" matches every service "
            "account: every pod of the cluster may assume the role");
  for (const char* pattern : {"*", "system:*", "system:serviceaccount:*", "*:*:*:*", "system:serviceaccount:?*:?*"}) {
    EXPECT_THAT(Codes(with(pattern)), ElementsAre("error any-subject")) << pattern;
    EXPECT_THAT(Fixes(with(pattern)), ElementsAre("any-subject")) << pattern;
  }
  EXPECT_THAT(Codes(with("system:serviceaccount:*:cart-*")), ElementsAre("warning any-namespace"));
  const Finding crossing = FindingOf(with("system:serviceaccount:prod*"), "crosses-namespaces");
  EXPECT_EQ(crossing.message,
            "\"system:serviceaccount:prod*\" for \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" also admits "
            "\"system:serviceaccount:prod-evil:x\": a wildcard in the namespace crosses namespaces");
  EXPECT_EQ(crossing.fix, "name the namespace: write \"system:serviceaccount:prod:*\"");
  for (const char* pattern :
       {"system:serviceaccount:team-*:*", "system:serviceaccount:s*", "system:serviceaccount:sh?p:a"}) {
    EXPECT_THAT(Codes(with(pattern)), ElementsAre("warning crosses-namespaces")) << pattern;
  }
  for (const char* pattern :
       {"system:serviceaccount:shop:*", "system:serviceaccount:shop:cart?", "system:serviceaccount:shop:*-cart"}) {
    EXPECT_THAT(Codes(with(pattern)), IsEmpty()) << pattern;
  }
}

TEST(LintTrustPolicy, FindsSubjectsThatNoServiceAccountHas) {
  const auto with = [](const std::string& op, const std::string& subject) {
    return Clean({{"StringEquals", op}, {"system:serviceaccount:shop:cart", subject}});
  };
  const Finding finding = FindingOf(with("StringEquals", "system:serviceaccount:shop/cart"), "subject");
  EXPECT_EQ(finding.message,
            "\"system:serviceaccount:shop/cart\" for \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" is not a service "
            "account's subject");
  EXPECT_EQ(finding.fix, "write \"system:serviceaccount:shop:cart\"");
  for (const char* subject :
       {"system:serviceaccounts:shop:cart", "system:serviceaccount:shop/cart", "system:serviceaccount:Shop:Cart",
        "serviceaccount:shop:cart", "shop:cart", "shop/cart", " system:serviceaccount:shop:cart"}) {
    EXPECT_THAT(Codes(with("StringEquals", subject)), ElementsAre("error subject")) << subject;
    EXPECT_TRUE(ParseTrustPolicy(FindingOf(with("StringEquals", subject), "subject").fixed_policy).value() ==
                ParseTrustPolicy(kClean).value())
        << subject;
  }
  for (const char* subject :
       {"system:serviceaccount:cart", "system:serviceaccount:shop:", "system:serviceaccount::cart",
        "system:serviceaccount:shop:cart:x", "system:node:a", ""}) {
    EXPECT_THAT(Codes(with("StringEquals", subject)), ElementsAre("error subject")) << subject;
    EXPECT_TRUE(BecomesClean(with("StringEquals", subject))) << subject;
  }
  EXPECT_THAT(Codes(with("StringLike", "system:serviceaccounts:shop:*")), ElementsAre("error subject"));
}

TEST(LintTrustPolicy, FindsThatTheAudienceIsNotAsked) {
  const std::string without =
      Clean({{R"(cart",)", R"(cart")"}, {R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com")", ""}});
  const Finding finding = FindingOf(without, "no-audience");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.message,
            "no condition on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\": tokens for every client id of the "
            "provider are accepted");
  EXPECT_TRUE(BecomesClean(without));
}

TEST(LintTrustPolicy, FindsAnAudienceThatTheTokensDoNotHave) {
  const std::string cn = Clean({{"\"sts.amazonaws.com\"", "\"sts.amazonaws.com.cn\""}});
  EXPECT_EQ(FindingOf(cn, "audience").message,
            "StringEquals on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\" has \"sts.amazonaws.com.cn\", but the "
            "cluster's tokens have \"sts.amazonaws.com\"");
  EXPECT_TRUE(BecomesClean(cn));
  const std::string regional = Clean({{R"("sts.amazonaws.com")", R"("sts.eu-west-1.amazonaws.com")"}});
  EXPECT_THAT(Codes(regional), ElementsAre("error audience"));
  EXPECT_THAT(Codes(regional, {.audience = "sts.eu-west-1.amazonaws.com"}), IsEmpty());
  EXPECT_THAT(Codes(regional, {.audience = ""}), IsEmpty());
  EXPECT_THAT(Codes(Clean({{R"("sts.amazonaws.com")", R"("my-cluster")"}})), ElementsAre("warning audience"));
  EXPECT_THAT(Codes(Clean({{R"("sts.amazonaws.com")", R"(["my-cluster", "sts.amazonaws.com"])"}})), IsEmpty());
}

TEST(LintTrustPolicy, FindsThatTheAudienceOfTheTokensIsExcluded) {
  const std::string excluded =
      Clean({{R"(",
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com")",
              R"("}, "StringNotEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com")"}});
  const Finding finding = FindingOf(excluded, "audience");
  EXPECT_EQ(
      finding.message,
      "StringNotEquals on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\" with \"sts.amazonaws.com\" excludes the "
      "audience of the cluster's tokens, \"sts.amazonaws.com\"");
  EXPECT_EQ(finding.fix, "ask for \"sts.amazonaws.com\" with StringEquals");
  EXPECT_TRUE(BecomesClean(excluded));
}

// Written as a value that is kept out, the service account or the audience would be.
TEST(LintTrustPolicy, NeverAdvisesToKeepOutWhoIsToGetIn) {
  const auto with = [](const std::string& condition) {
    return Clean({{R"("StringEquals": {)", condition + R"(, "StringEquals": {)"}});
  };
  const std::string key = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  const std::tuple<std::string, const char*, const char*> cases[] = {
      {"{\"" + key + R"(:sub": "cart"})", "subject", "remove the value, which excludes no one"},
      {"{\"" + key + R"(:sub": "c*"})", "equals-wildcard", "remove the value, which excludes no one"},
      {"{\"" + key + R"(:aud": "sts.*"})", "equals-wildcard", "remove the value, which excludes no one"},
      {"{\"" + key + R"(:sub": "<cart>"})", "unfilled", "fill it in, or remove the value, which excludes no one"},
  };
  for (const auto& [condition, code, fix] : cases) {
    EXPECT_EQ(FindingOf(with("\"StringNotEquals\": " + condition), code, kKnown).fix, fix) << condition;
    const std::string deny = Clean({{R"(  ]
})",
                                     R"(  , {"Effect": "Deny", "Principal": "*", "Action": "sts:*",
        "Condition": {"StringEquals": )" +
                                         condition + "}}]\n}"}});
    const Finding finding = FindingOf(deny, code, kKnown);
    EXPECT_EQ(finding.fix, fix) << condition;
    EXPECT_EQ(finding.fixed_policy, "") << condition;
  }
}

TEST(LintTrustPolicy, FindsThatTokensForTheKubernetesApiAreAccepted) {
  const std::string api =
      Clean({{R"("sts.amazonaws.com")", R"(["https://kubernetes.default.svc", "sts.amazonaws.com"])"}});
  EXPECT_THAT(Codes(api), ElementsAre("error api-audience"));
  EXPECT_TRUE(BecomesClean(api));
  EXPECT_THAT(Codes(Clean({{"StringEquals", "StringLike"}, {R"("sts.amazonaws.com")", R"("*")"}})),
              ElementsAre("error api-audience"));
}

TEST(LintTrustPolicy, FindsConditionsThatCanNeverBeMet) {
  const auto with = [](const std::string& condition) {
    return Clean({{R"("StringEquals": {)", condition + R"(, "StringEquals": {)"}});
  };
  EXPECT_THAT(Codes(with(R"("Bool": {"aws:SecureTransport": "false"})")), ElementsAre("error never"));
  EXPECT_TRUE(BecomesClean(with(R"("Bool": {"aws:SecureTransport": "false"})")));
  EXPECT_THAT(FindingOf(with(R"("Null": {"aws:SourceIp": "true"})"), "never").fix, StartsWith("correct the condition"));
  EXPECT_THAT(Codes(with(R"("Null": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "true"})")),
              ElementsAre("error never"));
  EXPECT_THAT(
      Codes(with(
          R"("StringNotEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:cart"})")),
      ElementsAre("error contradiction"));
  EXPECT_THAT(
      Codes(with(R"("StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:prod:*"})")),
      ElementsAre("error contradiction"));
  LintContext late = {.now = base::SystemTime(std::chrono::seconds(1790000000))};
  const std::string expired = with(R"("DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"})");
  EXPECT_THAT(Codes(expired, late), ElementsAre("error never"));
  EXPECT_THAT(Codes(with(R"("DateLessThan": {"aws:CurrentTime": "2035-01-01T00:00:00Z"})"), late), IsEmpty());
  // Dates that the clock cannot show.
  EXPECT_THAT(Codes(with(R"("DateLessThan": {"aws:CurrentTime": "9999-12-31T23:59:59Z"})"), late), IsEmpty());
  EXPECT_THAT(Codes(with(R"("DateGreaterThan": {"aws:CurrentTime": "0001-01-01T00:00:00Z"})"), late), IsEmpty());
  EXPECT_THAT(Codes(with(R"("IpAddress": {"aws:SourceIp": "10.0.0.0/8"})")), IsEmpty());
}

TEST(LintTrustPolicy, FindsKeysThatNoRequestHas) {
  const auto with = [](const std::string& condition) {
    return Clean({{R"("StringEquals": {)", R"("StringEquals": {)" + condition + ", "}});
  };
  for (const char* condition : {R"("aws:PrincipalOrgID": "o-abc")", R"("sts:ExternalId": "x")",
                                R"("aws:RequestTag/a": "b")", R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:iss": "x")",
                                R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:amr": "x")"}) {
    EXPECT_THAT(Codes(with(condition)), ElementsAre("error no-such-key")) << condition;
    EXPECT_TRUE(BecomesClean(with(condition))) << condition;
  }
  EXPECT_EQ(FindingOf(Clean({{"ABC:sub", "ABC:subject"}}), "no-such-key").fix,
            "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\"");
}

TEST(LintTrustPolicy, SaysWhoIsDeniedAndByWhatAndLeavesItToPeople) {
  const std::string deny =
      R"("Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:*"}}},)";
  const std::string policy = Clean({{R"("Statement": [)", deny}});
  const Finding finding = FindingOf(policy, "denied", kKnown);
  EXPECT_EQ(finding.statement, 1U);
  EXPECT_EQ(finding.message,
            "the statement denies \"system:serviceaccount:shop:cart\", whatever other statements allow: StringLike on "
            "\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" with \"system:serviceaccount:shop:*\" is met");
  EXPECT_EQ(finding.fixed_policy, "");
  EXPECT_THAT(Codes(policy), ElementsAre("error denied"));
}

TEST(LintTrustPolicy, FindsADenyThatDeniesNobody) {
  const std::string deny =
      R"("Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}},)";
  EXPECT_THAT(Codes(Clean({{R"("Statement": [)", deny}})), ElementsAre("warning dead-deny"));
}

}  // namespace
}  // namespace irsa::iam
