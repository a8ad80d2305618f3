// Writes the AdmissionReview that answers another one.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "irsa/identity/rules/warning.h"

namespace irsa::admission {

// Of a refusal, as a Status object has them.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
struct RefusalStatus {
  int code = 400;
  std::string_view reason = "BadRequest";
};

// All text is UTF-8.
struct ReviewAnswer {
  std::string_view api_version;  // both as the request has them
  std::string_view uid;
  std::string_view refusal = {};  // why the object is refused; empty: it is allowed
  RefusalStatus refusal_status = {};
  std::string_view patch = {};     // JSON text; empty: none
  std::string_view role_arn = {};  // for the audit log; empty: none
  std::string_view outcome;        // for the audit log
  std::span<const identity::Warning> warnings = {};
  size_t untold_warnings = 0;  // how many more there are
};

// Warnings that do not fit identity::kMaxWarningBytes are left out, and a last one says how many.
std::string WriteReview(const ReviewAnswer& answer);

}  // namespace irsa::admission
