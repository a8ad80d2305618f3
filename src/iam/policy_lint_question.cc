// The questions that are put to the evaluator.
#include <algorithm>
#include <optional>
#include <set>

#include "irsa/base/ascii.h"
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

constexpr std::string_view kSubjectForm = "system:serviceaccount:<namespace>:<name>";

const Statement& StatementAt(const Linted& linted, size_t index) { return linted.policy.statements[index]; }

// The tables of the providers that the statement is about.
std::vector<const TokenTable*> TablesOf(const Linted& linted, const Statement& statement) {
  const std::vector<std::string> providers = ProvidersOf(statement);
  std::vector<const TokenTable*> tables;
  for (const TokenTable& table : linted.tables) {
    const bool listed = std::find(providers.begin(), providers.end(), table.provider_arn()) != providers.end();
    const bool denied_by_wildcard = statement.effect == Effect::kDeny && providers.empty();
    if (listed || statement.principals.anyone || denied_by_wildcard) tables.push_back(&table);
  }
  return tables;
}

bool IsMet(const Linted& linted, const Condition& condition, const TokenTable& table, const Trial& trial) {
  return iam::IsMet(condition, table.RequestOf(trial), linted.policy.variables);
}

// Whether the statement matches some token that the webhook mounts.
bool MatchesSome(const TokenTable& table, size_t index) {
  return std::any_of(table.trials().begin(), table.trials().end(), [index](const Trial& trial) {
    return trial.matches[index] && trial.audience_kind == AudienceKind::kExpected;
  });
}

bool IsMetBySome(const Linted& linted, const TokenTable& table, const std::vector<const Condition*>& conditions) {
  return std::any_of(table.trials().begin(), table.trials().end(), [&](const Trial& trial) {
    return trial.audience_kind == AudienceKind::kExpected &&
           std::all_of(conditions.begin(), conditions.end(),
                       [&](const Condition* condition) { return IsMet(linted, *condition, table, trial); });
  });
}

std::string ConditionName(const Condition& condition) {
  return condition.op.name + " on " + Quoted(condition.key) + " with " +
         (condition.values.empty() ? "no value" : QuotedList(condition.values));
}

bool IsNameOfSts(const std::string& value) {
  return value.starts_with("sts.") && value.find("amazonaws") != std::string::npos;
}

// A condition on :aud that the cluster's own tokens do not meet.
void CheckAudience(Linted& linted, size_t index, size_t at, const TokenTable& table) {
  const Condition& condition = StatementAt(linted, index).conditions[at];
  const std::string& audience = linted.context.audience;
  const bool of_sts =
      condition.op.negated || std::any_of(condition.values.begin(), condition.values.end(), IsNameOfSts);
  linted.Add({"audience", of_sts ? Severity::kError : Severity::kWarning, index,
              condition.op.name + " on " + Quoted(condition.key) + " has " +
                  (condition.values.empty() ? "no value" : QuotedList(condition.values)) +
                  ", the cluster's tokens have " + Quoted(audience),
              "write " + Quoted(audience) +
                  ": the audience is a name, not an endpoint, and the same in every partition and region"},
             [&](TrustPolicy& policy) {
               Statement& fixed = policy.statements[index];
               if (condition.op.negated) {
                 fixed.conditions.erase(fixed.conditions.begin() + static_cast<std::ptrdiff_t>(at));
                 Require(fixed, ConditionKey(table.issuer(), "aud"), audience);
                 return true;
               }
               std::vector<std::string> values;
               for (const std::string& value : condition.values) {
                 if (!IsNameOfSts(value) && !IsApiServerAudience(value, table.issuer())) values.push_back(value);
               }
               values.push_back(audience);
               fixed.conditions[at].values = std::move(values);
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
  const std::vector<Condition>& conditions = StatementAt(linted, index).conditions;
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (IsMetBySome(linted, table, {&conditions[i]})) continue;
    const KeyKind kind = KindOfKey(conditions[i].key);
    if (kind == KeyKind::kAudience && ComparesStrings(conditions[i].op) && !linted.context.audience.empty()) {
      CheckAudience(linted, index, i, table);
    } else if (kind == KeyKind::kTime) {
      linted.Add({"never", Severity::kError, index,
                  ConditionName(conditions[i]) + " can no longer be met: that time is over",
                  "remove the statement, or give it another time"});
    } else if (kind == KeyKind::kSubject || kind == KeyKind::kAudience) {
      linted.Add(
          {"never", Severity::kError, index, ConditionName(conditions[i]) + " is met by no service account's token",
           "ask for the subject and the audience with StringEquals"},
          Rewrite(linted, index, table.issuer()));
    } else {
      linted.Add({"never", Severity::kError, index, ConditionName(conditions[i]) + " is met by no request",
                  "remove the condition"},
                 [&, i](TrustPolicy& policy) {
                   std::vector<Condition>& fixed = policy.statements[index].conditions;
                   fixed.erase(fixed.begin() + static_cast<std::ptrdiff_t>(i));
                   return true;
                 });
    }
  }
}

void CheckContradiction(Linted& linted, size_t index, const TokenTable& table) {
  const std::vector<Condition>& conditions = StatementAt(linted, index).conditions;
  std::string which = "the conditions";
  for (size_t i = 0; i < conditions.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (IsMetBySome(linted, table, {&conditions[i], &conditions[j]})) continue;
      which = ConditionName(conditions[j]) + " and " + ConditionName(conditions[i]);
    }
  }
  linted.Add({"contradiction", Severity::kError, index, which + " contradict each other: no request meets all of them",
              "keep the one that is meant"},
             Rewrite(linted, index, table.issuer()));
}

