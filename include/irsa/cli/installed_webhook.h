// How irsa runs in a cluster, as its Deployment says: an audit has to know the flags that decide what pods get.
#pragma once

#include <string>

#include "irsa/audit/installation_facts.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/mutation/settings.h"

namespace irsa::cli {

struct InstalledWebhook {
  audit::Installation installation;
  mutation::Settings settings;
};

// From a Deployment of apps/v1 whose container runs `irsa serve` (or `irsa controller`) with flags. kInvalid, saying
// which, when it does not, or when a flag cannot be understood.
base::Result<InstalledWebhook> ReadInstalledWebhook(const base::Json& deployment);

}  // namespace irsa::cli
