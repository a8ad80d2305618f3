#include "irsa/identity/sources/config_map_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/identity/rules/additions.h"

namespace irsa::identity {

Result<std::vector<ConfigMapKeys>> ReadConfigMaps(const PodView& pod, std::string_view namespace_name,
                                                  ConfigMapSource* source, base::SteadyTime deadline) {
  std::vector<ConfigMapKeys> config_maps;
  if (source == nullptr) return config_maps;
  for (const EnvironmentSourceView& each : pod.sources) {
    if (std::ranges::find(config_maps, each.config_map, &ConfigMapKeys::name) != config_maps.end()) continue;
    if (config_maps.size() == kMaxConfigMapsOfPod) break;
    Result<ConfigMapKeys> read = source->Read(namespace_name, each.config_map, deadline);
    if (!read.ok()) return std::move(read).error();
    config_maps.push_back(*std::move(read));
  }
  return config_maps;
}

ConfigMapKeys KeysOf(std::string_view name, const base::Json& config_map) {
  ConfigMapKeys keys{.name = std::string(name), .is_read = true};
  const base::Json* data = base::FindMember(config_map, "data");
  if (data == nullptr || !data->is_object()) return keys;
  for (const auto& [key, value] : data->get_ref<const base::Json::object_t&>()) {
    if (MattersAsVariable(key)) keys.keys.push_back(key);
  }
  return keys;
}

}  // namespace irsa::identity
