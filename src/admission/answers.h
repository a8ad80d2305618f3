// The answers to reviews: what they say, and the AdmissionReview that says it.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/admission/admission_answer.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/pod_mutator.h"

namespace irsa::admission {

// Controllers, which make most objects: nobody reads what they are warned of.
bool IsController(std::string_view user_name);

// What is decided of an object.
struct Admission {
  Outcome outcome = Outcome::kOutOfScope;
  std::string role_arn = {};          // for the audit log; empty: none
  identity::Mutation mutation = {};   // the patch, and warnings for those who read them
  std::optional<Error> refusal = {};  // why the object is refused; nothing: it is admitted
};

// The one place where a decision becomes an answer, or an error on the way to it. kInvalid comes only from the object
// in the review, kTooLarge only from its patch.
AdmissionAnswer AnswerTo(const AdmissionRequest& request, const Result<Admission>& decided);

// All text is UTF-8. Warnings that do not fit identity::kMaxWarningBytes are left out, and a last one says how many.
std::string WriteReview(const AdmissionRequest& request, const Admission& admission);

}  // namespace irsa::admission
