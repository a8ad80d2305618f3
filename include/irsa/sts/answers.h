// STS's answers: the XML of its API reference, or JSON of the same names for clients that ask for it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/sts/query/sts_error.h"
#include "irsa/sts/session_sealer.h"
#include "irsa/sts/sts_config.h"

namespace irsa::sts {

// Who a session's credentials speak for.
struct CallerIdentity {
  std::string arn;      // "arn:aws:sts::111122223333:assumed-role/s3-reader/cart": the role without its path
  std::string user_id;  // "AROA…:cart", the role's id and the session's name
  std::string account;

  bool operator==(const CallerIdentity&) const = default;
};

// "AROA" and 17 of A to Z and 2 to 7, as AWS has them. It is made of the role's ARN: always the same, unlike AWS's,
// which changes when a role is made anew.
std::string RoleId(std::string_view role_arn);

// The session's role ARN is one that iam::IsRoleArn takes.
CallerIdentity IdentityOf(const Session& session);

// An IAM user that is named as its access key.
CallerIdentity IdentityOf(const Administrator& administrator);

enum class AnswerFormat { kXml, kJson };

// What an Accept header asks for: JSON where it prefers application/json to XML, else XML. Of equal preferences the
// first one counts.
AnswerFormat FormatFor(std::string_view accept);

std::string_view ContentType(AnswerFormat format);

// What every answer has.
struct Envelope {
  AnswerFormat format = AnswerFormat::kXml;
  std::string_view request_id;
};

// What the answer to AssumeRoleWithWebIdentity says of the token.
struct ExchangedToken {
  std::string subject;
  std::string audience;
  std::string provider;  // its issuer
};

struct AssumedRole {
  CallerIdentity identity;
  Credentials credentials;
  std::string source_identity = {};          // empty: none
  std::optional<ExchangedToken> token = {};  // null: the answer is that to AssumeRole
};

// Text that the format cannot hold (bytes that are not UTF-8; control characters, in XML) becomes U+FFFD.
std::string WriteAssumedRole(const AssumedRole& role, const Envelope& envelope);
std::string WriteCallerIdentity(const CallerIdentity& identity, const Envelope& envelope);
std::string WriteError(const StsError& error, const Envelope& envelope);

}  // namespace irsa::sts
