#include "irsa/iam/lint/policy_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/iam/linted_policy.h"

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LintTrustPolicy, FindsNothingInACleanPolicy) {
  EXPECT_THAT(LintTrustPolicy(kClean), IsEmpty());
  EXPECT_THAT(LintTrustPolicy(kClean, kKnown), IsEmpty());
  EXPECT_THAT(LintTrustPolicy(kClean, {.audience = ""}), IsEmpty());
}

TEST(LintTrustPolicy, TakesKeysInAnotherCase) {
  EXPECT_THAT(LintTrustPolicy(Clean({{"ABC:sub", "abc:SUB"}, {"ABC:aud", "abc:Aud"}}), kKnown), IsEmpty());
}

TEST(LintTrustPolicy, PassesOnWhatTheParserRefuses) {
  EXPECT_EQ(
      LintTrustPolicy(Clean({{"StringEquals", "StringEqual"}})),
      (std::vector<Finding>{
          {"malformed", Severity::kError, 0, "statement 1: unknown condition operator \"StringEqual\" (StringEquals?)",
           "correct the JSON; IAM refuses a policy with this error, or reads it otherwise than meant", ""}}));
}

TEST(LintTrustPolicy, ReadsTheOutputOfGetRoleAndTakesTheRolesAccountFromIt) {
  const std::string role = R"({"Role": {"Arn": "arn:aws:iam::444455556666:role/r", "AssumeRolePolicyDocument": )";
  EXPECT_THAT(Codes(role + kClean + "}}"), ElementsAre("error account"));
  EXPECT_THAT(Fixes(role + kClean + "}}", {}), ElementsAre("account"));
}

TEST(LintTrustPolicy, FindsAWildcardUnderEquals) {
  const Finding finding = FindingOf(Clean({{"shop:cart", "shop:*"}}), "equals-wildcard");
  EXPECT_EQ(finding.message,
            "StringEquals takes the wildcard in \"system:serviceaccount:shop:*\" for "
            "\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" literally");
  EXPECT_EQ(finding.fix, "use StringLike");
  EXPECT_EQ(ParseTrustPolicy(finding.fixed_policy).value().statements[0].conditions[1],
            (Condition{ParseConditionOperator("StringLike").value(),
                       "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub",
                       {"system:serviceaccount:shop:*"}}));
  const auto with = [](const char* condition) { return Clean({{R"("StringEquals": {)", condition}}); };
  EXPECT_THAT(Codes(with(R"("StringLike": {"aws:UserAgent": "*"}, "StringEquals": {)")), IsEmpty());
  EXPECT_THAT(Codes(with(R"("StringEqualsIgnoreCase": {"sts:RoleSessionName": "a?"}, "StringEquals": {)")),
              ElementsAre("warning equals-wildcard"));
  EXPECT_THAT(Codes(with(R"("StringEquals": {"sts:RoleSessionName": "a${*}", )")), IsEmpty());
}

// StringLike would let in more than was ever meant.
TEST(LintTrustPolicy, MakesNoPatternOfAValueThatWouldCrossNamespaces) {
  const Finding unknown = FindingOf(Clean({{"shop:cart", "*:cart"}}), "equals-wildcard");
  EXPECT_EQ(unknown.fix, "write \"system:serviceaccount:<namespace>:<name>\"");
  EXPECT_EQ(unknown.fixed_policy, "");
  EXPECT_TRUE(BecomesClean(Clean({{"shop:cart", "*:cart"}})));
  EXPECT_TRUE(BecomesClean(Clean({{"\"sts.amazonaws.com\"", "\"*\""}})));
}

TEST(LintTrustPolicy, FindsASchemeAndASlashInAConditionKey) {
  const Finding scheme = FindingOf(Clean({{R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub)",
                                           R"("https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub)"}}),
                                   "key-scheme");
  EXPECT_EQ(scheme.message,
            "the condition key \"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" includes the issuer's scheme, "
            "and no request has such a key");
  EXPECT_EQ(scheme.fix, "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\"");
  const Finding slash = FindingOf(Clean({{"ABC:sub", "ABC/:sub"}}), "key-slash");
  EXPECT_EQ(slash.fix, "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\"");
  EXPECT_TRUE(BecomesClean(Clean({{"ABC:sub", "ABC/:sub"}})));
  EXPECT_THAT(Codes(Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub",
                            "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/:sub"}})),
              ElementsAre("error key-scheme", "error key-slash"));
  EXPECT_THAT(Codes(Clean({{"id/ABC", "id/ABC/"}})), IsEmpty());  // an issuer may have one
}

