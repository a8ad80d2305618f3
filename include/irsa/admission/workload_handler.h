// Turns the review of a workload into warnings for the user who applies it: all of /warn except HTTP.
//
// Warnings about a pod reach its creator, which is usually a controller. So the workload's pod template is checked as
// its pods will be.
#pragma once

#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/config_map_source.h"
#include "irsa/identity/sources/identity_source.h"

namespace irsa::admission {

class ReaderPool;
class ReviewReader;
struct AdmissionRequest;

// For the CREATE and UPDATE of apps/v1 Deployments, StatefulSets, DaemonSets and ReplicaSets, batch/v1 Jobs and
// CronJobs. Never changes or refuses anything: an invalid template is left for the API to refuse, and when an identity
// cannot be known there are no warnings. kUnavailable only for a large review that cannot be read in time.
//
// May be called from any thread at once.
class WorkloadHandler {
 public:
  // `identities` and `config_maps` outlive the handler. The latter may be null: then no ConfigMap is read.
  WorkloadHandler(identity::Settings settings, identity::IdentitySource& identities,
                  identity::ConfigMapSource* config_maps = nullptr);
  ~WorkloadHandler();
  WorkloadHandler(const WorkloadHandler&) = delete;
  WorkloadHandler& operator=(const WorkloadHandler&) = delete;

  // Answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader). Throws only for bugs, and
  // when memory ends.
  AdmissionAnswer Handle(std::string& review, base::SteadyTime deadline) const;

 private:
  AdmissionAnswer Answer(const AdmissionRequest& request, ReviewReader& reader, base::SteadyTime deadline) const;

  const identity::Settings settings_;
  identity::IdentitySource& identities_;
  identity::ConfigMapSource* const config_maps_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
