#include "irsa/mutation/additions.h"

#include <algorithm>

#include "irsa/base/json.h"

namespace irsa::mutation {
namespace {

std::string TokenFile(const Settings& settings, bool is_windows) {
  std::string path = settings.token_mount_path + "/" + std::string(kTokenFileName);
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
  ContainerAdditions additions;
  if (identity.regional_sts) {
    additions.sts_regional_endpoints = VariableJson(kStsRegionalEndpointsVariable, "regional");
  }
  if (!settings.default_region.empty()) {
    additions.default_region = VariableJson(kDefaultRegionVariable, settings.default_region);
    additions.region = VariableJson(kRegionVariable, settings.default_region);
  }
  additions.role_arn = VariableJson(kRoleArnVariable, identity.role_arn);
  additions.token_file = VariableJson(kTokenFileVariable, TokenFile(settings, is_windows));
  additions.mount = MountJson(volume_name, settings.token_mount_path);
  return additions;
}

std::string TokenVolumeJson(std::string_view volume_name, std::string_view audience, std::chrono::seconds expiration) {
  std::string json = R"({"name":")";
  json.append(volume_name).append(R"(","projected":{"sources":[{"serviceAccountToken":{"audience":)");
  base::AppendJsonString(audience, json);
  json.append(R"(,"expirationSeconds":)").append(std::to_string(expiration.count()));
  json.append(R"(,"path":")").append(kTokenFileName).append(R"("}}]}})");
  return json;
}

}  // namespace irsa::mutation
