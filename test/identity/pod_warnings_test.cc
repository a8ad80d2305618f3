// What MutatePod and CheckPodAnnotations say.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;
using Warnings = std::vector<Warning>;

const Identity kIdentity{"arn:aws:iam::111122223333:role/r", "sts.amazonaws.com", seconds(86400), false};

Settings TestSettings() {
  Settings settings;
  settings.annotation_prefix = "p";
  settings.token_mount_path = "/t";
  return settings;
}

Warnings WarningsOf(std::string_view text) {
  const Json pod = ParsePod(text);
  return MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings()).warnings;
}

TEST(PodWarnings, AreNoneForAnOrdinaryPod) {
  EXPECT_EQ(WarningsOf("annotation p/skip-containers web\nannotation p/token-expiration 3600\n"
                       "annotation other/role-arn x\ninit setup A AWS_REGION\napp B data@/data\nweb"),
            Warnings{});
}

TEST(PodWarnings, TellOfJustOneOfTheTwoVariables) {
  EXPECT_EQ(WarningsOf("init setup AWS_ROLE_ARN=x\napp AWS_WEB_IDENTITY_TOKEN_FILE=x\n"
                       "web AWS_ROLE_ARN=x AWS_WEB_IDENTITY_TOKEN_FILE=x"),
            (Warnings{{WarningReason::kPartialEnvironment,
                       R"(init container "setup" sets only AWS_ROLE_ARN; AWS_WEB_IDENTITY_TOKEN_FILE is added)"},
                      {WarningReason::kPartialEnvironment,
                       R"(container "app" sets only AWS_WEB_IDENTITY_TOKEN_FILE; AWS_ROLE_ARN is added)"}}));
}

TEST(PodWarnings, TellOfStaticCredentialsOnceForEachVariable) {
  EXPECT_EQ(WarningsOf("init setup AWS_PROFILE AWS_PROFILE\napp AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY"),
            (Warnings{{WarningReason::kStaticCredentials,
                       R"(init container "setup" sets AWS_PROFILE, which SDKs prefer to the role)"},
                      {WarningReason::kStaticCredentials,
                       R"(container "app" sets AWS_ACCESS_KEY_ID, which SDKs prefer to the role)"},
                      {WarningReason::kStaticCredentials,
                       R"(container "app" sets AWS_PROFILE, which SDKs prefer to the role)"}}));
}

TEST(PodWarnings, TellOfAMountInTheTokensPlace) {
  EXPECT_EQ(WarningsOf("app data@/t\nweb aws-iam-token@/t"),
            (Warnings{{WarningReason::kMountConflict,
                       R"(container "app" mounts "data" at the token's path; the token is not mounted)"}}));
}

TEST(PodWarnings, TellOfAMountInTheTokensPlaceHoweverItIsWritten) {
  for (const std::string path : {"/t/", "t", "//t", "/t/.", "/x/../t"}) {
    EXPECT_EQ(WarningsOf("app data@" + path),
              (Warnings{{WarningReason::kMountConflict,
                         R"(container "app" mounts "data" at the token's path; the token is not mounted)"}}));
  }
}

TEST(PodWarnings, TellWhatBecomesOfMountsAroundTheToken) {
  Settings settings = TestSettings();
  settings.token_mount_path = "/s/t";
  const auto warnings = [&](std::string_view text) {
    const Json pod = ParsePod(text);
    return MutatePod(ViewOf(pod, "p"), kIdentity, settings).warnings;
  };
  EXPECT_EQ(warnings("file vault@/s/t/token\nbelow data@/s/t/x\nvolume vault other 600"),
            (Warnings{{WarningReason::kMountConflict,
                       R"(container "file" mounts "vault" over the token's file; SDKs read that instead)"},
                      {WarningReason::kMountConflict,
                       R"(container "below" mounts "data" below the token's path, which is read-only)"}}));
  EXPECT_EQ(
      warnings("kind vault@/s\nmount data@/s/:ro\nvolume vault other 600"),
      (Warnings{{WarningReason::kMountConflict,
                 R"(container "kind" mounts "vault" read-only above the token's path; the container may not start)"},
                {WarningReason::kMountConflict,
                 R"(container "mount" mounts "data" read-only above the token's path; the container may not start)"}}));
  EXPECT_EQ(warnings("app data@/s data@/ data@/s/tt"), Warnings{}) << "the token is mounted within it";
}

