#include <algorithm>

#include "irsa/base/ascii.h"
#include "irsa/base/dns_name.h"
#include "irsa/base/text.h"
#include "irsa/iam/web_identity.h"

#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;
using base::Quoted;

constexpr std::string_view kSubjectForm = "system:serviceaccount:<namespace>:<name>";

bool ComparesStringsExactly(OperatorFamily family) {
  return family == OperatorFamily::kString || family == OperatorFamily::kStringIgnoringCase;
}

// Whether the condition names values of the claim that it wants: not one that excludes some, nor a test for presence.
bool Wants(const Condition& condition, std::string_view claim) {
  const std::string_view issuer = KeyIssuer(condition.key);
  return !issuer.empty() && EqualsIgnoringCase(std::string_view(condition.key).substr(issuer.size() + 1), claim) &&
         !condition.op.negated &&
         (ComparesStringsExactly(condition.op.family) || condition.op.family == OperatorFamily::kStringLike);
}

std::string KeyFor(const Statement& statement, std::string_view claim) {
  const std::vector<std::string>& federated = statement.principals.federated;
  const std::string issuer = federated.empty() ? std::string() : ProviderIssuer(federated.front());
  return ConditionKey(issuer.empty() ? "<issuer>" : issuer, claim);
}

std::string LikeOperator(const ConditionOperator& op) { return op.negated ? "StringNotLike" : "StringLike"; }

// Names of which a pattern that matches both says nothing: nobody would write a pattern for just these two.
constexpr std::string_view kOneNamespace = "q7x";
constexpr std::string_view kOtherNamespace = "k-9-w";

bool MatchesInBothNamespaces(std::string_view pattern, std::string_view one_name, std::string_view other_name) {
  return MatchesWildcards(pattern, ServiceAccountSubject(kOneNamespace, one_name)) &&
         MatchesWildcards(pattern, ServiceAccountSubject(kOtherNamespace, other_name));
}

// Some name that the pattern's last part matches.
std::string ExampleName(std::string_view pattern) {
  std::string name;
  for (const char c : pattern.substr(pattern.rfind(':') + 1)) {
    if (c != '*') name.push_back(c == '?' ? 'a' : c);
  }
  return name.empty() ? "a" : name;
}

void CheckSubjectPattern(size_t number, const std::string& key, const std::string& value,
                         std::vector<Finding>& findings) {
  const std::string where = Quoted(value) + " for " + Quoted(key);
  const std::string_view head = std::string_view(value).substr(0, value.find_first_of("*?"));
  const std::string example = ExampleName(value);
  if (MatchesInBothNamespaces(value, "z3k", "w.5")) {
    findings.push_back({"any-subject", Severity::kError, number,
                        where + " matches every service account: every pod of the cluster may assume the role",
                        "name the namespace: \"system:serviceaccount:<namespace>:*\""});
  } else if (MatchesInBothNamespaces(value, example, example)) {
    findings.push_back({"any-namespace", Severity::kWarning, number,
                        where + " matches in every namespace: whoever may create a service account in any may assume "
                                "the role",
                        "name the namespace: " + Quoted(ServiceAccountSubject("<namespace>", example))});
  } else if (!head.starts_with(kSubjectPrefix) && !kSubjectPrefix.starts_with(head)) {
    findings.push_back({"subject", head.starts_with("system:") ? Severity::kError : Severity::kWarning, number,
                        where + " matches no service account", "write \"" + std::string(kSubjectForm) + "\""});
  }
}

bool IsSubject(std::string_view value) {
  if (!value.starts_with(kSubjectPrefix)) return false;
  value.remove_prefix(kSubjectPrefix.size());
  const size_t colon = value.find(':');
  return colon != std::string_view::npos && base::IsDnsLabel(value.substr(0, colon)) &&
         base::IsDnsSubdomain(value.substr(colon + 1));
}

