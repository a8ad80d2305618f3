#include "irsa/iam/lint/policy_lint.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/policy_document.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"
#include "subject_classes.h"

namespace irsa::iam {
namespace {

constexpr size_t kMaxFixes = 200;

void CheckLength(std::string_view text, std::vector<Finding>& findings) {
  const size_t length = CountedCharacters(text);
  if (length <= kTrustPolicyQuota) return;
  std::string fix = "list service accounts in one condition, use StringLike with a wildcard, or split the role in two";
  if (length <= kTrustPolicyMaxQuota) fix += ", or request a quota increase for the account";
  findings.push_back(
      {"too-long", Severity::kError, 0,
       "the policy has " + std::to_string(length) + " characters without white space, but IAM stores at most " +
           std::to_string(kTrustPolicyQuota) + " (" + std::to_string(kTrustPolicyMaxQuota) + " after a quota increase)",
       std::move(fix), ""});
}

// A role that other roles assume, by role chaining.
bool IsForAwsPrincipals(const TrustPolicy& policy) {
  return std::ranges::any_of(policy.statements, [](const Statement& statement) {
    return statement.effect == Effect::kAllow && !statement.principals.aws.empty() && !statement.principals.anyone &&
           CoversAction(statement, kAssumeRole);
  });
}

void CheckNoWebIdentity(Linted& linted) {
  for (const Statement& statement : linted.policy.statements) {
    if (statement.effect == Effect::kAllow && ConcernsWebIdentity(statement)) return;
  }
  const std::string provider = OwnProvider(linted.context);
  // Where nobody asks about a service account, that may be all there is to it.
  const bool may_be_meant =
      linted.context.subject.empty() && linted.context.issuer.empty() && IsForAwsPrincipals(linted.policy);
  linted.Add({"no-web-identity", may_be_meant ? Severity::kWarning : Severity::kError, Linted::kWholePolicy,
              std::string("no statement has a federated provider as its principal") +
                  (may_be_meant ? "; the role is for AWS principals, which call sts:AssumeRole" : ""),
              std::string(may_be_meant ? "if service accounts are to assume the role too, " : "") +
                  R"(add a statement with "Principal": {"Federated": ")" +
                  (provider.empty() ? "<ARN of the OIDC provider>" : provider) + R"("} and "Action": ")" +
                  std::string(kAssumeRoleWithWebIdentity) + "\""},
             [&](TrustPolicy& policy) { return AddOwnStatement(policy, linted.context); });
}

std::vector<std::string> ListedProviders(const TrustPolicy& policy, const LintContext& context) {
  std::vector<std::string> providers;
  const auto add = [&](std::string provider) {
    if (!provider.empty()) AddNew(providers, std::move(provider));
  };
  bool anyone = false;
  for (const Statement& statement : policy.statements) {
    for (std::string& provider : ProvidersOf(statement)) add(std::move(provider));
    anyone = anyone || (statement.principals.anyone && statement.effect == Effect::kAllow);
  }
  if (!anyone) return providers;
  add(OwnProvider(context));
  for (const Statement& statement : policy.statements) {
    for (const Condition& condition : statement.conditions) {
      const std::string issuer = NormalizedIssuer(KeyIssuer(condition.key));
      if (!issuer.empty()) add(ProviderArn("aws", context.account.empty() ? "000000000000" : context.account, issuer));
    }
  }
  if (providers.empty()) add(ProviderArn("aws", "000000000000", "any.example"));
  return providers;
}

LintContext WithRole(LintContext context, const std::string& role_arn) {
  const Result<Arn> arn = ParseArn(role_arn);
  if (!arn.ok() || !IsRoleArn(role_arn)) return context;
  if (context.account.empty()) context.account = arn->account;
  if (context.partition.empty()) context.partition = arn->partition;
  return context;
}

// Whether some statement of the policy that allows (or a Deny of all others) names the subject.
bool IsNamed(const TrustPolicy& policy, const std::string& subject) {
  for (const Statement& statement : policy.statements) {
    for (const Condition& condition : statement.conditions) {
      if (Excludes(statement, condition)) continue;
      const std::string_view issuer = KeyIssuer(condition.key);
      if (issuer.empty() || KindOfKey(condition.key) == KeyKind::kAudience) continue;
      for (const std::string& value : condition.values) {
        const std::string normalized = NormalizedSubject(value);
        if (!NamespaceIn(normalized).empty() && MatchesWildcards(normalized, subject)) return true;
      }
    }
  }
  return false;
}

bool ListsIssuer(const TrustPolicy& policy, const std::string& issuer) {
  for (const Statement& statement : policy.statements) {
    for (const std::string& federated : statement.principals.federated) {
      if (NormalizedIssuer(IssuerIn(federated)) == NormalizedIssuer(issuer)) return true;
    }
  }
  return false;
}

bool IsMeant(const TrustPolicy& before, const Trial& trial, const TokenTable& table, const LintContext& context) {
  if (trial.audience_kind == AudienceKind::kApiServer || trial.audience_kind == AudienceKind::kOther) return false;
  if (table.provider_arn() != OwnProvider(context) && !ListsIssuer(before, table.issuer())) return false;
  return trial.subject == context.subject || IsNamed(before, trial.subject);
}

// The fix, with the subject and the audience asked for wherever they are known: for where it would let in too many.
bool Narrow(TrustPolicy& policy, size_t index, const LintContext& context, bool subject) {
  if (index >= policy.statements.size()) return false;
  Statement& statement = policy.statements[index];
  const std::vector<std::string> issuers = IssuersOf(statement);
  if (issuers.size() != 1 || context.audience.empty() || (subject && context.subject.empty())) return false;
  Require(statement, ConditionKey(issuers.front(), "aud"), context.audience);
  if (subject) Require(statement, ConditionKey(issuers.front(), "sub"), context.subject);
  return true;
}

