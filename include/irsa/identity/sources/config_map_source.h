// Where the ConfigMaps of containers' envFrom are read (--respect-env-from).
#pragma once

#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/pod_view.h"

namespace irsa::identity {

// Implementations may be called from any thread at once.
class ConfigMapSource {
 public:
  virtual ~ConfigMapSource() = default;

  // Not read where it may not be, or not by `deadline`. kUnavailable when that is for others who ask: the caller then
  // had better come again.
  virtual Result<ConfigMapKeys> Read(std::string_view namespace_name, std::string_view name,
                                     base::SteadyTime deadline) = 0;
};

// Of one pod; it may name as many as it has room for.
inline constexpr size_t kMaxConfigMapsOfPod = 16;

// Those of the pod's envFrom, each once; after the first kMaxConfigMapsOfPod none is read, and without a source none at
// all.
Result<std::vector<ConfigMapKeys>> ReadConfigMaps(const PodView& pod, std::string_view namespace_name,
                                                  ConfigMapSource* source, base::SteadyTime deadline);

// What of a ConfigMap matters.
ConfigMapKeys KeysOf(std::string_view name, const base::Json& config_map);

}  // namespace irsa::identity
