// The checks that policy_lint.h's LintTrustPolicy consists of; each appends what it finds.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/trust_policy.h"

#include "token_table.h"

namespace irsa::iam {

// Makes a fix in a copy of the policy; false: it cannot be made without a person.
using Edit = std::function<bool(TrustPolicy&)>;

struct Linted {
  const TrustPolicy& policy;
  const LintContext& context;
  std::vector<TokenTable> tables = {};  // of each provider that the policy lists
  std::vector<Finding> findings = {};

  // Appends the finding. The edited policy goes with it only if it newly allows no token that nobody meant: neither one
  // for another audience, nor another namespace's, nor another cluster's; `otherwise` is tried where `edit` would.
  // `statement` is an index; kWholePolicy: none.
  // Each costs an evaluation of all tokens; those of further findings are made when the first are.
  static constexpr size_t kMostEdits = 20;
  size_t edits = 0;
  static constexpr size_t kWholePolicy = static_cast<size_t>(-1);
  struct Slip {
    std::string_view code;
    Severity severity = Severity::kError;
    size_t statement = kWholePolicy;
    std::string message;
    std::string fix;
    std::string otherwise = {};  // what to do where `fix` would let in too many
  };
  void Add(Slip slip, const Edit& edit = {}, const Edit& otherwise = {});

  const Statement& StatementAt(size_t index) const { return policy.statements[index]; }
  bool HasErrorIn(size_t statement) const;
};

// Whether the token meets the condition.
bool IsMet(const Linted& linted, const Condition& condition, const TokenTable& table, const Trial& trial);

// Whether Action or NotAction admits sts:AssumeRoleWithWebIdentity.
bool AllowsWebIdentity(const Statement& statement);

// Whether the statement is meant for web identity, even if it does not get there.
bool ConcernsWebIdentity(const Statement& statement);

// The issuers of the statement's OIDC providers, without scheme; the ARNs of those that are well-formed.
std::vector<std::string> IssuersOf(const Statement& statement);
std::vector<std::string> ProvidersOf(const Statement& statement);

// What a principal has behind "oidc-provider/", the issuer; all of it where it has no such thing.
std::string_view IssuerIn(std::string_view federated);

// The ARN of the cluster's own provider; empty unless account and issuer are known.
std::string OwnProvider(const LintContext& context);

// The same issuer without what people add to it by mistake: scheme, port, a slash at the end, upper case, the labels of
// an EKS host in another order.
std::string NormalizedIssuer(std::string_view issuer);

// What the checks of providers correct a listed provider's issuer to: the cluster's where that is meant, as it is
// registered there; else itself.
std::string RightIssuer(const std::string& issuer, const LintContext& context);

// A statement that allows the service account of the context, under that provider.
Statement StatementFor(const std::string& provider, const LintContext& context);
// Adds that one under the cluster's own provider; false when that, or the service account, is not known.
bool AddOwnStatement(TrustPolicy& policy, const LintContext& context);

// A value of `sub` without what people get wrong in it: white space, upper case, a slash between namespace and name, a
// missing or misspelt prefix. Empty when it is not meant as a service account's.
std::string NormalizedSubject(std::string_view value);

// What a policy's author is shown to write a subject by.
inline constexpr std::string_view kSubjectForm = "system:serviceaccount:<namespace>:<name>";

// "StringLike on "…:sub" with "a" and "b"".
std::string ConditionName(const Condition& condition);

// Whether somebody else's subjects are meant: those of a repository, a user, ….
bool IsAboutOthers(const Statement& statement);

// Code action.
void CheckActions(Linted& linted, size_t statement);

// Codes provider, account, partition, port, host and eks-host of the principals.
void CheckProviders(Linted& linted, size_t statement);

// Codes two-providers.
void CheckProviderKeys(Linted& linted, size_t statement);

// Codes key-scheme, key-slash, key-issuer, port and eks-host of condition keys, and no-such-key.
void CheckConditionKeys(Linted& linted, size_t statement);

// Codes set-operator, operator, empty-list, unfilled, equals-wildcard and subject.
void CheckConditionValues(Linted& linted, size_t statement);

// Codes audience, never, contradiction and dead-deny.
void CheckThatTokensMatch(Linted& linted, size_t statement);

// Codes no-subject, any-subject, any-namespace, crosses-namespaces, no-audience and api-audience.
void CheckWhoGetsIn(Linted& linted);

// Codes issuer, not-allowed, denied and nobody.
void CheckServiceAccount(Linted& linted);

}  // namespace irsa::iam
