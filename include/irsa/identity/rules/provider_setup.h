// What a pod needs for its SDKs to get credentials. Both methods add a token and two variables, and differ only in
// names and values: all code that mutates or checks a pod works from this.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "irsa/identity/rules/identity.h"
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

// Views into the identity and the settings it was made from.
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

}  // namespace irsa::identity
