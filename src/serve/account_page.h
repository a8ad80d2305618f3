// GET /debug/identity?namespace=NAMESPACE&service-account=NAME on the metrics port (--enable-debugging-handlers): what
// irsa knows of one service account.
#pragma once

#include <functional>
#include <optional>

#include "irsa/base/result.h"
#include "irsa/http/message/message.h"
#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/sources/known_account.h"

namespace irsa::serve {

// Nothing for an account that is not known; kUnavailable while nobody can say. Called from any thread, and asks nobody.
using FindKnownAccount =
    std::function<base::Result<std::optional<identity::KnownAccount>>(const identity::AccountName& name)>;

// JSON, with what --help and docs/operations.md say. 400 for a question that names no account, 404 for one that is not
// known, 503 while the identities are not known.
http::Route AccountRoute(FindKnownAccount find);

}  // namespace irsa::serve
