// What STS would know of a role and its issuer, as `irsa explain` is told it: by single options or a configuration of
// `irsa sts`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/oidc/jwt.h"
#include "irsa/sts/assume_role_check.h"

#include "explain_options.h"

namespace irsa::cli {

// An issuer as its own cluster describes it, for want of anything better.
struct ClusterIssuer {
  std::string issuer;
  std::shared_ptr<const oidc::JwkSet> keys;
};

struct Registry {
  std::vector<sts::Provider> providers;
  sts::KeySetResult keys;                        // of the token's issuer
  std::optional<iam::TrustPolicy> trust_policy;  // nullopt: there is no such role
  std::vector<std::string> notices;              // what to know about the answer
};

// Fetches keys only when the token's issuer is among the providers of the role's account; that they cannot be fetched
// is an answer, in `keys`. Errors are those of files. `token` null: it could not be read; `cluster` null: none was
// asked.
Result<Registry> MakeRegistry(const ExplainOptions& options, const oidc::Jwt* token, const std::string& role_arn,
                              const ClusterIssuer* cluster);

}  // namespace irsa::cli
