// What STS checks before it gives credentials for a web identity token, check by check, with the error it would answer
// and the way to mend it. Pure: `irsa sts` answers by it, `irsa explain` prints it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/request_context.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/jwt.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

// In the order in which they are reported; the first that fails decides what STS answers.
enum class CheckName {
  kSignature,    // the token is a JWT, signed by a key of the issuer
  kIssuer,       // `iss` is registered as an OIDC provider in the role's account
  kAudience,     // `aud` is one of the provider's client ids
  kExpiry,       // `exp` is to come, or not longer ago than oidc::kExpiryLeeway; `nbf` is not to come
  kSubject,      // some statement of the trust policy fits, its condition on `:sub` included
  kTrustPolicy,  // the trust policy allows the request in all else: Effect, Principal, Action, other conditions,
                 // denials; and sts:TagSession and sts:SetSourceIdentity where the token's claims ask for those
};

// "signature", "issuer", "audience", "expiry", "subject", "trust-policy".
std::string_view CheckNameText(CheckName name);

enum class CheckResult { kPass, kFail, kSkipped };

// "pass", "fail", "skipped".
std::string_view CheckResultText(CheckResult result);

struct Check {
  CheckName name = CheckName::kSignature;
  CheckResult result = CheckResult::kSkipped;
  std::string detail;             // what was found or, when skipped, why it could not be looked at; never a token
  std::string fix;                // what to do; empty unless it failed
  std::optional<StsError> error;  // what STS answers because of it; just when it failed

  bool operator==(const Check&) const = default;
};

// An OIDC provider as registered at IAM.
struct Provider {
  std::string account;  // 12 digits
  std::string issuer;   // "https://oidc.example.test/id/ABC"
  std::vector<std::string> client_ids;

  bool operator==(const Provider&) const = default;
};

// The provider with that very issuer in that account; null when there is none.
const Provider* FindProvider(std::span<const Provider> providers, std::string_view account, std::string_view issuer);

// The account of a role's ARN; empty when iam::IsRoleArn refuses it.
std::string AccountOfRole(std::string_view role_arn);

struct RoleRequest {
  std::string role_arn;
  const iam::TrustPolicy* trust_policy = nullptr;  // null: there is no such role
  // Whether to look for what is wrong with a trust policy that refuses: takes long compared with the checks.
  bool lint_policy = false;
  // What else is known of the request: aws:SourceIp, sts:RoleSessionName, …; beside the keys of the token or the signer
  // and the time.
  std::map<std::string, std::string> condition_keys = {};
};

using KeySetResult = Result<std::shared_ptr<const oidc::JwkSet>>;

struct AssumeRoleReport {
  std::array<Check, 6> checks;  // all of them, in the order of CheckName
  // What the token is instead of one for AWS: the one for the Kubernetes API, or a legacy one from a Secret. Then only
  // the check that it fails for that reason is made. Empty when it may be the right one, or cannot be read.
  std::string wrong_token = {};
  // What is wrong with the trust policy, where it refuses the token; see iam::LintTrustPolicy.
  std::vector<iam::Finding> findings = {};
  // Of the token, for the answer: its subject, and its first audience that is a client id of the provider, or just its
  // first when none is. Empty where the token has none.
  std::string subject;
  std::string audience;
  // What the token's claims set on the session.
  iam::SessionAttributes attributes = {};

  // The first check that failed; null when the role may be assumed.
  const Check* FirstFailure() const;
  bool Allowed() const { return FirstFailure() == nullptr; }
};

// A token that could not be read is one whose signature fails, and nothing else of it is checked. `keys` are those of
// the token's issuer, or why they cannot be had; looked at only when FindProvider finds the provider in the role's
// account; without it the trust policy is not looked at either. The other checks are made one independently of the
// other, so that all faults show at once; in a request that is allowed, none was skipped.
AssumeRoleReport CheckAssumeRole(const Result<oidc::Jwt>& token, const RoleRequest& request,
                                 std::span<const Provider> providers, const KeySetResult& keys, base::SystemTime now);

}  // namespace irsa::sts
