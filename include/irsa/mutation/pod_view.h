// The part of a pod that the mutation reads, as plain values: whoever parses the pod fills it, and the mutation knows
// no parser. All string_views point into the parsed document, which must outlive the view.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "irsa/mutation/annotations.h"

namespace irsa::mutation {

struct MountView {
  std::string_view volume_name;
  std::string_view path;
};

// A list that is missing, null or empty in the document has a count of 0: the patch treats the three alike.
struct ContainerView {
  std::string_view name;
  size_t first_env = 0;
  size_t env_count = 0;
  size_t first_mount = 0;
  size_t mount_count = 0;
};

// Kept flat (all containers' variables in one list), so that a reader that is reused allocates nothing per container.
struct PodView {
  std::string_view service_account_name;  // "default" when the pod names none
  bool is_mirror = false;                 // has the annotation kubernetes.io/config.mirror
  bool is_windows = false;                // by spec.os.name or a node selector
  std::vector<Annotation> annotations;    // those under the prefix, in the document's order
  std::vector<ContainerView> init_containers;
  std::vector<ContainerView> containers;
  std::vector<std::string_view> env_names;
  std::vector<MountView> mounts;
  std::vector<std::string_view> volume_names;

  std::span<const std::string_view> Env(const ContainerView& container) const {
    return std::span(env_names).subspan(container.first_env, container.env_count);
  }
  std::span<const MountView> Mounts(const ContainerView& container) const {
    return std::span(mounts).subspan(container.first_mount, container.mount_count);
  }
};

}  // namespace irsa::mutation
