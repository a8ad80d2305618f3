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

// What is needed of a review once its reader is given back.
struct AccountHandler::Change {
  std::string api_version;
  std::string uid;
  std::string namespace_name;
  std::string user_name;
  std::string account_name;
  mutation::AccountIdentity account;

  AdmissionRequest request() const {
    AdmissionRequest request;
    request.api_version = api_version;
    request.uid = uid;
    request.namespace_name = namespace_name;
    request.user_name = user_name;
    return request;
  }
};

AccountHandler::AccountHandler(mutation::Settings settings, IdentityRecord& record)
    : settings_(std::move(settings)),
      record_(record),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix)) {}

AccountHandler::~AccountHandler() = default;

AdmissionAnswer AccountHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  Result<ReaderPool::Lease> lease = readers_->TakeFor(review.size(), deadline);
  if (!lease.ok()) return AnswerTo(lease.error(), {});
  ReaderPool::Lease& reader = *lease;
  const Result<AdmissionRequest> request = reader->ReadRequest(review);
  if (!request.ok()) return AnswerTo(request.error(), {});
  if (!IsServiceAccount(*request)) return Admit(*request, Outcome::kOutOfScope, {});
  if (!IsWritten(*request)) return Admit(*request, Outcome::kNothingToRecord, {});
  const Result<ServiceAccountView> view = reader->ReadServiceAccount();
  if (!view.ok()) return AnswerTo(view.error(), *request);
  mutation::AccountIdentity account = ResolveIdentity(view->annotations, settings_);
  if (!account.identity || request->dry_run)
    return Admit(*request, Outcome::kNothingToRecord, {.warnings = account.warnings});
  if (view->name.empty()) return AnswerTo({ErrorCode::kInvalid, "metadata.name is missing"}, *request);
  const Change change{.api_version = std::string(request->api_version),
                      .uid = std::string(request->uid),
                      .namespace_name = std::string(request->namespace_name),
                      .user_name = std::string(request->user_name),
                      .account_name = std::string(view->name),
                      .account = std::move(account)};
  // Others are not to wait for a large one's memory as long as this one waits for the apiserver.
  reader.reset();
  std::string().swap(review);
  return Record(change, deadline);
}

AdmissionAnswer AccountHandler::Record(const Change& change, base::SteadyTime deadline) const {
  const mutation::AccountIdentity& account = change.account;
  const Status written = record_.Write(change.namespace_name, change.account_name, *account.identity, deadline);
  if (written.ok()) {
    return Admit(change.request(), Outcome::kRecorded,
                 {.warnings = account.warnings, .role_arn = account.identity->role_arn});
  }
  std::string reason = "the role of service account ";
  reason.append(change.namespace_name).append("/").append(change.account_name).append(" cannot be recorded: ");
  return Refuse(change.request(), Outcome::kNotRecorded, reason + written.error().message,
                StatusOf(written.error().code));
}

}  // namespace irsa::admission
