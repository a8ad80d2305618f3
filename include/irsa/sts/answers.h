// STS's answers as the XML of its API reference.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#pragma once

#include <string>
#include <string_view>

#include "irsa/sts/session_sealer.h"
#include "irsa/sts/sts_error.h"

namespace irsa::sts {

// Who a session's credentials speak for.
struct CallerIdentity {
  std::string arn;      // "arn:aws:sts::111122223333:assumed-role/s3-reader/cart": the role without its path
  std::string user_id;  // "AROA…:cart", the role's id and the session's name
  std::string account;

  bool operator==(const CallerIdentity&) const = default;
};

// The role's id is made of its ARN: always the same, unlike AWS's, which changes when a role is made anew. The
// session's role ARN is one that iam::IsRoleArn takes.
CallerIdentity IdentityOf(const Session& session);

struct AssumedRole {
  CallerIdentity identity;
  Credentials credentials;
  std::string subject;
  std::string audience;
  std::string provider;  // the token's issuer
};

// Text that XML 1.0 cannot hold (control characters, bytes that are not UTF-8) becomes U+FFFD.
std::string WriteAssumedRole(const AssumedRole& role, std::string_view request_id);
std::string WriteCallerIdentity(const CallerIdentity& identity, std::string_view request_id);
std::string WriteError(const StsError& error, std::string_view request_id);

}  // namespace irsa::sts
