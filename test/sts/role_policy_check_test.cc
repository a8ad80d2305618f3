#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/sts/assume_role_check.h"

#include "test/sts/role_attempt.h"

namespace irsa::sts {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Everybody may do everything, where the condition is met.
std::string AllowedWhere(const std::string& condition) {
  return R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:*",
      "Condition": {)" +
         condition + "}}}";
}

TEST(AssumeRoleCheck, FailsASubjectThatThePolicyDoesNotAllow) {
  Attempt attempt;
  attempt.claims.sub = "\"system:serviceaccount:shop:till\"";
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kSubject);
  EXPECT_EQ(Results(report), "ppppfp");
  EXPECT_EQ(*failure.error, (StsError{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}));
  EXPECT_EQ(failure.detail,
            "sub \"system:serviceaccount:shop:till\" is refused by statement 1: StringEquals on "
            "\"oidc.example.test/id/ABC:sub\" requires \"system:serviceaccount:shop:cart\"");
}

TEST(AssumeRoleCheck, SaysThatStringEqualsTakesAnAsteriskLiterally) {
  Attempt attempt;
  attempt.policy = ChangedPolicy("serviceaccount:shop:cart", "serviceaccount:shop:*");
  const Check failure = FailureOf(attempt.Check(), CheckName::kSubject);
  EXPECT_THAT(failure.fix, HasSubstr("StringLike"));
}

TEST(AssumeRoleCheck, SaysThatThePolicysKeyIsNoneOfThisToken) {
  Attempt attempt;
  for (size_t at = 0; (at = attempt.policy.find("ABC:sub")) != std::string::npos;) {
    attempt.policy.replace(at, 7, "XYZ:sub");
  }
  const Check failure = FailureOf(attempt.Check(), CheckName::kSubject);
  EXPECT_THAT(failure.detail, HasSubstr("a key that this token does not have"));
}

TEST(AssumeRoleCheck, FailsThePolicyForAllElse) {
  const std::pair<std::string, const char*> policies[] = {
      {ChangedPolicy("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"), "Action has \"sts:AssumeRole\""},
      {ChangedPolicy("oidc-provider/oidc.example.test", "oidc-provider/oidc.example.org"), "Principal has"},
      {ChangedPolicy("\"sts.amazonaws.com\"", "\"sts.amazonaws.com.cn\""), "StringEquals on"},
  };
  for (const auto& [policy, detail] : policies) {
    Attempt attempt;
    attempt.policy = policy;
    const Check failure = FailureOf(attempt.Check(), CheckName::kTrustPolicy);
    EXPECT_EQ(*failure.error, (StsError{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}));
    EXPECT_THAT(failure.detail, HasSubstr(detail));
  }
}

TEST(AssumeRoleCheck, FailsThePolicyWhereAStatementDenies) {
  Attempt attempt;
  attempt.policy = R"({"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Principal": "*", "Action": "sts:*"},
      {"Sid": "NoPods", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}]})";
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kTrustPolicy);
  EXPECT_EQ(failure.detail, "statement 2 (\"NoPods\") denies the request: it has no condition");
  EXPECT_EQ(Results(report), "pppppf");
}

TEST(AssumeRoleCheck, SkipsTheSubjectWhereNoStatementFitsWithoutIt) {
  Attempt attempt;
  attempt.claims.sub = "\"system:serviceaccount:shop:till\"";
  attempt.policy = ChangedPolicy("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole");
  EXPECT_EQ(Results(attempt.Check()), "ppppsf");
}

TEST(AssumeRoleCheck, GivesThePolicyTheKeysOfTheRequest) {
  Attempt attempt;
  attempt.policy = AllowedWhere(R"("StringEquals": {"sts:RoleSessionName": "cart"})");
  EXPECT_EQ(Results(attempt.Check()), "pppppf");
  attempt.condition_keys = {{"sts:RoleSessionName", "cart"}};
  EXPECT_TRUE(attempt.Check().Allowed());
}

