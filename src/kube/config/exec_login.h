// The credential of an exec plug-in, for as long as it is good.
#pragma once

#include <optional>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/config/exec_credential.h"
#include "irsa/kube/config/exec_plugin_runner.h"

namespace irsa::kube {

// For one thread at a time.
class ExecLogin {
 public:
  // What is given outlives this object.
  ExecLogin(const ExecPluginRunner& runner, const base::Clock& clock) : runner_(runner), clock_(clock) {}

  // Runs the plug-in when there is no credential, when it has expired, or when it `is_refused` by the apiserver. Errors
  // are the runner's; a plug-in that failed is not run again for a minute, since it may ask a person each time. A
  // credential that has expired by this machine's clock when it comes is used for a minute: the apiserver decides.
  Status Refresh(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_refused);

  // Null when there is none, or it has expired and there is no other.
  const ExecCredential* credential() const { return credential_ ? &*credential_ : nullptr; }

 private:
  const ExecPluginRunner& runner_;
  const base::Clock& clock_;
  std::optional<ExecCredential> credential_;
  std::optional<base::SystemTime> good_until_;
  std::optional<Error> failure_;  // of the last run
  base::SteadyTime failed_at_;
};

}  // namespace irsa::kube
