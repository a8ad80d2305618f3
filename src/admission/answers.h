// The answers that all handlers give alike.
#pragma once

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

// What an answer that allows carries.
struct Admission {
  std::span<const identity::Warning> warnings = {};      // for those who read them
  std::span<const identity::WarningReason> untold = {};  // warnings that are only counted
  std::string_view role_arn = {};
  std::string_view patch = {};
};
AdmissionAnswer Admit(const AdmissionRequest& request, Outcome outcome, const Admission& admission);

// The one place where an error in reading a review becomes an answer. kInvalid comes only from the object in it,
// kTooLarge only from its patch.
AdmissionAnswer AnswerTo(const Error& error, const AdmissionRequest& request);

}  // namespace irsa::admission
