#include "irsa/admission/workload_handler.h"

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

// Where the workload has its pod template; empty for what is no workload.
std::span<const std::string_view> PathOfTemplate(const AdmissionRequest& request) {
  if (request.version != "v1" || !request.sub_resource.empty()) return {};
  if (request.operation != "CREATE" && request.operation != "UPDATE") return {};
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

}  // namespace

WorkloadHandler::WorkloadHandler(identity::Settings settings, identity::IdentitySource& identities,
                                 identity::ConfigMapSource* config_maps)
    : settings_(std::move(settings)),
      identities_(identities),
      config_maps_(config_maps),
      readers_(std::make_unique<ReaderPool>(settings_.annotation_prefix, LargeReviews::OfProcess(),
                                            config_maps == nullptr ? EnvFrom::kIgnored : EnvFrom::kRead)) {}

WorkloadHandler::~WorkloadHandler() = default;

AdmissionAnswer WorkloadHandler::Handle(std::string& review, base::SteadyTime deadline) const {
  return AnswerReview(*readers_, review, deadline, [&](const AdmissionRequest& request, ReviewReader& reader) {
    return Answer(request, reader, deadline);
  });
}

AdmissionAnswer WorkloadHandler::Answer(const AdmissionRequest& request, ReviewReader& reader,
                                        base::SteadyTime deadline) const {
  const std::span<const std::string_view> path = PathOfTemplate(request);
  // A controller reads no warnings.
  if (path.empty() || IsController(request.user_name)) return Admit(request, {Outcome::kOutOfScope});
  const Result<PodTemplateView> pods = reader.ReadPodTemplate(path);
  if (!pods.ok() || pods->opts_out) return Admit(request, {Outcome::kOutOfScope});
  const PodView& pod = *pods->pod;
  const auto unknown = [&request](const Error& why) {
    AdmissionAnswer answer = Admit(request, {Outcome::kUnavailable});
    answer.reason = why.message;
    return answer;
  };

  const auto found = identities_.Find({request.namespace_name, pod.service_account_name}, deadline);
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