TEST(PodWarnings, TellOfEachForeignVolumeBeforeIrsas) {
  EXPECT_EQ(
      WarningsOf("app\nvolume aws-iam-token\nvolume aws-iam-token-2 vault 600"),
      (Warnings{
          {WarningReason::kForeignVolume, R"(volume aws-iam-token holds no file "token" for "sts.amazonaws.com"; )"
                                          "aws-iam-token-3 is used instead"},
          {WarningReason::kForeignVolume, R"(volume aws-iam-token-2 holds no file "token" for "sts.amazonaws.com"; )"
                                          "aws-iam-token-3 is used instead"}}));
  EXPECT_EQ(WarningsOf("annotation p/skip-containers app\napp\nvolume aws-iam-token"), Warnings{}) << "none is needed";
}

TEST(PodWarnings, TellOfCredentialsThatMayBeThere) {
  EXPECT_EQ(WarningsOf("ebs AWS_ACCESS_KEY_ID?secret\napp AWS_PROFILE?configMap\n"
                       "both AWS_ACCESS_KEY_ID=x AWS_ACCESS_KEY_ID?secret"),
            (Warnings{{WarningReason::kOptionalCredentials,
                       R"(container "ebs" sets AWS_ACCESS_KEY_ID, which may override the role if the Secret exists)"},
                      {WarningReason::kOptionalCredentials,
                       R"(container "app" sets AWS_PROFILE, which may override the role if the ConfigMap exists)"},
                      {WarningReason::kStaticCredentials,
                       R"(container "both" sets AWS_ACCESS_KEY_ID, which SDKs prefer to the role)"}}));
}

TEST(PodWarnings, TellWhichOfTwoSourcesSdksUse) {
  EXPECT_EQ(WarningsOf("app AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials"),
            (Warnings{{WarningReason::kContainerCredentials, R"(container "app" sets )"
                                                             "AWS_CONTAINER_CREDENTIALS_FULL_URI, which SDKs ignore: "
                                                             "they use the role"}}));
}

TEST(PodWarnings, TellOfMoreThanOneLineToSkip) {
  Json pod = ParsePod("app\nweb");
  pod["metadata"]["annotations"]["p/skip-containers"] = "app\nweb\n";
  EXPECT_EQ(MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings()).warnings,
            (Warnings{{WarningReason::kIgnoredValue,
                       "p/skip-containers has more than one line; only the first is read: put commas between names"}}));
}

TEST(PodWarnings, TellOnceOfEachNameToSkipThatMatchesNoContainer) {
  EXPECT_EQ(
      WarningsOf("annotation p/skip-containers app, web,setup, web,\ninit setup\napp\nweb"),
      (Warnings{
          {WarningReason::kUnmatchedSkipContainer, R"(p/skip-containers names "", which the pod does not have)"},
          {WarningReason::kUnmatchedSkipContainer, R"(p/skip-containers names " web", which the pod does not have)"}}));
}

