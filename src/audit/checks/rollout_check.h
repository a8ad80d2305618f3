// Rollouts that do not get on: of irsa's own Deployment, while which replicas with the old version, flags or
// certificate serve, or too few do
// (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status); and of ReplicaSets whose
// pods were refused on account of irsa. These try again by themselves, but with pauses that double up to 17 minutes;
// any change of the object ends such a pause. In the mode `only` no attempt helps a pod that the identity policy leaves
// to a webhook. Pure.
#pragma once

#include <optional>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/objects.h"

namespace irsa::audit {

// Nothing while it goes on, and once it is over.
std::optional<Finding> CheckRollout(const RolloutFacts& rollout);

// Nothing for one that gets its pods, or that lacks them for another reason. `mode`: what gives pods their identity,
// where that is known.
std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation,
                                       const identity::Settings& settings, std::optional<Mode> mode);

}  // namespace irsa::audit
