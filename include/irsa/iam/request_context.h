// What a policy is evaluated against: who asks for what, and the values of the condition keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/iam/policy_text.h"

namespace irsa::iam {

inline constexpr std::string_view kAssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity";
inline constexpr std::string_view kAssumeRole = "sts:AssumeRole";

struct RequestContext {
  std::string action;              // "sts:AssumeRoleWithWebIdentity"
  std::string federated_provider;  // ARN of the OIDC provider that vouches for the caller; empty: the request is signed
  // The names that Principal.AWS may have for the caller of a signed request, its own ARN first; else empty.
  std::vector<std::string> aws_principals;
  // Condition keys and their values: "oidc.example.test/id/ABC:sub", "sts:RoleSessionName", "aws:CurrentTime", … Their
  // names are not case-sensitive. A key with several values is a multivalued key.
  std::multimap<std::string, std::string, KeyLess> keys;
};

// The values of `key`; empty when the request does not have it.
std::vector<std::string> ValuesOf(const RequestContext& context, std::string_view key);

// The request that STS makes of a token: its action, its provider, `<issuer>:sub` and `<issuer>:aud` (the issuer
// without its scheme), aws:CurrentTime and aws:EpochTime.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
struct WebIdentity {
  std::string provider_arn;
  std::string issuer;  // the token's iss
  std::string subject;
  std::string audience;
};
RequestContext WebIdentityRequest(const WebIdentity& identity, base::SystemTime now);

// What a token's claims, or the parameters of AssumeRole, set on the session.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
struct SessionAttributes {
  std::map<std::string, std::string> tags;       // aws:RequestTag/<name> each, and aws:TagKeys
  std::vector<std::string> transitive_tag_keys;  // sts:TransitiveTagKeys
  std::string source_identity;                   // sts:SourceIdentity; empty: none

  bool operator==(const SessionAttributes&) const = default;
};
void AddKeys(const SessionAttributes& attributes, RequestContext& context);

// Who signed a request: a session or, without a role, a user.
struct Signer {
  std::string arn;      // "arn:aws:sts::111122223333:assumed-role/s3-reader/cart": the role without its path
  std::string user_id;  // "AROA…:cart", the role's id and the session's name
  std::string account;
  std::string role_arn = {};          // of the session's role, with its path; empty: a user
  SessionAttributes attributes = {};  // of the session

  bool operator==(const Signer&) const = default;
};

// The request that STS makes of a signed AssumeRole. Principal.AWS may name the session or user, the session's role,
// the account, or its root. Its keys are aws:PrincipalArn (of the role, not the session), aws:PrincipalAccount,
// aws:PrincipalType, aws:userid, aws:username (of users), aws:PrincipalTag/<name>, aws:SourceIdentity and
// aws:MultiFactorAuthPresent (of sessions; false), aws:PrincipalIsAWSService, aws:ViaAWSService (false) and the time.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
RequestContext AssumeRoleRequest(const Signer& signer, base::SystemTime now);

// From a token's claims, an object: https://aws.amazon.com/tags with principal_tags and transitive_tag_keys (or the
// flat claims https://aws.amazon.com/tags/principal_tags/<name> and …/transitive_tag_keys), and
// https://aws.amazon.com/source_identity. A tag's value is a string or a list of one. kInvalid, naming the claim, for a
// value of another type, over 50 tags, a name of over 128 or a value of over 256 characters, and a source identity that
// is not 2 to 64 characters of [\w+=,.@-].
Result<SessionAttributes> ReadSessionClaims(std::string_view claims_json);

}  // namespace irsa::iam
