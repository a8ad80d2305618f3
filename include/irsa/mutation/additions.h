// What a pod is given, as JSON: written once for a pod, however many containers get it.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "irsa/mutation/identity.h"
#include "irsa/mutation/settings.h"

namespace irsa::mutation {

inline constexpr std::string_view kTokenVolume = "aws-iam-token";
// The volume's names: the first that no other volume has. The identity policy has the same list.
inline constexpr std::array<std::string_view, 10> kTokenVolumeNames = {
    kTokenVolume,      "aws-iam-token-2", "aws-iam-token-3", "aws-iam-token-4", "aws-iam-token-5",
    "aws-iam-token-6", "aws-iam-token-7", "aws-iam-token-8", "aws-iam-token-9", "aws-iam-token-10"};
// The token's name in the volume.
inline constexpr std::string_view kTokenFileName = "token";

inline constexpr std::string_view kStsRegionalEndpointsVariable = "AWS_STS_REGIONAL_ENDPOINTS";
inline constexpr std::string_view kDefaultRegionVariable = "AWS_DEFAULT_REGION";
inline constexpr std::string_view kRegionVariable = "AWS_REGION";
inline constexpr std::string_view kRoleArnVariable = "AWS_ROLE_ARN";
inline constexpr std::string_view kTokenFileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE";

// Items for a container's env and volumeMounts.
struct ContainerAdditions {
  std::string sts_regional_endpoints;  // empty when off
  std::string default_region;          // empty, as the next, when no region is set
  std::string region;
  std::string role_arn;
  std::string token_file;
  std::string mount;
};

// On Windows the token file is a path with a drive and backslashes; the mount path is the same everywhere.
ContainerAdditions MakeContainerAdditions(const Identity& identity, const Settings& settings,
                                          std::string_view volume_name, bool is_windows);

// The item for spec.volumes.
std::string TokenVolumeJson(std::string_view volume_name, std::string_view audience, std::chrono::seconds expiration);

}  // namespace irsa::mutation
