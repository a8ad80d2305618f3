// The slips that make a trust policy refuse the service account it was written for, or admit everybody.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace irsa::iam {

// Characters other than white space between JSON's tokens that IAM stores of a trust policy: by default, and at most
// after a quota increase. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
inline constexpr size_t kTrustPolicyQuota = 2048;
inline constexpr size_t kTrustPolicyMaxQuota = 4096;

// What is known of the role and its cluster. Empty: not known, and not checked.
struct LintContext {
  std::string account = {};                    // of the role
  std::string partition = {};                  // of the role
  std::string issuer = {};                     // of the cluster
  std::string audience = "sts.amazonaws.com";  // of the cluster's tokens
};

enum class Severity {
  kWarning,  // works, but probably not as meant
  kError,    // refuses the service account, admits everybody, or is refused by IAM
};

struct Finding {
  std::string code;  // one of the table below
  Severity severity = Severity::kError;
  size_t statement = 0;  // its number from 1; 0: the policy as a whole
  std::string message;   // what is wrong, with the value found
  std::string fix;       // what to write instead

  bool operator==(const Finding&) const = default;
};

// Findings in the order of the policy, first those about all of it:
//
//   malformed           it does not parse
//   too-long            longer than IAM's default quota
//   no-web-identity     no statement lets a federated provider's users call AssumeRoleWithWebIdentity
//   action              a federated provider is allowed something else, such as sts:AssumeRole
//   provider            the principal is not the ARN of an OIDC provider: a URL, a SAML provider, everybody
//   account, partition  of the provider's ARN are not the role's
//   issuer              the provider's ARN is not that of the cluster's issuer
//   port                an issuer with a port
//   eks-host            oidc.<region>.eks… for oidc.eks.<region>…
//   key-scheme          https:// in a condition key
//   key-slash           a slash before the claim of a condition key
//   key-issuer          a condition key of an issuer that is not among the statement's providers
//   equals-wildcard     * or ? where they are no wildcards
//   no-subject          no condition on :sub: every pod of the cluster may assume the role
//   any-subject         a condition on :sub that every service account meets
//   any-namespace       a :sub with a wildcard for the namespace: whoever has a namespace may assume the role (a
//   warning) subject             a :sub that is no service account's (a warning when it is not even meant as one)
//   no-audience         no condition on :aud (a warning)
//   audience            the condition on :aud refuses the cluster's tokens: sts.amazonaws.com.cn, a regional endpoint
//   (a
//                       warning when it is no name of STS: the cluster may use it)
//
// Only statements that allow are checked for the last seven.
std::vector<Finding> LintTrustPolicy(std::string_view text, const LintContext& context = {});

bool HasErrors(const std::vector<Finding>& findings);

// The characters of a policy that count for the quota.
size_t CountedCharacters(std::string_view text);

}  // namespace irsa::iam
