// Whether some token meets each statement and, if none does, why.
#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

using base::Quoted;

// The tables of the providers that the statement is about.
std::vector<const TokenTable*> TablesOf(const Linted& linted, const Statement& statement) {
  const std::vector<std::string> providers = ProvidersOf(statement);
  std::vector<const TokenTable*> tables;
  for (const TokenTable& table : linted.tables) {
    const bool listed = std::ranges::find(providers, table.provider_arn()) != providers.end();
    const bool denied_by_wildcard = statement.effect == Effect::kDeny && providers.empty();
    if (listed || statement.principals.anyone || denied_by_wildcard) tables.push_back(&table);
  }
  return tables;
}

// Whether the statement matches some token that the webhook mounts.
bool MatchesSome(const TokenTable& table, size_t index) {
  return std::ranges::any_of(table.trials(), [index](const Trial& trial) {
    return trial.matches[index] && trial.audience_kind == AudienceKind::kExpected;
  });
}

bool IsMetBySome(const Linted& linted, const TokenTable& table, const std::vector<const Condition*>& conditions) {
  return std::ranges::any_of(table.trials(), [&](const Trial& trial) {
    return trial.audience_kind == AudienceKind::kExpected &&
           std::ranges::all_of(conditions,
                               [&](const Condition* condition) { return IsMet(linted, *condition, table, trial); });
  });
}

bool IsNameOfSts(const std::string& value) {
  return value.starts_with("sts.") && value.find("amazonaws") != std::string::npos;
}

// A condition on :aud that the cluster's own tokens do not meet.
void CheckAudience(Linted& linted, size_t index, size_t at, const TokenTable& table) {
  const Condition& condition = linted.StatementAt(index).conditions[at];
  const std::string& audience = linted.context.audience;
  if (condition.op.negated) {
    linted.Add({"audience", Severity::kError, index,
                ConditionName(condition) + " excludes the audience of the cluster's tokens, " + Quoted(audience),
                "ask for " + Quoted(audience) + " with StringEquals"},
               [&](TrustPolicy& policy) {
                 Statement& fixed = policy.statements[index];
                 fixed.conditions.erase(fixed.conditions.begin() + static_cast<std::ptrdiff_t>(at));
                 Require(fixed, ConditionKey(table.issuer(), "aud"), audience);
                 return true;
               });
    return;
  }
  const bool of_sts = std::ranges::any_of(condition.values, IsNameOfSts);
  linted.Add({"audience", of_sts ? Severity::kError : Severity::kWarning, index,
              condition.op.name + " on " + Quoted(condition.key) + " has " +
                  (condition.values.empty() ? "no value" : QuotedList(condition.values)) +
                  ", but the cluster's tokens have " + Quoted(audience),
              "write " + Quoted(audience) +
                  ": the audience is a name, not an endpoint, and the same in every partition and region"},
             [&](TrustPolicy& policy) {
               std::vector<std::string> values;
               for (const std::string& value : condition.values) {
                 if (!IsNameOfSts(value) && !IsApiServerAudience(value, table.issuer())) values.push_back(value);
               }
               values.push_back(audience);
               policy.statements[index].conditions[at].values = std::move(values);
               return true;
             });
}

// A fix for conditions that cannot be met: those on the token are written anew.
Edit Rewrite(const Linted& linted, size_t index, const std::string& issuer) {
  return [&linted, index, issuer](TrustPolicy& policy) {
    if (linted.context.subject.empty() || linted.context.audience.empty()) return false;
    Statement& fixed = policy.statements[index];
    if (ProvidersOf(fixed).size() != 1) return false;
    RemoveKey(fixed, ConditionKey(issuer, "sub"));
    RemoveKey(fixed, ConditionKey(issuer, "aud"));
    Require(fixed, ConditionKey(issuer, "aud"), linted.context.audience);
    Require(fixed, ConditionKey(issuer, "sub"), linted.context.subject);
    return true;
  };
}

