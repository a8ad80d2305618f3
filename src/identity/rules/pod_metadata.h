// A pod's metadata: its annotations under the prefix, and what it gets there, which is the label of EKS Pod Identity
// and the text of its AWS config file.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

#include "annotation_reading.h"
#include "patch_builder.h"
#include "warning_writer.h"

namespace irsa::identity {

PodReading ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings);

// Its value, which may be empty.
std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings);

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings);

struct MetadataAdditions {
  bool has_label = false;
  std::string_view annotation_prefix;
  std::string_view config;  // empty: none
};

// What is to be added, the pod has not.
void PatchMetadata(const PodView& pod, const MetadataAdditions& additions, PatchBuilder& patch);

}  // namespace irsa::identity
