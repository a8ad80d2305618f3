#include "irsa/iam/trust_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;

constexpr const char* kProvider = "arn:aws:iam::111122223333:oidc-provider/i.test";
constexpr const char* kSubject = "system:serviceaccount:shop:cart";

RequestContext Request() {
  return WebIdentityRequest({kProvider, "https://i.test", kSubject, "sts.amazonaws.com"},
                            base::SystemTime(std::chrono::seconds(1714979289)));
}

// `members` are those of a statement besides the Principal and the Action that fit.
std::string Fitting(const std::string& members) {
  return R"({"Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/i.test"}, )"
         R"("Action": "sts:AssumeRoleWithWebIdentity", )" +
         members + "}";
}

TrustPolicy Parse(const std::string& statements) {
  auto policy = ParseTrustPolicy(R"({"Version": "2012-10-17", "Statement": [)" + statements + "]}");
  EXPECT_TRUE(policy.ok()) << (policy.ok() ? "" : policy.error().message);
  return *std::move(policy);
}

Verdict VerdictOf(const std::string& statements) { return Evaluate(Parse(statements), Request()).verdict; }

constexpr const char* kAllowCart =
    R"("Effect": "Allow", "Condition": {"StringEquals": {"i.test:sub": "system:serviceaccount:shop:cart"}})";
constexpr const char* kAllowOther =
    R"("Effect": "Allow", "Condition": {"StringEquals": {"i.test:sub": "system:serviceaccount:shop:till"}})";
constexpr const char* kAllowOtherAudience =
    R"("Effect": "Allow", "Condition": {"StringEquals": {"i.test:aud": "x", "i.test:sub": "y"}})";

TEST(Evaluate, AllowsWhatSomeStatementAllows) {
  EXPECT_EQ(VerdictOf(""), Verdict::kImplicitDeny);
  EXPECT_EQ(VerdictOf(Fitting(R"("Effect": "Allow")")), Verdict::kAllowed);
  EXPECT_EQ(VerdictOf(Fitting(kAllowCart)), Verdict::kAllowed);
  EXPECT_EQ(VerdictOf(Fitting(kAllowOther)), Verdict::kImplicitDeny);
  EXPECT_EQ(VerdictOf(Fitting(kAllowOther) + "," + Fitting(kAllowCart)), Verdict::kAllowed);
}

TEST(Evaluate, LetsADenyWinInAnyOrder) {
  const std::string deny = Fitting(R"("Effect": "Deny")");
  const std::string allow = Fitting(kAllowCart);
  EXPECT_EQ(VerdictOf(deny), Verdict::kExplicitDeny);
  EXPECT_EQ(VerdictOf(deny + "," + allow), Verdict::kExplicitDeny);
  EXPECT_EQ(VerdictOf(allow + "," + deny), Verdict::kExplicitDeny);
  const std::string deny_others =
      R"("Effect": "Deny", "Condition": {"StringNotLike": {"i.test:sub": "system:serviceaccount:shop:*"}})";
  EXPECT_EQ(VerdictOf(allow + "," + Fitting(deny_others)), Verdict::kAllowed);
}

TEST(Evaluate, WantsEveryConditionToBeMet) {
  EXPECT_EQ(VerdictOf(Fitting(R"("Effect": "Allow", "Condition": {
              "StringEquals": {"i.test:aud": "sts.amazonaws.com", "I.TEST:SUB": "system:serviceaccount:shop:cart"},
              "DateLessThan": {"aws:CurrentTime": "2024-05-06T07:08:10Z"},
              "NumericGreaterThan": {"aws:EpochTime": 1714979288}})")),
            Verdict::kAllowed);
  EXPECT_EQ(VerdictOf(Fitting(R"("Effect": "Allow", "Condition": {
              "StringEquals": {"i.test:aud": "sts.amazonaws.com", "i.test:sub": "system:serviceaccount:shop:cart"},
              "DateLessThan": {"aws:CurrentTime": "2024-05-06T07:08:09Z"}})")),
            Verdict::kImplicitDeny);
}

