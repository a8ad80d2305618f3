// What the annotations of an object are read into, one after the other.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct AnnotationReading {
  std::vector<Warning>& warnings;
  const Settings& settings;
  AccountName name = {};  // of a service account
  AccountTerms terms = {};
  std::string role_arn = {};
  bool uses_pod_identity = false;
};

// Calls `visit` for each under the prefix that has a value, with what is known of it on that holder: null for nothing.
template <typename Visit>
void ForEachAnnotation(std::span<const Annotation> annotations, AnnotationHolder holder, const Settings& settings,
                       const Visit& visit) {
  for (const Annotation& annotation : annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    const KnownAnnotation* known = FindAnnotation(*name);
    visit(annotation, known != nullptr && known->BelongsOn(holder) ? known : nullptr);
  }
}

// Reads those of an account or a namespace that mean something there; of the others, a warning.
void ReadAnnotations(std::span<const Annotation> annotations, AnnotationHolder holder, AnnotationReading& reading);

// What a pod's annotations say in its account's place.
AccountTerms ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings);

// Its value, which may be empty.
std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings);

}  // namespace irsa::identity
