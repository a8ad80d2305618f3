// Which of the variables that matter a container has: by its env, and by its envFrom where that is respected.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/pod_view.h"

namespace irsa::identity {

// Whether a container sets a variable: for certain, or if something else exists.
struct VariableSetting {
  bool is_certain = false;
  OptionalSource optional_source = OptionalSource::kNone;

  void Add(const VariableView& variable) {
    if (variable.optional_source == OptionalSource::kNone)
      is_certain = true;
    else
      optional_source = variable.optional_source;
  }
};

// A key of a ConfigMap.
struct KeyReference {
  std::string_view config_map;  // empty: none
  std::string_view key;
};

struct ContainerEnvironment {
  uint32_t blocked = 0;  // a bit for each of the additions: those that the container is not to get
  bool source = false;   // of the provider's two
  bool token_file = false;
  VariableSetting access_key_id;
  VariableSetting profile;
  const RivalVariable* rival = nullptr;  // the first
  // Where a ConfigMap of envFrom carries one of the provider's two; none for what the container's env sets.
  std::array<KeyReference, 2> references = {};
  std::string_view unread;  // the first ConfigMap of envFrom that nobody knows; empty: none
};

// `config_maps`: nothing where envFrom is not to be looked at. Views into the arguments.
ContainerEnvironment ReadEnvironment(const PodView& pod, const ContainerView& container, const ProviderSetup& setup,
                                     const ContainerAdditions& additions,
                                     const std::optional<std::span<const ConfigMapKeys>>& config_maps);

}  // namespace irsa::identity
