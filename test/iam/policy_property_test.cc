// What has to hold of lint's findings and fixes for every trust policy. The policies come from a seed, and the tokens
// with which they are tried from a list that knows nothing of how lint finds its own.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include <gtest/gtest.h>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/web_identity.h"

#include "test/iam/random_policy.h"

namespace irsa::iam {
namespace {

constexpr base::SystemTime kNow{std::chrono::seconds(1'790'000'000)};

struct Token {
  std::string issuer;
  std::string subject;
  std::string audience;

  bool operator<(const Token& other) const {
    return std::tie(issuer, subject, audience) < std::tie(other.issuer, other.subject, other.audience);
  }
};

const std::vector<std::string> kIssuers = {
    "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "https://oidc.eks.eu-west-1.amazonaws.com/id/XYZ",
    "https://oidc.example.test/prod", "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/",
    "https://OIDC.eks.eu-west-1.amazonaws.com/id/ABC"};
const std::vector<std::string> kNames = {"shop:cart", "shop:till", "shop:default",     "shop:a-b",      "prod:api",
                                         "prod:x",    "team-x:x",  "shopx:cart",       "prod-evil:x",   "evil:cart",
                                         "evil:till", "z:z",       "kube-system:cart", "shop-evil:cart"};
constexpr const char* kAddresses[] = {"10.1.2.3", "192.0.2.5", "203.0.113.9"};
const std::vector<std::string> kTokenAudiences = {"sts.amazonaws.com", "https://kubernetes.default.svc",
                                                  "https://kubernetes.default.svc.cluster.local", "vault"};

bool Allows(const TrustPolicy& policy, const RequestContext& request) {
  const auto matches = [&](Effect effect) {
    return std::any_of(policy.statements.begin(), policy.statements.end(), [&](const Statement& statement) {
      return statement.effect == effect && Matches(statement, policy.variables, request);
    });
  };
  return matches(Effect::kAllow) && !matches(Effect::kDeny);
}

// From some address that the policies look at, or another one.
bool Admits(const TrustPolicy& policy, const Token& token, const char* account = kMeantAccount,
            const char* partition = "aws") {
  return std::any_of(std::begin(kAddresses), std::end(kAddresses), [&](const char* address) {
    RequestContext request = WebIdentityRequest(
        {ProviderArn(partition, account, token.issuer), token.issuer, token.subject, token.audience}, kNow);
    request.keys.insert({{"aws:SourceIp", address},
                         {"aws:SecureTransport", "true"},
                         {"sts:RoleSessionName", "cart-1"},
                         {"aws:UserAgent", "agent"},
                         {"aws:RequestedRegion", "eu-west-1"}});
    return Allows(policy, request);
  });
}

// For a role of the account that is meant or, where it is not known, of another one.
std::set<Token> Admitted(const TrustPolicy& policy, size_t& tried, bool any_account = false) {
  std::set<Token> tokens;
  for (const std::string& issuer : kIssuers) {
    for (const std::string& name : kNames) {
      for (const std::string& audience : kTokenAudiences) {
        const Token token{issuer, std::string(kSubjectPrefix) + name, audience};
        ++tried;
        if (Admits(policy, token) || (any_account && (Admits(policy, token, "444455556666") ||
                                                      Admits(policy, token, kMeantAccount, "aws-cn")))) {
          tokens.insert(token);
        }
      }
    }
  }
  return tokens;
}

// Whether the policy's own text names the subject: to the letter, or all of its namespace.
bool Names(const std::string& text, const std::string& subject) {
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string name = subject.substr(kSubjectPrefix.size());
  const std::string with_slash = std::string(name).replace(name.find(':'), 1, "/");
  const std::string namespace_name = name.substr(0, name.find(':'));
  return lower.find(name) != std::string::npos || lower.find(with_slash) != std::string::npos ||
         lower.find("serviceaccount:" + namespace_name + ":") != std::string::npos ||
         lower.find("serviceaccount:" + namespace_name + "*") != std::string::npos;
}

std::string Show(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += std::to_string(finding.statement) + " " + finding.code + ": " + finding.message + "\n";
  }
  return text;
}

struct Counts {
  size_t policies = 0, clean = 0, tokens = 0, fixes = 0, mended = 0, left_to_people = 0;
};

// Whether it is about a Deny, which somebody may have meant.
bool TakesAPerson(const Finding& finding, const TrustPolicy& policy) {
  return finding.statement > 0 && policy.statements[finding.statement - 1].effect == Effect::kDeny;
}

class PolicyProperties : public ::testing::TestWithParam<unsigned> {
 protected:
  static size_t PoliciesPerSeed() {
    const char* count = std::getenv("IRSA_PROPERTY_POLICIES");
    return count == nullptr ? 12 : static_cast<size_t>(std::atol(count));
  }
};

// If lint reports nothing, a service account is allowed, and only those that the conditions name.
void CheckFindings(const std::string& text, const LintContext& context, Counts& counts) {
  const TrustPolicy policy = ParseTrustPolicy(text).value();
  const std::vector<Finding> findings = LintTrustPolicy(text, context);
  const std::set<Token> admitted = Admitted(policy, counts.tokens, context.partition.empty());
  if (!findings.empty()) return;
  ++counts.clean;
  EXPECT_FALSE(admitted.empty()) << "clean, but nobody is allowed:\n" << text;
  for (const Token& token : admitted) {
    EXPECT_TRUE(Names(text, token.subject)) << "clean, but admits " << token.subject << ":\n" << text;
    EXPECT_EQ(token.audience, kMeantAudience) << "clean, but admits " << token.audience << ":\n" << text;
  }
}

// One fix after the other, in random order, until there is none; none lets in a token that was not meant.
void CheckFixes(const std::string& text, const LintContext& context, std::mt19937& random, Counts& counts) {
  std::string current = text;
  std::set<Token> admitted = Admitted(ParseTrustPolicy(text).value(), counts.tokens);
  std::vector<Finding> findings = LintTrustPolicy(text, context);
  for (int steps = 0; steps < 60; ++steps) {
    std::vector<Finding> fixable;
    for (const Finding& finding : findings) {
      if (!finding.fixed_policy.empty()) fixable.push_back(finding);
    }
    if (fixable.empty()) break;
    const Finding& finding = fixable[random() % fixable.size()];
    ++counts.fixes;
    const auto fixed = ParseTrustPolicy(finding.fixed_policy);
    ASSERT_TRUE(fixed.ok()) << finding.fixed_policy;
    const std::set<Token> after = Admitted(*fixed, counts.tokens);
    for (const Token& token : after) {
      if (admitted.contains(token)) continue;
      const std::string what = "the fix of " + finding.code + " lets in " + token.subject + " for " + token.audience +
                               " of " + token.issuer + "\nbefore: " + current + "\nafter: " + finding.fixed_policy;
      EXPECT_EQ(token.audience, kMeantAudience) << what;
      EXPECT_TRUE(token.subject == context.subject || Names(text, token.subject)) << what;
      const bool listed = text.find(base::WithoutScheme(token.issuer)) != std::string::npos ||
                          token.issuer == kMeantIssuer || token.issuer == context.issuer;
      EXPECT_TRUE(listed) << what;
    }
    admitted = after;
    current = finding.fixed_policy;
    findings = LintTrustPolicy(current, context);
  }
  const TrustPolicy policy = ParseTrustPolicy(current).value();
  for (const Finding& finding : findings) {
    EXPECT_TRUE(finding.fixed_policy.empty()) << "fixes without end:\n"
                                              << text << "\nnow:\n"
                                              << current << Show(findings);
    EXPECT_TRUE(TakesAPerson(finding, policy)) << "not fixed:\n"
                                               << Show({finding}) << "before:\n"
                                               << text << "\nnow:\n"
                                               << current;
  }
  if (!findings.empty()) {
    ++counts.left_to_people;
    return;
  }
  ++counts.mended;
  EXPECT_TRUE(Admits(policy, {context.issuer, context.subject, context.audience}))
      << "no findings, but refused\nbefore: " << text << "\nafter: " << current;
}

TEST_P(PolicyProperties, Hold) {
  Counts counts;
  RandomPolicy generator(GetParam());
  std::mt19937 random(GetParam());
  for (size_t i = 0; i < PoliciesPerSeed() && !HasFailure(); ++i) {
    const std::string text = generator.Text();
    ASSERT_TRUE(ParseTrustPolicy(text).ok()) << text << ParseTrustPolicy(text).error().message;
    ++counts.policies;
    CheckFindings(text, {.now = kNow}, counts);
    CheckFindings(text, {.account = kMeantAccount, .now = kNow}, counts);
    const LintContext known{kMeantAccount, "aws", kMeantIssuer, kMeantAudience, kMeantSubject, kNow};
    CheckFindings(text, known, counts);
    CheckFixes(text, known, random, counts);
  }
  std::cout << counts.policies << " policies, " << counts.clean << " times nothing found, " << counts.tokens
            << " tokens tried, " << counts.fixes << " fixes made; " << counts.mended << " policies mended, "
            << counts.left_to_people << " left to people for a Deny\n";
}

// Some of the names that a signer may have, of others, and patterns; whether each is the signer's, as IAM's guide has
// it.
const std::pair<const char*, bool> kPrincipals[] = {
    {"*", true},
    {"111122223333", true},
    {"arn:aws:iam::111122223333:root", true},
    {"arn:aws:iam::111122223333:role/team/reader", true},
    {"arn:aws:sts::111122223333:assumed-role/reader/cart", true},
    {"444455556666", false},
    {"arn:aws:iam::444455556666:root", false},
    {"arn:aws:iam::111122223333:role/reader", false},
    {"arn:aws:sts::111122223333:assumed-role/reader/till", false},
    {"arn:aws:iam::111122223333:role/*", false},
    {"arn:aws:iam::111122223333:user/ann", false},
};

// A signer gets in when an Allow names it, and no Deny names it or has a pattern for it.
TEST_P(PolicyProperties, LetInSignersThatPrincipalAwsNames) {
  const RequestContext request = AssumeRoleRequest({"arn:aws:sts::111122223333:assumed-role/reader/cart",
                                                    "AROAX:cart",
                                                    "111122223333",
                                                    "arn:aws:iam::111122223333:role/team/reader",
                                                    {}},
                                                   kNow);
  std::mt19937 random(GetParam());
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    TrustPolicy policy;
    bool allows = false;
    bool denies = false;
    for (size_t statements = random() % 4; statements > 0; --statements) {
      Statement& statement = policy.statements.emplace_back();
      statement.effect = random() % 4 == 0 ? Effect::kDeny : Effect::kAllow;
      statement.actions = {random() % 4 == 0 ? "sts:AssumeRoleWithWebIdentity" : "sts:Assume*Role"};
      bool names_it = false;
      for (size_t names = random() % 3; names > 0; --names) {
        const auto& [name, is_its] = kPrincipals[random() % std::size(kPrincipals)];
        const bool is_aws = random() % 4 != 0;
        (is_aws ? statement.principals.aws : statement.principals.federated).emplace_back(name);
        statement.principals.anyone = statement.principals.anyone || (is_aws && name == std::string("*"));
        const bool is_denied_by_pattern = statement.effect == Effect::kDeny && std::string(name).ends_with("role/*");
        names_it = names_it || (is_aws && (is_its || is_denied_by_pattern));
      }
      if (statement.actions[0] != "sts:Assume*Role" || !names_it) continue;
      (statement.effect == Effect::kDeny ? denies : allows) = true;
    }
    const Verdict expected = denies ? Verdict::kExplicitDeny : allows ? Verdict::kAllowed : Verdict::kImplicitDeny;
    EXPECT_EQ(Evaluate(policy, request).verdict, expected) << WritePolicy(policy);
    EXPECT_EQ(Allows(policy, request), expected == Verdict::kAllowed) << WritePolicy(policy);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PolicyProperties, ::testing::Range(1U, 5U));

}  // namespace
}  // namespace irsa::iam
