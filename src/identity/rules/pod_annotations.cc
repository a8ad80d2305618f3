#include "pod_annotations.h"

namespace irsa::identity {

PodReading ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings) {
  PodReading reading{.warnings = warnings};
  for (const Annotation& annotation : pod.annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    const KnownAnnotation* known = FindAnnotation(*name);
    if (known != nullptr && known->read_on_pod != nullptr) known->read_on_pod(annotation, reading);
  }
  return reading;
}

std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings) {
  for (const Annotation& annotation : pod.annotations) {
    if (AnnotationName(annotation.key, settings.annotation_prefix) == name) return annotation.value;
  }
  return std::nullopt;
}

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings) {
  for (const Annotation& annotation : pod.annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    const KnownAnnotation* known = FindAnnotation(*name);
    if (known != nullptr && known->read_on_pod != nullptr) continue;
    warnings.Add(WarningReason::kUnknownAnnotation, [&] {
      return UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kPod).text;
    });
  }
}

}  // namespace irsa::identity
