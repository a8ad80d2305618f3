// The answers to reviews: what they say, and the AdmissionReview that says it.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/admission/admission_answer.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::admission {

// Controllers, which make most objects: nobody reads what they are warned of.
bool IsController(std::string_view user_name);

// What is decided of an object that is admitted.
struct Admission {
  Outcome outcome = Outcome::kOutOfScope;
  std::string role_arn = {};                         // empty: none
  std::string patch = {};                            // JSON text; empty: none
  std::vector<identity::Warning> warnings = {};      // for those who read them
  std::vector<identity::WarningReason> untold = {};  // warnings that are only counted
};
AdmissionAnswer Admit(const AdmissionRequest& request, const Admission& admission);

// The one place where an error in reading a review becomes an answer. kInvalid comes only from the object in it,
// kTooLarge only from its patch.
AdmissionAnswer AnswerTo(const Error& error, const AdmissionRequest& request);

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
