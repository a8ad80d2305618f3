// From a parsed service account to the annotations that are read of it.
#pragma once

#include <simdjson.h>
#include <string>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/identity/rules/annotations.h"

namespace irsa::admission {

// They point into the document. kInvalid, naming the path, where the account is read and has not an account's shape;
// kMalformed for a key twice there. `prefix` is the annotations', with the slash.
base::Result<std::vector<identity::Annotation>> ReadAccountAnnotations(simdjson::dom::element account,
                                                                       const std::string& prefix);

}  // namespace irsa::admission
