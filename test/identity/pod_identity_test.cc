// EKS Pod Identity: what the mutation does otherwise than with a role. What both have in common is in
// pod_mutator_test.cc.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;

const Identity kIdentity{"", "AUD", seconds(80000), false, Method::kPodIdentity};

Settings TestSettings() {
  Settings settings;
  settings.annotation_prefix = "p";
  settings.container_credentials = {.audience = "AUD",
                                    .token_mount_path = "/t",
                                    .token_volume_name = "vol",
                                    .token_path = "d/tok",
                                    .full_uri = "http://agent/v1"};
  return settings;
}

Mutation Mutate(const Json& pod, const Settings& settings = TestSettings(), const Identity& identity = kIdentity) {
  return MutatePod(ViewOf(pod, settings.annotation_prefix), identity, settings);
}

std::string Mutated(std::string_view text, const Settings& settings = TestSettings(),
                    const Identity& identity = kIdentity) {
  const Json pod = ParsePod(text);
  return PrintPod(Applied(pod, Mutate(pod, settings, identity).patch));
}

std::vector<Warning> WarningsOf(std::string_view text) { return Mutate(ParsePod(text)).warnings; }

constexpr std::string_view kVariables =
    "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://agent/v1 AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t/d/tok";
constexpr std::string_view kEnd = "volume vol AUD 80000\nlabel eks.amazonaws.com/pod-identity enabled\n";

TEST(PodIdentity, GivesVariablesMountVolumeAndLabel) {
  EXPECT_EQ(Mutate(ParsePod("label app x\napp")).patch,
            R"([{"op":"add","path":"/spec/containers/0/env","value":[)"
            R"({"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://agent/v1"},)"
            R"({"name":"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE","value":"/t/d/tok"}]},)"
            R"({"op":"add","path":"/spec/containers/0/volumeMounts","value":[)"
            R"({"name":"vol","readOnly":true,"mountPath":"/t"}]},)"
            R"({"op":"add","path":"/spec/volumes","value":[)"
            R"({"name":"vol","projected":{"sources":[{"serviceAccountToken":)"
            R"({"audience":"AUD","expirationSeconds":80000,"path":"d/tok"}}]}}]},)"
            R"({"op":"add","path":"/metadata/labels/eks.amazonaws.com~1pod-identity","value":"enabled"}])");
}

TEST(PodIdentity, AddsEachVariableUnlessItIsPresent) {
  Settings settings = TestSettings();
  settings.default_region = "R";
  Identity identity = kIdentity;
  identity.regional_sts = true;
  const std::string region = "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=R AWS_REGION=R ";
  const std::pair<std::string, std::string> cases[] = {
      {"", region + std::string(kVariables)},
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI=own ", region + "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t/d/tok"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=own ", region + "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://agent/v1"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_REGION AWS_CONTAINER_CREDENTIALS_FULL_URI ",
       "AWS_STS_REGIONAL_ENDPOINTS=regional"},
      {"AWS_ROLE_ARN=own AWS_WEB_IDENTITY_TOKEN_FILE=own ", region + std::string(kVariables)},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN=own AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=own ",
       region + std::string(kVariables)},
  };
  for (const auto& [present, added] : cases) {
    const std::string app = "app " + present;
    EXPECT_EQ(Mutated(app, settings, identity), app + added + " vol@/t:ro\n" + std::string(kEnd));
  }
}

TEST(PodIdentity, ServesInitContainersAndLeavesSkippedOnesAlone) {
  EXPECT_EQ(Mutated("annotation p/skip-containers web\ninit setup\napp A data@/data\nweb\nvolume data"),
            "init setup " + std::string(kVariables) + " vol@/t:ro\napp A " + std::string(kVariables) +
                " data@/data vol@/t:ro\nweb\nvolume data\n" + std::string(kEnd));
}

TEST(PodIdentity, ChangesNothingWhenEveryContainerIsSkipped) {
  EXPECT_EQ(Mutate(ParsePod("annotation p/skip-containers setup,app\ninit setup\napp")).patch, "");
}

TEST(PodIdentity, TakesThePodsExpirationAsItIs) {
  const std::pair<std::string, std::string> cases[] = {
      {"86400", "86400"}, {"900", "900"}, {"30", "600"}, {"abc", "80000"}};
  for (const auto& [annotated, expiration] : cases) {
    EXPECT_EQ(Mutated("annotation p/token-expiration " + annotated + "\napp"),
              "app " + std::string(kVariables) + " vol@/t:ro\nvolume vol AUD " + expiration +
                  "\nlabel eks.amazonaws.com/pod-identity enabled\n");
  }
}

TEST(PodIdentity, GivesWindowsADriveAndBackslashes) {
  EXPECT_EQ(Mutated("windows\napp"),
            "app AWS_CONTAINER_CREDENTIALS_FULL_URI=http://agent/v1 "
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=C:\\t\\d\\tok vol@/t:ro\n" +
                std::string(kEnd));
}

