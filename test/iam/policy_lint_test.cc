#include "irsa/iam/policy_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kClean = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:cart",
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com"
        }
      }
    }
  ]
})";

// The clean policy with every `from` replaced.
std::string Clean(std::vector<std::pair<std::string, std::string>> replacements = {}) {
  std::string policy = kClean;
  for (const auto& [from, to] : replacements) {
    size_t at = policy.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    for (; at != std::string::npos; at = policy.find(from, at + to.size())) policy.replace(at, from.size(), to);
  }
  return policy;
}

std::vector<std::string> Codes(const std::string& policy, const LintContext& context = {}) {
  std::vector<std::string> codes;
  for (const Finding& finding : LintTrustPolicy(policy, context)) {
    codes.push_back((finding.severity == Severity::kError ? "error " : "warning ") + finding.code);
  }
  return codes;
}

const LintContext kKnown{"111122223333", "aws", "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "sts.amazonaws.com"};

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
           "correct the JSON; IAM refuses a policy with this error, or reads it otherwise than meant"}}));
}

TEST(LintTrustPolicy, FindsAWildcardUnderEquals) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"shop:cart", "shop:*"}})),
            (std::vector<Finding>{{"equals-wildcard", Severity::kError, 1,
                                   "StringEquals takes the wildcard in \"system:serviceaccount:shop:*\" for "
                                   "\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" literally",
                                   "use StringLike"}}));
  const auto with = [](const char* condition) { return Clean({{R"("StringEquals": {)", condition}}); };
  EXPECT_THAT(Codes(with(R"("StringLike": {"aws:x": "*"}, "StringEquals": {)")), IsEmpty());
  EXPECT_THAT(Codes(with(R"("StringEqualsIgnoreCase": {"aws:x": "a?"}, "StringEquals": {)")),
              ElementsAre("warning equals-wildcard"));
  EXPECT_THAT(Codes(with(R"("StringEquals": {"aws:x": "a${*}", )")), IsEmpty());
  const auto findings = LintTrustPolicy(with(R"("StringNotEquals": {"aws:x": "*"}, "StringEquals": {)"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].fix, "use StringNotLike");
}

TEST(LintTrustPolicy, LooksForWildcardsInDenyStatementsToo) {
  const std::string deny = R"("Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:*",
      "Condition": {"StringNotEquals": {"oidc.test:sub": "system:serviceaccount:shop:*"}}},)";
  EXPECT_THAT(Codes(Clean({{R"("Statement": [)", deny}})), ElementsAre("error equals-wildcard"));
}

TEST(LintTrustPolicy, FindsASchemeInAConditionKey) {
  EXPECT_EQ(
      LintTrustPolicy(Clean({{R"("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub)",
                              R"("https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub)"}})),
      (std::vector<Finding>{
          {"key-scheme", Severity::kError, 1,
           "the condition key \"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" has the issuer's scheme, so "
           "that no request has such a key",
           "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\""}}));
}

TEST(LintTrustPolicy, FindsATrailingSlashInAConditionKey) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"ABC:sub", "ABC/:sub"}})),
            (std::vector<Finding>{{"key-slash", Severity::kError, 1,
                                   "the condition key \"oidc.eks.eu-west-1.amazonaws.com/id/ABC/:sub\" has a slash "
                                   "before the claim, so that no request has such a key",
                                   "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\""}}));
  EXPECT_THAT(Codes(Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub",
                            "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/:sub"}})),
              ElementsAre("error key-scheme", "error key-slash"));
}

TEST(LintTrustPolicy, TakesATrailingSlashThatTheIssuerHas) {
  EXPECT_THAT(Codes(Clean({{"id/ABC", "id/ABC/"}})), IsEmpty());
}

