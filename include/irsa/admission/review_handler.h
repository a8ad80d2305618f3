// Turns reviews into answers: all of /mutate, /warn and /validate except HTTP.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_source.h"

namespace irsa::admission {

struct Admission;
class ReaderPool;

// Of large reviews, so many may wait for memory at once: each holds a thread that small reviews need.
inline constexpr size_t kMaxWaitingReviews = 2;

// Each answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader). They throw only for
// bugs, and when memory ends, and may be called from any thread at once. A large review that cannot be read in time is
// kUnavailable.
class ReviewHandler {
 public:
  // `identities` and `config_maps` outlive the handler. The latter may be null: then no ConfigMap is read.
  ReviewHandler(identity::Settings settings, identity::IdentitySource& identities,
                identity::ConfigMapSource* config_maps = nullptr);
  ~ReviewHandler();
  ReviewHandler(const ReviewHandler&) = delete;
  ReviewHandler& operator=(const ReviewHandler&) = delete;

  // For the CREATE of v1 Pods: gives the pod the identity of its account. kUnavailable as well when that cannot be
  // known.
  AdmissionAnswer Mutate(std::string& review, base::SteadyTime deadline) const;

  // For the CREATE and UPDATE of apps/v1 Deployments, StatefulSets, DaemonSets and ReplicaSets, batch/v1 Jobs and
  // CronJobs. Warnings about a pod reach its creator, which is usually a controller. So the workload's pod template is
  // checked as its pods will be. Never changes or refuses anything: an invalid template is left for the API to refuse,
  // and when an identity cannot be known there are no warnings.
  AdmissionAnswer Warn(std::string& review, base::SteadyTime deadline) const;

  // For the CREATE and UPDATE of v1 ServiceAccounts: nothing else reports a misspelled annotation before the account's
  // first pod runs without its role. Never changes or refuses anything, and sends no requests: an invalid account is
  // left for the API to refuse.
  AdmissionAnswer Validate(std::string& review, base::SteadyTime deadline) const;

 private:
  struct PodDecision;

  // Errors as AnswerTo takes them. kUnavailable when the pod's identity cannot be known.
  Result<PodDecision> Decide(const identity::PodView& pod, const AdmissionRequest& request, const ReviewReader& reader,
                             base::SteadyTime deadline) const;
  Result<Admission> AdmitPod(const identity::PodView& pod, const AdmissionRequest& request, const ReviewReader& reader,
                             base::SteadyTime deadline) const;
  Result<Admission> AdviseOnWorkload(const AdmissionRequest& request, ReviewReader& reader,
                                     base::SteadyTime deadline) const;
  Admission AdviseOnAccount(const AdmissionRequest& request, ReviewReader& reader) const;

  const identity::Settings settings_;
  identity::IdentitySource& identities_;
  identity::ConfigMapSource* const config_maps_;
  const std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
