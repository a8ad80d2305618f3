#include "pod_metadata.h"

#include <string>

#include "irsa/base/json.h"
#include "irsa/identity/rules/annotations.h"

namespace irsa::identity {
namespace {

constexpr std::string_view kLabelsJson = R"({"eks.amazonaws.com/pod-identity":"enabled"})";

}  // namespace

PodReading ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings) {
  PodReading reading{.warnings = warnings};
  ForEachAnnotation(pod.annotations, settings, [&](const Annotation& annotation, const KnownAnnotation* known) {
    if (known != nullptr && known->read_on_pod != nullptr) known->read_on_pod(annotation, reading);
  });
  return reading;
}

std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings) {
  for (const Annotation& annotation : pod.annotations) {
    if (AnnotationName(annotation.key, settings.annotation_prefix) == name) return annotation.value;
  }
  return std::nullopt;
}

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings) {
  ForEachAnnotation(pod.annotations, settings, [&](const Annotation& annotation, const KnownAnnotation* known) {
    if (known != nullptr && known->read_on_pod != nullptr) return;
    warnings.Add(WarningReason::kUnknownAnnotation, [&] {
      return UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kPod).text;
    });
  });
}

void PatchMetadata(const PodView& pod, const MetadataAdditions& additions, PatchBuilder& patch) {
  std::string config;
  std::string annotations;
  if (!additions.config.empty()) {
    base::AppendJsonString(additions.config, config);
    annotations.append("{\"").append(additions.annotation_prefix).append("/").append(kAwsConfigAnnotation);
    annotations.append("\":").append(config).append("}");
  }
  if (!pod.has_metadata) {
    std::string metadata;
    if (additions.has_label) metadata.append(R"("labels":)").append(kLabelsJson);
    if (!config.empty()) metadata.append(metadata.empty() ? "" : ",").append(R"("annotations":)").append(annotations);
    if (!metadata.empty()) patch.AddMember("/metadata", "{" + metadata + "}");
    return;
  }
  if (additions.has_label && pod.has_labels) {
    patch.AddMember("/metadata/labels/eks.amazonaws.com~1pod-identity", R"("enabled")");
  } else if (additions.has_label) {
    patch.AddMember("/metadata/labels", kLabelsJson);
  }
  if (config.empty()) return;
  if (!pod.has_annotations) return patch.AddMember("/metadata/annotations", annotations);
  std::string pointer = "/metadata/annotations/";  // a prefix is a DNS name, in which nothing has to be escaped
  patch.AddMember(pointer.append(additions.annotation_prefix).append("~1").append(kAwsConfigAnnotation), config);
}

}  // namespace irsa::identity