TEST(PodWarnings, TellOfAMalformedSkipAnnotation) {
  EXPECT_EQ(WarningsOf("annotation p/skip-containers \"app\napp"),
            (Warnings{{WarningReason::kMalformedSkipContainers,
                       R"(p/skip-containers "\"app" is not a CSV record of up to 2000 names; ignored)"}}));
}

TEST(PodWarnings, TellOfTheExpiration) {
  EXPECT_EQ(WarningsOf("annotation p/token-expiration 30\napp"),
            (Warnings{{WarningReason::kExpirationOutOfRange,
                       R"(p/token-expiration "30" is below 600 seconds; 600 is used)"}}));
  EXPECT_EQ(WarningsOf("annotation p/token-expiration 100000\napp"),
            (Warnings{{WarningReason::kExpirationOutOfRange,
                       R"(p/token-expiration "100000" is over 86400 seconds; the cluster may grant less)"}}));
  EXPECT_EQ(
      WarningsOf("annotation p/token-expiration 1h\napp"),
      (Warnings{{WarningReason::kIgnoredValue, R"(p/token-expiration "1h" is not a number of seconds; ignored)"}}));
}

TEST(PodWarnings, TakeAnEmptyValueForAbsent) {
  EXPECT_EQ(WarningsOf("annotation p/skip-containers\nannotation p/token-expiration\napp"), Warnings{});
}

TEST(PodWarnings, TellOfUnknownAnnotationsButEmptyOnes) {
  const std::string text =
      "annotation p/role-arn x\nannotation p/skip-container x\nannotation p/empty\napp AWS_PROFILE";
  const Warnings expected = {{WarningReason::kUnknownAnnotation,
                              R"(annotation "p/role-arn" has no effect on a pod: it belongs on the service account)"},
                             {WarningReason::kUnknownAnnotation,
                              R"(unknown annotation "p/skip-container" is ignored: did you mean skip-containers?)"}};
  const Json pod = ParsePod(text);
  EXPECT_EQ(CheckPodAnnotations(ViewOf(pod, "p"), TestSettings()), (Mutation{{}, false, expected, {}}));

  Warnings with_identity = expected;
  with_identity.push_back(
      {WarningReason::kStaticCredentials, R"(container "app" sets AWS_PROFILE, which SDKs prefer to the role)"});
  EXPECT_EQ(WarningsOf(text), with_identity);
}

TEST(PodWarnings, AreOnlyAboutUnknownAnnotationsWithoutAnIdentity) {
  const Json pod = ParsePod("annotation p/token-expiration 1h\nannotation p/skip-containers nobody\napp AWS_PROFILE");
  EXPECT_EQ(CheckPodAnnotations(ViewOf(pod, "p"), TestSettings()), Mutation{});
}

TEST(PodWarnings, AreNoneForAnnotationsOfAMirrorPodOrOutsideOfThePrefix) {
  const Json mirror = ParsePod("mirror\nannotation p/role-arn x\napp");
  EXPECT_EQ(CheckPodAnnotations(ViewOf(mirror, "p"), TestSettings()), Mutation{});
  const Json other = ParsePod("annotation q/role-arn x\napp");
  EXPECT_EQ(CheckPodAnnotations(ViewOf(other, "q"), TestSettings()), Mutation{});
}

TEST(PodWarnings, AreOnlyCountedWhereNoAnswerHasRoomForThem) {
  Json pod = ParsePod("app");
  for (int i = 0; i < 1000; ++i) pod["metadata"]["annotations"]["p/unknown-" + std::to_string(1000 + i)] = "x";
  const std::string text = R"(unknown annotation "p/unknown-1000" is ignored)";
  const size_t told = kMaxWarningBytes / text.size() + 1;  // the last one tells the answer's writer that it is too much
  for (const Mutation& mutation : {CheckPodAnnotations(ViewOf(pod, "p"), TestSettings()),
                                   MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings())}) {
    ASSERT_EQ(mutation.warnings.size(), told);
    EXPECT_EQ(mutation.warnings[0], (Warning{WarningReason::kUnknownAnnotation, text}));
    EXPECT_EQ(mutation.untold, std::vector(1000 - told, WarningReason::kUnknownAnnotation));
  }
}

TEST(PodWarnings, CountTheRestOfManyNamesToSkip) {
  std::string names = "app";
  for (int i = 1; i < 2000; ++i) names += ",name-" + std::to_string(1000 + i);
  Json pod = ParsePod("app");
  pod["metadata"]["annotations"]["p/skip-containers"] = names;
  const Mutation mutation = MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings());
  EXPECT_EQ(mutation.patch, "");
  EXPECT_LT(mutation.warnings.size(), 100U);
  EXPECT_EQ(mutation.warnings.size() + mutation.untold.size(), 1999U);

  pod["metadata"]["annotations"]["p/skip-containers"] = names + ",one-more";
  const Mutation refused = MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings());
  EXPECT_NE(refused.patch, "");
  ASSERT_EQ(refused.warnings.size(), 1U);
  EXPECT_EQ(refused.warnings[0].reason, WarningReason::kMalformedSkipContainers);
  EXPECT_TRUE(refused.untold.empty());
}

TEST(PodWarnings, QuoteAndShortenForeignNames) {
  Json pod = ParsePod("app AWS_PROFILE data@/t");
  pod["spec"]["containers"][0]["name"] = "a\n" + std::string(100, 'n');
  pod["spec"]["containers"][0]["volumeMounts"][0]["name"] = "v\x1b";
  const std::string name = "\"a\\x0a" + std::string(35, 'n') + "\"…";
  EXPECT_EQ(
      MutatePod(ViewOf(pod, "p"), kIdentity, TestSettings()).warnings,
      (Warnings{
          {WarningReason::kStaticCredentials, "container " + name + " sets AWS_PROFILE, which SDKs prefer to the role"},
          {WarningReason::kMountConflict, "container \"a\\x0a" + std::string(17, 'n') +
                                              "\"… mounts \"v\\x1b\" at the token's path; the token is not mounted"}}));
}

}  // namespace
}  // namespace irsa::identity