// The values of a condition on the provider's `claim` that let such a token in; nothing when no condition of the
// statement asks for the claim.
struct LettingIn {
  bool asks = false;
  std::vector<std::pair<size_t, std::string>> values;  // with the condition's index
};

LettingIn ValuesThatLetIn(const Linted& linted, size_t index, const TokenTable& table, const Trial& trial,
                          KeyKind kind) {
  LettingIn result;
  const std::vector<Condition>& conditions = StatementAt(linted, index).conditions;
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
  std::string name;
  for (const char c : NamePattern(pattern)) name.push_back(c == '*' || c == '?' ? 'x' : c);
  const std::string intruder = ServiceAccountSubject(prefix + "-evil", name);
  return IsServiceAccountSubject(intruder) && MatchesWildcards(pattern, intruder) ? intruder : otherwise;
}

void AddWildcardFinding(Linted& linted, size_t index, size_t at, const std::string& value, const std::string& example) {
  const Condition& condition = StatementAt(linted, index).conditions[at];
  const std::string where = Quoted(value) + " for " + Quoted(condition.key);
  const std::string& subject = linted.context.subject;
  const bool any_subject = MatchesInBothNamespaces(value, "z3k", "w.5");
  const std::string name = NamePattern(value);
  std::string plain_name;
  for (const char c : name) plain_name.push_back(c == '*' || c == '?' ? 'a' : c);
  const bool any_namespace = MatchesInBothNamespaces(value, plain_name, plain_name);
  const std::vector<std::string> right = any_subject
                                             ? (subject.empty() ? std::vector<std::string>{} : std::vector{subject})
                                             : WithinNamespaces(value, subject);
  Linted::Slip slip;
  slip.statement = index;
  slip.code = any_subject ? "any-subject" : any_namespace ? "any-namespace" : "crosses-namespaces";
  slip.severity = any_subject ? Severity::kError : Severity::kWarning;
  slip.message =
      any_subject ? where + " matches every service account: every pod of the cluster may assume the role"
      : any_namespace
          ? where + " matches in every namespace: whoever may create a service account in any may assume the role"
          : where + " also admits " + Quoted(Intruder(value, example)) +
                ": a wildcard in the namespace crosses namespaces";
  slip.fix = right.empty() ? "name the namespace: " + Quoted(ServiceAccountSubject("<namespace>", name))
                           : "name the namespace: write " + QuotedList(right);
  linted.Add(std::move(slip), [&](TrustPolicy& policy) {
    if (right.empty()) return false;
    Condition& fixed = policy.statements[index].conditions[at];
    // A condition that excludes nobody any more would let in more than before.
    ReplaceValue(fixed, value, right);
    return true;
  });
}