void CheckConditionsAlone(Linted& linted, size_t index, const TokenTable& table) {
  const std::vector<Condition>& conditions = linted.StatementAt(index).conditions;
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (IsMetBySome(linted, table, {&conditions[i]})) continue;
    const KeyKind kind = KindOfKey(conditions[i].key);
    if (kind == KeyKind::kAudience && ComparesStrings(conditions[i].op) && !linted.context.audience.empty()) {
      CheckAudience(linted, index, i, table);
    } else if (kind == KeyKind::kTime) {
      linted.Add({"never", Severity::kError, index,
                  ConditionName(conditions[i]) + " can no longer be met: that time has passed",
                  "remove the statement, or change the time"});
    } else if (kind == KeyKind::kSubject || kind == KeyKind::kAudience) {
      linted.Add(
          {"never", Severity::kError, index, ConditionName(conditions[i]) + " is met by no service account's token",
           "ask for the subject and the audience with StringEquals"},
          Rewrite(linted, index, table.issuer()));
    } else {
      linted.Add({"never", Severity::kError, index, ConditionName(conditions[i]) + " is met by no request",
                  "correct the condition; remove it only if the role needs no such restriction"},
                 [&, i](TrustPolicy& policy) {
                   std::vector<Condition>& fixed = policy.statements[index].conditions;
                   fixed.erase(fixed.begin() + static_cast<std::ptrdiff_t>(i));
                   return true;
                 });
    }
  }
}

void CheckContradiction(Linted& linted, size_t index, const TokenTable& table) {
  const std::vector<Condition>& conditions = linted.StatementAt(index).conditions;
  std::string which = "the conditions";
  for (size_t i = 0; i < conditions.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (IsMetBySome(linted, table, {&conditions[i], &conditions[j]})) continue;
      which = ConditionName(conditions[j]) + " and " + ConditionName(conditions[i]);
    }
  }
  linted.Add({"contradiction", Severity::kError, index, which + " contradict each other: no request meets all of them",
              "keep the one you intend"},
             Rewrite(linted, index, table.issuer()));
}

}  // namespace

bool IsMet(const Linted& linted, const Condition& condition, const TokenTable& table, const Trial& trial) {
  return iam::IsMet(condition, table.RequestOf(trial), linted.policy.variables);
}

void CheckThatTokensMatch(Linted& linted, size_t index) {
  const Statement& statement = linted.StatementAt(index);
  const bool denies = statement.effect == Effect::kDeny;
  const std::vector<const TokenTable*> tables = TablesOf(linted, statement);
  if (tables.empty() || (!denies && !AllowsWebIdentity(statement))) return;
  if (denies) {
    const bool matches = std::ranges::any_of(tables, [index](const TokenTable* table) {
      return std::ranges::any_of(table->trials(), [index](const Trial& trial) { return trial.matches[index]; });
    });
    const auto found = std::ranges::any_of(linted.findings,
                                           [index](const Finding& finding) { return finding.statement == index + 1; });
    if (matches || found || !AllowsWebIdentity(statement)) return;
    linted.Add({"dead-deny", Severity::kWarning, index, "the statement denies no token of a service account",
                "remove it, or correct its conditions"});
    return;
  }
  for (const TokenTable* table : tables) {
    if (MatchesSome(*table, index)) continue;
    if (!linted.HasErrorIn(index)) {
      const size_t before = linted.findings.size();
      CheckConditionsAlone(linted, index, *table);
      if (linted.findings.size() == before) CheckContradiction(linted, index, *table);
    } else {
      // A wrong audience stands beside other slips.
      for (size_t i = 0; i < statement.conditions.size(); ++i) {
        const Condition& condition = statement.conditions[i];
        if (KindOfKey(condition.key) == KeyKind::kAudience && NamesValues(condition.op) && !condition.values.empty() &&
            !linted.context.audience.empty() &&
            std::ranges::none_of(condition.values,
                                 [](const std::string& value) { return HasWildcards(value) || HasVariables(value); }) &&
            base::EqualsIgnoringCase(KeyIssuer(condition.key), table->issuer()) &&
            !IsMetBySome(linted, *table, {&condition})) {
          CheckAudience(linted, index, i, *table);
        }
      }
    }
    if (tables.size() > 1) break;
  }
}

}  // namespace irsa::iam
