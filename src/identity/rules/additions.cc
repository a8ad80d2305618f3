#include "irsa/identity/rules/additions.h"

#include <algorithm>
#include <array>

#include "irsa/base/json.h"
#include "irsa/identity/rules/profiles.h"
#include "irsa/identity/rules/session_name.h"

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

constexpr size_t kUsualVariables = 5;

// All that is added, is a rival, or is warned of by pod_mutator.cc.
constexpr std::array kVariables = {kStsRegionalEndpointsVariable,
                                   kDefaultRegionVariable,
                                   kRegionVariable,
                                   kUseFipsVariable,
                                   kSessionNameVariable,
                                   kPodNameVariable,
                                   kConfigFileVariable,
                                   kRoleArnVariable,
                                   kTokenFileVariable,
                                   kFullUriVariable,
                                   kRelativeUriVariable,
                                   kAuthorizationTokenFileVariable,
                                   kAccessKeyIdVariable,
                                   kProfileVariable};

std::string FileBesideToken(const ProviderSetup& setup, std::string_view name, bool is_windows) {
  std::string path;
  path.append(setup.mount_path).append("/").append(name);
  if (!is_windows) return path;
  std::replace(path.begin(), path.end(), '/', '\\');
  return "C:" + path;
}

std::string VariableJson(std::string_view name, std::string_view value) {
  std::string json;
  json.reserve(name.size() + value.size() + 24);  // the rest, if nothing is escaped
  json.append(R"({"name":")").append(name).append(R"(","value":)");
  base::AppendJsonString(value, json);
  json.append("}");
  return json;
}

// From the downward API.
std::string PodNameJson() {
  std::string json = R"({"name":")";
  json.append(kPodNameVariable).append(R"(","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}})");
  return json;
}

std::string MountJson(std::string_view volume_name, std::string_view path) {
  std::string json = R"({"name":")";
  json.append(volume_name).append(R"(","readOnly":true,"mountPath":)");
  base::AppendJsonString(path, json);
  json.append("}");
  return json;
}

// Whether the token's volume makes the config file, or is still to be added, so that it will.
bool MayHaveConfigFile(const PodView& pod, std::string_view volume_name, const ProviderSetup& setup,
                       const Settings& settings) {
  const auto volume = std::find_if(pod.volumes.begin(), pod.volumes.end(),
                                   [volume_name](const VolumeView& each) { return each.name == volume_name; });
  if (volume == pod.volumes.end()) return true;
  const std::string_view file = ConfigFileName(setup.token_path);
  const std::string field = ConfigFileField(settings.annotation_prefix);
  const auto files = pod.FieldFiles(*volume);
  return std::any_of(files.begin(), files.end(),
                     [&](const FieldFileView& each) { return each.path == file && each.field == field; });
}

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

bool MattersAsVariable(std::string_view key) {
  return !key.empty() && std::any_of(kVariables.begin(), kVariables.end(),
                                     [key](std::string_view variable) { return variable.ends_with(key); });
}

ContainerAdditions MakeContainerAdditions(const Identity& identity, const Settings& settings,
                                          std::string_view volume_name, const PodView& pod) {
  const ProviderSetup setup = SetupOf(identity, settings);
  ContainerAdditions additions;
  std::vector<VariableAddition>& variables = additions.variables;
  variables.reserve(kUsualVariables);
  const auto add = [&variables](std::string_view name, std::string_view value, std::string_view other_name = {}) {
    variables.push_back({name, other_name, VariableJson(name, value)});
  };
  if (identity.regional_sts) add(kStsRegionalEndpointsVariable, "regional");
  const std::string& region = identity.region.empty() ? settings.default_region : identity.region;
  if (!region.empty()) {
    add(kDefaultRegionVariable, region, kRegionVariable);
    add(kRegionVariable, region, kDefaultRegionVariable);
  }
  if (identity.use_fips) add(kUseFipsVariable, "true");
  additions.provider = variables.size();
  add(setup.source_variable, setup.source);
  const std::string token_file = FileBesideToken(setup, setup.token_path, pod.is_windows);
  add(setup.token_file_variable, token_file);
  if (!identity.session_name.empty()) {
    const PodSessionName session = SessionNameFor(identity.session_name, pod.longest_name);
    if (session.needs_pod_name) variables.push_back({kPodNameVariable, kSessionNameVariable, PodNameJson()});
    add(kSessionNameVariable, session.value);
    additions.session_name_does_not_fit = session.does_not_fit;
  }
  if (!identity.profiles.empty() && MayHaveConfigFile(pod, volume_name, setup, settings)) {
    additions.config = ConfigFileText(identity, token_file);
    // A container that says itself who it is stays so: some SDKs look into the file before they look at its variables.
    add(kConfigFileVariable, FileBesideToken(setup, ConfigFileName(setup.token_path), pod.is_windows),
        setup.source_variable);
  }
  additions.mount = MountJson(volume_name, setup.mount_path);
  return additions;
}

std::string ConfigMapVariableJson(std::string_view name, std::string_view config_map, std::string_view key) {
  std::string json = R"({"name":")";
  json.append(name).append(R"(","valueFrom":{"configMapKeyRef":{"name":)");
  base::AppendJsonString(config_map, json);
  json.append(R"(,"key":)");
  base::AppendJsonString(key, json);
  json.append(R"(,"optional":true}}})");
  return json;
}

std::string TokenVolumeJson(std::string_view volume_name, const TokenView& token, std::chrono::seconds expiration,
                            std::string_view config_field) {
  std::string json = R"({"name":")";
  json.append(volume_name).append(R"(","projected":{"sources":[{"serviceAccountToken":{"audience":)");
  base::AppendJsonString(token.audience, json);
  json.append(R"(,"expirationSeconds":)").append(std::to_string(expiration.count()));
  json.append(R"(,"path":)");
  base::AppendJsonString(token.path, json);
  json.append("}}");
  if (!config_field.empty()) {
    json.append(R"(,{"downwardAPI":{"items":[{"path":")").append(ConfigFileName(token.path));
    json.append(R"(","fieldRef":{"fieldPath":)");
    base::AppendJsonString(config_field, json);
    json.append("}}]}}");
  }
  json.append("]}}");
  return json;
}

}  // namespace irsa::identity
