// How the rollout of irsa's own Deployment goes. Until it is over, replicas with the old version, flags or certificate
// serve, or too few do. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "irsa/audit/finding.h"
#include "irsa/base/json.h"

namespace irsa::audit {

struct RolloutFacts {
  ObjectName deployment;
  std::string selector;  // of its pods, as kubectl takes it: "app=irsa,tier=x"
  int64_t desired = 1;
  int64_t updated = 0;       // replicas of the current template
  int64_t available = 0;     // of any
  bool is_observed = false;  // the controller has seen the current template
  bool is_paused = false;
  bool is_late = false;                // no progress for progressDeadlineSeconds
  std::optional<std::string> refusal;  // why pods cannot be created
};

RolloutFacts ReadRollout(const base::Json& deployment);

// Nothing while it goes on, and once it is over.
std::optional<Finding> CheckRollout(const RolloutFacts& rollout);

}  // namespace irsa::audit
