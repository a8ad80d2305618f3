// From a parsed service account to what is read of it.
#pragma once

#include <simdjson.h>
#include <string>

#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"

namespace irsa::admission {

// The view points into the document. kInvalid, naming the path, where the account is read and has not an account's
// shape; kMalformed for a key twice there. `prefix` is the annotations', with the slash.
base::Result<ServiceAccountView> ReadAccount(simdjson::dom::element account, const std::string& prefix);

}  // namespace irsa::admission
