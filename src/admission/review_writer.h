// Writes the AdmissionReview that answers another one.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "irsa/mutation/warning.h"

namespace irsa::admission {

// All text is UTF-8.
struct ReviewAnswer {
  std::string_view api_version;  // both as the request has them
  std::string_view uid;
  std::string_view refusal = {};   // why the pod is refused; empty: it is allowed
  bool is_too_large = false;       // refused for size, which has another HTTP status: 413 rather than 400
  std::string_view patch = {};     // JSON text; empty: none
  std::string_view role_arn = {};  // for the audit log; empty: none
  std::string_view outcome;        // for the audit log
  std::span<const mutation::Warning> warnings = {};
  size_t untold_warnings = 0;  // how many more there are
};

// Warnings that do not fit mutation::kMaxWarningBytes are left out, and a last one says how many.
std::string WriteReview(const ReviewAnswer& answer);

}  // namespace irsa::admission