TEST(AssumeRoleCheck, NamesTheKeysThatARealRequestHas) {
  Attempt attempt;
  attempt.policy =
      ChangedPolicy("\"StringEquals\": {", R"("IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {)");
  const Check failure = FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  EXPECT_THAT(failure.detail, HasSubstr("a real request also has these keys, which were not given: aws:SourceIp"));
  EXPECT_THAT(failure.fix, HasSubstr("--condition-key aws:SourceIp=VALUE"));
  attempt.condition_keys = {{"aws:SourceIp", "10.1.2.3"}};
  EXPECT_TRUE(attempt.Check().Allowed());
}

// A policy written anew would be without the condition.
TEST(AssumeRoleCheck, NeverAdvisesToDropAConditionThatIsNotMet) {
  const std::pair<std::string, const char*> conditions[] = {
      {R"("IpAddress": {"aws:SourceIp": "10.0.0.0/8"})", "IpAddress on \"aws:SourceIp\""},
      {R"("StringLike": {"sts:RoleSessionName": "cart"})", "StringLike on \"sts:RoleSessionName\""},
      {R"("StringLike": {"aws:SourceVpc": "vpc-1"})", "StringLike on \"aws:SourceVpc\""},
      {R"("DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"})", "DateGreaterThan on \"aws:CurrentTime\""},
  };
  for (const auto& [condition, name] : conditions) {
    Attempt attempt;
    attempt.policy = ChangedPolicy("\"StringEquals\": {", condition + R"(, "StringEquals": {)");
    attempt.condition_keys = {
        {"aws:SourceIp", "192.0.2.1"}, {"sts:RoleSessionName", "till"}, {"aws:SourceVpc", "vpc-2"}};
    EXPECT_EQ(FailureOf(attempt.Check(), CheckName::kTrustPolicy).fix,
              std::string("make the request meet ") + name +
                  " of statement 1; if the role should allow the request as it is, correct that condition");
  }
}

TEST(AssumeRoleCheck, GivesThePolicyTheTagsOfTheToken) {
  Attempt attempt;
  attempt.policy = AllowedWhere(R"("StringEquals": {"aws:RequestTag/team": "shop"})");
  EXPECT_FALSE(attempt.Check().Allowed());
}

constexpr const char* kTagClaims =
    R"("https://aws.amazon.com/tags":{"principal_tags":{"Team":["shop"],"Env":"prod"},"transitive_tag_keys":["Team"]})";
constexpr const char* kSourceIdentityClaim = R"("https://aws.amazon.com/source_identity":"ann")";

// TrustPolicyText's, for these actions: a list in JSON.
std::string PolicyFor(const std::string& actions) {
  return ChangedPolicy("\"sts:AssumeRoleWithWebIdentity\"", actions);
}

// As at AWS: a role whose policy lacks sts:TagSession refuses a token with tags.
TEST(AssumeRoleCheck, NeedsLeaveToTagTheSession) {
  Attempt attempt;
  for (const std::string claims : {kTagClaims, R"("https://aws.amazon.com/tags/principal_tags/Team":"shop")",
                                   R"("https://aws.amazon.com/tags/transitive_tag_keys":["Team"])"}) {
    attempt.claims.more = claims;
    attempt.policy = TrustPolicyText();
    const AssumeRoleReport report = attempt.Check();
    const Check failure = FailureOf(report, CheckName::kTrustPolicy);
    EXPECT_EQ(Results(report), "pppppf");
    EXPECT_EQ(*failure.error, (StsError{"AccessDenied", "Not authorized to perform sts:TagSession"}));
    EXPECT_THAT(failure.detail, AllOf(StartsWith("the token sets session tags"), HasSubstr("requires sts:TagSession")));
    EXPECT_THAT(failure.fix, HasSubstr("add sts:TagSession to the Action"));
    attempt.policy = PolicyFor(R"(["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])");
    EXPECT_TRUE(attempt.Check().Allowed());
  }
}

TEST(AssumeRoleCheck, NeedsLeaveToSetASourceIdentity) {
  Attempt attempt;
  attempt.claims.more = kSourceIdentityClaim;
  const Check failure = FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  EXPECT_EQ(*failure.error, (StsError{"AccessDenied", "Not authorized to perform sts:SetSourceIdentity"}));
  EXPECT_THAT(failure.detail, StartsWith("the token sets the source identity \"ann\", which requires"));
  attempt.policy = PolicyFor(R"(["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])");
  FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  attempt.policy = PolicyFor(R"(["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"])");
  const AssumeRoleReport report = attempt.Check();
  EXPECT_TRUE(report.Allowed());
  EXPECT_EQ(report.attributes.source_identity, "ann");
  attempt.claims.more = std::string(kTagClaims) + "," + kSourceIdentityClaim;
  FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  attempt.policy = PolicyFor(R"("sts:*")");
  EXPECT_TRUE(attempt.Check().Allowed());
}

