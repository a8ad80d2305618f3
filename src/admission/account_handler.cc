#include "irsa/admission/account_handler.h"

#include <span>
#include <string>
#include <utility>

#include "irsa/identity/rules/identity.h"

#include "answers.h"
#include "reader_pool.h"

namespace irsa::admission {
namespace {

bool IsWrittenAccount(const AdmissionRequest& request) {
  return request.group.empty() && request.version == "v1" && request.resource == "serviceaccounts" &&
         request.sub_resource.empty() && (request.operation == "CREATE" || request.operation == "UPDATE");
}

}  // namespace

AccountHandler::AccountHandler(identity::Settings settings)
    : settings_(std::move(settings)), readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix)) {}

AccountHandler::~AccountHandler() = default;

AdmissionAnswer AccountHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [this](const AdmissionRequest& request, ReviewReader& reader) {
    // A controller reads no warnings.
    if (!IsWrittenAccount(request) || IsController(request.user_name)) return Admit(request, {Outcome::kOutOfScope});
    const Result<std::span<const identity::Annotation>> annotations = reader.ReadAccountAnnotations();
    if (!annotations.ok()) return Admit(request, {Outcome::kOutOfScope});
    identity::AccountIdentity account = ResolveIdentity({request.namespace_name, {}}, *annotations, settings_);
    return Admit(request, {.outcome = Outcome::kAdvised,
                           .role_arn = account.identity ? account.identity->role_arn : std::string(),
                           .warnings = std::move(account.warnings)});
  });
}

}  // namespace irsa::admission