// Whether `after` allows no token that `before` does not, but for those that were meant, and denies the service account
// of the context only if `before` did.
bool IsSafeChange(const TrustPolicy& before, const TrustPolicy& after, const LintContext& context) {
  for (const std::string& provider : ListedProviders(after, context)) {
    const TokenTable table(after, provider, context, {&before});
    for (const Trial& trial : table.trials()) {
      const bool own = trial.subject == context.subject && trial.audience_kind == AudienceKind::kExpected;
      if (!trial.allowed && !own) continue;
      const bool allowed_before = Allows(before, table.RequestOf(trial));
      if (trial.allowed && !allowed_before && !IsMeant(before, trial, table, context)) return false;
      if (own && allowed_before && !trial.allowed) return false;
    }
  }
  return true;
}

}  // namespace

void Linted::Add(Slip slip, const Edit& edit, const Edit& otherwise) {
  Finding finding{std::string(slip.code),  slip.severity,       slip.statement == kWholePolicy ? 0 : slip.statement + 1,
                  std::move(slip.message), std::move(slip.fix), ""};
  // As long as the principal is everybody, whose tokens a change lets in is not known.
  const bool anyone = slip.statement < policy.statements.size() && slip.code != "provider" && slip.code != "action" &&
                      policy.statements[slip.statement].principals.anyone &&
                      policy.statements[slip.statement].effect == Effect::kAllow;
  for (const Edit* attempt : {&edit, &otherwise}) {
    TrustPolicy fixed = policy;
    if (edits >= kMostEdits) break;
    if (anyone || !*attempt || !(*attempt)(fixed) || fixed == policy) continue;
    if (IsSafeChange(policy, fixed, context)) {
      finding.fixed_policy = WritePolicy(fixed);
      ++edits;
      if (attempt == &otherwise) finding.fix = slip.otherwise;
      break;
    }
    for (const bool subject : {false, true}) {
      TrustPolicy narrowed = fixed;
      if (!Narrow(narrowed, slip.statement, context, subject) || !IsSafeChange(policy, narrowed, context)) continue;
      finding.fixed_policy = WritePolicy(narrowed);
      finding.fix += subject ? ", and ask for the subject and the audience" : ", and ask for the audience";
      break;
    }
    if (!finding.fixed_policy.empty()) break;
  }
  findings.push_back(std::move(finding));
}

std::string ConditionName(const Condition& condition) {
  return condition.op.name + " on " + base::Quoted(condition.key) + " with " +
         (condition.values.empty() ? "no value" : QuotedList(condition.values));
}

bool Linted::HasErrorIn(size_t statement) const {
  return std::ranges::any_of(findings, [statement](const Finding& finding) {
    return finding.statement == statement + 1 && finding.severity == Severity::kError;
  });
}

bool HasErrors(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.severity == Severity::kError; });
}

std::vector<Finding> LintTrustPolicy(const TrustPolicy& policy, const LintContext& context) {
  Linted linted{policy, context};
  for (std::string& provider : ListedProviders(policy, context)) {
    linted.tables.emplace_back(policy, std::move(provider), context);
  }
  CheckNoWebIdentity(linted);
  for (size_t i = 0; i < policy.statements.size(); ++i) {
    CheckActions(linted, i);
    if (!ConcernsWebIdentity(policy.statements[i])) continue;
    CheckProviders(linted, i);
    if (IsAboutOthers(policy.statements[i])) continue;
    CheckProviderKeys(linted, i);
    CheckConditionKeys(linted, i);
    CheckConditionValues(linted, i);
    CheckThatTokensMatch(linted, i);
  }
  CheckWhoGetsIn(linted);
  CheckServiceAccount(linted);
  std::stable_sort(linted.findings.begin(), linted.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.statement < b.statement; });
  return std::move(linted.findings);
}

std::vector<Finding> LintTrustPolicy(std::string_view text, const LintContext& context) {
  std::vector<Finding> findings;
  const auto malformed = [&findings](const Error& error) {
    findings.push_back({"malformed", Severity::kError, 0, error.message,
                        "correct the JSON; IAM refuses a policy with this error, or reads it otherwise than meant",
                        ""});
  };
  const Result<PolicyDocument> document = ReadPolicyDocument(text);
  if (!document.ok()) {
    malformed(document.error());
    return findings;
  }
  CheckLength(document->text, findings);
  const Result<TrustPolicy> policy = ParseTrustPolicy(document->text);
  if (!policy.ok()) {
    malformed(policy.error());
    return findings;
  }
  std::vector<Finding> more = LintTrustPolicy(*policy, WithRole(context, document->role_arn));
  std::move(more.begin(), more.end(), std::back_inserter(findings));
  return findings;
}

FixedPolicy FixTrustPolicy(std::string_view text, const LintContext& context) {
  const Result<PolicyDocument> document = ReadPolicyDocument(text);
  const LintContext known = document.ok() ? WithRole(context, document->role_arn) : context;
  FixedPolicy result{"", {}, LintTrustPolicy(text, known)};
  if (!document.ok() || !ParseTrustPolicy(document->text).ok()) return result;
  result.text = std::string(base::Trimmed(document->text, base::kSpacesAndLineEnds)) + "\n";
  while (result.fixed.size() < kMaxFixes) {
    const auto next =
        std::ranges::find_if(result.remaining, [](const Finding& finding) { return !finding.fixed_policy.empty(); });
    if (next == result.remaining.end()) break;
    result.text = next->fixed_policy;
    result.fixed.push_back(*next);
    result.remaining = LintTrustPolicy(result.text, known);
  }
  return result;
}

}  // namespace irsa::iam
