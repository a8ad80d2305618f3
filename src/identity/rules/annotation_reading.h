// What the annotations of an object are read into, one after the other.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct AccountReading {
  std::vector<Warning>& warnings;
  const AccountName& name;
  const Settings& settings;
  AccountTerms terms = {};
  std::string role_arn = {};
  bool uses_pod_identity = false;
};

struct PodReading {
  std::vector<Warning>& warnings;
  std::optional<std::chrono::seconds> token_expiration = {};
  ContainerNames containers = {};
};

struct NamespaceReading {
  std::vector<Warning>& warnings;
  const Settings& settings;
  std::string role_arn = {};
};

// Calls `visit` for each under the prefix that has a value, with what is known of its name: null for nothing.
template <typename Visit>
void ForEachAnnotation(std::span<const Annotation> annotations, const Settings& settings, const Visit& visit) {
  for (const Annotation& annotation : annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (name && !annotation.value.empty()) visit(annotation, FindAnnotation(*name));
  }
}

// Reads those that mean something where they stand, by `read`; of the others, a warning.
template <typename Reading>
void ReadAnnotations(std::span<const Annotation> annotations, const Settings& settings, AnnotationHolder holder,
                     void (*KnownAnnotation::*read)(const Annotation&, Reading&), Reading& reading) {
  ForEachAnnotation(annotations, settings, [&](const Annotation& annotation, const KnownAnnotation* known) {
    if (known != nullptr && known->*read != nullptr) {
      (known->*read)(annotation, reading);
    } else {
      reading.warnings.push_back(UnknownAnnotation(annotation.key, settings.annotation_prefix, holder));
    }
  });
}

}  // namespace irsa::identity