TEST(LintTrustPolicy, FindsAnEksHostInTheWrongOrder) {
  EXPECT_EQ(
      LintTrustPolicy(Clean({{"eks.eu-west-1", "eu-west-1.eks"}})),
      (std::vector<Finding>{
          {"eks-host", Severity::kError, 1,
           "the provider's ARN \"arn:aws:iam::111122223333:oidc-provider/oidc.eu-west-1.eks.amazonaws.com/id/ABC\" has "
           "the host \"oidc.eu-west-1.eks.amazonaws.com\", but EKS names its issuers oidc.eks.<region>",
           "write \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\""},
          {"eks-host", Severity::kError, 1,
           "the condition key \"oidc.eu-west-1.eks.amazonaws.com/id/ABC:aud\" has the host "
           "\"oidc.eu-west-1.eks.amazonaws.com\", but EKS names its issuers oidc.eks.<region>",
           "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\""},
          {"eks-host", Severity::kError, 1,
           "the condition key \"oidc.eu-west-1.eks.amazonaws.com/id/ABC:sub\" has the host "
           "\"oidc.eu-west-1.eks.amazonaws.com\", but EKS names its issuers oidc.eks.<region>",
           "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\""}}));
  EXPECT_THAT(Codes(Clean({{"oidc.eks.eu-west-1.amazonaws.com", "oidc.cn-north-1.eks.amazonaws.com.cn"}})),
              ElementsAre("error eks-host", "error eks-host", "error eks-host"));
}

TEST(LintTrustPolicy, FindsAnotherAccountOrPartition) {
  EXPECT_EQ(LintTrustPolicy(kClean, {.account = "444455556666"}),
            (std::vector<Finding>{
                {"account", Severity::kError, 1,
                 "the provider's ARN "
                 "\"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\" is of "
                 "account 111122223333, the role of 444455556666; STS looks for the provider in the role's account",
                 "write \"arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\""}}));
  EXPECT_EQ(LintTrustPolicy(kClean, {.partition = "aws-cn"}),
            (std::vector<Finding>{
                {"partition", Severity::kError, 1,
                 "the provider's ARN "
                 "\"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\" is of "
                 "partition aws, the role of aws-cn",
                 "write \"arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\""}}));
}

TEST(LintTrustPolicy, FindsAnotherIssuer) {
  EXPECT_EQ(LintTrustPolicy(kClean, {.issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/XYZ"}),
            (std::vector<Finding>{
                {"issuer", Severity::kError, 1,
                 "the provider's ARN "
                 "\"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\" is not "
                 "that of the cluster's issuer \"https://oidc.eks.eu-west-1.amazonaws.com/id/XYZ\"",
                 "write \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/XYZ\""}}));
}

TEST(LintTrustPolicy, FindsAKeyOfAnotherIssuer) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"ABC:sub", "XYZ:sub"}})),
            (std::vector<Finding>{{"key-issuer", Severity::kError, 1,
                                   "the condition key \"oidc.eks.eu-west-1.amazonaws.com/id/XYZ:sub\" is not of the "
                                   "statement's provider, whose issuer is \"oidc.eks.eu-west-1.amazonaws.com/id/ABC\"",
                                   "write \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\""}}));
}

TEST(LintTrustPolicy, FindsAnIssuerWithAPort) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"oidc.eks.eu-west-1.amazonaws.com/id/ABC", "k8s.test:6443"}})),
            (std::vector<Finding>{
                {"port", Severity::kError, 1,
                 "the provider's ARN \"arn:aws:iam::111122223333:oidc-provider/k8s.test:6443\" has an issuer with a "
                 "port, which IAM does not support",
                 "serve the issuer on port 443 and write \"arn:aws:iam::111122223333:oidc-provider/k8s.test\""},
                {"port", Severity::kError, 1,
                 "the condition key \"k8s.test:6443:aud\" has an issuer with a port, which IAM does not support",
                 "serve the issuer on port 443 and write \"k8s.test:aud\""},
                {"port", Severity::kError, 1,
                 "the condition key \"k8s.test:6443:sub\" has an issuer with a port, which IAM does not support",
                 "serve the issuer on port 443 and write \"k8s.test:sub\""}}));
}

