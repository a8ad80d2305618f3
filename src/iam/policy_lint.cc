#include "irsa/iam/policy_lint.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/iam/trust_policy.h"

#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

void CheckLength(std::string_view text, std::vector<Finding>& findings) {
  const size_t length = CountedCharacters(text);
  if (length <= kTrustPolicyQuota) return;
  std::string fix = "list service accounts in one condition, use StringLike with a wildcard, or make two roles of it";
  if (length <= kTrustPolicyMaxQuota) fix += ", or have the account's quota increased";
  findings.push_back({"too-long", Severity::kError, 0,
                      "the policy has " + std::to_string(length) + " characters without white space, IAM stores " +
                          std::to_string(kTrustPolicyQuota) + " (" + std::to_string(kTrustPolicyMaxQuota) +
                          " after a quota increase)",
                      std::move(fix)});
}

bool NamesNoSamlProvider(const std::string& federated) {
  return federated.find(":saml-provider/") == std::string::npos;
}

// Whether the statement is meant for web identity, even if it does not get there.
bool ConcernsWebIdentity(const Statement& statement) {
  const std::vector<std::string>& federated = statement.principals.federated;
  return std::any_of(federated.begin(), federated.end(), NamesNoSamlProvider) ||
         (AllowsWebIdentity(statement) && (statement.principals.anyone || !federated.empty()));
}

}  // namespace

bool AllowsWebIdentity(const Statement& statement) {
  const bool listed = std::any_of(statement.actions.begin(), statement.actions.end(), [](const std::string& action) {
    return MatchesWildcardsIgnoringCase(action, kAssumeRoleWithWebIdentity);
  });
  return listed != statement.not_action;
}

size_t CountedCharacters(std::string_view text) {
  size_t count = 0;
  bool in_string = false;
  bool escaped = false;
  for (const char c : text) {
    const bool white_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if ((in_string || !white_space) && !base::ContinuesCharacter(c)) ++count;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = in_string && c == '\\' && !escaped;
  }
  return count;
}

bool HasErrors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::kError; });
}

std::vector<Finding> LintTrustPolicy(std::string_view text, const LintContext& context) {
  std::vector<Finding> findings;
  CheckLength(text, findings);
  const base::Result<TrustPolicy> policy = ParseTrustPolicy(text);
  if (!policy.ok()) {
    findings.push_back({"malformed", Severity::kError, 0, policy.error().message,
                        "correct the JSON; IAM refuses a policy with this error, or reads it otherwise than meant"});
    return findings;
  }
  bool any = false;
  for (const Statement& statement : policy->statements) {
    any = any || (statement.effect == Effect::kAllow && ConcernsWebIdentity(statement));
  }
  if (!any) {
    findings.push_back(
        {"no-web-identity", Severity::kError, 0, "no statement is about a federated provider's users",
         R"(add a statement with "Principal": {"Federated": "<ARN of the OIDC provider>"} and "Action": ")" +
             std::string(kAssumeRoleWithWebIdentity) + "\""});
  }
  for (size_t i = 0; i < policy->statements.size(); ++i) {
    const Statement& statement = policy->statements[i];
    if (!ConcernsWebIdentity(statement)) continue;
    const LintedStatement linted{statement, i + 1, policy->variables};
    CheckProvider(linted, context, findings);
    CheckConditionKeys(linted, findings);
    CheckWildcards(linted, findings);
    if (statement.effect == Effect::kDeny) continue;
    CheckSubject(linted, findings);
    CheckAudience(linted, context, findings);
  }
  return findings;
}

}  // namespace irsa::iam
