// Whether the service account in question gets in and, if not, why.
#include <algorithm>
#include <optional>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

using base::Quoted;

bool IsAllowed(const TokenTable& table, const std::string& subject) {
  return std::ranges::any_of(table.trials(), [&](const Trial& trial) {
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
      const bool denies = linted.StatementAt(i).effect == Effect::kDeny;
      if (trial.matches[i] && denies && !deny) deny = i;
      allow = allow || (trial.matches[i] && !denies);
    }
    if (allow && deny) return deny;
  }
  return std::nullopt;
}

void AddDenied(Linted& linted, size_t index, const std::string& who) {
  const Statement& statement = linted.StatementAt(index);
  std::string by = statement.conditions.empty() ? "it has no condition" : "";
  for (const Condition& condition : statement.conditions) {
    by.append(by.empty() ? "" : "; ").append(ConditionName(condition)).append(" is met");
  }
  linted.Add({"denied", Severity::kError, index,
              "the statement denies " + who + ", whatever other statements allow: " + by,
              "if that is not intended, remove " + who + " from the statement"});
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
  return std::ranges::any_of(linted.findings, [&](const Finding& finding) {
    if (finding.severity != Severity::kError) return false;
    if (finding.statement == 0) return true;
    const std::vector<std::string> providers = ProvidersOf(linted.StatementAt(finding.statement - 1));
    return providers.empty() || std::ranges::find(providers, table.provider_arn()) != providers.end();
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
           "; otherwise run the pod as an allowed service account (serviceAccountName), or annotate another role",
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
    if (linted.context.issuer.empty() || table.issuer() == base::WithoutScheme(linted.context.issuer)) {
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
      if (NormalizedIssuer(IssuerIn(federated)) == own) return true;
    }
  }
  return false;
}

}  // namespace

void CheckServiceAccount(Linted& linted) {
  const std::vector<const TokenTable*> own = OwnTables(linted);
  const auto has = [&](std::string_view code) {
    return std::ranges::any_of(linted.findings, [code](const Finding& finding) { return finding.code == code; });
  };
  if (!linted.context.issuer.empty() && own.empty() && !ListsOwnIssuer(linted) && !has("no-web-identity")) {
    const std::string provider = OwnProvider(linted.context);
    // The statement of the other cluster stays: one statement for each provider is what AWS recommends.
    linted.Add({"issuer", Severity::kError, Linted::kWholePolicy,
                "no statement has the provider of the cluster's issuer " + Quoted(linted.context.issuer),
                "add a statement for " + (provider.empty() ? "its provider" : Quoted(provider)) +
                    "; those for other clusters may stay"},
               [&](TrustPolicy& policy) { return AddOwnStatement(policy, linted.context); });
    return;
  }
  const bool allowed =
      std::ranges::any_of(own, [&](const TokenTable* table) { return IsAllowed(*table, linted.context.subject); });
  if (!allowed) {
    for (const TokenTable* table : own) CheckOwnTable(linted, *table);
  }
  const bool anybody = std::ranges::any_of(own, [](const TokenTable* table) { return IsAllowed(*table, ""); });
  // Another audience may be meant, or no service account at all.
  if (anybody || has("audience") || has("no-web-identity") || HasErrors(linted.findings)) return;
  linted.Add({"nobody", Severity::kError, Linted::kWholePolicy,
              "no service account's token is allowed: no statement applies to service accounts of a provider in the "
              "role's account",
              "add a statement for the cluster's provider and the service account"},
             [&](TrustPolicy& policy) { return AddOwnStatement(policy, linted.context); });
}

}  // namespace irsa::iam