TEST(LintTrustPolicy, FindsWhatIsNoProvidersArn) {
  const std::string arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  const auto fix = [&](const std::string& federated, const LintContext& context) {
    const auto findings = LintTrustPolicy(Clean({{arn, federated}}), context);
    return findings.size() == 1 && findings[0].code == "provider" ? findings[0].fix : "?";
  };
  const std::string url = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  EXPECT_EQ(fix(url, {}), "write \"arn:aws:iam::<account>:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_EQ(fix(url, {.account = "111122223333", .partition = "aws-cn"}),
            "write \"arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_EQ(fix("*", {}), "write \"arn:aws:iam::<account>:oidc-provider/<issuer>\"");
  EXPECT_EQ(fix("arn:aws:iam::111122223333:saml-provider/x", kKnown), "write \"" + arn + "\"");
  EXPECT_EQ(fix("arn:aws:iam::111122223333:role/x", kKnown), "write \"" + arn + "\"");
  EXPECT_EQ(fix("arn:aws:iam:::oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC", {}),
            "write \"arn:aws:iam::<account>:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC\"");
  EXPECT_EQ(
      LintTrustPolicy(Clean({{"provider/oidc", "provider/https://oidc"}})),
      (std::vector<Finding>{{"provider", Severity::kError, 1,
                             "Principal.Federated \"arn:aws:iam::111122223333:oidc-provider/"
                             "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC\" is not the ARN of an OIDC provider",
                             "write \"arn:aws:iam::<account>:oidc-provider/"
                             "oidc.eks.eu-west-1.amazonaws.com/id/ABC\""}}));
}

TEST(LintTrustPolicy, FindsThatEverybodyIsThePrincipal) {
  const std::string principal =
      R"({"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"})";
  EXPECT_EQ(LintTrustPolicy(Clean({{principal, R"("*")"}})),
            (std::vector<Finding>{
                {"provider", Severity::kError, 1, "the principal is *: the users of every provider may assume the role",
                 R"(write "Principal": {"Federated": "arn:aws:iam::<account>:oidc-provider/<issuer>"})"}}));
}

TEST(LintTrustPolicy, FindsTheWrongAction) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"}})),
            (std::vector<Finding>{{"action", Severity::kError, 1,
                                   "Action has \"sts:AssumeRole\", but a token is exchanged by "
                                   "sts:AssumeRoleWithWebIdentity",
                                   "write \"Action\": \"sts:AssumeRoleWithWebIdentity\""}}));
  EXPECT_THAT(Codes(Clean({{R"("sts:AssumeRoleWithWebIdentity")", R"(["sts:assumerole*", "sts:TagSession"])"}})),
              IsEmpty());
  EXPECT_THAT(Codes(Clean({{R"("Action": "sts:AssumeRoleWithWebIdentity")", R"("NotAction": "sts:*")"}})),
              ElementsAre("error action"));
}

TEST(LintTrustPolicy, FindsThatNothingIsAboutWebIdentity) {
  EXPECT_EQ(LintTrustPolicy(R"({"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                              "Action": "sts:AssumeRole"}})"),
            (std::vector<Finding>{
                {"no-web-identity", Severity::kError, 0, "no statement is about a federated provider's users",
                 "add a statement with \"Principal\": {\"Federated\": \"<ARN of the OIDC provider>\"} and \"Action\": "
                 "\"sts:AssumeRoleWithWebIdentity\""}}));
}

