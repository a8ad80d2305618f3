// Turns the review of a pod into its answer: all of /mutate except HTTP.
#pragma once

#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/config_map_source.h"
#include "irsa/identity/sources/identity_source.h"

namespace irsa::admission {

struct Admission;
class ReaderPool;

// May be called from any thread at once.
class PodHandler {
 public:
  // `identities` and `config_maps` outlive the handler. The latter may be null: then no ConfigMap is read.
  PodHandler(identity::Settings settings, identity::IdentitySource& identities,
             identity::ConfigMapSource* config_maps = nullptr);
  ~PodHandler();
  PodHandler(const PodHandler&) = delete;
  PodHandler& operator=(const PodHandler&) = delete;

  // Answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader). Throws only for bugs, and
  // when memory ends.
  AdmissionAnswer Handle(std::string& review, base::SteadyTime deadline) const;

 private:
  // `account` becomes the name of the pod's, once it is read.
  Result<Admission> Decide(const AdmissionRequest& request, ReviewReader& reader, base::SteadyTime deadline,
                           std::string& account) const;

  identity::Settings settings_;
  identity::IdentitySource& identities_;
  identity::ConfigMapSource* const config_maps_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
