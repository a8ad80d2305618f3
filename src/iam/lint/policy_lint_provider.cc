#include <algorithm>
#include <array>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;
using base::Quoted;

// "AssumeRole policy may only specify STS AssumeRole actions", IAM says of all others.
constexpr std::array<std::string_view, 6> kTrustActions = {"sts:AssumeRoleWithWebIdentity", "sts:AssumeRole",
                                                           "sts:AssumeRoleWithSAML",        "sts:TagSession",
                                                           "sts:SetSourceIdentity",         "sts:SetContext"};

bool IsTrustAction(const std::string& action) {
  return EqualsIgnoringCase(action.substr(0, 4), "sts:") &&
         std::ranges::any_of(kTrustActions,
                             [&](std::string_view known) { return MatchesWildcardsIgnoringCase(action, known); });
}

// The same ARN with what is known of the role put right, as far as it can be.
std::string RightArn(std::string_view federated, const LintContext& context) {
  std::string issuer(IssuerIn(federated));
  const Result<Arn> arn = ParseArn(federated);
  std::string account = context.account;
  if (account.empty() && arn.ok()) account = arn->account;
  const bool is_issuer = issuer.find("arn:") == std::string::npos && !HasWildcards(issuer) &&
                         CheckIssuer("https://" + NormalizedIssuer(issuer)).ok() &&
                         issuer.find('.') != std::string::npos;
  if (is_issuer && (context.issuer.empty() || NormalizedIssuer(issuer) != NormalizedIssuer(context.issuer))) {
    issuer = base::WithoutScheme(issuer);
  } else {
    issuer = context.issuer.empty() ? "<issuer>" : context.issuer;
  }
  return ProviderArn(context.partition.empty() ? "aws" : context.partition, account.empty() ? "<account>" : account,
                     issuer);
}

// Whether the host is an EKS issuer's with its labels in another order.
bool HasSwappedHost(std::string_view issuer) {
  return base::SplitUrl(NormalizedIssuer(issuer)).host != base::LowerCase(base::SplitUrl(issuer).host);
}

// Replaces the ARN, or drops it where the other one is there already. The keys of its issuer follow.
Edit ReplaceProvider(size_t index, const std::string& federated, const std::string& right) {
  return [=](TrustPolicy& policy) {
    if (HasWildcards(right) || right.find('<') != std::string::npos) return false;
    ReplaceValue(policy.statements[index].principals.federated, federated, {right});
    return true;
  };
}

void CheckArn(Linted& linted, size_t index, const std::string& federated, const Arn& arn) {
  const LintContext& context = linted.context;
  const std::string issuer = ProviderIssuer(federated);
  const std::string name = "the provider's ARN " + Quoted(federated);
  const auto add = [&](std::string_view code, std::string fault, const std::string& right,
                       std::string fix_prefix = "") {
    linted.Add({code, Severity::kError, index, name + " " + fault, fix_prefix + "write " + Quoted(right)},
               ReplaceProvider(index, federated, right));
  };
  Arn right = arn;
  if (!context.account.empty()) right.account = context.account;
  if (!context.partition.empty()) right.partition = context.partition;
  const std::string corrected = ProviderArn(right.partition, right.account, issuer);
  if (arn.account != right.account) {
    add("account",
        "is in account " + arn.account + ", but the role is in " + right.account +
            "; STS looks for the provider in the role's account",
        corrected);
  }
  if (arn.partition != right.partition) {
    add("partition", "is in partition " + arn.partition + ", but the role is in " + right.partition, corrected);
  }
  const std::string normalized = NormalizedIssuer(issuer);
  const bool is_own = !context.issuer.empty() && normalized == NormalizedIssuer(context.issuer);
  const std::string right_issuer = RightIssuer(issuer, context);
  const auto with = [&](const std::string& other) { return ProviderArn(right.partition, right.account, other); };
  const base::UrlParts parts = base::SplitUrl(issuer);
  const bool swapped = HasSwappedHost(issuer);
  if (issuer != right_issuer && !parts.port.empty()) {
    linted.Add({"port", Severity::kError, index, name + " has an issuer with a port, which IAM does not support",
                "serve the issuer on port 443 and write " + Quoted(with(right_issuer))},
               is_own ? ReplaceProvider(index, federated, with(right_issuer)) : Edit());
  } else if (swapped && (!is_own || issuer == right_issuer)) {
    linted.Add({"eks-host", Severity::kError, index,
                name + " has the host " + Quoted(parts.host) + ", but EKS names its issuers oidc.eks.<region>",
                "write " + Quoted(with(normalized))},
               is_own ? Edit() : ReplaceProvider(index, federated, with(normalized)));
  } else if (is_own && issuer != right_issuer) {
    add(swapped ? "eks-host" : "issuer",
        "is not that of the cluster's issuer " + Quoted(context.issuer) + ", and IAM compares it exactly",
        with(right_issuer));
  } else if (const Status status = CheckIssuer("https://" + issuer); !status.ok() && !is_own) {
    linted.Add({"host", Severity::kError, index, name + " cannot be: " + status.error().message,
                "give the cluster an issuer that AWS can reach (--service-account-issuer of kube-apiserver)"});
  }
}

