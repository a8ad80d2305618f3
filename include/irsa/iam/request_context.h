// What a policy is evaluated against: who asks for what, and the values of the condition keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/iam/policy_text.h"

namespace irsa::iam {

inline constexpr std::string_view kAssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity";

struct RequestContext {
  std::string action;              // "sts:AssumeRoleWithWebIdentity"
  std::string federated_provider;  // ARN of the OIDC provider that vouches for the caller
  // Condition keys and their values: "oidc.example.test/id/ABC:sub", "sts:RoleSessionName", "aws:CurrentTime", … Their
  // names are not case-sensitive. A key with several values is a multivalued key.
  std::multimap<std::string, std::string, KeyLess> keys;
};

// The values of `key`; empty when the request does not have it.
std::vector<std::string> ValuesOf(const RequestContext& context, std::string_view key);

// The request that STS makes of a token: its action, its provider, `<issuer>:sub` and `<issuer>:aud` (the issuer
// without its scheme), aws:CurrentTime and aws:EpochTime. What else is known (sts:RoleSessionName, aws:SourceIp,
// `<issuer>:amr`) the caller adds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
struct WebIdentity {
  std::string provider_arn;
  std::string issuer;  // the token's iss
  std::string subject;
  std::string audience;
};
RequestContext WebIdentityRequest(const WebIdentity& identity, base::SystemTime now);

}  // namespace irsa::iam
