#include "irsa/identity/rules/additions.h"

#include <algorithm>

#include "irsa/base/json.h"

namespace irsa::identity {
namespace {

std::string TokenFile(const ProviderSetup& setup, bool is_windows) {
  std::string path;
  path.append(setup.mount_path).append("/").append(setup.token_path);
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

std::string MountJson(std::string_view volume_name, std::string_view path) {
  std::string json = R"({"name":")";
  json.append(volume_name).append(R"(","readOnly":true,"mountPath":)");
  base::AppendJsonString(path, json);
  json.append("}");
  return json;
}

}  // namespace

ContainerAdditions MakeContainerAdditions(const Identity& identity, const Settings& settings,
                                          std::string_view volume_name, bool is_windows) {
  const ProviderSetup setup = SetupOf(identity, settings);
  ContainerAdditions additions;
  if (identity.regional_sts) {
    additions.sts_regional_endpoints = VariableJson(kStsRegionalEndpointsVariable, "regional");
  }
  if (!settings.default_region.empty()) {
    additions.default_region = VariableJson(kDefaultRegionVariable, settings.default_region);
    additions.region = VariableJson(kRegionVariable, settings.default_region);
  }
  additions.source = VariableJson(setup.source_variable, setup.source);
  additions.token_file = VariableJson(setup.token_file_variable, TokenFile(setup, is_windows));
  additions.mount = MountJson(volume_name, setup.mount_path);
  return additions;
}

std::string TokenVolumeJson(std::string_view volume_name, const TokenView& token, std::chrono::seconds expiration) {
  std::string json = R"({"name":")";
  json.append(volume_name).append(R"(","projected":{"sources":[{"serviceAccountToken":{"audience":)");
  base::AppendJsonString(token.audience, json);
  json.append(R"(,"expirationSeconds":)").append(std::to_string(expiration.count()));
  json.append(R"(,"path":)");
  base::AppendJsonString(token.path, json);
  json.append("}}]}}");
  return json;
}

}  // namespace irsa::identity