void CheckExactSubject(size_t number, const std::string& key, const std::string& value,
                       std::vector<Finding>& findings) {
  if (IsSubject(value)) return;
  const bool meant_as_one = value.find("serviceaccount") != std::string::npos || value.starts_with("system:");
  findings.push_back({"subject", meant_as_one ? Severity::kError : Severity::kWarning, number,
                      Quoted(value) + " for " + Quoted(key) + " is no service account's subject",
                      "write \"" + std::string(kSubjectForm) + "\""});
}

bool IsNameOfSts(const std::string& value) {
  return value.starts_with("sts.") && value.find("amazonaws") != std::string::npos;
}

void CheckAudienceCondition(const LintedStatement& linted, const Condition& condition, const std::string& audience,
                            std::vector<Finding>& findings) {
  RequestContext request;
  request.keys.emplace(condition.key, audience);
  if (!FindMismatch(condition, request, linted.variables)) return;
  const bool of_sts = std::any_of(condition.values.begin(), condition.values.end(), IsNameOfSts);
  findings.push_back({"audience", of_sts ? Severity::kError : Severity::kWarning, linted.number,
                      condition.op.name + " on " + Quoted(condition.key) + " has " + QuotedList(condition.values) +
                          ", the cluster's tokens have " + Quoted(audience),
                      "write " + Quoted(audience) +
                          ": the audience is a name, not an endpoint, and the same in every partition and region"});
}

}  // namespace

void CheckWildcards(const LintedStatement& linted, std::vector<Finding>& findings) {
  for (const Condition& condition : linted.statement.conditions) {
    if (!ComparesStringsExactly(condition.op.family)) continue;
    for (const std::string& value : condition.values) {
      if (!HasWildcards(value) || (linted.variables == Variables::kExpanded && HasVariables(value))) continue;
      findings.push_back({"equals-wildcard", KeyIssuer(condition.key).empty() ? Severity::kWarning : Severity::kError,
                          linted.number,
                          condition.op.name + " takes the wildcard in " + Quoted(value) + " for " +
                              Quoted(condition.key) + " literally",
                          "use " + LikeOperator(condition.op)});
    }
  }
}

void CheckSubject(const LintedStatement& linted, std::vector<Finding>& findings) {
  bool found = false;
  for (const Condition& condition : linted.statement.conditions) {
    if (!Wants(condition, "sub")) continue;
    found = true;
    for (const std::string& value : condition.values) {
      if (linted.variables == Variables::kExpanded && HasVariables(value)) continue;
      if (!HasWildcards(value)) {
        CheckExactSubject(linted.number, condition.key, value, findings);
      } else if (condition.op.family == OperatorFamily::kStringLike) {
        CheckSubjectPattern(linted.number, condition.key, value, findings);
      }
    }
  }
  if (found) return;
  const std::string key = KeyFor(linted.statement, "sub");
  findings.push_back({"no-subject", Severity::kError, linted.number,
                      "no condition on " + Quoted(key) + ": every pod of the cluster may assume the role",
                      R"(add "StringEquals": {)" + Quoted(key) + ": \"" + std::string(kSubjectForm) + "\"}"});
}

void CheckAudience(const LintedStatement& linted, const LintContext& context, std::vector<Finding>& findings) {
  bool found = false;
  for (const Condition& condition : linted.statement.conditions) {
    if (!Wants(condition, "aud")) continue;
    found = true;
    if (!context.audience.empty()) CheckAudienceCondition(linted, condition, context.audience, findings);
  }
  if (found) return;
  const std::string key = KeyFor(linted.statement, "aud");
  const std::string audience = context.audience.empty() ? "<audience>" : context.audience;
  findings.push_back({"no-audience", Severity::kWarning, linted.number,
                      "no condition on " + Quoted(key) + ": tokens for every client id of the provider are accepted",
                      R"(add "StringEquals": {)" + Quoted(key) + ": " + Quoted(audience) + "}"});
}

}  // namespace irsa::iam
