// The annotations under the prefix that irsa knows, and the warnings about those that it does not.
#pragma once

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

enum class AnnotationHolder { kServiceAccount, kPod, kNamespace };

struct AccountReading;
struct PodReading;
struct NamespaceReading;

// An annotation that irsa reads.
struct KnownAnnotation {
  using ReadOnAccount = void (*)(const Annotation& annotation, AccountReading& reading);
  using ReadOnPod = void (*)(const Annotation& annotation, PodReading& reading);
  using ReadOnNamespace = void (*)(const Annotation& annotation, NamespaceReading& reading);

  std::string_view name;
  ReadOnAccount read_on_account;  // null, as the next: it has no meaning there
  ReadOnPod read_on_pod;
  std::string_view meaning;                     // for people
  ReadOnNamespace read_on_namespace = nullptr;  // null for most

  bool BelongsOn(AnnotationHolder holder) const;
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
