// The checks that policy_lint.h's LintTrustPolicy makes of one statement; each appends what it finds.
#pragma once

#include <string>
#include <vector>

#include "irsa/iam/policy_lint.h"
#include "irsa/iam/trust_policy.h"

namespace irsa::iam {

struct LintedStatement {
  const Statement& statement;
  size_t number;
  Variables variables;
};

// Whether Action or NotAction admits sts:AssumeRoleWithWebIdentity.
bool AllowsWebIdentity(const Statement& statement);

// What is before the claim in a condition key that is some issuer's, as written; empty for keys like "aws:SourceIp".
std::string_view KeyIssuer(std::string_view key);

// Codes provider, account, partition, issuer, port and eks-host of the principals, and action.
void CheckProvider(const LintedStatement& linted, const LintContext& context, std::vector<Finding>& findings);

// Codes key-scheme, key-slash, key-issuer, and port and eks-host of condition keys.
void CheckConditionKeys(const LintedStatement& linted, std::vector<Finding>& findings);

// Code equals-wildcard.
void CheckWildcards(const LintedStatement& linted, std::vector<Finding>& findings);

// Codes no-subject, any-subject, any-namespace and subject.
void CheckSubject(const LintedStatement& linted, std::vector<Finding>& findings);

// Codes no-audience and audience.
void CheckAudience(const LintedStatement& linted, const LintContext& context, std::vector<Finding>& findings);

}  // namespace irsa::iam
