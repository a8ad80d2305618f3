#include "review_writer.h"

#include "irsa/base/base64.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::AppendJsonString;
using identity::kMaxWarningBytes;

// How many of `warnings`, from the first, fit: beside a note about the others if there are any, as with `has_more`.
size_t CountOfFitting(std::span<const identity::Warning> warnings, bool has_more) {
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
  const std::span<const identity::Warning> warnings = answer.warnings;
  const size_t shown = CountOfFitting(warnings, answer.untold_warnings > 0);
  const size_t hidden = warnings.size() - shown + answer.untold_warnings;
  out += ",\"warnings\":[";
  for (const identity::Warning& warning : warnings.first(shown)) {
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
