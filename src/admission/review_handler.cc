#include "irsa/admission/review_handler.h"

#include <algorithm>
#include <array>
#include <memory>
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
using identity::ConfigMapKeys;
using identity::PodView;
using identity::Warning;

constexpr size_t kMaxConfigMapsOfPod = 16;  // it may name as many as it has room for

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

// Whatever the source's error is, the identity is not known, and an answer that is not known is never guessed.
Error UnknownIdentity(const Error& why) { return {ErrorCode::kUnavailable, why.message}; }

// Those of the pod's envFrom, each once; after the first kMaxConfigMapsOfPod none is read, and without a source none at
// all.
Result<std::vector<ConfigMapKeys>> ReadConfigMaps(const PodView& pod, std::string_view namespace_name,
                                                  identity::ConfigMapSource* source, base::SteadyTime deadline) {
  std::vector<ConfigMapKeys> config_maps;
  if (source == nullptr) return config_maps;
  for (const identity::EnvironmentSourceView& each : pod.sources) {
    if (std::ranges::find(config_maps, each.config_map, &ConfigMapKeys::name) != config_maps.end()) continue;
    if (config_maps.size() == kMaxConfigMapsOfPod) break;
    Result<ConfigMapKeys> read = source->Read(namespace_name, each.config_map, deadline);
    if (!read.ok()) return std::move(read).error();
    config_maps.push_back(*std::move(read));
  }
  return config_maps;
}

// A reader for the review, and the request in it, which `answer` is called with; what is wrong before that is answered
// here.
template <typename Answer>
AdmissionAnswer AnswerReview(ReaderPool& readers, std::string& review, base::SteadyTime deadline, Answer answer) {
  const Result<ReaderPool::Lease> lease = readers.TakeFor(review.size(), deadline);
  if (!lease.ok()) return AnswerTo({}, lease.error());
  ReviewReader& reader = **lease;
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  if (!request.ok()) return AnswerTo({}, request.error());
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
    if (!IsPodCreation(request)) return AnswerTo(request, Admission{Outcome::kOutOfScope});
    const Result<const PodView*> pod = reader.ReadPod();
    if (!pod.ok()) return AnswerTo(request, pod.error());
    AdmissionAnswer answer = AnswerTo(request, AdmitPod(**pod, request, reader, deadline));
    answer.account = (*pod)->service_account_name;
    return answer;
  });
}

AdmissionAnswer ReviewHandler::Warn(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    Result<Admission> advice = AdviseOnWorkload(request, reader, deadline);
    if (advice.ok()) return AnswerTo(request, advice);
    AdmissionAnswer answer = AnswerTo(request, Admission{Outcome::kUnavailable});
    answer.reason = advice.error().message;
    return answer;
  });
}

AdmissionAnswer ReviewHandler::Validate(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [this](const AdmissionRequest& request, ReviewReader& reader) {
    return AnswerTo(request, AdviseOnAccount(request, reader));
  });
}

// What a pod gets by its account.
struct ReviewHandler::PodDecision {
  identity::ResolvedAccount account;  // null: its annotations say nothing
  identity::Mutation mutation;        // with the account's warnings before the pod's

  // Null: none.
  const identity::Identity* identity() const { return account && account->identity ? &*account->identity : nullptr; }
};

Result<ReviewHandler::PodDecision> ReviewHandler::Decide(const PodView& pod, const AdmissionRequest& request,
                                                         const ReviewReader& reader, base::SteadyTime deadline) const {
  Result<identity::ResolvedAccount> account =
      identities_.Find({request.namespace_name, pod.service_account_name}, deadline);
  if (!account.ok()) return UnknownIdentity(account.error());
  PodDecision decision{.account = *std::move(account), .mutation = {}};
  if (const identity::Identity* identity = decision.identity()) {
    // Only a pod that gets something; a pod template was checked when it was read.
    if (Status limits = reader.CheckLimits(); !limits.ok()) return std::move(limits).error();
    const auto config_maps = ReadConfigMaps(pod, request.namespace_name, config_maps_, deadline);
    if (!config_maps.ok()) return config_maps.error();
    decision.mutation = MutatePod(pod, *identity, settings_, *config_maps);
  } else {
    decision.mutation = CheckPodAnnotations(pod, settings_);
  }
  if (decision.account != nullptr) {
    std::vector<Warning>& warnings = decision.mutation.warnings;
    warnings.insert(warnings.begin(), decision.account->warnings.begin(), decision.account->warnings.end());
  }
  return decision;
}

Result<Admission> ReviewHandler::AdmitPod(const PodView& pod, const AdmissionRequest& request,
                                          const ReviewReader& reader, base::SteadyTime deadline) const {
  if (pod.is_mirror) return Admission{Outcome::kOutOfScope};
  Result<PodDecision> decision = Decide(pod, request, reader, deadline);
  if (!decision.ok()) return std::move(decision).error();
  identity::Mutation& mutation = decision->mutation;
  if (mutation.is_too_large) {
    return Error{ErrorCode::kTooLarge,
                 "the pod's patch would exceed " + std::to_string(identity::kMaxPatchBytes) + " bytes"};
  }
  const identity::Identity* identity = decision->identity();
  if (identity == nullptr) return Admission{.outcome = Outcome::kNoIdentity, .mutation = std::move(mutation)};
  return Admission{.outcome = mutation.patch.empty() ? Outcome::kUnchanged : Outcome::kMutated,
                   .role_arn = identity->role_arn,
                   .mutation = std::move(mutation)};
}

Result<Admission> ReviewHandler::AdviseOnWorkload(const AdmissionRequest& request, ReviewReader& reader,
                                                  base::SteadyTime deadline) const {
  const std::span<const std::string_view> path = PathOfTemplate(request);
  // A controller reads no warnings.
  if (path.empty() || !IsWriting(request) || IsController(request.user_name)) return Admission{Outcome::kOutOfScope};
  const Result<PodTemplateView> pods = reader.ReadPodTemplate(path);
  if (!pods.ok() || pods->opts_out) return Admission{Outcome::kOutOfScope};
  Result<PodDecision> decision = Decide(*pods->pod, request, reader, deadline);
  if (!decision.ok()) return std::move(decision).error();
  // Of the mutation, only what there is to be warned of is of use.
  Admission advice{.outcome = Outcome::kAdvised, .mutation = std::move(decision->mutation)};
  const std::string patch = std::exchange(advice.mutation.patch, {});
  if (const identity::Identity* identity = decision->identity()) {
    advice.role_arn = identity->role_arn;
    // Not of pods that bring all of it themselves, perhaps with another role.
    std::vector<Warning>& warnings = advice.mutation.warnings;
    if (!patch.empty()) warnings.insert(warnings.begin(), WillRunAs(*identity));
  }
  return advice;
}

Admission ReviewHandler::AdviseOnAccount(const AdmissionRequest& request, ReviewReader& reader) const {
  // A controller reads no warnings.
  if (!IsAccount(request) || !IsWriting(request) || IsController(request.user_name)) return {Outcome::kOutOfScope};
  const Result<std::span<const identity::Annotation>> annotations = reader.ReadAccountAnnotations();
  if (!annotations.ok()) return {Outcome::kOutOfScope};
  AccountIdentity account = ResolveIdentity({request.namespace_name, {}}, *annotations, settings_);
  return {.outcome = Outcome::kAdvised,
          .role_arn = account.identity ? account.identity->role_arn : std::string(),
          .mutation = {.warnings = std::move(account.warnings)}};
}

}  // namespace irsa::admission