TEST(LintTrustPolicy, LeavesStatementsAboutOthersAlone) {
  const std::string others = R"("Statement": [
      {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
      {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
      {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/x"},
       "Action": "sts:AssumeRoleWithSAML"},)";
  EXPECT_THAT(LintTrustPolicy(Clean({{R"("Statement": [)", others}}), kKnown), IsEmpty());
}

TEST(LintTrustPolicy, FindsThatTheSubjectIsNotAsked) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"ABC:sub", "ABC:amr"}})),
            (std::vector<Finding>{
                {"no-subject", Severity::kError, 1,
                 "no condition on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\": every pod of the cluster may assume "
                 "the role",
                 "add \"StringEquals\": {\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\": "
                 "\"system:serviceaccount:<namespace>:<name>\"}"}}));
  EXPECT_THAT(Codes(Clean({{"StringEquals", "StringNotEquals"}})),
              ElementsAre("error no-subject", "warning no-audience"));
  EXPECT_THAT(Codes(R"({"Statement": {"Effect": "Allow", "Principal": {"Federated": []},
                                      "Action": "sts:AssumeRoleWithWebIdentity"}})"),
              ElementsAre("error no-web-identity"));
}

TEST(LintTrustPolicy, FindsSubjectsThatAllServiceAccountsHave) {
  const auto with = [](const std::string& pattern) {
    return Clean({{"StringEquals", "StringLike"}, {"system:serviceaccount:shop:cart", pattern}});
  };
  EXPECT_EQ(LintTrustPolicy(with("system:serviceaccount:*:*")),
            (std::vector<Finding>{
                {"any-subject", Severity::kError, 1,
                 "\"system:serviceaccount:*:*\" for \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" matches every "
                 "service account: every pod of the cluster may assume the role",
                 "name the namespace: \"system:serviceaccount:<namespace>:*\""}}));
  for (const char* pattern : {"*", "system:*", "system:serviceaccount:*", "*:*:*:*", "system:serviceaccount:?*:?*"}) {
    EXPECT_THAT(Codes(with(pattern)), ElementsAre("error any-subject")) << pattern;
  }
  EXPECT_EQ(LintTrustPolicy(with("system:serviceaccount:*:cart-*")),
            (std::vector<Finding>{
                {"any-namespace", Severity::kWarning, 1,
                 "\"system:serviceaccount:*:cart-*\" for \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" matches in "
                 "every namespace: whoever may create a service account in any may assume the role",
                 "name the namespace: \"system:serviceaccount:<namespace>:cart-\""}}));
  for (const char* pattern : {"system:serviceaccount:shop:*", "system:serviceaccount:team-*:*",
                              "system:serviceaccount:s*", "system:serviceaccount:shop:cart?"}) {
    EXPECT_THAT(Codes(with(pattern)), IsEmpty()) << pattern;
  }
}

TEST(LintTrustPolicy, FindsSubjectsThatNoServiceAccountHas) {
  const auto with = [](const std::string& op, const std::string& subject) {
    return Clean({{"StringEquals", op}, {"system:serviceaccount:shop:cart", subject}});
  };
  EXPECT_EQ(LintTrustPolicy(with("StringEquals", "system:serviceaccount:shop/cart")),
            (std::vector<Finding>{{"subject", Severity::kError, 1,
                                   "\"system:serviceaccount:shop/cart\" for "
                                   "\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\" is no service account's subject",
                                   "write \"system:serviceaccount:<namespace>:<name>\""}}));
  for (const char* subject :
       {"system:serviceaccounts:shop:cart", "system:serviceaccount:cart",
        "system:serviceaccount:shop:", "system:serviceaccount::cart", "system:serviceaccount:shop:cart:x",
        "system:serviceaccount:Shop:cart", "serviceaccount:shop:cart", "system:node:a"}) {
    EXPECT_THAT(Codes(with("StringEquals", subject)), ElementsAre("error subject")) << subject;
  }
  for (const char* subject : {"repo:org/name:ref:refs/heads/main", "shop:cart", ""}) {
    EXPECT_THAT(Codes(with("StringEquals", subject)), ElementsAre("warning subject")) << subject;
  }
  EXPECT_THAT(Codes(with("StringLike", "system:serviceaccounts:shop:*")), ElementsAre("error subject"));
  EXPECT_THAT(Codes(with("StringLike", "repo:org/*")), ElementsAre("warning subject"));
  EXPECT_THAT(Codes(with("StringEquals", "system:serviceaccount:${aws:x}")), IsEmpty());
}

