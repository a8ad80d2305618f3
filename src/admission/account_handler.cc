#include "irsa/admission/account_handler.h"

#include <utility>

#include "answers.h"
#include "reader_pool.h"

namespace irsa::admission {
namespace {

using base::ErrorCode;
using base::Result;
using base::Status;

bool IsServiceAccount(const AdmissionRequest& request) {
  return request.group.empty() && request.version == "v1" && request.resource == "serviceaccounts" &&
         request.sub_resource.empty();
}

bool IsWritten(const AdmissionRequest& request) {
  return IsServiceAccount(request) && (request.operation == "CREATE" || request.operation == "UPDATE");
}

// What whoever wanted the account is answered.
RefusalStatus StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return {400, "BadRequest"};
    case ErrorCode::kDenied:
      return {403, "Forbidden"};
    case ErrorCode::kConflict:
      return {409, "Conflict"};
    case ErrorCode::kTooLarge:
      return {413, "RequestEntityTooLarge"};
    case ErrorCode::kUnavailable:
      return {503, "ServiceUnavailable"};
    default:
      return {500, "InternalError"};
  }
}

}  // namespace

AccountHandler::AccountHandler(mutation::Settings settings, IdentityRecord& record)
    : settings_(std::move(settings)),
      record_(record),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix)) {}

AccountHandler::~AccountHandler() = default;

AdmissionAnswer AccountHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  const Result<ReaderPool::Lease> lease = readers_->TakeFor(review.size(), deadline);
  if (!lease.ok()) return AnswerTo(lease.error(), {});
  const ReaderPool::Lease& reader = *lease;
  const Result<AdmissionRequest> request = reader->ReadRequest(review);
  if (!request.ok()) return AnswerTo(request.error(), {});
  if (!IsServiceAccount(*request)) return Admit(*request, Outcome::kOutOfScope, {});
  if (!IsWritten(*request)) return Admit(*request, Outcome::kNothingToRecord, {});
  const Result<ServiceAccountView> view = reader->ReadServiceAccount();
  if (!view.ok()) return AnswerTo(view.error(), *request);
  const mutation::AccountIdentity account = ResolveIdentity(view->annotations, settings_);
  if (!account.identity || request->dry_run)
    return Admit(*request, Outcome::kNothingToRecord, {.warnings = account.warnings});
  return Record(*request, *view, account, deadline);
}

AdmissionAnswer AccountHandler::Record(const AdmissionRequest& request, const ServiceAccountView& view,
                                       const mutation::AccountIdentity& account, base::SteadyTime deadline) const {
  if (view.name.empty()) return AnswerTo({ErrorCode::kInvalid, "metadata.name is missing"}, request);
  const Status written = record_.Write(request.namespace_name, view.name, *account.identity, deadline);
  if (written.ok())
    return Admit(request, Outcome::kRecorded, {.warnings = account.warnings, .role_arn = account.identity->role_arn});
  std::string reason = "the role of service account ";
  reason.append(request.namespace_name).append("/").append(view.name).append(" cannot be recorded: ");
  return Refuse(request, Outcome::kNotRecorded, reason + written.error().message, StatusOf(written.error().code));
}

}  // namespace irsa::admission