TEST(LintTrustPolicy, FindsAnEksHostInTheWrongOrder) {
  const std::string policy = Clean({{"eks.eu-west-1", "eu-west-1.eks"}});
  EXPECT_THAT(Codes(policy), ElementsAre("error eks-host"));
  EXPECT_EQ(FindingOf(policy, "eks-host").fix, "write \"" + std::string(kArn) + "\"");
  EXPECT_TRUE(BecomesClean(policy));
  EXPECT_THAT(
      Codes(Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", "oidc.eu-west-1.eks.amazonaws.com/id/ABC:sub"}})),
      ElementsAre("error eks-host"));
}

// What is said of the keys agrees with what is said of the provider.
TEST(LintTrustPolicy, ComparesKeysWithTheIssuerThatTheProviderIsCorrectedTo) {
  const std::string slash = Clean({{"id/ABC\"}", "id/ABC/\"}"}});
  EXPECT_THAT(Codes(slash, kKnown), ElementsAre("error issuer"));
  EXPECT_TRUE(BecomesClean(slash));
  const std::string swapped = Clean({{"oidc-provider/oidc.eks.eu-west-1", "oidc-provider/oidc.eu-west-1.eks"}});
  EXPECT_THAT(Codes(swapped), ElementsAre("error eks-host"));
  EXPECT_TRUE(BecomesClean(swapped));
  const std::string port = Clean({{"oidc-provider/oidc.eks.eu-west-1.amazonaws.com", "oidc-provider/i.test:8443"},
                                  {"oidc.eks.eu-west-1.amazonaws.com", "i.test"}});
  EXPECT_THAT(Codes(port), ElementsAre("error port"));
  // Neither do keys ask for the wrong issuer that are corrected, or added.
  EXPECT_EQ(FindingOf(Clean({{"id/ABC\"}", "id/ABC/\"}"}, {"id/ABC:sub", "id/OTHER:sub"}}), "key-issuer", kKnown).fix,
            "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\"");
  const Finding added =
      FindingOf(Clean({{"id/ABC\"}", "id/ABC/\"}"},
                       {"\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\": \"system:serviceaccount:shop:cart\",", ""},
                       {"id/ABC:aud", "id/ABC/:aud"}}),
                "no-subject", kKnown);
  EXPECT_THAT(added.fix, HasSubstr("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"));
  EXPECT_EQ(added.fixed_policy, "");
}

TEST(LintTrustPolicy, FindsAnotherAccountOrPartition) {
  const Finding account = FindingOf(kClean, "account", {.account = "444455556666"});
  EXPECT_EQ(account.message,
            "the provider's ARN \"" + std::string(kArn) +
                "\" is in account 111122223333, but the role is in 444455556666; STS looks for the provider "
                "in the role's account");
  EXPECT_EQ(account.fix, "write \"arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_THAT(Fixes(kClean, {.account = "444455556666"}), ElementsAre("account"));
  EXPECT_EQ(FindingOf(kClean, "partition", {.partition = "aws-cn"}).fix,
            "write \"arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
}

TEST(LintTrustPolicy, AddsAStatementForAnIssuerThatNoneIsAbout) {
  LintContext other = kKnown;
  other.issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/XYZ";
  const Finding finding = FindingOf(kClean, "issuer", other);
  EXPECT_EQ(finding.statement, 0U);
  const TrustPolicy fixed = ParseTrustPolicy(finding.fixed_policy).value();
  ASSERT_EQ(fixed.statements.size(), 2U);  // the first cluster stays
  EXPECT_EQ(fixed.statements[0], ParseTrustPolicy(kClean).value().statements[0]);
  EXPECT_THAT(LintTrustPolicy(finding.fixed_policy, other), IsEmpty());
  EXPECT_THAT(LintTrustPolicy(finding.fixed_policy, kKnown), IsEmpty());
}

TEST(LintTrustPolicy, FindsAKeyOfAnotherIssuer) {
  const Finding finding = FindingOf(Clean({{"ABC:sub", "XYZ:sub"}}), "key-issuer");
  EXPECT_EQ(finding.message,
            "the condition key \"oidc.eks.eu-west-1.amazonaws.com/id/XYZ:sub\" does not belong to the statement's "
            "provider, whose issuer is \"oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_TRUE(BecomesClean(Clean({{"ABC:sub", "XYZ:sub"}})));
}

TEST(LintTrustPolicy, FindsAnIssuerThatIamCannotRegister) {
  const std::string port = Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC", "k8s.test:6443"}});
  EXPECT_EQ(FindingOf(port, "port").fix,
            "serve the issuer on port 443 and write \"arn:aws:iam::111122223333:oidc-provider/k8s.test\"");
  EXPECT_EQ(FindingOf(port, "port").fixed_policy, "");
  EXPECT_TRUE(BecomesClean(Clean({{"amazonaws.com/id", "amazonaws.com:443/id"}})));
  EXPECT_THAT(Codes(Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC", "kubernetes.default.svc.cluster.local"}})),
              ElementsAre("error host"));
}

TEST(LintTrustPolicy, FindsWhatIsNoProvidersArn) {
  const auto fix = [&](const std::string& federated, const LintContext& context) {
    return FindingOf(Clean({{kArn, federated}}), "provider", context).fix;
  };
  const std::string url = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  EXPECT_EQ(fix(url, {}), "write \"arn:aws:iam::<account>:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_EQ(fix(url, {.account = "111122223333", .partition = "aws-cn"}),
            "write \"arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_EQ(fix("*", {}), "write \"arn:aws:iam::<account>:oidc-provider/<issuer>\"");
  EXPECT_EQ(fix("arn:aws:iam::111122223333:saml-provider/x", kKnown), "write \"" + std::string(kArn) + "\"");
  EXPECT_TRUE(BecomesClean(Clean({{kArn, url}})));
  EXPECT_TRUE(
      BecomesClean(Clean({{kArn, "arn:aws:iam::<account>:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}})));
}

TEST(LintTrustPolicy, FindsThatEverybodyIsThePrincipal) {
  const std::string policy = Clean({{"{\"Federated\": \"" + std::string(kArn) + "\"}", R"("*")"}});
  EXPECT_EQ(FindingOf(policy, "provider").fix,
            R"(write "Principal": {"Federated": "arn:aws:iam::<account>:oidc-provider/<issuer>"})");
  EXPECT_TRUE(BecomesClean(policy));
}

TEST(LintTrustPolicy, FindsTheWrongAction) {
  const std::string action = "\"sts:AssumeRoleWithWebIdentity\"";
  const auto with = [&](const std::string& other) { return Clean({{action, other}}); };
  EXPECT_EQ(FindingOf(with("\"sts:AssumeRole\""), "action").message,
            "Action has \"sts:AssumeRole\", but tokens are exchanged with sts:AssumeRoleWithWebIdentity");
  for (const char* other :
       {"\"sts:AssumeRole\"", "\"s3:GetObject\"", "\"*\"", "[]", "\"sts:AssumeRoleWithWebIdentities\"",
        "\"sts:AssumeRoleWithSAML\"", R"(["sts:AssumeRoleWithWebIdentity", "s3:GetObject"])"}) {
    EXPECT_TRUE(BecomesClean(with(other))) << other;
  }
  EXPECT_THAT(Codes(with(R"(["sts:assumerole*", "sts:TagSession"])")), IsEmpty());
  EXPECT_EQ(FindingOf(with(R"(["sts:AssumeRoleWithWebIdentity", "sts:TagSessions"])"), "action").fix,
            "write \"sts:TagSession\"");
  EXPECT_THAT(Codes(Clean({{"\"Action\": " + action, R"("NotAction": "sts:*")"}})), ElementsAre("error action"));
}

TEST(LintTrustPolicy, FindsThatNothingIsAboutWebIdentity) {
  const std::string policy = R"({"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                               "Action": "sts:AssumeRole"}})";
  EXPECT_THAT(Codes(policy), ElementsAre("error no-web-identity"));
  EXPECT_THAT(Fixes(policy), ElementsAre("no-web-identity"));
}

// The target of role chaining.
TEST(LintTrustPolicy, OnlyRemarksOnARoleForAwsPrincipals) {
  const auto with = [](const std::string& principal) {
    return R"({"Statement": {"Effect": "Allow", "Principal": )" + principal + R"(, "Action": "sts:AssumeRole",
               "Condition": {"StringEquals": {"sts:ExternalId": "x", "aws:PrincipalOrgID": "o-1"}}}})";
  };
  const std::string policy = with(R"({"AWS": "arn:aws:iam::111122223333:role/s3-reader"})");
  const Finding finding = FindingOf(policy, "no-web-identity");
  EXPECT_EQ(finding.message,
            "no statement has a federated provider as its principal; the role is for AWS principals, which call "
            "sts:AssumeRole");
  EXPECT_TRUE(finding.fix.starts_with("if service accounts are to assume the role too, add a statement"));
  EXPECT_THAT(Codes(policy), ElementsAre("warning no-web-identity"));
  EXPECT_THAT(Codes(policy, {.account = "111122223333"}), ElementsAre("warning no-web-identity"));
  EXPECT_THAT(Codes(policy, kKnown), ElementsAre("error no-web-identity"));
  EXPECT_THAT(Codes(with(R"({"AWS": "*"})")), ElementsAre("error no-web-identity"));
  const std::string beside = policy.substr(policy.find('{', 1), policy.rfind('}') - policy.find('{', 1));
  EXPECT_THAT(LintTrustPolicy(Clean({{R"("Statement": [)", R"("Statement": [)" + beside + ","}}), kKnown), IsEmpty());
}

TEST(LintTrustPolicy, LeavesStatementsAboutOthersAlone) {
  const std::string others = R"("Statement": [
      {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
      {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
      {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/x"},
       "Action": "sts:AssumeRoleWithSAML"},
      {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
       "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
       "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/name:*"},
                     "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}},)";
  EXPECT_THAT(LintTrustPolicy(Clean({{R"("Statement": [)", others}}), kKnown), IsEmpty());
}

TEST(LintTrustPolicy, SaysThatNobodyIsAllowedWhereOnlyOthersAre) {
  EXPECT_THAT(Codes(Clean({{"system:serviceaccount:shop:cart", "repo:org/name:ref:x"}})), ElementsAre("error nobody"));
}

TEST(LintTrustPolicy, AddsTheServiceAccountThatIsToGetTheRole) {
  LintContext till = kKnown;
  till.subject = "system:serviceaccount:shop:till";
  const Finding finding = FindingOf(kClean, "not-allowed", till);
  EXPECT_EQ(finding.message,
            "no statement allows \"system:serviceaccount:shop:till\" of \"oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_TRUE(ParseTrustPolicy(finding.fixed_policy).value() ==
              ParseTrustPolicy(Clean({{"\"system:serviceaccount:shop:cart\"",
                                       R"(["system:serviceaccount:shop:cart", "system:serviceaccount:shop:till"])"}}))
                  .value());
}

// Inputs rebuilt from public reports.
struct Report {
  const char* file;
  std::vector<std::string> codes;
};

TEST(LintTrustPolicy, FindsWhatPeopleReported) {
  const Report reports[] = {
      {"two-clusters-one-role.json", {}},
      {"two-providers-in-one-statement.json", {"error two-providers"}},
      {"iss-is-no-condition-key.json", {"error no-such-key"}},
      {"claim-that-sts-does-not-map.json", {"error no-such-key"}},
      {"set-operator-on-single-value.json", {"error set-operator", "error set-operator"}},
      {"empty-list.json", {"error empty-list"}},
      {"unfilled-variable.json", {"error unfilled"}},
      {"wildcard-crosses-namespaces.json", {"warning crosses-namespaces"}},
      {"action-of-another-service.json", {"error action"}},
      {"misspelt-second-action.json", {"error action"}},
      {"source-ip.json", {}},
      {"variable-without-value-inverted.json", {"error denied"}},
      {"variable-without-value-in-a-list.json", {"error no-subject", "warning no-audience"}},
  };
  for (const Report& report : reports) {
    EXPECT_EQ(Codes(Read(report.file)), report.codes) << report.file;
  }
}

// Terraform's own ${…}: the name looks like that of a key with an issuer in front, but for the colon.
TEST(LintTrustPolicy, FindsATemplatesVariableWithADotInItsName) {
  EXPECT_THAT(Codes(Clean({{"serviceaccount:shop", "serviceaccount:${var.namespace}"}})),
              ElementsAre("error unfilled"));
}

TEST(LintTrustPolicy, LeavesTheSecondClusterItsAccess) {
  LintContext first;
  first.account = "111122223333";
  first.issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111BBBB2222CCCC3333DDDD4444";
  EXPECT_THAT(LintTrustPolicy(Read("two-clusters-one-role.json"), first), IsEmpty());
  const FixedPolicy split = FixTrustPolicy(Read("two-providers-in-one-statement.json"), first);
  EXPECT_THAT(split.remaining, IsEmpty());
  EXPECT_EQ(ParseTrustPolicy(split.text).value().statements.size(), 2U);
  first.issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EEEE5555FFFF6666AAAA7777BBBB8888";
  EXPECT_THAT(LintTrustPolicy(split.text, first), IsEmpty());
}

// As many service accounts as the wanted number of characters takes.
std::string PolicyOfLength(size_t length) {
  std::string subjects = "\"system:serviceaccount:shop:cart\"";
  const size_t clean = CountedCharacters(Clean()) + 2;  // two brackets
  const std::string another = ",\"system:serviceaccount:shop:";
  if (length > clean) subjects += another + std::string(length - clean - another.size() - 1, 'a') + "\"";
  return Clean({{"\"system:serviceaccount:shop:cart\"", "[" + subjects + "]"}});
}

TEST(LintTrustPolicy, FindsWhatIsOverTheQuotaWithoutWhiteSpace) {
  const auto too_long = [](size_t length) {
    std::vector<Finding> findings = LintTrustPolicy(PolicyOfLength(length));
    std::erase_if(findings, [](const Finding& finding) { return finding.code != "too-long"; });
    return findings;
  };
  EXPECT_GT(PolicyOfLength(2048).size(), 2048U);
  EXPECT_THAT(too_long(2048), IsEmpty());
  EXPECT_EQ(too_long(2049),
            (std::vector<Finding>{
                {"too-long", Severity::kError, 0,
                 "the policy has 2049 characters without white space, but IAM stores at most 2048 (4096 after a "
                 "quota increase)",
                 "list service accounts in one condition, use StringLike with a wildcard, or split "
                 "the role in two, or request a quota increase for the account",
                 ""}}));
  ASSERT_EQ(too_long(4097).size(), 1U);
  EXPECT_EQ(too_long(4097)[0].fix,
            "list service accounts in one condition, use StringLike with a wildcard, or split the role in two");
}

TEST(HasErrors, OverlooksWarnings) {
  EXPECT_FALSE(HasErrors({}));
  EXPECT_FALSE(HasErrors({{"x", Severity::kWarning, 0, "", "", ""}}));
  EXPECT_TRUE(HasErrors({{"x", Severity::kWarning, 0, "", "", ""}, {"y", Severity::kError, 0, "", "", ""}}));
}

}  // namespace
}  // namespace irsa::iam