// What the conditions of `statement` say of one of its providers.
Statement ForProvider(const Statement& statement, const std::string& provider) {
  Statement narrowed = statement;
  narrowed.principals = {};
  narrowed.principals.federated = {provider};
  const std::string issuer = ProviderIssuer(provider);
  std::erase_if(narrowed.conditions, [&](const Condition& condition) {
    const std::string key_issuer = NormalizedIssuer(KeyIssuer(condition.key));
    const std::vector<std::string> issuers = IssuersOf(statement);
    return !key_issuer.empty() && key_issuer != NormalizedIssuer(issuer) &&
           std::ranges::any_of(issuers,
                               [&](const std::string& other) { return NormalizedIssuer(other) == key_issuer; });
  });
  return narrowed;
}

bool NamesSubjects(const Statement& statement) {
  return std::ranges::any_of(statement.conditions, [](const Condition& condition) {
    return KindOfKey(condition.key) == KeyKind::kSubject && NamesValues(condition.op);
  });
}

// One statement for each provider that has conditions of its own; the others were never allowed.
bool Split(TrustPolicy& policy, size_t index, const LintContext& context) {
  const Statement whole = policy.statements[index];
  std::vector<Statement> parts;
  for (const std::string& provider : ProvidersOf(whole)) {
    Statement part = ForProvider(whole, provider);
    if (!NamesSubjects(part)) {
      if (provider != OwnProvider(context) || context.subject.empty()) continue;
      Require(part, ConditionKey(ProviderIssuer(provider), "sub"), context.subject);
      if (!context.audience.empty()) Require(part, ConditionKey(ProviderIssuer(provider), "aud"), context.audience);
    }
    if (!part.sid.empty() && !parts.empty()) part.sid += std::to_string(parts.size() + 1);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return false;
  Principals others = whole.principals;
  others.federated.clear();
  for (const std::string& federated : whole.principals.federated) {
    if (ProviderIssuer(federated).empty()) others.federated.push_back(federated);
  }
  others.federated.push_back(parts.front().principals.federated.front());
  parts.front().principals = std::move(others);
  const auto at = policy.statements.erase(policy.statements.begin() + static_cast<std::ptrdiff_t>(index));
  policy.statements.insert(at, parts.begin(), parts.end());
  return true;
}

}  // namespace

bool AllowsWebIdentity(const Statement& statement) { return CoversAction(statement, kAssumeRoleWithWebIdentity); }

bool ConcernsWebIdentity(const Statement& statement) {
  const std::vector<std::string>& federated = statement.principals.federated;
  const bool names_provider = std::ranges::any_of(
      federated, [](const std::string& name) { return name.find(":saml-provider/") == std::string::npos; });
  const bool misspelt = std::ranges::any_of(statement.actions, [](const std::string& action) {
    return !base::LikelyMeant(action, std::array{kAssumeRoleWithWebIdentity}).empty();
  });
  return names_provider ||
         ((AllowsWebIdentity(statement) || misspelt) && (statement.principals.anyone || !federated.empty()));
}

std::vector<std::string> ProvidersOf(const Statement& statement) {
  std::vector<std::string> providers;
  for (const std::string& federated : statement.principals.federated) {
    const std::string issuer = ProviderIssuer(federated);
    const Result<Arn> arn = ParseArn(federated);
    if (!issuer.empty() && arn.ok() && IsAccountId(arn->account) && issuer.find("://") == std::string::npos &&
        !HasWildcards(issuer)) {
      AddNew(providers, federated);
    }
  }
  return providers;
}

