// The failed checks of assume_role_check.h in words: what was found, what to do, and what STS answers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/oidc/token_verifier.h"
#include "irsa/sts/assume_role_check.h"

namespace irsa::sts {

Check Pass(CheckName name, std::string detail);
Check Skip(CheckName name, std::string detail);
Check Fail(CheckName name, std::string detail, std::string fix, StsError error);

inline constexpr const char* kNewTokenFix = "get a new token from the cluster's TokenRequest API or the kubelet";

// "45 s", "3 h 20 min", "12 days": how far `date` is away, to come or past.
std::string DistanceText(oidc::NumericDate date, base::SystemTime now);

StsError MissingClaim(std::string_view claim);

// "statement 2": the first that allows; of FittingStatement: that would, but for its condition on the subject.
std::string AllowingStatement(const iam::Decision& decision);
std::string FittingStatement(const iam::Decision& decision);

// Who asks for a role.
struct Asker {
  std::string caller_arn = {};     // of a signed request; empty: the bearer of a token
  std::string principal_arn = {};  // of a signed request: the role of the caller's session, else the caller
  std::string role_arn = {};       // that is asked for

  bool IsSigned() const { return !caller_arn.empty(); }
};

// AccessDenied, as STS words it.
StsError NotAuthorized(const Asker& asker, std::string_view action);

// What the token is instead of one for AWS, as a whole sentence; empty when it may be one. `client_ids` are the
// provider's, where there is one.
std::string WrongToken(const oidc::Claims& claims, std::span<const std::string> client_ids);
// The check that such a token fails: CheckName::kIssuer or kAudience.
Check WrongTokenRefused(const oidc::Claims& claims, const std::string& wrong_token);

Check NoToken(const Error& error);
Check KeysNotHad(const Error& error);
Check SignatureRefused(const oidc::TokenRefusal& refusal);
Check IssuerNotRegistered(const std::string& issuer, const std::string& account, std::span<const Provider> providers);
Check AudienceRefused(const oidc::TokenRefusal& refusal, const std::string& audience);
Check TimesRefused(const oidc::TokenRefusal& refusal, const oidc::Claims& claims, base::SystemTime now);

// How a trust policy refused a request.
struct Refusal {
  const iam::Decision& decision;
  std::vector<std::string> explanation;     // iam::Explain's
  std::vector<std::string> keys_not_given;  // iam::KeysNotGiven's
  std::span<const iam::Finding> findings;   // of the policy's lint; none where it was not linted
  Asker asker = {};
};
Check SubjectRefused(const Refusal& refusal, const std::string& subject);
Check PolicyRefused(const Refusal& refusal);
Check SessionClaimsMalformed(const Error& error);
Check RoleNotFound(const Asker& asker);
Check RoleArnMalformed(const std::string& role_arn);

// sts:TagSession and sts:SetSourceIdentity, which a trust policy has to allow as well for what is set on a session.
// Null when it allows all that the attributes ask for. `context` is the request for the role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
std::optional<Check> CheckSessionActions(const iam::TrustPolicy& policy, iam::RequestContext context,
                                         const iam::SessionAttributes& attributes, const Asker& asker);

}  // namespace irsa::sts