TEST(LintTrustPolicy, FindsThatTheAudienceIsNotAsked) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"ABC:aud", "ABC:amr"}})),
            (std::vector<Finding>{
                {"no-audience", Severity::kWarning, 1,
                 "no condition on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\": tokens for every client id of the "
                 "provider are accepted",
                 "add \"StringEquals\": {\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\": \"sts.amazonaws.com\"}"}}));
  const auto findings = LintTrustPolicy(Clean({{"ABC:aud", "ABC:amr"}}), {.audience = ""});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].fix, "add \"StringEquals\": {\"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\": \"<audience>\"}");
}

TEST(LintTrustPolicy, FindsAnAudienceThatTheTokensDoNotHave) {
  EXPECT_EQ(LintTrustPolicy(Clean({{"sts.amazonaws.com", "sts.amazonaws.com.cn"}}), {.partition = "aws"}),
            (std::vector<Finding>{{"audience", Severity::kError, 1,
                                   "StringEquals on \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud\" has "
                                   "\"sts.amazonaws.com.cn\", the cluster's tokens have \"sts.amazonaws.com\"",
                                   "write \"sts.amazonaws.com\": the audience is a name, not an endpoint, and the same "
                                   "in every partition and region"}}));
  const std::string regional = Clean({{R"("sts.amazonaws.com")", R"("sts.eu-west-1.amazonaws.com")"}});
  EXPECT_THAT(Codes(regional), ElementsAre("error audience"));
  EXPECT_THAT(Codes(regional, {.audience = "sts.eu-west-1.amazonaws.com"}), IsEmpty());
  EXPECT_THAT(Codes(regional, {.audience = ""}), IsEmpty());
  EXPECT_THAT(Codes(Clean({{R"("sts.amazonaws.com")", R"("my-cluster")"}})), ElementsAre("warning audience"));
  EXPECT_THAT(Codes(Clean({{R"("sts.amazonaws.com")", R"(["my-cluster", "sts.amazonaws.com"])"}})), IsEmpty());
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
  EXPECT_EQ(
      too_long(2049),
      (std::vector<Finding>{{"too-long", Severity::kError, 0,
                             "the policy has 2049 characters without white space, IAM stores 2048 (4096 after a "
                             "quota increase)",
                             "list service accounts in one condition, use StringLike with a wildcard, or make two "
                             "roles of it, or have the account's quota increased"}}));
  ASSERT_EQ(too_long(4097).size(), 1U);
  EXPECT_EQ(too_long(4097)[0].fix,
            "list service accounts in one condition, use StringLike with a wildcard, or make two roles of it");
}

TEST(CountedCharacters, LeavesOutWhiteSpaceBetweenTokensOnly) {
  EXPECT_EQ(CountedCharacters("{ \"a b\" :\n\t1 }"), 9U);
  EXPECT_EQ(CountedCharacters(R"(["a\" b", "c\\" ])"), 15U);
  EXPECT_EQ(CountedCharacters("[\"é\"]"), 5U);
}

TEST(HasErrors, OverlooksWarnings) {
  EXPECT_FALSE(HasErrors({}));
  EXPECT_FALSE(HasErrors({{.code = "x", .severity = Severity::kWarning, .message = "", .fix = ""}}));
  EXPECT_TRUE(HasErrors({{.code = "x", .severity = Severity::kWarning, .message = "", .fix = ""},
                         {.code = "y", .severity = Severity::kError, .message = "", .fix = ""}}));
}

}  // namespace
}  // namespace irsa::iam