std::vector<std::string> IssuersOf(const Statement& statement) {
  std::vector<std::string> issuers;
  for (const std::string& provider : ProvidersOf(statement)) issuers.push_back(ProviderIssuer(provider));
  return issuers;
}

std::string_view IssuerIn(std::string_view federated) {
  constexpr std::string_view kResource = "oidc-provider/";
  const size_t at = federated.find(kResource);
  return at == std::string_view::npos ? federated : federated.substr(at + kResource.size());
}

std::string OwnProvider(const LintContext& context) {
  if (context.account.empty() || context.issuer.empty()) return {};
  return ProviderArn(context.partition.empty() ? "aws" : context.partition, context.account, context.issuer);
}

std::string NormalizedIssuer(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  const base::UrlParts parts = base::SplitUrl(issuer);
  std::string host = base::LowerCase(parts.host);
  constexpr std::string_view kOidc = "oidc.";
  const size_t region_end = host.find('.', kOidc.size());
  if (host.starts_with(kOidc) && region_end != std::string::npos &&
      host.compare(region_end, 15, ".eks.amazonaws.") == 0) {
    const std::string region = host.substr(kOidc.size(), region_end - kOidc.size());
    host = "oidc.eks." + region + host.substr(region_end + 4);
  }
  return host.append(parts.path).append(parts.query).append(parts.fragment);
}

std::string RightIssuer(const std::string& issuer, const LintContext& context) {
  const std::string normalized = NormalizedIssuer(issuer);
  if (!context.issuer.empty() && normalized == NormalizedIssuer(context.issuer)) {
    return std::string(base::WithoutScheme(context.issuer));
  }
  return HasSwappedHost(issuer) || !base::SplitUrl(issuer).port.empty() ? normalized : issuer;
}

Statement StatementFor(const std::string& provider, const LintContext& context) {
  Statement statement;
  statement.principals.federated = {provider};
  statement.actions = {std::string(kAssumeRoleWithWebIdentity)};
  const std::string issuer = ProviderIssuer(provider);
  if (!context.audience.empty()) Require(statement, ConditionKey(issuer, "aud"), context.audience);
  Require(statement, ConditionKey(issuer, "sub"), context.subject);
  return statement;
}

bool AddOwnStatement(TrustPolicy& policy, const LintContext& context) {
  const std::string provider = OwnProvider(context);
  if (provider.empty() || context.subject.empty()) return false;
  policy.statements.push_back(StatementFor(provider, context));
  return true;
}

void CheckActions(Linted& linted, size_t index) {
  const Statement& statement = linted.policy.statements[index];
  const char* element = statement.not_action ? "NotAction" : "Action";
  for (const std::string& action : statement.actions) {
    if (IsTrustAction(action)) continue;
    const bool of_sts = EqualsIgnoringCase(action.substr(0, 4), "sts:");
    const std::string meant(base::LikelyMeant(action, kTrustActions));
    const std::string fault = of_sts ? " is not an action for trust policies" : " is not an action of STS";
    linted.Add({"action", Severity::kError, index,
                std::string(element) + " " + Quoted(action) + fault +
                    ": IAM accepts only those for assuming roles, tagging and source identity, and refuses the policy",
                meant.empty() ? "remove it" : "write " + Quoted(meant)},
               [&](TrustPolicy& policy) {
                 Statement& fixed = policy.statements[index];
                 ReplaceValue(fixed.actions, action, meant.empty() ? std::vector<std::string>{} : std::vector{meant});
                 if (fixed.actions.empty() && !ConcernsWebIdentity(fixed)) {
                   // A statement about nothing, which IAM refuses.
                   policy.statements.erase(policy.statements.begin() + static_cast<std::ptrdiff_t>(index));
                   return !policy.statements.empty() || AddOwnStatement(policy, linted.context);
                 }
                 if (fixed.actions.empty()) {
                   fixed.actions = {std::string(kAssumeRoleWithWebIdentity)};
                   fixed.not_action = false;
                 }
                 return true;
               });
  }
  if (statement.effect == Effect::kDeny || !ConcernsWebIdentity(statement) || AllowsWebIdentity(statement)) return;
  // Tagging may have a statement of its own.
  const bool beside = !statement.not_action && !statement.actions.empty() &&
                      std::ranges::all_of(statement.actions, [](const std::string& action) {
                        return EqualsIgnoringCase(action, "sts:TagSession") ||
                               EqualsIgnoringCase(action, "sts:SetSourceIdentity") ||
                               EqualsIgnoringCase(action, "sts:SetContext");
                      });
  if (beside || linted.HasErrorIn(index)) return;
  linted.Add({"action", Severity::kError, index,
              std::string(element) + " has " + (statement.actions.empty() ? "nothing" : QuotedList(statement.actions)) +
                  ", but tokens are exchanged with " + std::string(kAssumeRoleWithWebIdentity),
              "write \"Action\": \"" + std::string(kAssumeRoleWithWebIdentity) + "\""},
             [&](TrustPolicy& policy) {
               Statement& fixed = policy.statements[index];
               const Principals& who = fixed.principals;
               const bool others = !who.aws.empty() || !who.service.empty() || !who.canonical_user.empty();
               if (fixed.not_action || !others) {
                 std::erase_if(fixed.actions, [&](const std::string& action) {
                   return fixed.not_action || EqualsIgnoringCase(action, "sts:AssumeRole") ||
                          EqualsIgnoringCase(action, "sts:AssumeRoleWithSAML");
                 });
               }
               fixed.not_action = false;
               fixed.actions.insert(fixed.actions.begin(), std::string(kAssumeRoleWithWebIdentity));
               return true;
             });
}

