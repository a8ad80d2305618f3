// Identities as the ConfigMap of the established webhook has them: JSON, "namespace/name" of a service account to
// {"RoleARN", "Audience", "UseRegionalSTS", "TokenExpiration"}; the namespace * stands for every one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/kube/identity_index.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

inline constexpr std::string_view kAnyNamespace = "*";
inline constexpr size_t kMaxConfigMapBytes = 2 << 20;  // the apiserver takes 1 MiB

struct ConfigMapEntries {
  IdentityIndex index;               // kAnyNamespace is a namespace like any other
  std::vector<std::string> skipped;  // of each bad entry: which it is, and what is wrong with it
};

// All entries that are good; each has an identity, and the warnings that annotations give. One with a RoleARN that is
// too long is bad, with an Audience that is too long good. Fields' names match in any case, as in Go; what is left out
// is as `settings` say, and so is a TokenExpiration of 0. kMalformed, kInvalid or kTooLarge for a text that is no JSON
// object.
base::Result<ConfigMapEntries> ReadConfigMapEntries(std::string_view text, const mutation::Settings& settings);

}  // namespace irsa::kube
