#include "irsa/admission/review_handler.h"

#include <array>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/identity/rules/pod_mutator.h"

#include "answers.h"
#include "reader_pool.h"

namespace irsa::admission {
namespace {

using identity::AccountIdentity;
using identity::PodView;
using identity::Warning;

constexpr std::array<std::string_view, 2> kTemplate = {"spec", "template"};
constexpr std::array<std::string_view, 4> kCronJobTemplate = {"spec", "jobTemplate", "spec", "template"};

bool IsPodCreation(const AdmissionRequest& request) {
  return request.operation == "CREATE" && request.group.empty() && request.version == "v1" &&
         request.resource == "pods" && request.sub_resource.empty();
}

// Of an object itself, in the version that all of them have.
bool IsWriting(const AdmissionRequest& request) {
  return request.version == "v1" && request.sub_resource.empty() &&
         (request.operation == "CREATE" || request.operation == "UPDATE");
}

bool IsAccount(const AdmissionRequest& request) {
  return request.group.empty() && request.resource == "serviceaccounts";
}

// Where the workload has its pod template; empty for what is no workload.
std::span<const std::string_view> PathOfTemplate(const AdmissionRequest& request) {
  const std::string_view resource = request.resource;
  if (request.group == "apps" && (resource == "deployments" || resource == "statefulsets" || resource == "daemonsets" ||
                                  resource == "replicasets")) {
    return kTemplate;
  }
  if (request.group == "batch" && resource == "jobs") return kTemplate;
  if (request.group == "batch" && resource == "cronjobs") return kCronJobTemplate;
  return {};
}

// The mutation of the workload's pods, of which only what there is to be warned of is of use.
identity::Mutation Advise(const PodView& pod, const AccountIdentity* account, const identity::Settings& settings,
                          std::span<const identity::ConfigMapKeys> config_maps) {
  const bool has_identity = account != nullptr && account->identity;
  identity::Mutation mutation =
      has_identity ? MutatePod(pod, *account->identity, settings, config_maps) : CheckPodAnnotations(pod, settings);
  std::vector<Warning> warnings;
  // Not of pods that bring all of it themselves, perhaps with another role.
  if (has_identity && !mutation.patch.empty()) warnings.push_back(WillRunAs(*account->identity));
  if (account != nullptr) warnings.insert(warnings.end(), account->warnings.begin(), account->warnings.end());
  std::move(mutation.warnings.begin(), mutation.warnings.end(), std::back_inserter(warnings));
  mutation.warnings = std::move(warnings);
  return mutation;
}

// A reader for the review, and the request in it, which `answer` is called with; what is wrong before that is answered
// here.
template <typename Answer>
AdmissionAnswer AnswerReview(ReaderPool& readers, std::string& review, base::SteadyTime deadline, Answer answer) {
  const Result<ReaderPool::Lease> lease = readers.TakeFor(review.size(), deadline);
  if (!lease.ok()) return AnswerTo(lease.error(), {});
  ReviewReader& reader = **lease;
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  if (!request.ok()) return AnswerTo(request.error(), {});
  return answer(*request, reader);
}

}  // namespace

ReviewHandler::ReviewHandler(identity::Settings settings, identity::IdentitySource& identities,
                             identity::ConfigMapSource* config_maps)
    : settings_(std::move(settings)),
      identities_(identities),
      config_maps_(config_maps),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix,
                                            config_maps == nullptr ? EnvFrom::kIgnored : EnvFrom::kRead)) {}

ReviewHandler::~ReviewHandler() = default;

AdmissionAnswer ReviewHandler::Mutate(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    std::string account;
    const Result<Admission> decided = MutatePod(request, reader, deadline, account);
    AdmissionAnswer answer = decided.ok() ? Admit(request, *decided) : AnswerTo(decided.error(), request);
    answer.account = std::move(account);
    return answer;
  });
}

AdmissionAnswer ReviewHandler::Warn(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    return AdviseOnWorkload(request, reader, deadline);
  });
}

AdmissionAnswer ReviewHandler::Validate(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    // A controller reads no warnings.
    if (!IsAccount(request) || !IsWriting(request) || IsController(request.user_name)) {
      return Admit(request, {Outcome::kOutOfScope});
    }
    const Result<std::span<const identity::Annotation>> annotations = reader.ReadAccountAnnotations();
    if (!annotations.ok()) return Admit(request, {Outcome::kOutOfScope});
    AccountIdentity account = ResolveIdentity({request.namespace_name, {}}, *annotations, settings_);
    return Admit(request, {.outcome = Outcome::kAdvised,
                           .role_arn = account.identity ? account.identity->role_arn : std::string(),
                           .warnings = std::move(account.warnings)});
  });
}

Result<Admission> ReviewHandler::MutatePod(const AdmissionRequest& request, ReviewReader& reader,
                                           base::SteadyTime deadline, std::string& account_name) const {
  if (!IsPodCreation(request)) return Admission{Outcome::kOutOfScope};
  const Result<const PodView*> read = reader.ReadPod();
  if (!read.ok()) return read.error();
  const PodView& pod = **read;
  account_name = pod.service_account_name;
  if (pod.is_mirror) return Admission{Outcome::kOutOfScope};

  const Result<std::shared_ptr<const AccountIdentity>> found =
      identities_.Find(request.namespace_name, pod.service_account_name, deadline);
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
    mutation = identity::MutatePod(pod, *account->identity, settings_, *config_maps);
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

AdmissionAnswer ReviewHandler::AdviseOnWorkload(const AdmissionRequest& request, ReviewReader& reader,
                                                base::SteadyTime deadline) const {
  const std::span<const std::string_view> path = PathOfTemplate(request);
  // A controller reads no warnings.
  if (path.empty() || !IsWriting(request) || IsController(request.user_name)) {
    return Admit(request, {Outcome::kOutOfScope});
  }
  const Result<PodTemplateView> pods = reader.ReadPodTemplate(path);
  if (!pods.ok() || pods->opts_out) return Admit(request, {Outcome::kOutOfScope});
  const PodView& pod = *pods->pod;
  const auto unknown = [&request](const Error& why) {
    AdmissionAnswer answer = Admit(request, {Outcome::kUnavailable});
    answer.reason = why.message;
    return answer;
  };

  const auto found = identities_.Find(request.namespace_name, pod.service_account_name, deadline);
  if (!found.ok()) return unknown(found.error());
  const AccountIdentity* account = found->get();
  const bool has_identity = account != nullptr && account->identity;
  const auto config_maps = ReadConfigMaps(pod, request.namespace_name, has_identity ? config_maps_ : nullptr, deadline);
  if (!config_maps.ok()) return unknown(config_maps.error());
  identity::Mutation advice = Advise(pod, account, settings_, *config_maps);
  return Admit(request, {.outcome = Outcome::kAdvised,
                         .role_arn = has_identity ? account->identity->role_arn : std::string(),
                         .warnings = std::move(advice.warnings),
                         .untold = std::move(advice.untold)});
}

}  // namespace irsa::admission