TEST(PodIdentity, TakesTheNextNameForItsVolumeWhereThePodHasAnotherOne) {
  EXPECT_EQ(Mutated("app\nvolume vol\nvolume vol-2"),
            "app " + std::string(kVariables) + " vol-3@/t:ro\nvolume vol\nvolume vol-2\nvolume vol-3 AUD 80000\n" +
                "label eks.amazonaws.com/pod-identity enabled\n");
  EXPECT_EQ(WarningsOf("app\nvolume vol"),
            (std::vector<Warning>{{WarningReason::kForeignVolume,
                                   R"(volume vol holds no file "d/tok" for "AUD"; vol-2 is used instead)"}}));
}

// The label has a place in every pod, however little metadata it has: a pod template may have none at all.
TEST(PodIdentity, AddsTheLabelWhereThePodHasNone) {
  const auto last_operation = [](const Json& pod) { return Json::parse(Mutate(pod).patch).back(); };
  const Json labels = {{"eks.amazonaws.com/pod-identity", "enabled"}};
  Json pod = ParsePod("app");
  EXPECT_EQ(last_operation(pod), (Json{{"op", "add"}, {"path", "/metadata"}, {"value", {{"labels", labels}}}}));
  pod["metadata"] = nullptr;
  EXPECT_EQ(last_operation(pod), (Json{{"op", "add"}, {"path", "/metadata"}, {"value", {{"labels", labels}}}}));
  pod["metadata"] = {{"name", "x"}};
  EXPECT_EQ(last_operation(pod), (Json{{"op", "add"}, {"path", "/metadata/labels"}, {"value", labels}}));
  pod["metadata"]["labels"] = nullptr;
  EXPECT_EQ(last_operation(pod), (Json{{"op", "add"}, {"path", "/metadata/labels"}, {"value", labels}}));
  pod["metadata"]["labels"] = Json::object();
  EXPECT_EQ(last_operation(pod),
            (Json{{"op", "add"}, {"path", "/metadata/labels/eks.amazonaws.com~1pod-identity"}, {"value", "enabled"}}));
}

TEST(PodIdentity, KeepsALabelThatThePodHas) {
  EXPECT_EQ(Mutated("label eks.amazonaws.com/pod-identity enabled\napp"),
            "app " + std::string(kVariables) + " vol@/t:ro\n" + std::string(kEnd));
  EXPECT_EQ(WarningsOf("label eks.amazonaws.com/pod-identity enabled\napp"), std::vector<Warning>());
  for (const std::string value : {"disabled", "Enabled", "true"}) {
    const std::string text = "label eks.amazonaws.com/pod-identity " + value + "\napp";
    EXPECT_EQ(Mutated(text), "app " + std::string(kVariables) + " vol@/t:ro\nvolume vol AUD 80000\n" +
                                 "label eks.amazonaws.com/pod-identity " + value + "\n");
    EXPECT_EQ(
        WarningsOf(text),
        (std::vector<Warning>{{WarningReason::kForeignLabel, "label eks.amazonaws.com/pod-identity=\"" + value +
                                                                 "\" is kept; EKS Pod Identity uses \"enabled\""}}));
  }
}

TEST(PodIdentity, GivesNoLabelWithARole) {
  const Identity role{"ROLE", "AUD", seconds(600), false};
  EXPECT_EQ(Mutate(ParsePod("label app x\napp"), TestSettings(), role).patch.find("labels"), std::string::npos);
}

TEST(PodIdentity, WarnsOfWhatSdksPreferToIt) {
  const auto warning = [](WarningReason reason, std::string text) { return std::vector<Warning>{{reason, text}}; };
  EXPECT_EQ(WarningsOf("app AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE"),
            warning(WarningReason::kOverridesPodIdentity,
                    R"(container "app" sets AWS_WEB_IDENTITY_TOKEN_FILE, which SDKs prefer to EKS Pod Identity)"));
  EXPECT_EQ(
      WarningsOf("app AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x"),
      warning(WarningReason::kOverridesPodIdentity,
              R"(container "app" sets AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, which SDKs prefer to EKS Pod Identity)"));
  EXPECT_EQ(WarningsOf("app AWS_CONTAINER_CREDENTIALS_FULL_URI=/x"),
            warning(WarningReason::kPartialEnvironment,
                    R"(container "app" sets only AWS_CONTAINER_CREDENTIALS_FULL_URI; the other one is added)"));
  EXPECT_EQ(WarningsOf("app AWS_ROLE_ARN"), std::vector<Warning>());
  EXPECT_EQ(WarningsOf("app data@/t/d/tok\nvolume data"),
            warning(WarningReason::kMountConflict,
                    R"(container "app" mounts "data" over the token's file; SDKs read that instead)"));
}

}  // namespace
}  // namespace irsa::identity
