// What a pod is given, as JSON: written once for a pod, however many containers get it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/provider_setup.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::identity {

inline constexpr std::string_view kStsRegionalEndpointsVariable = "AWS_STS_REGIONAL_ENDPOINTS";
inline constexpr std::string_view kDefaultRegionVariable = "AWS_DEFAULT_REGION";
inline constexpr std::string_view kRegionVariable = "AWS_REGION";

// Items for a container's env and volumeMounts.
struct ContainerAdditions {
  std::string sts_regional_endpoints;  // empty when off
  std::string default_region;          // empty, as the next, when no region is set
  std::string region;
  std::string source;  // the provider's two variables
  std::string token_file;
  std::string mount;
};

// On Windows the token file is a path with a drive and backslashes; the mount path is the same everywhere.
ContainerAdditions MakeContainerAdditions(const Identity& identity, const Settings& settings,
                                          std::string_view volume_name, bool is_windows);

// The item for spec.volumes.
std::string TokenVolumeJson(std::string_view volume_name, const TokenView& token, std::chrono::seconds expiration);

}  // namespace irsa::identity
