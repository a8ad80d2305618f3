// What irsa adds to a pod, as JSON: written once per pod, for any number of containers.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/provider_setup.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::identity {

inline constexpr std::string_view kStsRegionalEndpointsVariable = "AWS_STS_REGIONAL_ENDPOINTS";
inline constexpr std::string_view kDefaultRegionVariable = "AWS_DEFAULT_REGION";
inline constexpr std::string_view kRegionVariable = "AWS_REGION";
inline constexpr std::string_view kUseFipsVariable = "AWS_USE_FIPS_ENDPOINT";
inline constexpr std::string_view kSessionNameVariable = "AWS_ROLE_SESSION_NAME";

// Whether a key of a ConfigMap, behind some prefix, names a variable that the mutation looks at.
bool MattersAsVariable(std::string_view key);

// A variable that a container gets unless it has one of that name.
struct VariableAddition {
  std::string_view name;
  std::string_view other_name;  // nor one of this; empty: it does not matter
  std::string json;             // the item for env
};

// Items for a container's env and volumeMounts.
struct ContainerAdditions {
  std::vector<VariableAddition> variables;  // in the order in which they are added
  size_t provider = 0;                      // where the provider's two begin: the source, then the token's file
  std::string mount;
  // The text of the pod's AWS config file, whose variable is the last one then; empty: it gets none.
  std::string config;
  bool session_name_does_not_fit = false;  // the pod's name may be too long for the account's template
};

// On Windows the token file is a path with a drive and backslashes; the mount path is the same everywhere.
ContainerAdditions MakeContainerAdditions(const Identity& identity, const Settings& settings,
                                          std::string_view volume_name, const PodView& pod);

// A variable whose value is a key of a ConfigMap, if that has it.
std::string ConfigMapVariableJson(std::string_view name, std::string_view config_map, std::string_view key);

// The item for spec.volumes; with `config_field`, which may be empty, the config file is made of that field of the pod.
std::string TokenVolumeJson(std::string_view volume_name, const TokenView& token, std::chrono::seconds expiration,
                            std::string_view config_field);

}  // namespace irsa::identity
