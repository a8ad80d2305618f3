// What a person should be told: kubectl prints it, a metric counts its reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace irsa::identity {

enum class WarningReason : uint8_t {
  kMalformedRoleArn,         // still injected, unless too long
  kUnknownAnnotation,        // under the prefix, but none we know: a likely typo
  kIgnoredValue,             // an annotation's value is not of its form, so a default is used
  kExpirationOutOfRange,     // raised to 600 s, or over 86,400 s
  kMalformedSkipContainers,  // not a CSV record, or too long: nothing is skipped
  kUnmatchedSkipContainer,   // names no container of the pod
  kStaticCredentials,        // AWS_ACCESS_KEY_ID or AWS_PROFILE: SDKs prefer them to the role
  kOptionalCredentials,      // the same, from a Secret or ConfigMap that may be missing
  kContainerCredentials,     // AWS_CONTAINER_CREDENTIALS_*_URI: SDKs prefer the role
  kOverridesPodIdentity,     // another provider's variable, which SDKs prefer to EKS Pod Identity
  kPartialEnvironment,       // just one of the two variables was present
  kMountConflict,            // something else is mounted at the token's path, or in its way
  kForeignVolume,            // a volume has the name of irsa's, and is not one
  kForeignLabel,             // the pod has the label of EKS Pod Identity with a value of its own
  kForeignAnnotation,        // the pod has an aws-config of its own
  kProfilesNotGiven,         // of the account, to the pod or one of its containers
  kSessionNameTooLong,       // the template of the STS session may not fit the pod: a literal is used
  kUnreadConfigMap,          // of envFrom: nobody knows whether it carries what irsa adds
  kNoContainerServed,        // include-containers names none of the pod's: it gets no identity
  kWillRunAs,                // nothing is wrong: the role that a workload's pods get
};

// "malformed-role-arn", …, in their order: the metric's labels.
inline constexpr auto kWarningReasonNames = std::to_array<std::string_view>({
    "malformed-role-arn",
    "unknown-annotation",
    "ignored-value",
    "expiration-out-of-range",
    "malformed-skip-containers",
    "unmatched-skip-container",
    "static-credentials",
    "optional-credentials",
    "container-credentials",
    "overrides-pod-identity",
    "partial-environment",
    "mount-conflict",
    "foreign-volume",
    "foreign-label",
    "foreign-annotation",
    "profiles-not-given",
    "session-name-too-long",
    "unread-config-map",
    "no-container-served",
    "will-run-as",
});
static_assert(kWarningReasonNames.size() == static_cast<size_t>(WarningReason::kWillRunAs) + 1);

inline std::string_view WarningReasonName(WarningReason reason) {
  return kWarningReasonNames[static_cast<size_t>(reason)];
}

// One sentence without control characters, under 120 bytes when it can be; foreign values in it are quoted and
// shortened.
struct Warning {
  WarningReason reason;
  std::string text;

  bool operator==(const Warning&) const = default;
};

// All warnings of an answer in bytes, as kube-apiserver bounds those of all webhooks together.
inline constexpr size_t kMaxWarningBytes = 4096;

// Of a foreign value in a warning, as base::Quoted shows it: without control characters, for which kube-apiserver would
// refuse the warning.
inline constexpr size_t kMaxQuotedBytes = 40;

}  // namespace irsa::identity
