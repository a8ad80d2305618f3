// Every reason to warn, with the longest of what whoever writes pods and service accounts may put there: the text is
// under 120 bytes all the same. Only a role that pods will run as is never cut.
#include <ostream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

const std::string kLongName(63, 'n');  // the longest of a container or volume
const std::string kLongValue(3000, 'v');
const std::string kDigits(3000, '9');

struct Case {
  WarningReason reason;
  std::string pod = {};  // as pod_text.h has it; empty: it is about a service account
  std::string annotation = {};
  std::string value = {};
  Method method = Method::kWebIdentity;
};

void PrintTo(const Case& given, std::ostream* out) {
  *out << WarningReasonName(given.reason) << ' ' << (given.pod.empty() ? given.annotation : given.pod.substr(0, 60));
}

std::vector<Warning> WarningsOf(const Case& given) {
  if (given.pod.empty()) {
    const std::string key = "eks.amazonaws.com/" + given.annotation;
    return ResolveIdentity({}, std::vector<Annotation>{{key, given.value}}, {}).warnings;
  }
  const Json pod = ParsePod(given.pod);
  const Identity identity{.role_arn = "r", .audience = "a", .method = given.method};
  return MutatePod(ViewOf(pod, "eks.amazonaws.com"), identity, {}).warnings;
}

class WarningLength : public ::testing::TestWithParam<Case> {};

TEST_P(WarningLength, IsUnder120Bytes) {
  const std::vector<Warning> warnings = WarningsOf(GetParam());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].reason, GetParam().reason);
  EXPECT_LT(warnings[0].text.size(), 120U) << warnings[0].text;
}

INSTANTIATE_TEST_SUITE_P(
    OfServiceAccounts, WarningLength,
    ::testing::Values(Case{WarningReason::kMalformedRoleArn, "", "role-arn", kLongValue},
                      Case{WarningReason::kMalformedRoleArn, "", "role-arn", kLongValue.substr(0, 500)},
                      Case{WarningReason::kIgnoredValue, "", "audience", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "sts-regional-endpoints", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "token-expiration", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "token-expiration", kDigits},
                      Case{WarningReason::kExpirationOutOfRange, "", "token-expiration", std::string(60, '0')},
                      Case{WarningReason::kExpirationOutOfRange, "", "token-expiration",
                           std::string(60, '0') + "100000"},
                      Case{WarningReason::kIgnoredValue, "", "pod-identity", kLongValue},
                      Case{WarningReason::kUnknownAnnotation, "", kLongValue, "x"},
                      Case{WarningReason::kIgnoredValue, "", "region", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "use-fips", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "role-session-name", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "profiles", kLongValue},
                      Case{WarningReason::kIgnoredValue, "", "profiles", kLongValue + "=x"},
                      Case{WarningReason::kIgnoredValue, "", "profiles", "a=" + kLongValue + " from " + kLongName},
                      Case{WarningReason::kIgnoredValue, "", "profiles",
                           kLongName + "=arn:aws:iam::111122223333:role/r from " + kLongName},
                      Case{WarningReason::kIgnoredValue, "", "profiles", kLongValue + kLongValue + kLongValue},
                      Case{WarningReason::kMalformedSkipContainers, "", "include-containers", "\"" + kLongValue},
                      Case{WarningReason::kMalformedSkipContainers, "", "skip-containers", "\"" + kLongValue}));

INSTANTIATE_TEST_SUITE_P(
    OfPods, WarningLength,
    ::testing::Values(
        Case{WarningReason::kMalformedSkipContainers,
             "annotation eks.amazonaws.com/skip-containers \"" + kLongValue + "\napp"},
        Case{WarningReason::kUnmatchedSkipContainer,
             "annotation eks.amazonaws.com/skip-containers " + kLongValue + "\napp"},
        Case{WarningReason::kStaticCredentials, "init " + kLongName + " AWS_ACCESS_KEY_ID\napp"},
        Case{WarningReason::kOptionalCredentials, "init " + kLongName + " AWS_ACCESS_KEY_ID?configMap\napp"},
        Case{WarningReason::kContainerCredentials,
             "init " + kLongName + " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI\napp"},
        Case{WarningReason::kForeignVolume, "app\nvolume aws-iam-token"},
        Case{WarningReason::kPartialEnvironment, "init " + kLongName + " AWS_ROLE_ARN\napp"},
        Case{WarningReason::kPartialEnvironment, "init " + kLongName + " AWS_WEB_IDENTITY_TOKEN_FILE\napp"},
        Case{WarningReason::kMountConflict,
             "init " + kLongName + " " + kLongName + "@/var/run/secrets/eks.amazonaws.com/serviceaccount\napp"}));

INSTANTIATE_TEST_SUITE_P(
    OfPodsWithPodIdentity, WarningLength,
    ::testing::Values(
        Case{WarningReason::kPartialEnvironment, "init " + kLongName + " AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE\napp",
             "", "", Method::kPodIdentity},
        Case{WarningReason::kOverridesPodIdentity, "init " + kLongName + " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI\napp",
             "", "", Method::kPodIdentity},
        Case{WarningReason::kForeignLabel, "label eks.amazonaws.com/pod-identity " + kLongValue + "\napp", "", "",
             Method::kPodIdentity},
        Case{WarningReason::kForeignVolume, "app\nvolume eks-pod-identity-token", "", "", Method::kPodIdentity}));

TEST(MountConflict, NamesAnOrdinaryContainerAndVolumeWhole) {
  const Case given{WarningReason::kMountConflict,
                   "init vault-agent-init vault-token@/var/run/secrets/eks.amazonaws.com/serviceaccount\napp"};
  EXPECT_EQ(WarningsOf(given),
            (std::vector<Warning>{{WarningReason::kMountConflict,
                                   R"(init container "vault-agent-init" mounts "vault-token" at the token's path; the )"
                                   "token is not mounted"}}));
}

}  // namespace
}  // namespace irsa::identity
