// The annotations under the prefix that irsa knows, and the warnings about those that it does not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "irsa/base/json.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// One annotation; the key with its prefix. Both point into the document they were read from and are UTF-8, as every
// Kubernetes object is: what is read from elsewhere is checked there.
struct Annotation {
  std::string_view key;
  std::string_view value;
};

// Each a bit.
enum class AnnotationHolder : uint8_t { kServiceAccount = 1, kPod = 2, kNamespace = 4 };

struct AnnotationReading;

// An annotation that irsa reads.
struct KnownAnnotation {
  std::string_view name;
  uint8_t holders;                                                         // on which it has a meaning
  void (*read)(const Annotation& annotation, AnnotationReading& reading);  // null: it is for the kubelet
  std::string_view meaning;                                                // for people

  bool BelongsOn(AnnotationHolder holder) const { return (holders & static_cast<uint8_t>(holder)) != 0; }
};

// All of them: the one list that reading, warnings and documentation follow.
std::span<const KnownAnnotation> KnownAnnotations();

// Null for a name that is not known.
const KnownAnnotation* FindAnnotation(std::string_view name);

inline constexpr std::string_view kRoleArnAnnotation = "role-arn";
inline constexpr std::string_view kPodIdentityAnnotation = "pod-identity";
inline constexpr std::string_view kAudienceAnnotation = "audience";
inline constexpr std::string_view kStsRegionalEndpointsAnnotation = "sts-regional-endpoints";
inline constexpr std::string_view kTokenExpirationAnnotation = "token-expiration";
inline constexpr std::string_view kIncludeContainersAnnotation = "include-containers";
inline constexpr std::string_view kSkipContainersAnnotation = "skip-containers";
inline constexpr std::string_view kProfilesAnnotation = "profiles";
inline constexpr std::string_view kDefaultRoleArnAnnotation = "default-role-arn";
// Which irsa itself gives to pods (profiles.h).
inline constexpr std::string_view kAwsConfigAnnotation = "aws-config";

// What follows `prefix` and a slash in the key; nothing when the key is not under the prefix.
std::optional<std::string_view> AnnotationName(std::string_view key, std::string_view prefix);

// The annotations of an object of the API whose key is under the prefix, in the keys' order. What is no string counts
// as empty.
std::vector<Annotation> AnnotationsIn(const base::Json& object, std::string_view prefix);

// kUnknownAnnotation for a key under the prefix that has no meaning on its holder. Names the annotation that was
// probably meant (the case aside, at most two edits away) and where it belongs.
Warning UnknownAnnotation(std::string_view key, std::string_view prefix, AnnotationHolder holder);

}  // namespace irsa::identity
