// What the operator chose, as far as it decides how a pod is mutated. Validated by whoever fills it (the command line).
#pragma once

#include <chrono>
#include <string>

namespace irsa::mutation {

struct Settings {
  std::string annotation_prefix = "eks.amazonaws.com";  // without the slash
  std::string token_audience = "sts.amazonaws.com";
  std::string token_mount_path = "/var/run/secrets/eks.amazonaws.com/serviceaccount";  // absolute, no slash at its end
  std::chrono::seconds token_expiration{86400};  // kMinTokenExpiration to kMaxTokenExpiration (identity.h)
  std::string default_region;                    // empty: none is injected
  bool regional_sts = false;
};

}  // namespace irsa::mutation
