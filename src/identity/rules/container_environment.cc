#include "container_environment.h"

#include <algorithm>
#include <string>

#include "irsa/identity/rules/session_name.h"

namespace irsa::identity {
namespace {

// Told from others without a call, since most variables of most pods are others.
bool MayMatter(std::string_view name) {
  return name.starts_with("AWS_") || (name.size() == kPodNameVariable.size() && name == kPodNameVariable);
}

// Of one that may matter.
void Note(const VariableView& variable, const ProviderSetup& setup, const ContainerAdditions& additions,
          ContainerEnvironment& found) {
  const std::string_view name = variable.name;
  uint32_t bit = 1;
  for (const VariableAddition& addition : additions.variables) {
    if (name == addition.name || name == addition.other_name) found.blocked |= bit;
    bit <<= 1;
  }
  if (name == kAccessKeyIdVariable) found.access_key_id.Add(variable);
  if (name == kProfileVariable) found.profile.Add(variable);
  if (found.rival != nullptr) return;
  for (const RivalVariable& rival : setup.rivals) {
    if (name == rival.name) found.rival = &rival;
  }
}

const ConfigMapKeys* FindRead(std::span<const ConfigMapKeys> config_maps, std::string_view name) {
  const auto found = std::find_if(config_maps.begin(), config_maps.end(),
                                  [name](const ConfigMapKeys& each) { return each.name == name; });
  return found == config_maps.end() || !found->is_read ? nullptr : &*found;
}

// What the container sets itself comes first: the kubelet prefers it to envFrom, and the last of several sources.
void NoteSources(std::span<const EnvironmentSourceView> sources, std::span<const ConfigMapKeys> config_maps,
                 const ProviderSetup& setup, const ContainerAdditions& additions, ContainerEnvironment& found) {
  const uint32_t set_by_itself = found.blocked;
  std::string name;
  for (const EnvironmentSourceView& source : sources) {
    const ConfigMapKeys* read = FindRead(config_maps, source.config_map);
    if (read == nullptr) {
      if (found.unread.empty()) found.unread = source.config_map;
      continue;
    }
    for (const std::string& key : read->keys) {
      name.assign(source.prefix).append(key);
      if (!MayMatter(name)) continue;
      Note({.name = name}, setup, additions, found);
      for (size_t i = 0; i < found.references.size(); ++i) {
        const size_t place = additions.provider + i;
        if (name == additions.variables[place].name && (set_by_itself >> place & 1) == 0) {
          found.references[i] = {source.config_map, key};
        }
      }
    }
  }
}

}  // namespace

ContainerEnvironment ReadEnvironment(const PodView& pod, const ContainerView& container, const ProviderSetup& setup,
                                     const ContainerAdditions& additions,
                                     const std::optional<std::span<const ConfigMapKeys>>& config_maps) {
  ContainerEnvironment found;
  for (const VariableView& variable : pod.Env(container)) {
    if (MayMatter(variable.name)) Note(variable, setup, additions, found);
  }
  if (config_maps && container.source_count > 0) {
    NoteSources(pod.Sources(container), *config_maps, setup, additions, found);
  }
  found.source = (found.blocked >> additions.provider & 1) != 0;
  found.token_file = (found.blocked >> (additions.provider + 1) & 1) != 0;
  return found;
}

}  // namespace irsa::identity