void CheckProviders(Linted& linted, size_t index) {
  const Statement& statement = linted.policy.statements[index];
  if (statement.principals.anyone && statement.effect == Effect::kAllow) {
    const std::string own = OwnProvider(linted.context);
    linted.Add(
        {"provider", Severity::kError, index, "the principal is *: users of any provider can assume the role",
         R"(write "Principal": {"Federated": )" + Quoted(own.empty() ? RightArn("*", linted.context) : own) + "}"},
        [&](TrustPolicy& policy) {
          if (own.empty()) return false;
          policy.statements[index].principals = {};
          policy.statements[index].principals.federated = {own};
          return true;
        });
  }
  const std::vector<std::string> providers = ProvidersOf(statement);
  for (const std::string& federated : statement.principals.federated) {
    if (std::ranges::find(providers, federated) != providers.end()) {
      CheckArn(linted, index, federated, ParseArn(federated).value());
      continue;
    }
    // In a Deny, a wildcard is one that denies more.
    if (statement.effect == Effect::kDeny && HasWildcards(federated)) continue;
    const std::string right = RightArn(federated, linted.context);
    linted.Add(
        {"provider", Severity::kError, index,
         "Principal.Federated " + Quoted(federated) + " is not the ARN of an OIDC provider", "write " + Quoted(right)},
        ReplaceProvider(index, federated, right));
  }
}

void CheckProviderKeys(Linted& linted, size_t index) {
  const Statement& statement = linted.policy.statements[index];
  const std::vector<std::string> providers = ProvidersOf(statement);
  if (statement.effect == Effect::kDeny || providers.size() < 2) return;
  std::vector<std::string> refused;
  for (const TokenTable& table : linted.tables) {
    if (std::ranges::find(providers, table.provider_arn()) == providers.end()) continue;
    // Whose token has none of the keys that a condition wants?
    const bool has_other_keys = std::ranges::any_of(statement.conditions, [&](const Condition& condition) {
      const std::string issuer = NormalizedIssuer(KeyIssuer(condition.key));
      return !issuer.empty() && issuer != NormalizedIssuer(table.issuer());
    });
    const bool matches = std::ranges::any_of(table.trials(), [&](const Trial& trial) { return trial.matches[index]; });
    if (has_other_keys && !matches) refused.push_back(table.issuer());
  }
  if (refused.empty()) return;
  linted.Add({"two-providers", Severity::kError, index,
              "the statement has several providers and conditions on the keys of each: all conditions must be met, and "
              "a token has only the keys of its own issuer, so no token of " +
                  QuotedList(refused) + " is allowed",
              "split it into one statement for each provider, with the conditions on that provider's keys"},
             [&](TrustPolicy& policy) { return Split(policy, index, linted.context); });
}

}  // namespace irsa::iam
