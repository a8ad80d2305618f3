// The request of a parsed AdmissionReview, without what it is about.
#pragma once

#include <optional>
#include <simdjson.h>

#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"

namespace irsa::admission {

struct ParsedReview {
  AdmissionRequest request;
  std::optional<simdjson::dom::element> object;  // as it came; none when absent or null
};

// kInvalid, naming the path, for what is no AdmissionReview with a request and a uid; kMalformed for a key twice.
base::Result<ParsedReview> ReadReview(simdjson::dom::element review);

}  // namespace irsa::admission
