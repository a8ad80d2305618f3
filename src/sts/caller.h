// Who signed a request.
#pragma once

#include <optional>
#include <variant>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"
#include "irsa/sts/answers.h"
#include "irsa/sts/iam_registry.h"
#include "irsa/sts/query/sts_error.h"
#include "irsa/sts/session_sealer.h"

namespace irsa::sts {

struct Caller {
  CallerIdentity identity;
  std::optional<Session> session;  // whose credentials signed; null: an administrator's
};

// MissingAuthenticationToken, IncompleteSignature and SignatureDoesNotMatch as ReadAuthorization and CheckSignature
// have them; InvalidClientTokenId for credentials of neither an administrator nor `sealer`; ExpiredToken.
std::variant<Caller, StsError> Authenticate(const http::Request& request, const IamRegistry& registry,
                                            const SessionSealer& sealer, base::SystemTime now);

}  // namespace irsa::sts
