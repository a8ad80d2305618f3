// Who signed a request, and what STS checks before it gives credentials to whoever signed an AssumeRole: the role's
// trust policy. What the policies of the caller itself allow is not looked at.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#pragma once

#include <variant>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"
#include "irsa/iam/request_context.h"
#include "irsa/sts/answers.h"
#include "irsa/sts/assume_role_check.h"
#include "irsa/sts/iam_registry.h"
#include "irsa/sts/query/sts_error.h"
#include "irsa/sts/session_sealer.h"

namespace irsa::sts {

// MissingAuthenticationToken, IncompleteSignature and SignatureDoesNotMatch as ReadAuthorization and CheckSignature
// have them; InvalidClientTokenId for credentials of neither an administrator nor `sealer`; ExpiredToken.
std::variant<iam::Signer, StsError> Authenticate(const http::Request& request, const IamRegistry& registry,
                                                 const SessionSealer& sealer, base::SystemTime now);

struct CallerReport {
  Check check;  // a CheckName::kTrustPolicy
  // Of the new session: those asked for, and what a session hands on, which are its transitive tags and its source
  // identity. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
  iam::SessionAttributes attributes;
};

// Pure. `asked` are those of the request. InvalidParameterValue for a tag that the caller's session hands on with
// another value, AccessDenied for another source identity than it has and for what the trust policy refuses.
CallerReport CheckCaller(const iam::Signer& caller, const RoleRequest& request, const iam::SessionAttributes& asked,
                         base::SystemTime now);

}  // namespace irsa::sts
