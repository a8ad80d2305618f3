// The annotations of a pod under the prefix.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

#include "annotation_reading.h"
#include "warning_writer.h"

namespace irsa::identity {

PodReading ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings);

// Its value, which may be empty.
std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings);

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings);

}  // namespace irsa::identity
