// A service account of a live cluster, for `irsa explain`: the token and the role that the webhook would give its pods.
#pragma once

#include <string>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/account_requests.h"
#include "irsa/kube/api/api_server.h"

#include "provider_registry.h"

namespace irsa::cli {

struct LiveAccount {
  std::string token;
  std::string role_arn;
  std::vector<std::string> notices;  // of its annotations
};

// `role_arn`, where not empty, is taken in place of the annotation. kNotFound when there is neither, with the
// annotations that were probably meant.
Result<LiveAccount> ReadLiveAccount(kube::ApiServer& server, const kube::AccountReference& account,
                                    const std::string& role_arn, const identity::Settings& settings,
                                    base::SteadyTime deadline);

// From /.well-known/openid-configuration and /openid/v1/jwks, which need the role
// system:service-account-issuer-discovery.
Result<ClusterIssuer> ReadClusterIssuer(kube::ApiServer& server, base::SteadyTime deadline);

}  // namespace irsa::cli
