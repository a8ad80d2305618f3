#include "irsa/admission/admission_handler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "irsa/mutation/pod_mutator.h"

#include "reader_pool.h"
#include "review_writer.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using mutation::AccountIdentity;
using mutation::Warning;
using mutation::WarningReason;

bool IsPodCreation(const AdmissionRequest& request) {
  return request.operation == "CREATE" && request.group.empty() && request.version == "v1" &&
         request.resource == "pods" && request.sub_resource.empty();
}

// Controllers, which make most pods: nobody reads what they are warned of.
bool IsController(std::string_view user_name) {
  return user_name.starts_with("system:serviceaccount:kube-system:") || user_name.starts_with("system:node:");
}

std::vector<WarningReason> ReasonsOf(const std::vector<Warning>& warnings, const std::vector<WarningReason>& untold) {
  std::vector<WarningReason> reasons(warnings.size());
  std::transform(warnings.begin(), warnings.end(), reasons.begin(), [](const Warning& w) { return w.reason; });
  reasons.insert(reasons.end(), untold.begin(), untold.end());
  return reasons;
}

AdmissionAnswer Refuse(const AdmissionRequest& request, const std::string& reason, bool is_too_large = false) {
  const ReviewAnswer answer{.api_version = request.api_version,
                            .uid = request.uid,
                            .refusal = reason,
                            .is_too_large = is_too_large,
                            .outcome = OutcomeName(Outcome::kRefused)};
  return {.body = WriteReview(answer), .outcome = Outcome::kRefused, .reason = reason};
}

// The one place where an error becomes an answer. kInvalid comes only from reading the request's pod, kTooLarge only
// from its patch.
AdmissionAnswer AnswerTo(const Error& error, const AdmissionRequest& request) {
  switch (error.code) {
    case ErrorCode::kMalformed:
      return {.http_status = 400, .body = error.message, .outcome = Outcome::kMalformed, .reason = error.message};
    case ErrorCode::kInvalid:
      return Refuse(request, error.message);
    case ErrorCode::kTooLarge:
      return Refuse(request, error.message, true);
    default:
      return {.http_status = 503, .body = error.message, .outcome = Outcome::kUnavailable, .reason = error.message};
  }
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

struct AdmissionHandler::Verdict {
  Outcome outcome = Outcome::kOutOfScope;
  std::string role_arn = {};  // empty: none
  std::string patch = {};     // empty: none
  std::vector<Warning> warnings = {};
  std::vector<WarningReason> untold = {};  // warnings that are only counted
};

AdmissionHandler::AdmissionHandler(mutation::Settings settings, IdentitySource& identities)
    : settings_(std::move(settings)),
      identities_(identities),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix)) {}

AdmissionHandler::~AdmissionHandler() = default;

AdmissionAnswer AdmissionHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  const ReaderPool::Lease reader = readers_->Take();
  const Result<AdmissionRequest> request = reader->ReadRequest(review);
  if (!request.ok()) return AnswerTo(request.error(), {});
  const Result<Verdict> verdict = Decide(*request, *reader, deadline);
  if (!verdict.ok()) return AnswerTo(verdict.error(), *request);
  ReviewAnswer answer{.api_version = request->api_version,
                      .uid = request->uid,
                      .patch = verdict->patch,
                      .role_arn = verdict->role_arn,
                      .outcome = OutcomeName(verdict->outcome)};
  if (!IsController(request->user_name)) {
    answer.warnings = verdict->warnings;
    answer.untold_warnings = verdict->untold.size();
  }
  return {.body = WriteReview(answer),
          .outcome = verdict->outcome,
          .warnings = ReasonsOf(verdict->warnings, verdict->untold)};
}

Result<AdmissionHandler::Verdict> AdmissionHandler::Decide(const AdmissionRequest& request, ReviewReader& reader,
                                                           base::SteadyTime deadline) const {
  if (!IsPodCreation(request)) return Verdict{Outcome::kOutOfScope};
  const Result<const mutation::PodView*> read = reader.ReadPod();
  if (!read.ok()) return read.error();
  const mutation::PodView& pod = **read;
  if (pod.is_mirror) return Verdict{Outcome::kOutOfScope};

  const Result<std::shared_ptr<const AccountIdentity>> found =
      identities_.Find(request.namespace_name, pod.service_account_name, deadline);
  // Whatever the source's error is, the identity is not known, and an answer that is not known is never guessed.
  if (!found.ok()) return Error{ErrorCode::kUnavailable, found.error().message};

  Verdict verdict{Outcome::kNoIdentity};
  const AccountIdentity* account = found->get();
  if (account != nullptr) verdict.warnings = account->warnings;
  mutation::Mutation mutation;
  if (account != nullptr && account->identity) {
    mutation = MutatePod(pod, *account->identity, settings_);
    if (mutation.is_too_large) {
      return Error{ErrorCode::kTooLarge,
                   "the pod's patch would be over " + std::to_string(mutation::kMaxPatchBytes) + " bytes"};
    }
    verdict.outcome = mutation.patch.empty() ? Outcome::kUnchanged : Outcome::kMutated;
    verdict.role_arn = account->identity->role_arn;
    verdict.patch = std::move(mutation.patch);
  } else {
    mutation = CheckPodAnnotations(pod, settings_);
  }
  std::move(mutation.warnings.begin(), mutation.warnings.end(), std::back_inserter(verdict.warnings));
  verdict.untold = std::move(mutation.untold);
  return verdict;
}

}  // namespace irsa::admission
