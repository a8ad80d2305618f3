// The annotations under the prefix that mean something, and what is said of those that do not.
#pragma once

#include <optional>
#include <string_view>

#include "irsa/mutation/warning.h"

namespace irsa::mutation {

// One annotation; the key with its prefix. Both point into the document they were read from and are UTF-8, as every
// Kubernetes object is: what is read from elsewhere is checked there.
struct Annotation {
  std::string_view key;
  std::string_view value;
};

enum class AnnotationHolder { kServiceAccount, kPod };

inline constexpr std::string_view kRoleArnAnnotation = "role-arn";
inline constexpr std::string_view kAudienceAnnotation = "audience";
inline constexpr std::string_view kStsRegionalEndpointsAnnotation = "sts-regional-endpoints";
inline constexpr std::string_view kTokenExpirationAnnotation = "token-expiration";
inline constexpr std::string_view kSkipContainersAnnotation = "skip-containers";

// What follows `prefix` and a slash in the key; nothing when the key is not under the prefix.
std::optional<std::string_view> AnnotationName(std::string_view key, std::string_view prefix);

// Whether irsa reads an annotation of that name on such an object.
bool HasMeaningOn(std::string_view name, AnnotationHolder holder);

// kUnknownAnnotation for a key under the prefix that has no meaning on its holder. Names the annotation that was
// probably meant (the case aside, at most two edits away) and where it belongs.
Warning UnknownAnnotation(std::string_view key, std::string_view prefix, AnnotationHolder holder);

}  // namespace irsa::mutation
