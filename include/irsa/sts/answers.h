// STS's answers: the XML of its API reference, or JSON of the same names for clients that ask for it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/iam/request_context.h"
#include "irsa/sts/query/answer_tree.h"
#include "irsa/sts/session_sealer.h"
#include "irsa/sts/sts_config.h"

namespace irsa::sts {

// "AROA" and 17 of A to Z and 2 to 7, as AWS has them. It is made of the role's ARN: always the same, unlike AWS's,
// which changes when a role is made anew.
std::string RoleId(std::string_view role_arn);

// Who the session's credentials speak for; its role ARN is one that iam::IsRoleArn takes.
iam::Signer IdentityOf(const Session& session);

// An IAM user that is named as its access key.
iam::Signer IdentityOf(const Administrator& administrator);

// What an Accept header asks for: JSON where it prefers application/json to XML, else XML. Of equal preferences the
// first one counts.
AnswerFormat FormatFor(std::string_view accept);

// What the answer to AssumeRoleWithWebIdentity says of the token.
struct ExchangedToken {
  std::string subject;
  std::string audience;
  std::string provider;  // its issuer
};

// The results of AssumeRole (without a token) and AssumeRoleWithWebIdentity, and of GetCallerIdentity.
Nodes AssumedRoleResult(const iam::Signer& identity, const Credentials& credentials,
                        const std::optional<ExchangedToken>& token);
Nodes CallerIdentityResult(const iam::Signer& identity);

}  // namespace irsa::sts
