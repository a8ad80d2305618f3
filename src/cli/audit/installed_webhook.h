// How irsa is installed in a cluster: an audit has to know the flags that decide what pods get.
#pragma once

#include <string>

#include "irsa/audit/facts/installation_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::cli {

struct InstalledWebhook {
  audit::Installation installation;
  identity::Settings settings;
  std::string note = {};  // where no Deployment says it, for people: why not, and what was taken instead
};

// From a Deployment of apps/v1 whose container runs `irsa serve` (or `irsa controller`) with flags. kInvalid, saying
// which, when it does not, or when a flag cannot be understood.
Result<InstalledWebhook> ReadInstalledWebhook(const base::Json& deployment);

struct DeploymentName {
  std::string namespace_name;
  std::string name;
  bool is_given = false;  // by a person; otherwise another one that has irsa's label does as well
};

// As its Deployment says. Where it does not exist, or does not say, the settings are those of the identity policy's
// variables, and without a policy the defaults; the objects are then named after the Deployment. kUnavailable when the
// apiserver cannot be asked at all.
Result<InstalledWebhook> FindInstalledWebhook(kube::ApiServer& server, const base::Clock& clock,
                                              const DeploymentName& deployment);

}  // namespace irsa::cli
