// The ConfigMaps that containers take variables from by envFrom (--respect-env-from), as far as they matter.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace irsa::identity {

struct ConfigMapKeys {
  std::string name;                    // in the pod's namespace
  bool is_read = false;                // false: nobody knows what is in it
  std::vector<std::string> keys = {};  // those that MattersAsVariable is true of; none if there is no such ConfigMap

  bool operator==(const ConfigMapKeys&) const = default;
};

// Whether a key, behind some prefix, names a variable that the mutation looks at.
bool MattersAsVariable(std::string_view key);

}  // namespace irsa::identity
