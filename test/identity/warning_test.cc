#include "irsa/identity/rules/warning.h"

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

TEST(WarningReasonName, NamesEveryReason) {
  EXPECT_EQ(WarningReasonName(WarningReason::kMalformedRoleArn), "malformed-role-arn");
  EXPECT_EQ(WarningReasonName(WarningReason::kUnknownAnnotation), "unknown-annotation");
  EXPECT_EQ(WarningReasonName(WarningReason::kIgnoredValue), "ignored-value");
  EXPECT_EQ(WarningReasonName(WarningReason::kExpirationOutOfRange), "expiration-out-of-range");
  EXPECT_EQ(WarningReasonName(WarningReason::kMalformedSkipContainers), "malformed-skip-containers");
  EXPECT_EQ(WarningReasonName(WarningReason::kUnmatchedSkipContainer), "unmatched-skip-container");
  EXPECT_EQ(WarningReasonName(WarningReason::kStaticCredentials), "static-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kOptionalCredentials), "optional-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kContainerCredentials), "container-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kOverridesPodIdentity), "overrides-pod-identity");
  EXPECT_EQ(WarningReasonName(WarningReason::kForeignLabel), "foreign-label");
  EXPECT_EQ(WarningReasonName(WarningReason::kForeignAnnotation), "foreign-annotation");
  EXPECT_EQ(WarningReasonName(WarningReason::kProfilesNotGiven), "profiles-not-given");
  EXPECT_EQ(WarningReasonName(WarningReason::kSessionNameTooLong), "session-name-too-long");
  EXPECT_EQ(WarningReasonName(WarningReason::kUnreadConfigMap), "unread-config-map");
  EXPECT_EQ(WarningReasonName(WarningReason::kNoContainerServed), "no-container-served");
  EXPECT_EQ(WarningReasonName(WarningReason::kForeignVolume), "foreign-volume");
  EXPECT_EQ(WarningReasonName(WarningReason::kPartialEnvironment), "partial-environment");
  EXPECT_EQ(WarningReasonName(WarningReason::kMountConflict), "mount-conflict");
  EXPECT_EQ(WarningReasonName(WarningReason::kWillRunAs), "will-run-as");
}

}  // namespace
}  // namespace irsa::identity
