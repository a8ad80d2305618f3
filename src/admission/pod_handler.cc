#include "irsa/admission/pod_handler.h"

#include <iterator>
#include <utility>

#include "irsa/identity/rules/pod_mutator.h"

#include "answers.h"
#include "reader_pool.h"

namespace irsa::admission {
namespace {

using identity::AccountIdentity;

bool IsPodCreation(const AdmissionRequest& request) {
  return request.operation == "CREATE" && request.group.empty() && request.version == "v1" &&
         request.resource == "pods" && request.sub_resource.empty();
}

}  // namespace

PodHandler::PodHandler(identity::Settings settings, identity::IdentitySource& identities,
                       identity::ConfigMapSource* config_maps)
    : settings_(std::move(settings)),
      identities_(identities),
      config_maps_(config_maps),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix, LargeReviews::OfProcess(),
                                            config_maps == nullptr ? EnvFrom::kIgnored : EnvFrom::kRead)) {}

PodHandler::~PodHandler() = default;

AdmissionAnswer PodHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    std::string account;
    const Result<Admission> decided = Decide(request, reader, deadline, account);
    AdmissionAnswer answer = decided.ok() ? Admit(request, *decided) : AnswerTo(decided.error(), request);
    answer.account = std::move(account);
    return answer;
  });
}

Result<Admission> PodHandler::Decide(const AdmissionRequest& request, ReviewReader& reader, base::SteadyTime deadline,
                                     std::string& account_name) const {
  if (!IsPodCreation(request)) return Admission{Outcome::kOutOfScope};
  const Result<const identity::PodView*> read = reader.ReadPod();
  if (!read.ok()) return read.error();
  const identity::PodView& pod = **read;
  account_name = pod.service_account_name;
  if (pod.is_mirror) return Admission{Outcome::kOutOfScope};

  const auto found = identities_.Find({request.namespace_name, pod.service_account_name}, deadline);
  // Whatever the source's error is, the identity is not known, and an answer that is not known is never guessed.
  if (!found.ok()) return Error{ErrorCode::kUnavailable, found.error().message};

  Admission admission{Outcome::kNoIdentity};
  const AccountIdentity* account = found->get();
  if (account != nullptr) admission.warnings = account->warnings;
  identity::Mutation mutation;
  if (account != nullptr && account->identity) {
    if (Status limits = reader.CheckLimits(); !limits.ok()) return std::move(limits).error();
    const auto config_maps = ReadConfigMaps(pod, request.namespace_name, config_maps_, deadline);
    if (!config_maps.ok()) return config_maps.error();
    mutation = MutatePod(pod, *account->identity, settings_, *config_maps);
    if (mutation.is_too_large) {
      return Error{ErrorCode::kTooLarge,
                   "the pod's patch would exceed " + std::to_string(identity::kMaxPatchBytes) + " bytes"};
    }
    admission.outcome = mutation.patch.empty() ? Outcome::kUnchanged : Outcome::kMutated;
    admission.role_arn = account->identity->role_arn;
    admission.patch = std::move(mutation.patch);
  } else {
    mutation = CheckPodAnnotations(pod, settings_);
  }
  std::move(mutation.warnings.begin(), mutation.warnings.end(), std::back_inserter(admission.warnings));
  admission.untold = std::move(mutation.untold);
  return admission;
}

}  // namespace irsa::admission