TEST(AssumeRoleCheck, SaysWhichStatementDeniesTagging) {
  Attempt attempt;
  attempt.claims.more = kTagClaims;
  attempt.policy = R"({"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Principal": "*", "Action": "sts:*"},
      {"Sid": "NoTags", "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession",
       "Condition": {"StringEquals": {"aws:RequestTag/Env": "prod"}}}]})";
  const Check failure = FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  EXPECT_THAT(failure.detail, HasSubstr("statement 2 (\"NoTags\") denies sts:TagSession"));
  EXPECT_THAT(failure.fix, StartsWith("take sts:TagSession out of that statement"));
  attempt.claims.more = R"("https://aws.amazon.com/tags/principal_tags/Env":"test")";
  EXPECT_TRUE(attempt.Check().Allowed());
}

TEST(AssumeRoleCheck, GivesThePolicyTheTokensTagsAndSourceIdentity) {
  const char* conditions[] = {
      R"("StringEquals": {"aws:RequestTag/Team": "shop"})",
      R"("ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Env"]}, "Null": {"aws:TagKeys": "false"})",
      R"("ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "Team"})",
      R"("StringEquals": {"sts:SourceIdentity": "ann"})",
  };
  for (const std::string condition : conditions) {
    Attempt attempt;
    attempt.policy = AllowedWhere(condition);
    FailureOf(attempt.Check(), CheckName::kTrustPolicy);
    attempt.claims.more = std::string(kTagClaims) + "," + kSourceIdentityClaim;
    EXPECT_TRUE(attempt.Check().Allowed()) << condition;
  }
}

TEST(AssumeRoleCheck, GivesThePolicyTheFactsOfTheRequest) {
  const char* conditions[] = {
      R"("IpAddress": {"aws:SourceIp": "192.0.2.0/24"})",
      R"("Bool": {"aws:SecureTransport": "true"})",
      R"("StringEquals": {"sts:RoleSessionName": "cart"})",
      R"("StringLike": {"aws:UserAgent": "aws-cli/*"})",
  };
  for (const std::string condition : conditions) {
    Attempt attempt;
    attempt.policy = AllowedWhere(condition);
    FailureOf(attempt.Check(), CheckName::kTrustPolicy);
    attempt.condition_keys = {{"aws:SourceIp", "192.0.2.7"},
                              {"aws:SecureTransport", "true"},
                              {"sts:RoleSessionName", "cart"},
                              {"aws:UserAgent", "aws-cli/2"}};
    EXPECT_TRUE(attempt.Check().Allowed()) << condition;
    attempt.condition_keys = {{"aws:SourceIp", "198.51.100.7"},
                              {"aws:SecureTransport", "false"},
                              {"sts:RoleSessionName", "till"},
                              {"aws:UserAgent", "boto3"}};
    FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  }
}

TEST(AssumeRoleCheck, RefusesClaimsForTheSessionThatAreMalformed) {
  Attempt attempt;
  attempt.policy = PolicyFor(R"("sts:*")");
  for (const char* claim :
       {R"("https://aws.amazon.com/tags":7)", R"("https://aws.amazon.com/source_identity":"a b")"}) {
    attempt.claims.more = claim;
    const AssumeRoleReport report = attempt.Check();
    const Check failure = FailureOf(report, CheckName::kTrustPolicy);
    EXPECT_EQ(Results(report), "ppppsf");
    EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
    EXPECT_THAT(failure.detail, HasSubstr("claim \"https://aws.amazon.com/"));
  }
}

TEST(AssumeRoleCheck, ComparesTheProviderInTheRolesPartition) {
  Attempt attempt;
  attempt.role_arn = "arn:aws-cn:iam::111122223333:role/s3-reader";
  FailureOf(attempt.Check(), CheckName::kTrustPolicy);
  attempt.policy = ChangedPolicy("arn:aws:iam", "arn:aws-cn:iam");
  EXPECT_TRUE(attempt.Check().Allowed());
}

TEST(AssumeRoleCheck, FailsThePolicyOfARoleThatDoesNotExist) {
  Attempt attempt;
  attempt.role_exists = false;
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kTrustPolicy);
  EXPECT_EQ(Results(report), "ppppsf");
  EXPECT_EQ(failure.error->code, "AccessDenied");
  EXPECT_THAT(failure.detail, AllOf(HasSubstr("no role"), HasSubstr(kRole)));
}

}  // namespace
}  // namespace irsa::sts
