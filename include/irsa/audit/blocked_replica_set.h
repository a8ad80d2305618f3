// ReplicaSets whose pods were refused on account of irsa. They try again by themselves, but with pauses that double up
// to 17 minutes; any change of the object ends such a pause. Pure.
#pragma once

#include <optional>

#include "irsa/audit/finding.h"
#include "irsa/audit/installation_facts.h"
#include "irsa/kube/object_view.h"

namespace irsa::audit {

// Nothing for one that gets its pods, or that lacks them for another reason.
std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation);

}  // namespace irsa::audit
