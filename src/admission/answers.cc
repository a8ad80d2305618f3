#include "answers.h"

#include <algorithm>
#include <utility>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::AppendJsonString;
using identity::kMaxWarningBytes;
using identity::Warning;
using identity::WarningReason;

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

// How many of `warnings`, from the first, fit: beside a note about the others if there are any, as with `has_more`.
size_t CountOfFitting(std::span<const Warning> warnings, bool has_more) {
  constexpr size_t kNote = 64;  // more than "18446744073709551615 more warnings are not shown"
  size_t bytes = 0;
  size_t fit_beside_note = 0;
  for (size_t i = 0; i < warnings.size(); ++i) {
    bytes += warnings[i].text.size();
    if (bytes > kMaxWarningBytes) return fit_beside_note;
    if (bytes <= kMaxWarningBytes - kNote) fit_beside_note = i + 1;
  }
  return has_more ? fit_beside_note : warnings.size();
}

void AppendWarnings(const ReviewAnswer& answer, std::string& out) {
  const std::span<const Warning> warnings = answer.warnings;
  const size_t shown = CountOfFitting(warnings, answer.untold_warnings > 0);
  const size_t hidden = warnings.size() - shown + answer.untold_warnings;
  out += ",\"warnings\":[";
  for (const Warning& warning : warnings.first(shown)) {
    AppendJsonString(warning.text, out);
    out += ',';
  }
  if (hidden > 0) {
    AppendJsonString(std::to_string(hidden) + " more warnings are not shown", out);
    out += ',';
  }
  out.back() = ']';
}

void AppendRefusal(const ReviewAnswer& answer, std::string& out) {
  out.append(R"(,"allowed":false,"status":{"code":)").append(std::to_string(answer.refusal_status.code));
  out += R"(,"reason":)";
  AppendJsonString(answer.refusal_status.reason, out);
  out += R"(,"message":)";
  AppendJsonString(answer.refusal, out);
  out += '}';
}

void AppendPatch(std::string_view patch, std::string& out) {
  out += R"(,"patchType":"JSONPatch","patch":")";
  base::AppendBase64(patch, out);
  out += '"';
}

void AppendAuditAnnotations(const ReviewAnswer& answer, std::string& out) {
  out += R"(,"auditAnnotations":{)";
  if (!answer.role_arn.empty()) {
    out += R"("role-arn":)";
    AppendJsonString(answer.role_arn, out);
    out += ',';
  }
  out += R"("outcome":)";
  AppendJsonString(answer.outcome, out);
  out += '}';
}

// Enough for an answer without characters to escape, so that the text is not moved while it grows.
size_t LikelySize(const ReviewAnswer& answer) {
  constexpr size_t kFixedParts = 512;
  size_t size = kFixedParts + answer.uid.size() + answer.refusal.size() + answer.role_arn.size();
  size += (answer.patch.size() + 2) / 3 * 4;
  if (!answer.warnings.empty()) size += kMaxWarningBytes;
  return size;
}

}  // namespace

bool IsController(std::string_view user_name) {
  // kube-controller-manager's controllers have users of their own with --use-service-account-credentials alone.
  return user_name.starts_with("system:serviceaccount:kube-system:") || user_name.starts_with("system:node:") ||
         user_name == "system:kube-controller-manager";
}

AdmissionAnswer Admit(const AdmissionRequest& request, const Admission& admission) {
  ReviewAnswer answer{.api_version = request.api_version,
                      .uid = request.uid,
                      .patch = admission.patch,
                      .role_arn = admission.role_arn,
                      .outcome = OutcomeName(admission.outcome)};
  if (!IsController(request.user_name)) {
    answer.warnings = admission.warnings;
    answer.untold_warnings = admission.untold.size();
  }
  std::vector<WarningReason> reasons(admission.warnings.size());
  std::ranges::transform(admission.warnings, reasons.begin(), &Warning::reason);
  reasons.insert(reasons.end(), admission.untold.begin(), admission.untold.end());
  return About(request, {.body = WriteReview(answer), .outcome = admission.outcome, .warnings = std::move(reasons)});
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

std::string WriteReview(const ReviewAnswer& answer) {
  std::string out;
  out.reserve(LikelySize(answer));
  out += R"({"apiVersion":)";
  AppendJsonString(answer.api_version, out);
  out += R"(,"kind":"AdmissionReview","response":{"uid":)";
  AppendJsonString(answer.uid, out);
  if (answer.refusal.empty()) {
    out += R"(,"allowed":true)";
  } else {
    AppendRefusal(answer, out);
  }
  if (!answer.patch.empty()) AppendPatch(answer.patch, out);
  if (!answer.warnings.empty()) AppendWarnings(answer, out);
  AppendAuditAnnotations(answer, out);
  out += "}}";
  return out;
}

}  // namespace irsa::admission
