// How the rollout of irsa's own Deployment goes. Until it is over, replicas with the old version, flags or certificate
// serve, or too few do. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
#pragma once

#include <optional>

#include "irsa/audit/facts/installation_facts.h"

namespace irsa::audit {

// Nothing while it goes on, and once it is over.
std::optional<Finding> CheckRollout(const RolloutFacts& rollout);

}  // namespace irsa::audit
