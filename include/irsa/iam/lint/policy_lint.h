// What a trust policy does with service account tokens, and how to fix what is probably unintended.
//
// The evaluator is asked, with tokens and requests made from the policy's own patterns: is there a token of a listed
// provider that some statement allows? Which conditions can never be met? Who gets in beyond those that the conditions
// name? Slips that are known (a scheme in a key, a wildcard under StringEquals, …) explain the answers.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/iam/trust_policy.h"

namespace irsa::iam {

// What is known of the role and its cluster. Empty: not known, and not checked.
struct LintContext {
  std::string account = {};                    // of the role
  std::string partition = {};                  // of the role
  std::string issuer = {};                     // of the cluster
  std::string audience = "sts.amazonaws.com";  // of the tokens that the webhook mounts
  std::string subject = {};                    // of the service account that is to get the role
  base::SystemTime now = {};                   // conditions on the time are met at it or later
};

enum class Severity {
  kWarning,  // works, but probably not as meant
  kError,    // refuses the service account, admits everybody, or is refused by IAM
};

struct Finding {
  std::string code;  // one of the table below
  Severity severity = Severity::kError;
  size_t statement = 0;      // its number from 1; 0: the policy as a whole
  std::string message;       // what is wrong, with the value found
  std::string fix;           // what to do
  std::string fixed_policy;  // the policy with this one fix made, as JSON; empty where it takes a decision or a value
                             // that is not known

  bool operator==(const Finding&) const = default;
};

// Findings in the order of the policy, first those about all of it:
//
//   malformed           it does not parse
//   too-long            longer than IAM's default quota
//   no-web-identity     no statement lets a federated provider's users call AssumeRoleWithWebIdentity (a warning, where
//                       no service account is asked about, for a role that AWS principals may assume)
//   action              IAM knows no such action for trust policies, or a federated provider is allowed another one
//   provider            the principal is not the ARN of an OIDC provider: a URL, a SAML provider, everybody
//   account, partition  of the provider's ARN are not the role's
//   port, host          IAM cannot register the provider's issuer
//   eks-host            oidc.<region>.eks… for oidc.eks.<region>…
//   two-providers       a statement with several providers and conditions on the keys of one of them
//   key-scheme          https:// in a condition key
//   key-slash           a slash before the claim of a condition key
//   key-issuer          a condition key of an issuer that is not among the statement's providers
//   no-such-key         a key that no request with a service account's token has: <issuer>:iss, aws:PrincipalArn
//   set-operator        ForAllValues or ForAnyValue on sub or aud, which have one value
//   operator            sub or aud compared as something other than a string
//   empty-list          a condition without values
//   unfilled            a template's variable in a value: ${NAMESPACE}, {{ namespace }}, <namespace>
//   equals-wildcard     * or ? where they are no wildcards
//   subject             a :sub that is no service account's
//   audience            the condition on :aud refuses the cluster's tokens
//   never               another condition that no request can meet
//   contradiction       conditions that each can be met, but not together
//   no-subject          service accounts get in that no condition names
//   any-subject         a :sub that every service account meets
//   any-namespace       a :sub that matches in every namespace (a warning)
//   crosses-namespaces  a :sub with a wildcard in the namespace, as prod* that admits prod-evil:x (a warning)
//   no-audience         no condition on :aud (a warning)
//   api-audience        tokens for the Kubernetes API, which every pod has, are accepted
//   issuer              no statement has the provider of the cluster's issuer
//   not-allowed         no statement allows the service account
//   denied              a Deny statement denies the service account, or all; no fix, for somebody may have meant it
//   dead-deny           a Deny statement that no token meets (a warning)
//   nobody              no service account's token is allowed, for a reason that none of the above tells
std::vector<Finding> LintTrustPolicy(const TrustPolicy& policy, const LintContext& context = {});

// The same of a text, in any form that ReadPolicyDocument takes; a role that is named with it stands for an account and
// a partition that are not given.
std::vector<Finding> LintTrustPolicy(std::string_view text, const LintContext& context = {});

bool HasErrors(const std::vector<Finding>& findings);

struct FixedPolicy {
  std::string text;            // the policy alone, as JSON and a line end; empty when it is malformed
  std::vector<Finding> fixed;  // each in the policy as the earlier fixes left it
  std::vector<Finding> remaining;
};

// Makes the fixes one after the other, until there is none left to be made without a person.
FixedPolicy FixTrustPolicy(std::string_view text, const LintContext& context = {});

}  // namespace irsa::iam
