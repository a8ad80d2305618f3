#include "answers.h"

#include <algorithm>
#include <span>
#include <vector>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::AppendJsonString;
using identity::kMaxWarningBytes;
using identity::Mutation;
using identity::Warning;
using identity::WarningReason;

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

void AppendWarnings(const Mutation& mutation, std::string& out) {
  const std::span<const Warning> warnings = mutation.warnings;
  const size_t shown = CountOfFitting(warnings, !mutation.untold.empty());
  const size_t hidden = warnings.size() - shown + mutation.untold.size();
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

// With a Status object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
void AppendRefusal(const Error& refusal, std::string& out) {
  out += refusal.code == ErrorCode::kTooLarge
             ? R"(,"allowed":false,"status":{"code":413,"reason":"RequestEntityTooLarge","message":)"
             : R"(,"allowed":false,"status":{"code":400,"reason":"BadRequest","message":)";
  AppendJsonString(refusal.message, out);
  out += '}';
}

void AppendPatch(std::string_view patch, std::string& out) {
  out += R"(,"patchType":"JSONPatch","patch":")";
  base::AppendBase64(patch, out);
  out += '"';
}

void AppendAuditAnnotations(const Admission& admission, std::string& out) {
  out += R"(,"auditAnnotations":{)";
  if (!admission.role_arn.empty()) {
    out += R"("role-arn":)";
    AppendJsonString(admission.role_arn, out);
    out += ',';
  }
  out += R"("outcome":)";
  AppendJsonString(OutcomeName(admission.outcome), out);
  out += '}';
}

// Enough for an answer without characters to escape, so that the text is not moved while it grows.
size_t LikelySize(const AdmissionRequest& request, const Admission& admission, bool shows_warnings) {
  constexpr size_t kFixedParts = 512;
  size_t size = kFixedParts + request.uid.size() + admission.role_arn.size();
  if (admission.refusal) size += admission.refusal->message.size();
  size += (admission.mutation.patch.size() + 2) / 3 * 4;
  if (shows_warnings) size += kMaxWarningBytes;
  return size;
}

std::vector<WarningReason> ReasonsOf(const Mutation& mutation) {
  std::vector<WarningReason> reasons(mutation.warnings.size());
  std::ranges::transform(mutation.warnings, reasons.begin(), &Warning::reason);
  reasons.insert(reasons.end(), mutation.untold.begin(), mutation.untold.end());
  return reasons;
}

}  // namespace

bool IsController(std::string_view user_name) {
  // kube-controller-manager's controllers have users of their own with --use-service-account-credentials alone.
  return user_name.starts_with("system:serviceaccount:kube-system:") || user_name.starts_with("system:node:") ||
         user_name == "system:kube-controller-manager";
}

AdmissionAnswer AnswerTo(const AdmissionRequest& request, const Result<Admission>& decided) {
  AdmissionAnswer answer;
  answer.uid = request.uid;
  answer.namespace_name = request.namespace_name;
  if (decided.ok()) {
    answer.body = WriteReview(request, *decided);
    answer.outcome = decided->outcome;
    answer.warnings = ReasonsOf(decided->mutation);
    return answer;
  }
  const Error& error = decided.error();
  answer.reason = error.message;
  if (error.code == ErrorCode::kInvalid || error.code == ErrorCode::kTooLarge) {
    answer.outcome = Outcome::kRefused;
    answer.body = WriteReview(request, {.outcome = answer.outcome, .refusal = error});
    return answer;
  }
  const bool is_malformed = error.code == ErrorCode::kMalformed;
  answer.outcome = is_malformed ? Outcome::kMalformed : Outcome::kUnavailable;
  answer.http_status = is_malformed ? 400 : 503;
  answer.body = error.message;
  return answer;
}

std::string WriteReview(const AdmissionRequest& request, const Admission& admission) {
  const bool shows_warnings = !admission.mutation.warnings.empty() && !IsController(request.user_name);
  std::string out;
  out.reserve(LikelySize(request, admission, shows_warnings));
  out += R"({"apiVersion":)";
  AppendJsonString(request.api_version, out);
  out += R"(,"kind":"AdmissionReview","response":{"uid":)";
  AppendJsonString(request.uid, out);
  if (admission.refusal) {
    AppendRefusal(*admission.refusal, out);
  } else {
    out += R"(,"allowed":true)";
  }
  if (!admission.mutation.patch.empty()) AppendPatch(admission.mutation.patch, out);
  if (shows_warnings) AppendWarnings(admission.mutation, out);
  AppendAuditAnnotations(admission, out);
  out += "}}";
  return out;
}

}  // namespace irsa::admission
