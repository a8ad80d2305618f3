#include "irsa/iam/lint/policy_lint.h"

#include <fstream>

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

std::string Read(const std::string& file) {
  std::ifstream stream(std::string(IRSA_SOURCE_DIR) + "/test/data/policies/" + file);
  EXPECT_TRUE(stream.good()) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> Codes(const std::string& policy, const LintContext& context = {}) {
  std::vector<std::string> codes;
  for (const Finding& finding : LintTrustPolicy(policy, context)) {
    codes.push_back((finding.severity == Severity::kError ? "error " : "warning ") + finding.code);
  }
  return codes;
}

const LintContext kKnown{"111122223333", "aws", "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "sts.amazonaws.com",
                         "system:serviceaccount:shop:cart"};

// The finding of that code; the policy must have one.
Finding FindingOf(const std::string& policy, const std::string& code, const LintContext& context = {}) {
  for (const Finding& finding : LintTrustPolicy(policy, context)) {
    if (finding.code == code) return finding;
  }
  ADD_FAILURE() << "no " << code;
  return {};
}

// The codes of what was fixed, and "left " before those of what was not.
std::vector<std::string> Fixes(const std::string& policy, const LintContext& context = kKnown) {
  const FixedPolicy fixed = FixTrustPolicy(policy, context);
  std::vector<std::string> codes;
  for (const Finding& finding : fixed.fixed) codes.push_back(finding.code);
  for (const Finding& finding : fixed.remaining) codes.push_back("left " + finding.code);
  return codes;
}

// Fixed with all that may be known, whether it is the clean policy that comes of it.
bool BecomesClean(const std::string& policy) {
  return ParseTrustPolicy(FixTrustPolicy(policy, kKnown).text).value() == ParseTrustPolicy(kClean).value();
}

constexpr const char* kArn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";

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

TEST(CountedCharacters, LeavesOutWhiteSpaceBetweenTokensOnly) {
  EXPECT_EQ(CountedCharacters("{ \"a b\" :\n\t1 }"), 9U);
  EXPECT_EQ(CountedCharacters(R"(["a\" b", "c\\" ])"), 15U);
  EXPECT_EQ(CountedCharacters("[\"é\"]"), 5U);
}

TEST(HasErrors, OverlooksWarnings) {
  EXPECT_FALSE(HasErrors({}));
  EXPECT_FALSE(HasErrors({{"x", Severity::kWarning, 0, "", "", ""}}));
  EXPECT_TRUE(HasErrors({{"x", Severity::kWarning, 0, "", "", ""}, {"y", Severity::kError, 0, "", "", ""}}));
}

}  // namespace
}  // namespace irsa::iam
