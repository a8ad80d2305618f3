// Who gets in beyond those that the policy names.
#include <algorithm>
#include <set>

#include "irsa/base/text.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"
#include "subject_classes.h"

namespace irsa::iam {
namespace {

using base::Quoted;

// The values of a condition on the provider's `claim` that let such a token in; nothing when no condition of the
// statement asks for the claim.
struct LettingIn {
  bool asks = false;
  std::vector<std::pair<size_t, std::string>> values;  // with the condition's index
};

LettingIn ValuesThatLetIn(const Linted& linted, size_t index, const TokenTable& table, const Trial& trial,
                          KeyKind kind) {
  LettingIn result;
  const std::vector<Condition>& conditions = linted.StatementAt(index).conditions;
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (KindOfKey(conditions[i].key) != kind || !NamesValues(conditions[i].op)) continue;
    if (!base::EqualsIgnoringCase(KeyIssuer(conditions[i].key), table.issuer())) continue;
    result.asks = true;
    for (const std::string& value : conditions[i].values) {
      Condition alone = conditions[i];
      alone.values = {value};
      if (IsMet(linted, alone, table, trial)) result.values.emplace_back(i, value);
    }
  }
  return result;
}

// Names of which a pattern that matches both says nothing: nobody would write a pattern for just these two.
constexpr std::string_view kOneNamespace = "q7x";
constexpr std::string_view kOtherNamespace = "k-9-w";

bool MatchesInBothNamespaces(std::string_view pattern, std::string_view one_name, std::string_view other_name) {
  return MatchesWildcards(pattern, ServiceAccountSubject(kOneNamespace, one_name)) &&
         MatchesWildcards(pattern, ServiceAccountSubject(kOtherNamespace, other_name));
}

// What follows the namespace in a pattern; "*" where the namespace's wildcard stands for the name too.
std::string NamePattern(std::string_view pattern) {
  if (!pattern.starts_with(kSubjectPrefix)) return "*";
  const std::string_view rest = pattern.substr(kSubjectPrefix.size());
  const size_t colon = rest.rfind(':');
  return colon == std::string_view::npos ? "*" : std::string(rest.substr(colon + 1));
}

// Patterns that match no more, in the namespace that is meant: of the service account, and the one it begins with.
std::vector<std::string> WithinNamespaces(const std::string& pattern, const std::string& subject) {
  std::vector<std::string> values;
  const std::string name = NamePattern(pattern);
  if (pattern.starts_with(kSubjectPrefix)) {
    const std::string_view rest = std::string_view(pattern).substr(kSubjectPrefix.size());
    const std::string prefix(rest.substr(0, rest.find_first_of("*?:")));
    const std::string value = ServiceAccountSubject(prefix, name);
    if (IsServiceAccountSubject(ServiceAccountSubject(prefix, "x")) &&
        MatchesWildcards(pattern, ServiceAccountSubject(prefix, "x-y"))) {
      values.push_back(value);
    }
  }
  if (!subject.empty() && (values.empty() || !MatchesWildcards(values.front(), subject)) &&
      (values.empty() || MatchesWildcards(pattern, subject))) {
    values.push_back(subject);
  }
  return values;
}

// Somebody in another namespace than the pattern begins with.
std::string Intruder(const std::string& pattern, const std::string& otherwise) {
  if (!pattern.starts_with(kSubjectPrefix)) return otherwise;
  const std::string_view rest = std::string_view(pattern).substr(kSubjectPrefix.size());
  std::string prefix(rest.substr(0, rest.find_first_of("*?:")));
  if (prefix.ends_with('-')) prefix.pop_back();
  const std::string intruder = ServiceAccountSubject(prefix + "-evil", WithWildcardsAs('x', NamePattern(pattern)));
  return IsServiceAccountSubject(intruder) && MatchesWildcards(pattern, intruder) ? intruder : otherwise;
}

void AddWildcardFinding(Linted& linted, size_t index, size_t at, const std::string& value, const std::string& example) {
  const Condition& condition = linted.StatementAt(index).conditions[at];
  const std::string where = Quoted(value) + " for " + Quoted(condition.key);
  const std::string& subject = linted.context.subject;
  const bool any_subject = MatchesInBothNamespaces(value, "z3k", "w.5");
  const std::string name = NamePattern(value);
  const std::string plain_name = WithWildcardsAs('a', name);
  const bool any_namespace = MatchesInBothNamespaces(value, plain_name, plain_name);
  const std::vector<std::string> right = any_subject
                                             ? (subject.empty() ? std::vector<std::string>{} : std::vector{subject})
                                             : WithinNamespaces(value, subject);
  Linted::Slip slip;
  slip.statement = index;
  slip.code = any_subject ? "any-subject" : any_namespace ? "any-namespace" : "crosses-namespaces";
  slip.severity = any_subject ? Severity::kError : Severity::kWarning;
  slip.message = any_subject ? where + " matches every service account: every pod of the cluster may assume the role"
                 : any_namespace ? where +
                                       " matches in every namespace: anyone who can create a service account in any "
                                       "namespace can assume the role"
                                 : where + " also admits " + Quoted(Intruder(value, example)) +
                                       ": a wildcard in the namespace crosses namespaces";
  slip.fix = right.empty() ? "name the namespace: " + Quoted(ServiceAccountSubject("<namespace>", name))
                           : "name the namespace: write " + QuotedList(right);
  linted.Add(std::move(slip), [&](TrustPolicy& policy) {
    if (right.empty()) return false;
    Condition& fixed = policy.statements[index].conditions[at];
    // A condition that excludes nobody any more would let in more than before.
    ReplaceValue(fixed.values, value, right);
    return true;
  });
}

void AddNoSubject(Linted& linted, size_t index, const TokenTable& table, const std::string& example) {
  const std::string issuer = RightIssuer(table.issuer(), linted.context);
  const std::string key = ConditionKey(issuer, "sub");
  const std::string& subject = linted.context.subject;
  linted.Add({"no-subject", Severity::kError, index,
              "no condition on " + Quoted(key) + " names who may assume the role: every pod of the cluster may, " +
                  Quoted(example) + " among them",
              R"(add "StringEquals": {)" + Quoted(key) + ": \"" +
                  (subject.empty() ? std::string(kSubjectForm) : subject) + "\"}"},
             [&](TrustPolicy& policy) {
               if (subject.empty() || issuer != table.issuer()) return false;
               Statement& fixed = policy.statements[index];
               if (ProvidersOf(fixed).size() < 2) {
                 Require(fixed, key, subject);
                 return true;
               }
               // A condition on one provider's key would shut out the others: it gets a statement of its own.
               Statement own = fixed;
               own.principals = {};
               own.principals.federated = {table.provider_arn()};
               if (!own.sid.empty()) own.sid += "2";
               Require(own, key, subject);
               std::erase(fixed.principals.federated, table.provider_arn());
               policy.statements.push_back(std::move(own));
               return true;
             });
}

void CheckSubjects(Linted& linted, const TokenTable& table, const std::set<std::string>& named) {
  std::set<std::pair<size_t, std::string>> reported;
  for (const Trial& trial : table.trials()) {
    if (!trial.allowed || trial.audience_kind != AudienceKind::kExpected) continue;
    if (named.contains(std::string(NamespaceIn(trial.subject)))) continue;
    for (size_t i = 0; i < linted.policy.statements.size(); ++i) {
      if (!trial.matches[i] || linted.StatementAt(i).effect == Effect::kDeny) continue;
      const LettingIn values = ValuesThatLetIn(linted, i, table, trial, KeyKind::kSubject);
      if (values.values.empty() && reported.emplace(i, "").second) AddNoSubject(linted, i, table, trial.subject);
      for (const auto& [at, value] : values.values) {
        // The subject itself is named, if in another statement's way.
        if (!HasWildcards(value) && value == trial.subject) continue;
        if (reported.emplace(i, value).second) AddWildcardFinding(linted, i, at, value, trial.subject);
      }
    }
  }
}

void CheckAudiences(Linted& linted, const TokenTable& table) {
  std::set<std::pair<size_t, std::string>> reported;
  const std::string issuer = RightIssuer(table.issuer(), linted.context);
  const std::string key = ConditionKey(issuer, "aud");
  const std::string& audience = linted.context.audience;
  for (const Trial& trial : table.trials()) {
    if (!trial.allowed || trial.audience_kind == AudienceKind::kExpected) continue;
    for (size_t i = 0; i < linted.policy.statements.size(); ++i) {
      if (!trial.matches[i] || linted.StatementAt(i).effect == Effect::kDeny) continue;
      const LettingIn values = ValuesThatLetIn(linted, i, table, trial, KeyKind::kAudience);
      if (!values.asks && reported.emplace(i, "").second) {
        linted.Add({"no-audience", Severity::kWarning, i,
                    "no condition on " + Quoted(key) + ": tokens for every client id of the provider are accepted",
                    R"(add "StringEquals": {)" + Quoted(key) + ": " +
                        Quoted(audience.empty() ? "<audience>" : audience) + "}"},
                   [&](TrustPolicy& policy) {
                     Statement& fixed = policy.statements[i];
                     if (audience.empty() || issuer != table.issuer() || ProvidersOf(fixed).size() != 1) return false;
                     Require(fixed, key, audience);
                     return true;
                   });
      }
      for (const auto& [at, value] : values.values) {
        // What the policy names, to the letter, is meant, unless every pod has a token for it.
        if (trial.audience_kind == AudienceKind::kNamed && !HasWildcards(value)) continue;
        if (!reported.emplace(i, value).second) continue;
        const bool api = trial.audience_kind == AudienceKind::kApiServer || HasWildcards(value);
        linted.Add({"api-audience", api ? Severity::kError : Severity::kWarning, i,
                    Quoted(value) + " for " + Quoted(key) +
                        " also admits tokens for the Kubernetes API, which every pod has, if the provider has " +
                        Quoted(trial.audience) + " as a client id",
                    audience.empty() ? "remove it" : "write " + Quoted(audience)},
                   [&, index = at, &value = value](TrustPolicy& policy) {
                     Condition& fixed = policy.statements[i].conditions[index];
                     if (audience.empty() && fixed.values.size() == 1) return false;
                     const bool alone = fixed.values.size() == 1;
                     ReplaceValue(fixed.values, value,
                                  alone || HasWildcards(value) ? std::vector{audience} : std::vector<std::string>{});
                     return true;
                   });
      }
    }
  }
}

// The namespaces that conditions on the provider's subjects name.
std::set<std::string> NamedNamespaces(const Linted& linted, const TokenTable& table) {
  std::set<std::string> named;
  for (const Statement& statement : linted.policy.statements) {
    for (const Condition& condition : statement.conditions) {
      if (KindOfKey(condition.key) != KeyKind::kSubject || !ComparesStrings(condition.op)) continue;
      if (Excludes(statement, condition)) continue;
      if (!base::EqualsIgnoringCase(KeyIssuer(condition.key), table.issuer())) continue;
      for (const std::string& value : condition.values) {
        const std::string compared =
            condition.op.family == OperatorFamily::kStringIgnoringCase ? base::LowerCase(value) : value;
        if (const std::string_view name = NamespaceIn(compared); !name.empty()) named.emplace(name);
      }
    }
  }
  return named;
}

}  // namespace

void CheckWhoGetsIn(Linted& linted) {
  for (const TokenTable& table : linted.tables) {
    CheckSubjects(linted, table, NamedNamespaces(linted, table));
    CheckAudiences(linted, table);
  }
}

}  // namespace irsa::iam
