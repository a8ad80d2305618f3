// What irsa adds to a pod: names and values by the method that its account uses, and their JSON, which is written once
// per pod, for any number of containers.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

inline constexpr std::string_view kRoleArnVariable = "AWS_ROLE_ARN";
inline constexpr std::string_view kTokenFileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE";
inline constexpr std::string_view kFullUriVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
inline constexpr std::string_view kRelativeUriVariable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
inline constexpr std::string_view kAuthorizationTokenFileVariable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

// Which SDKs prefer to both.
inline constexpr std::string_view kAccessKeyIdVariable = "AWS_ACCESS_KEY_ID";
inline constexpr std::string_view kProfileVariable = "AWS_PROFILE";

// Of web identity: the volume's first name, and the token's name in it.
inline constexpr std::string_view kTokenVolume = "aws-iam-token";
inline constexpr std::string_view kTokenFileName = "token";

// A variable of another of the SDKs' credential providers.
struct RivalVariable {
  std::string_view name;
  WarningReason reason;
  std::string_view effect;  // follows "container NAME sets VARIABLE"
};

// What a pod needs for its SDKs to get credentials. Both methods add a token and two variables, and differ only in
// names and values: all code that mutates or checks a pod works from this. Views into the identity and the settings it
// was made from.
struct ProviderSetup {
  std::string_view source_variable;  // where the credentials are to come from, and
  std::string_view source;           // what it is set to: a role's ARN, or the URI of the agent
  std::string_view token_file_variable;
  std::string_view volume_name;  // the first that is tried
  std::string_view mount_path;
  std::string_view token_path;  // in the volume
  std::string_view audience;
  bool labels_pods = false;
  std::span<const RivalVariable> rivals;
};

ProviderSetup SetupOf(const Identity& identity, const Settings& settings);

// The names that the token's volume may have: the first that no other volume has. The identity policy has the same
// list.
inline constexpr size_t kMaxTokenVolumes = 10;

// The name's `number`-th form, from 1: "aws-iam-token", "aws-iam-token-2", …
std::string TokenVolumeName(std::string_view volume_name, size_t number);

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
