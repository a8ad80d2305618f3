// What a pod gets in its metadata: the label of EKS Pod Identity, and the text of its AWS config file.
#pragma once

#include <string_view>

#include "irsa/identity/rules/pod_view.h"

#include "patch_builder.h"

namespace irsa::identity {

struct MetadataAdditions {
  bool has_label = false;
  std::string_view annotation_prefix;
  std::string_view config;  // empty: none
};

// What is to be added, the pod has not.
void PatchMetadata(const PodView& pod, const MetadataAdditions& additions, PatchBuilder& patch);

}  // namespace irsa::identity