TEST(Evaluate, ComparesTheProviderExactly) {
  const auto with = [](const std::string& principal) {
    return R"({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": )" + principal + "}";
  };
  EXPECT_EQ(VerdictOf(with(R"("*")")), Verdict::kAllowed);
  EXPECT_EQ(VerdictOf(with(R"({"AWS": "*"})")), Verdict::kAllowed);
  EXPECT_EQ(VerdictOf(with(R"({"Federated": ["x", "arn:aws:iam::111122223333:oidc-provider/i.test"]})")),
            Verdict::kAllowed);
  for (const char* other :
       {R"({"Federated": "arn:aws:iam::444455556666:oidc-provider/i.test"})", R"({"Federated": "*"})",
        R"({"Federated": "arn:aws:iam::111122223333:oidc-provider/*"})", R"({"Federated": []})", "{}",
        R"({"AWS": "arn:aws:iam::111122223333:root"})", R"({"AWS": "arn:aws:iam::111122223333:oidc-provider/i.test"})",
        R"({"Service": "ec2.amazonaws.com"})", R"({"CanonicalUser": "*"})"}) {
    EXPECT_EQ(VerdictOf(with(other)), Verdict::kImplicitDeny) << other;
  }
}

// AssumeRole, signed by a session of role/team/reader.
RequestContext SignedRequest() {
  return AssumeRoleRequest({"arn:aws:sts::111122223333:assumed-role/reader/cart",
                            "AROAX:cart",
                            "111122223333",
                            "arn:aws:iam::111122223333:role/team/reader",
                            {}},
                           base::SystemTime(std::chrono::seconds(1714979289)));
}

Verdict SignedVerdict(const std::string& principal, const std::string& effect = "Allow") {
  const std::string allow = R"({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, )";
  return Evaluate(Parse((effect == "Deny" ? allow : "") + R"({"Effect": ")" + effect +
                        R"(", "Action": "sts:AssumeRole", "Principal": )" + principal + "}"),
                  SignedRequest())
      .verdict;
}

TEST(Evaluate, LooksForTheSignerOfARequestInPrincipalAws) {
  for (const char* principal :
       {R"("*")", R"({"AWS": "*"})", R"({"AWS": "111122223333"})", R"({"AWS": "arn:aws:iam::111122223333:root"})",
        R"({"AWS": "arn:aws:iam::111122223333:role/team/reader"})",
        R"({"AWS": ["x", "arn:aws:sts::111122223333:assumed-role/reader/cart"]})",
        R"({"Federated": "x", "AWS": "111122223333"})"}) {
    EXPECT_EQ(SignedVerdict(principal), Verdict::kAllowed) << principal;
    EXPECT_EQ(SignedVerdict(principal, "Deny"), Verdict::kExplicitDeny) << principal;
  }
  for (const char* principal : {R"({"AWS": "444455556666"})", R"({"AWS": "arn:aws:iam::111122223333:role/reader"})",
                                R"({"AWS": "arn:aws:sts::111122223333:assumed-role/reader/till"})",
                                R"({"AWS": "arn:aws-cn:iam::111122223333:root"})", R"({"Federated": "111122223333"})",
                                R"({"Service": "111122223333"})", "{}"}) {
    EXPECT_EQ(SignedVerdict(principal), Verdict::kImplicitDeny) << principal;
    EXPECT_EQ(SignedVerdict(principal, "Deny"), Verdict::kAllowed) << principal;
  }
  for (const char* principal : {R"({"AWS": "arn:aws:iam::111122223333:role/*"})",
                                R"({"AWS": "arn:aws:sts::*:assumed-role/reader/*"})", R"({"AWS": "1111*"})"}) {
    EXPECT_EQ(SignedVerdict(principal), Verdict::kImplicitDeny) << principal;
    EXPECT_EQ(SignedVerdict(principal, "Deny"), Verdict::kExplicitDeny) << principal;
  }
  EXPECT_EQ(SignedVerdict(R"({"Federated": "*"})", "Deny"), Verdict::kAllowed);
}

TEST(Explain, NamesTheSignerOfARequest) {
  const TrustPolicy policy = Parse(R"({"Effect": "Allow", "Action": "sts:AssumeRole",
                                       "Principal": {"AWS": ["444455556666", "x"], "Federated": "p"}},
                                      {"Effect": "Allow", "Action": "sts:TagSession", "Principal": {"Service": "s"}})");
  EXPECT_THAT(
      Explain(policy, SignedRequest(), Evaluate(policy, SignedRequest())),
      ElementsAre("statement 1 allows other requests: Principal has \"444455556666\" or \"x\", Federated \"p\", "
                  "the request comes from \"arn:aws:sts::111122223333:assumed-role/reader/cart\"",
                  "statement 2 allows other requests: Principal has no AWS principal, Service \"s\", the "
                  "request comes from \"arn:aws:sts::111122223333:assumed-role/reader/cart\"; Action has "
                  "\"sts:TagSession\", the request is sts:AssumeRole"));
}

TEST(Evaluate, NeverIgnoresAWildcardPrincipalInADeny) {
  const std::string allow = Fitting(R"("Effect": "Allow")");
  for (const char* principal :
       {R"("*")", R"({"AWS": "*"})", R"({"AWS": ["arn:aws:iam::111122223333:root", "*"]})", R"({"Federated": "*"})",
        R"({"Federated": ["x", "arn:aws:iam::111122223333:oidc-provider/*"]})", R"({"Federated": "arn:aws:iam::*"})",
        R"({"Service": "*"})", R"({"CanonicalUser": "*"})"}) {
    EXPECT_EQ(VerdictOf(allow + R"(, {"Effect": "Deny", "Action": "sts:*", "Principal": )" + principal + "}"),
              Verdict::kExplicitDeny)
        << principal;
  }
  for (const char* principal : {R"({"Federated": "arn:aws:iam::444455556666:*"})", R"({"Service": "*.amazonaws.com"})",
                                R"({"AWS": "arn:aws:iam::111122223333:root"})", "{}"}) {
    EXPECT_EQ(VerdictOf(allow + R"(, {"Effect": "Deny", "Action": "sts:*", "Principal": )" + principal + "}"),
              Verdict::kAllowed)
        << principal;
  }
}

// Rebuilt from reports: IAM refuses both.
TEST(Evaluate, LetsVariablesWithoutAValueMatchNothing) {
  const auto deny = [](const std::string& condition) {
    return Fitting(R"("Effect": "Allow")") + "," + Fitting(R"("Effect": "Deny", "Condition": {)" + condition + "}");
  };
  EXPECT_EQ(VerdictOf(deny(R"("StringNotEquals": {"i.test:sub": "system:serviceaccount:${aws:RequestTag/ns}:cart"})")),
            Verdict::kExplicitDeny);
  EXPECT_EQ(
      VerdictOf(deny(R"("StringEquals": {"i.test:sub": ["${aws:RequestTag/ns}", "system:serviceaccount:shop:cart"]})")),
      Verdict::kExplicitDeny);
  EXPECT_EQ(VerdictOf(deny(R"("StringEquals": {"i.test:sub": "${aws:RequestTag/ns}"})")), Verdict::kAllowed);
}

TEST(Evaluate, MatchesActionsWithWildcardsAndWithoutCase) {
  const auto with = [](const std::string& action) {
    return R"({"Effect": "Allow", "Principal": "*", )" + action + "}";
  };
  for (const char* action :
       {R"("Action": "*")", R"("Action": "sts:*")", R"("Action": "STS:assumerolewithwebidentity")",
        R"("Action": ["sts:TagSession", "sts:AssumeRoleWith*"])", R"("Action": "sts:AssumeRoleWithWebIdentit?")",
        R"("NotAction": "sts:TagSession")", R"("NotAction": [])"}) {
    EXPECT_EQ(VerdictOf(with(action)), Verdict::kAllowed) << action;
  }
  for (const char* action :
       {R"("Action": "sts:AssumeRole")", R"("Action": "sts:TagSession")", R"("Action": "sts:AssumeRole?")",
        R"("Action": [])", R"("NotAction": "sts:*")", R"("NotAction": ["sts:TagSession", "*"])"}) {
    EXPECT_EQ(VerdictOf(with(action)), Verdict::kImplicitDeny) << action;
  }
}

TEST(Evaluate, ReportsEveryPartOfEveryStatement) {
  const Decision decision =
      Evaluate(Parse(Fitting(kAllowOther) +
                     R"(, {"Sid": "D", "Effect": "Deny", "Principal": {"AWS": "x"}, "Action": "sts:AssumeRole"})"),
               Request());
  const Decision expected{Verdict::kImplicitDeny,
                          {{1,
                            "",
                            Effect::kAllow,
                            true,
                            true,
                            {{"StringEquals", "i.test:sub", {"system:serviceaccount:shop:till"}, {kSubject}, ""}}},
                           {2, "D", Effect::kDeny, false, false, {}}}};
  EXPECT_EQ(decision, expected);
  EXPECT_FALSE(decision.Allowed());
}

TEST(FitsButForSubject, IsTrueOnlyWhenNothingElseIsInTheWay) {
  const auto fits = [](const std::string& statements) {
    return FitsButForSubject(Evaluate(Parse(statements), Request()));
  };
  EXPECT_TRUE(fits(Fitting(kAllowOther)));
  EXPECT_TRUE(fits(Fitting(kAllowOtherAudience) + "," + Fitting(kAllowOther)));
  EXPECT_TRUE(fits(Fitting(R"("Effect": "Allow", "Condition": {"StringLike": {"https://i.test:SUB": "*"}})")));
  EXPECT_FALSE(fits(Fitting(kAllowOtherAudience)));
  EXPECT_FALSE(fits(Fitting(kAllowCart)));  // allowed
  EXPECT_FALSE(fits(Fitting(kAllowOther) + "," + Fitting(kAllowCart)));
  EXPECT_FALSE(fits(Fitting(kAllowOther) + "," + Fitting(R"("Effect": "Deny")")));
  EXPECT_FALSE(fits(Fitting(R"("Effect": "Deny", "Condition": {"StringEquals": {"i.test:sub": "x"}})")));
  EXPECT_FALSE(fits(R"({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"i.test:sub": "x"}}})"));
  EXPECT_FALSE(fits(R"({"Effect": "Allow", "Principal": {"AWS": "x"}, "Action": "sts:*",
                        "Condition": {"StringEquals": {"i.test:sub": "x"}}})"));
}

TEST(Explain, NamesTheConditionsThatMadeADenyApply) {
  const auto lines = [](const std::string& members) {
    const TrustPolicy policy = Parse(Fitting(members));
    return Explain(policy, Request(), Evaluate(policy, Request()));
  };
  EXPECT_THAT(lines(R"("Effect": "Deny")"), ElementsAre("statement 1 denies the request: it has no condition"));
  EXPECT_THAT(
      lines(R"("Sid": "Net", "Effect": "Deny", "Condition": {
                "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringNotEquals": {"i.test:sub": ["a", "b"]}})"),
      ElementsAre("statement 1 (\"Net\") denies the request: NotIpAddress on \"aws:SourceIp\" is met: the policy "
                  "has \"10.0.0.0/8\", the request has no such key; StringNotEquals on \"i.test:sub\" is met: the "
                  "policy has \"a\" or \"b\", the request has \"system:serviceaccount:shop:cart\""));
}

TEST(KeysNotGiven, AreThoseOfARealRequestThatThePolicyLooksAt) {
  const TrustPolicy policy =
      Parse(Fitting(R"("Effect": "Allow", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                 "StringEquals": {"aws:SourceVpc": "v", "AWS:sourceIP": "x", "i.test:amr": "a", "aws:PrincipalArn": "b",
                                  "sts:RoleSessionName": "c"}})") +
            R"(, {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}})");
  RequestContext context = Request();
  EXPECT_THAT(KeysNotGiven(policy, context, Evaluate(policy, context)),
              ElementsAre("aws:SourceIp", "aws:SourceVpc", "sts:RoleSessionName"));
  context.keys.emplace("aws:sourceip", "10.0.0.1");
  EXPECT_THAT(KeysNotGiven(policy, context, Evaluate(policy, context)),
              ElementsAre("aws:SourceVpc", "sts:RoleSessionName"));
}

TEST(Explain, SaysOfEachStatementWhatDidNotMatch) {
  const TrustPolicy policy = Parse(
      Fitting(kAllowCart) + "," + Fitting(R"("Sid": "Other", "Effect": "Allow", "Condition": {
                "StringEquals": {"i.test:aud": ["x", "y"]}, "StringLike": {"https://i.test:sub": "a*"},
                "ForAnyValue:StringEquals": {"i.test:amr": "${aws:username}"}, "Null": {"i.test:aud": []}})") +
      R"(, {"Effect": "Deny", "Principal": {"Federated": "p", "AWS": ["a", "b"], "Service": "s"}, "NotAction": "sts:*"},
          {"Effect": "Deny", "Principal": {}, "Action": []})");
  RequestContext context = Request();
  context.keys.emplace("i.test:amr", "one");
  context.keys.emplace("i.test:amr", "two");
  EXPECT_THAT(
      Explain(policy, context, Evaluate(policy, context)),
      ElementsAre(
          "statement 1 allows the request",
          "statement 2 (\"Other\") allows other requests: ForAnyValue:StringEquals on \"i.test:amr\" is not met: "
          "the "
          "policy has \"${aws:username}\", the request has \"one\" and \"two\" (policy variable \"aws:username\" has "
          "no "
          "single value in the request); Null on \"i.test:aud\" is not met: the policy has no value, the request has "
          "\"sts.amazonaws.com\"; StringEquals on \"i.test:aud\" is not met: the policy has \"x\" or \"y\", the "
          "request "
          "has \"sts.amazonaws.com\"; StringLike on \"https://i.test:sub\" is not met: the policy has \"a*\", the "
          "request has no such key",
          "statement 3 denies other requests: Principal has \"p\", AWS \"a\" or \"b\", Service \"s\", the request "
          "comes "
          "from \"arn:aws:iam::111122223333:oidc-provider/i.test\"; NotAction has \"sts:*\", the request is "
          "sts:AssumeRoleWithWebIdentity",
          "statement 4 denies other requests: Principal has no federated provider, the request comes from "
          "\"arn:aws:iam::111122223333:oidc-provider/i.test\"; Action has nothing, the request is "
          "sts:AssumeRoleWithWebIdentity"));
}

}  // namespace
}  // namespace irsa::iam