void AddNoSubject(Linted& linted, size_t index, const TokenTable& table, const std::string& example) {
  const std::string key = ConditionKey(table.issuer(), "sub");
  const std::string& subject = linted.context.subject;
  linted.Add({"no-subject", Severity::kError, index,
              "no condition on " + Quoted(key) + " names who may assume the role: every pod of the cluster may, " +
                  Quoted(example) + " among them",
              R"(add "StringEquals": {)" + Quoted(key) + ": \"" +
                  (subject.empty() ? std::string(kSubjectForm) : subject) + "\"}"},
             [&](TrustPolicy& policy) {
               if (subject.empty()) return false;
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
    const std::string_view rest = std::string_view(trial.subject).substr(kSubjectPrefix.size());
    if (!trial.allowed || trial.audience_kind != AudienceKind::kExpected) continue;
    if (named.contains(std::string(rest.substr(0, rest.find(':'))))) continue;
    for (size_t i = 0; i < linted.policy.statements.size(); ++i) {
      if (!trial.matches[i] || StatementAt(linted, i).effect == Effect::kDeny) continue;
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
  const std::string key = ConditionKey(table.issuer(), "aud");
  const std::string& audience = linted.context.audience;
  for (const Trial& trial : table.trials()) {
    if (!trial.allowed || trial.audience_kind == AudienceKind::kExpected) continue;
    for (size_t i = 0; i < linted.policy.statements.size(); ++i) {
      if (!trial.matches[i] || StatementAt(linted, i).effect == Effect::kDeny) continue;
      const LettingIn values = ValuesThatLetIn(linted, i, table, trial, KeyKind::kAudience);
      if (!values.asks && reported.emplace(i, "").second) {
        linted.Add({"no-audience", Severity::kWarning, i,
                    "no condition on " + Quoted(key) + ": tokens for every client id of the provider are accepted",
                    R"(add "StringEquals": {)" + Quoted(key) + ": " +
                        Quoted(audience.empty() ? "<audience>" : audience) + "}"},
                   [&](TrustPolicy& policy) {
                     Statement& fixed = policy.statements[i];
                     if (audience.empty() || ProvidersOf(fixed).size() != 1) return false;
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
                   [&, index = at](TrustPolicy& policy) {
                     Condition& fixed = policy.statements[i].conditions[index];
                     if (audience.empty() && fixed.values.size() == 1) return false;
                     const bool alone = fixed.values.size() == 1;
                     ReplaceValue(fixed, value,
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
  const auto add = [&](std::string_view value) {
    if (NamesOneNamespace(value)) {
      const std::string_view rest = value.substr(kSubjectPrefix.size());
      named.emplace(rest.substr(0, rest.find(':')));
    }
  };
  for (const Statement& statement : linted.policy.statements) {
    for (const Condition& condition : statement.conditions) {
      if (KindOfKey(condition.key) != KeyKind::kSubject || !ComparesStrings(condition.op)) continue;
      if (condition.op.negated != (statement.effect == Effect::kDeny)) continue;
      if (!base::EqualsIgnoringCase(KeyIssuer(condition.key), table.issuer())) continue;
      for (const std::string& value : condition.values) {
        add(condition.op.family == OperatorFamily::kStringIgnoringCase ? base::LowerCase(value) : value);
      }
    }
  }
  return named;
}

bool IsAllowed(const TokenTable& table, const std::string& subject) {
  return std::any_of(table.trials().begin(), table.trials().end(), [&](const Trial& trial) {
    return trial.allowed && trial.audience_kind == AudienceKind::kExpected &&
           (subject.empty() || trial.subject == subject);
  });
}

// The first Deny that keeps a token out that some statement allows.
std::optional<size_t> DenyInTheWay(const Linted& linted, const TokenTable& table, const std::string& subject) {
  for (const Trial& trial : table.trials()) {
    if (trial.audience_kind != AudienceKind::kExpected || (!subject.empty() && trial.subject != subject)) continue;
    std::optional<size_t> deny;
    bool allow = false;
    for (size_t i = 0; i < linted.policy.statements.size(); ++i) {
      const bool denies = StatementAt(linted, i).effect == Effect::kDeny;
      if (trial.matches[i] && denies && !deny) deny = i;
      allow = allow || (trial.matches[i] && !denies);
    }
    if (allow && deny) return deny;
  }
  return std::nullopt;
}

void AddDenied(Linted& linted, size_t index, const std::string& who) {
  const Statement& statement = StatementAt(linted, index);
  std::string by = statement.conditions.empty() ? "it has no condition" : "";
  for (const Condition& condition : statement.conditions) {
    by.append(by.empty() ? "" : "; ").append(ConditionName(condition)).append(" is met");
  }
  linted.Add({"denied", Severity::kError, index,
              "the statement denies " + who + ", whatever other statements allow: " + by,
              "if that is not meant, take " + who + " out of the statement"});
}

// Puts the subject where others are already allowed, in the statement for that provider.
bool AllowSubject(TrustPolicy& policy, const TokenTable& table, const LintContext& context) {
  const std::string key = ConditionKey(table.issuer(), "sub");
  for (Statement& statement : policy.statements) {
    const std::vector<std::string> providers = ProvidersOf(statement);
    if (statement.effect == Effect::kDeny || !AllowsWebIdentity(statement) || IsAboutOthers(statement)) continue;
    if (providers.size() != 1 || providers.front() != table.provider_arn()) continue;
    std::vector<size_t> conditions;
    for (size_t i = 0; i < statement.conditions.size(); ++i) {
      if (base::EqualsIgnoringCase(statement.conditions[i].key, key)) conditions.push_back(i);
    }
    if (conditions.size() != 1 || !NamesValues(statement.conditions[conditions.front()].op)) continue;
    statement.conditions[conditions.front()].values.push_back(context.subject);
    return true;
  }
  policy.statements.push_back(StatementFor(table.provider_arn(), context));
  return true;
}

// Whether an error in a statement that may be about the provider says already why it allows nobody.
bool IsExplained(const Linted& linted, const TokenTable& table) {
  return std::any_of(linted.findings.begin(), linted.findings.end(), [&](const Finding& finding) {
    if (finding.severity != Severity::kError) return false;
    if (finding.statement == 0) return true;
    const std::vector<std::string> providers = ProvidersOf(StatementAt(linted, finding.statement - 1));
    return providers.empty() || std::find(providers.begin(), providers.end(), table.provider_arn()) != providers.end();
  });
}

void CheckOwnTable(Linted& linted, const TokenTable& table) {
  const std::string& subject = linted.context.subject;
  if (IsAllowed(table, subject)) return;
  if (const std::optional<size_t> deny = DenyInTheWay(linted, table, subject)) {
    AddDenied(linted, *deny, subject.empty() ? "every service account that the policy allows" : Quoted(subject));
    return;
  }
  if (subject.empty() || IsExplained(linted, table)) return;
  // Of which of several clusters the service account is, nobody said.
  const bool known = !linted.context.audience.empty() && (!linted.context.issuer.empty() || linted.tables.size() == 1);
  linted.Add(
      {"not-allowed", Severity::kError, Linted::kWholePolicy,
       "no statement allows " + Quoted(subject) + " of " + Quoted(table.issuer()),
       "if the role is for this service account, add its subject to the condition on " +
           Quoted(ConditionKey(table.issuer(), "sub")) +
           "; else run the pod as one that is allowed (serviceAccountName), or annotate another role",
       "if the role is for this service account, add a statement for it"},
      [&](TrustPolicy& policy) {
        return known && AllowSubject(policy, table, linted.context) &&
               IsAllowed(TokenTable(policy, table.provider_arn(), linted.context), subject);
      },
      [&](TrustPolicy& policy) {
        if (!known) return false;
        policy.statements.push_back(StatementFor(table.provider_arn(), linted.context));
        return true;
      });
}

// Whose tokens the context is about: of the cluster's issuer or, if that is not known, of any provider.
std::vector<const TokenTable*> OwnTables(const Linted& linted) {
  std::vector<const TokenTable*> tables;
  for (const TokenTable& table : linted.tables) {
    if (linted.context.issuer.empty() || table.issuer() == WithoutScheme(linted.context.issuer)) {
      tables.push_back(&table);
    }
  }
  return tables;
}

bool ListsOwnIssuer(const Linted& linted) {
  const std::string own = NormalizedIssuer(linted.context.issuer);
  for (const Statement& statement : linted.policy.statements) {
    if (statement.effect == Effect::kDeny) continue;
    if (statement.principals.anyone) return true;
    for (const std::string& federated : statement.principals.federated) {
      constexpr std::string_view kResource = "oidc-provider/";
      const size_t at = federated.find(kResource);
      if (NormalizedIssuer(at == std::string::npos ? federated : federated.substr(at + kResource.size())) == own) {
        return true;
      }
    }
  }
  return false;
}

// The statement of the other cluster stays: one statement for each provider is what AWS recommends.
bool AddOwnIssuer(TrustPolicy& policy, const LintContext& context) {
  const std::string own = OwnProvider(context);
  if (own.empty() || context.subject.empty()) return false;
  policy.statements.push_back(StatementFor(own, context));
  return true;
}

}  // namespace

void CheckThatTokensMatch(Linted& linted, size_t index) {
  const Statement& statement = StatementAt(linted, index);
  const bool denies = statement.effect == Effect::kDeny;
  const std::vector<const TokenTable*> tables = TablesOf(linted, statement);
  if (tables.empty() || (!denies && !AllowsWebIdentity(statement))) return;
  if (denies) {
    const bool matches = std::any_of(tables.begin(), tables.end(), [index](const TokenTable* table) {
      return std::any_of(table->trials().begin(), table->trials().end(),
                         [index](const Trial& trial) { return trial.matches[index]; });
    });
    const auto found = std::any_of(linted.findings.begin(), linted.findings.end(),
                                   [index](const Finding& finding) { return finding.statement == index + 1; });
    if (matches || found || !AllowsWebIdentity(statement)) return;
    linted.Add({"dead-deny", Severity::kWarning, index, "the statement denies no token of a service account",
                "remove it, or correct its conditions"});
    return;
  }
  for (const TokenTable* table : tables) {
    if (MatchesSome(*table, index)) continue;
    const size_t before = linted.findings.size();
    const bool explained = linted.HasErrorIn(index);
    if (!explained) CheckConditionsAlone(linted, index, *table);
    if (explained) {
      // A wrong audience stands beside other slips.
      for (size_t i = 0; i < statement.conditions.size(); ++i) {
        const Condition& condition = statement.conditions[i];
        if (KindOfKey(condition.key) == KeyKind::kAudience && NamesValues(condition.op) && !condition.values.empty() &&
            !linted.context.audience.empty() &&
            std::none_of(condition.values.begin(), condition.values.end(),
                         [](const std::string& value) { return HasWildcards(value) || HasVariables(value); }) &&
            base::EqualsIgnoringCase(KeyIssuer(condition.key), table->issuer()) &&
            !IsMetBySome(linted, *table, {&condition})) {
          CheckAudience(linted, index, i, *table);
        }
      }
    } else if (linted.findings.size() == before) {
      CheckContradiction(linted, index, *table);
    }
    if (tables.size() > 1) break;
  }
}

void CheckWhoGetsIn(Linted& linted) {
  for (const TokenTable& table : linted.tables) {
    CheckSubjects(linted, table, NamedNamespaces(linted, table));
    CheckAudiences(linted, table);
  }
}

void CheckServiceAccount(Linted& linted) {
  const std::vector<const TokenTable*> own = OwnTables(linted);
  if (!linted.context.issuer.empty() && own.empty() && !ListsOwnIssuer(linted) &&
      std::none_of(linted.findings.begin(), linted.findings.end(),
                   [](const Finding& finding) { return finding.code == "no-web-identity"; })) {
    const std::string provider = OwnProvider(linted.context);
    linted.Add({"issuer", Severity::kError, Linted::kWholePolicy,
                "no statement is about the provider of the cluster's issuer " + Quoted(linted.context.issuer),
                "add a statement for " + (provider.empty() ? "its provider" : Quoted(provider)) +
                    "; those for other clusters may stay"},
               [&](TrustPolicy& policy) { return AddOwnIssuer(policy, linted.context); });
    return;
  }
  const bool allowed = std::any_of(own.begin(), own.end(),
                                   [&](const TokenTable* table) { return IsAllowed(*table, linted.context.subject); });
  if (!allowed) {
    for (const TokenTable* table : own) CheckOwnTable(linted, *table);
  }
  const bool anybody =
      std::any_of(own.begin(), own.end(), [](const TokenTable* table) { return IsAllowed(*table, ""); });
  // Another audience may be meant.
  const bool audience = std::any_of(linted.findings.begin(), linted.findings.end(),
                                    [](const Finding& finding) { return finding.code == "audience"; });
  if (anybody || audience || HasErrors(linted.findings)) return;
  linted.Add({"nobody", Severity::kError, Linted::kWholePolicy,
              "no service account's token is allowed: no statement is about service accounts of a provider of the role",
              "add a statement for the cluster's provider and the service account"},
             [&](TrustPolicy& policy) { return AddOwnIssuer(policy, linted.context); });
}

}  // namespace irsa::iam
