#include "answers.h"

#include <algorithm>
#include <utility>

#include "review_writer.h"

namespace irsa::admission {

using identity::Warning;
using identity::WarningReason;

namespace {

AdmissionAnswer About(const AdmissionRequest& request, AdmissionAnswer answer) {
  answer.uid = request.uid;
  answer.namespace_name = request.namespace_name;
  return answer;
}

// `allowed: false` with that reason.
AdmissionAnswer Refuse(const AdmissionRequest& request, const std::string& reason, const RefusalStatus& status = {}) {
  constexpr Outcome kOutcome = Outcome::kRefused;
  const ReviewAnswer answer{.api_version = request.api_version,
                            .uid = request.uid,
                            .refusal = reason,
                            .refusal_status = status,
                            .outcome = OutcomeName(kOutcome)};
  return About(request, {.body = WriteReview(answer), .outcome = kOutcome, .reason = reason});
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMutated:
      return "mutated";
    case Outcome::kUnchanged:
      return "unchanged";
    case Outcome::kNoIdentity:
      return "no-identity";
    case Outcome::kOutOfScope:
      return "out-of-scope";
    case Outcome::kAdvised:
      return "advised";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kMalformed:
      return "malformed";
    case Outcome::kUnavailable:
      return "unavailable";
    case Outcome::kError:
      break;
  }
  return "error";
}

bool IsController(std::string_view user_name) {
  // kube-controller-manager's controllers have users of their own with --use-service-account-credentials alone.
  return user_name.starts_with("system:serviceaccount:kube-system:") || user_name.starts_with("system:node:") ||
         user_name == "system:kube-controller-manager";
}

AdmissionAnswer Admit(const AdmissionRequest& request, Outcome outcome, const Admission& admission) {
  ReviewAnswer answer{.api_version = request.api_version,
                      .uid = request.uid,
                      .patch = admission.patch,
                      .role_arn = admission.role_arn,
                      .outcome = OutcomeName(outcome)};
  if (!IsController(request.user_name)) {
    answer.warnings = admission.warnings;
    answer.untold_warnings = admission.untold.size();
  }
  std::vector<WarningReason> reasons(admission.warnings.size());
  std::ranges::transform(admission.warnings, reasons.begin(), &Warning::reason);
  reasons.insert(reasons.end(), admission.untold.begin(), admission.untold.end());
  return About(request, {.body = WriteReview(answer), .outcome = outcome, .warnings = std::move(reasons)});
}

AdmissionAnswer AnswerTo(const Error& error, const AdmissionRequest& request) {
  switch (error.code) {
    case ErrorCode::kMalformed:
      return {.http_status = 400, .body = error.message, .outcome = Outcome::kMalformed, .reason = error.message};
    case ErrorCode::kInvalid:
      return Refuse(request, error.message);
    case ErrorCode::kTooLarge:
      return Refuse(request, error.message, {.code = 413, .reason = "RequestEntityTooLarge"});
    default:
      return About(
          request,
          {.http_status = 503, .body = error.message, .outcome = Outcome::kUnavailable, .reason = error.message});
  }
}

}  // namespace irsa::admission
