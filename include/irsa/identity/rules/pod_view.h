// The part of a pod that the mutation reads, as plain values: the parser fills it in, so the mutation depends on no
// parser. All string_views point into the parsed document, which must outlive the view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/annotations.h"

namespace irsa::identity {

// The label that pods with EKS Pod Identity carry, whatever the prefix of the annotations, and its value.
inline constexpr std::string_view kPodIdentityLabel = "eks.amazonaws.com/pod-identity";
inline constexpr std::string_view kPodIdentityLabelValue = "enabled";

// Where a variable's value comes from, if it may be missing there: then the kubelet leaves out the variable.
enum class OptionalSource : uint8_t { kNone, kSecret, kConfigMap };

struct VariableView {
  std::string_view name;
  OptionalSource optional_source = OptionalSource::kNone;
};

struct MountView {
  std::string_view volume_name;
  std::string_view path;
  bool is_read_only = false;
};

// A service account token that a volume projects.
struct TokenView {
  std::string_view audience;  // empty: the apiserver's own
  std::string_view path;
};

// A file that a volume makes of one of the pod's fields, by the downward API.
struct FieldFileView {
  std::string_view field;  // "metadata.annotations['example.org/a']"
  std::string_view path;
};

struct VolumeView {
  std::string_view name;
  bool is_read_only = false;  // by its kind, however it is mounted: projected, secret, configMap, downwardAPI
  size_t first_token = 0;
  size_t token_count = 0;
  size_t first_field_file = 0;  // read only of volumes with a token that has an audience
  size_t field_file_count = 0;
};

// A ConfigMap of a container's envFrom, of which each key becomes a variable behind the prefix.
struct EnvironmentSourceView {
  std::string_view config_map;
  std::string_view prefix;
};

// A list that is missing, null or empty in the document has a count of 0: the patch treats the three alike.
struct ContainerView {
  std::string_view name;
  size_t first_env = 0;
  size_t env_count = 0;
  size_t first_mount = 0;
  size_t mount_count = 0;
  size_t first_source = 0;
  size_t source_count = 0;
};

// What is known of a ConfigMap of envFrom.
struct ConfigMapKeys {
  std::string name;                    // in the pod's namespace
  bool is_read = false;                // false: nobody knows what is in it
  std::vector<std::string> keys = {};  // those that MattersAsVariable is true of; none if there is no such ConfigMap

  bool operator==(const ConfigMapKeys&) const = default;
};

// Kept flat (all containers' variables in one list), so that a reader that is reused allocates nothing per container.
struct PodView {
  std::string_view service_account_name;  // "default" when the pod names none
  size_t longest_name = 0;    // of the pod, in bytes: what is generated counts as long as it may get; 0: not known
  bool is_mirror = false;     // has the annotation kubernetes.io/config.mirror
  bool is_windows = false;    // by spec.os.name, a node selector or the required node affinity
  bool has_metadata = false;  // an object, as the next: null counts as missing
  bool has_labels = false;
  bool has_annotations = false;
  std::optional<std::string_view> pod_identity_label;
  std::vector<Annotation> annotations;  // those under the prefix, in the document's order
  std::vector<ContainerView> init_containers;
  std::vector<ContainerView> containers;
  std::vector<VariableView> variables;
  std::vector<MountView> mounts;
  std::vector<EnvironmentSourceView> sources;  // read only for settings that respect them
  std::vector<VolumeView> volumes;
  std::vector<TokenView> tokens;
  std::vector<FieldFileView> field_files;

  std::span<const VariableView> Env(const ContainerView& container) const {
    return std::span(variables).subspan(container.first_env, container.env_count);
  }
  std::span<const MountView> Mounts(const ContainerView& container) const {
    return std::span(mounts).subspan(container.first_mount, container.mount_count);
  }
  std::span<const EnvironmentSourceView> Sources(const ContainerView& container) const {
    return std::span(sources).subspan(container.first_source, container.source_count);
  }
  std::span<const TokenView> Tokens(const VolumeView& volume) const {
    return std::span(tokens).subspan(volume.first_token, volume.token_count);
  }
  std::span<const FieldFileView> FieldFiles(const VolumeView& volume) const {
    return std::span(field_files).subspan(volume.first_field_file, volume.field_file_count);
  }
};

}  // namespace irsa::identity
