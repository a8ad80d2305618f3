#include "irsa/identity/rules/provider_setup.h"

#include <array>

namespace irsa::identity {
namespace {

// In the order in which SDKs look: web identity, then a relative URI, then a full one.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
constexpr std::string_view kIgnored = ", which SDKs ignore: they use the role";
constexpr std::array kRivalsOfWebIdentity = {
    RivalVariable{kRelativeUriVariable, WarningReason::kContainerCredentials, kIgnored},
    RivalVariable{kFullUriVariable, WarningReason::kContainerCredentials, kIgnored},
};
constexpr std::string_view kPreferred = ", which SDKs prefer to EKS Pod Identity";
constexpr std::array kRivalsOfPodIdentity = {
    RivalVariable{kTokenFileVariable, WarningReason::kOverridesPodIdentity, kPreferred},
    RivalVariable{kRelativeUriVariable, WarningReason::kOverridesPodIdentity, kPreferred},
};

}  // namespace

ProviderSetup SetupOf(const Identity& identity, const Settings& settings) {
  if (identity.method == Method::kWebIdentity) {
    return {.source_variable = kRoleArnVariable,
            .source = identity.role_arn,
            .token_file_variable = kTokenFileVariable,
            .volume_name = kTokenVolume,
            .mount_path = settings.token_mount_path,
            .token_path = kTokenFileName,
            .audience = identity.audience,
            .labels_pods = false,
            .rivals = kRivalsOfWebIdentity};
  }
  const ContainerCredentialsSettings& own = settings.container_credentials;
  return {.source_variable = kFullUriVariable,
          .source = own.full_uri,
          .token_file_variable = kAuthorizationTokenFileVariable,
          .volume_name = own.token_volume_name,
          .mount_path = own.token_mount_path,
          .token_path = own.token_path,
          .audience = identity.audience,
          .labels_pods = true,
          .rivals = kRivalsOfPodIdentity};
}

std::string TokenVolumeName(std::string_view volume_name, size_t number) {
  std::string name(volume_name);
  if (number > 1) name.append("-").append(std::to_string(number));
  return name;
}

}  // namespace irsa::identity
