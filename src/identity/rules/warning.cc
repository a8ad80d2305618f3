#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

std::string_view WarningReasonName(WarningReason reason) {
  switch (reason) {
    case WarningReason::kMalformedRoleArn:
      return "malformed-role-arn";
    case WarningReason::kUnknownAnnotation:
      return "unknown-annotation";
    case WarningReason::kIgnoredValue:
      return "ignored-value";
    case WarningReason::kExpirationOutOfRange:
      return "expiration-out-of-range";
    case WarningReason::kMalformedSkipContainers:
      return "malformed-skip-containers";
    case WarningReason::kUnmatchedSkipContainer:
      return "unmatched-skip-container";
    case WarningReason::kStaticCredentials:
      return "static-credentials";
    case WarningReason::kOptionalCredentials:
      return "optional-credentials";
    case WarningReason::kContainerCredentials:
      return "container-credentials";
    case WarningReason::kOverridesPodIdentity:
      return "overrides-pod-identity";
    case WarningReason::kPartialEnvironment:
      return "partial-environment";
    case WarningReason::kMountConflict:
      return "mount-conflict";
    case WarningReason::kForeignVolume:
      return "foreign-volume";
    case WarningReason::kForeignLabel:
      return "foreign-label";
    case WarningReason::kForeignAnnotation:
      return "foreign-annotation";
    case WarningReason::kProfilesNotGiven:
      return "profiles-not-given";
    case WarningReason::kSessionNameTooLong:
      return "session-name-too-long";
    case WarningReason::kUnreadConfigMap:
      return "unread-config-map";
    case WarningReason::kNoContainerServed:
      return "no-container-served";
    case WarningReason::kWillRunAs:
      break;
  }
  return "will-run-as";
}

}  // namespace irsa::identity
