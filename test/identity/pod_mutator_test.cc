#include "irsa/identity/rules/pod_mutator.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/additions.h"

#include "test/identity/pod_text.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;

struct Options {
  Identity identity{"ROLE", "AUD", seconds(86400), false};
  Settings settings{.annotation_prefix = "p",
                    .token_audience = "flag",
                    .token_mount_path = "/t",
                    .token_expiration = seconds(1000),
                    .default_region = "",
                    .regional_sts = false};
};

Options WithRegion() {
  Options options;
  options.identity.regional_sts = true;
  options.settings.default_region = "R";
  return options;
}

Mutation Mutate(const Json& pod, const Options& options = {}) {
  return MutatePod(ViewOf(pod, options.settings.annotation_prefix), options.identity, options.settings);
}

// What the pod becomes.
std::string Mutated(std::string_view text, const Options& options = {}) {
  const Json pod = ParsePod(text);
  return PrintPod(Applied(pod, Mutate(pod, options).patch));
}

TEST(PodMutator, GivesAPodWithNothingOneOperationPerList) {
  EXPECT_EQ(Mutate(ParsePod("app"), WithRegion()).patch,
            R"([{"op":"add","path":"/spec/containers/0/env","value":[)"
            R"({"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"regional"},)"
            R"({"name":"AWS_DEFAULT_REGION","value":"R"},)"
            R"({"name":"AWS_REGION","value":"R"},)"
            R"({"name":"AWS_ROLE_ARN","value":"ROLE"},)"
            R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/t/token"}]},)"
            R"({"op":"add","path":"/spec/containers/0/volumeMounts","value":[)"
            R"({"name":"aws-iam-token","readOnly":true,"mountPath":"/t"}]},)"
            R"({"op":"add","path":"/spec/volumes","value":[)"
            R"({"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":)"
            R"({"audience":"AUD","expirationSeconds":86400,"path":"token"}}]}}]}])");
}

TEST(PodMutator, AppendsItemByItemWhereTheListsAreThere) {
  EXPECT_EQ(Mutate(ParsePod("init app A data@/data\nvolume data")).patch,
            R"([{"op":"add","path":"/spec/initContainers/0/env/-","value":{"name":"AWS_ROLE_ARN","value":"ROLE"}},)"
            R"({"op":"add","path":"/spec/initContainers/0/env/-","value":)"
            R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/t/token"}},)"
            R"({"op":"add","path":"/spec/initContainers/0/volumeMounts/-","value":)"
            R"({"name":"aws-iam-token","readOnly":true,"mountPath":"/t"}},)"
            R"({"op":"add","path":"/spec/volumes/-","value":)"
            R"({"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":)"
            R"({"audience":"AUD","expirationSeconds":86400,"path":"token"}}]}}}])");
}

TEST(PodMutator, TreatsNullAndEmptyListsLikeMissingOnes) {
  for (const Json& none : {Json(nullptr), Json::array()}) {
    Json pod = ParsePod("app");
    pod["spec"]["volumes"] = none;
    pod["spec"]["initContainers"] = none;
    pod["spec"]["containers"][0]["env"] = none;
    pod["spec"]["containers"][0]["volumeMounts"] = none;
    EXPECT_EQ(Mutate(pod), Mutate(ParsePod("app")));
  }
}

TEST(PodMutator, RefusesAPatchOverTheLimit) {
  Json pod = ParsePod("app");
  for (int i = 1; i < 1500; ++i) pod["spec"]["containers"].push_back({{"name", "app-" + std::to_string(i)}});
  Options options;
  options.identity.role_arn = std::string(300, 'r');
  const Mutation large = Mutate(pod, options);
  EXPECT_FALSE(large.is_too_large);
  EXPECT_GT(large.patch.size(), 500'000U);

  options.identity.role_arn = std::string(kMaxRoleArnBytes, 'r');
  const Mutation too_large = Mutate(pod, options);
  EXPECT_TRUE(too_large.is_too_large);
  EXPECT_EQ(too_large.patch, "");
  EXPECT_LT(too_large.patch.capacity(), 100U);
}

// The patch of a pod of a thousand containers would be hundreds of megabytes: what comes behind the limit is not looked
// at.
TEST(PodMutator, StopsAtTheLimit) {
  Json pod = ParsePod("app");
  for (int i = 1; i < 1000; ++i) pod["spec"]["containers"].push_back({{"name", "app-" + std::to_string(i)}});
  pod["spec"]["containers"][998]["env"] = {{{"name", "AWS_ROLE_ARN"}, {"value", "theirs"}}};
  Options options;
  options.identity.role_arn = std::string(300, 'r');
  const Mutation large = Mutate(pod, options);
  EXPECT_FALSE(large.is_too_large);
  EXPECT_EQ(large.warnings.size(), 1U);

  options.identity.role_arn = std::string(100'000, 'r');
  const Mutation too_large = Mutate(pod, options);
  EXPECT_TRUE(too_large.is_too_large);
  EXPECT_EQ(too_large.warnings.size(), 0U);
}

TEST(PodMutator, MutatesEveryContainerAtTheEndOfItsLists) {
  EXPECT_EQ(Mutated(R"(
init setup A=1 B=2 data@/data
init sidecar
app C=3
web more@/more:ro data@/data
volume data
volume more
)"),
            R"(init setup A=1 B=2 AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token data@/data aws-iam-token@/t:ro
init sidecar AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro
app C=3 AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro
web AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token more@/more:ro data@/data aws-iam-token@/t:ro
volume data
volume more
volume aws-iam-token AUD 86400
)");
}

TEST(PodMutator, AddsEachVariableUnlessItIsPresent) {
  const std::pair<std::string, std::string> cases[] = {
      {"",
       "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=R AWS_REGION=R AWS_ROLE_ARN=ROLE "
       "AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
      {"AWS_STS_REGIONAL_ENDPOINTS=legacy ",
       "AWS_DEFAULT_REGION=R AWS_REGION=R AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
      {"AWS_REGION=x ", "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
      {"AWS_DEFAULT_REGION ",
       "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
      {"AWS_ROLE_ARN=own ",
       "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=R AWS_REGION=R AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
      {"AWS_WEB_IDENTITY_TOKEN_FILE ",
       "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=R AWS_REGION=R AWS_ROLE_ARN=ROLE"},
      {"AWS_WEB_IDENTITY_TOKEN_FILE=own AWS_REGION=x AWS_ROLE_ARN=own ", "AWS_STS_REGIONAL_ENDPOINTS=regional"},
      {"aws_role_arn AWS_ROLE_ARNS XAWS_REGION AWS_ ",
       "AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=R AWS_REGION=R AWS_ROLE_ARN=ROLE "
       "AWS_WEB_IDENTITY_TOKEN_FILE=/t/token"},
  };
  for (const auto& [present, added] : cases) {
    const std::string app = "app " + present;
    EXPECT_EQ(Mutated(app, WithRegion()), app + added + " aws-iam-token@/t:ro\nvolume aws-iam-token AUD 86400\n");
  }
}

TEST(PodMutator, TakesAMountElsewhereOnlyWhereTheContainerSaysWhereItsTokenIs) {
  EXPECT_EQ(Mutated("app AWS_WEB_IDENTITY_TOKEN_FILE=/elsewhere/token aws-iam-token@/elsewhere\n"
                    "web aws-iam-token@/elsewhere\nlog aws-iam-token@/t/\nvolume aws-iam-token AUD 3600"),
            "app AWS_WEB_IDENTITY_TOKEN_FILE=/elsewhere/token AWS_ROLE_ARN=ROLE aws-iam-token@/elsewhere\n"
            "web AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/elsewhere aws-iam-token@/t:ro\n"
            "log AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t/\n"
            "volume aws-iam-token AUD 3600\n");
}

TEST(PodMutator, LeavesVolumesThatAreNotIrsasAlone) {
  for (const char* volume : {"volume aws-iam-token", "volume aws-iam-token vault 7200"}) {
    EXPECT_EQ(Mutated(std::string("app aws-iam-token@/own\n") + volume),
              std::string("app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/own "
                          "aws-iam-token-2@/t:ro\n") +
                  volume + "\nvolume aws-iam-token-2 AUD 86400\n");
  }
  Json other_file = ParsePod("app\nvolume aws-iam-token AUD 3600");
  other_file["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["path"] = "other";
  EXPECT_EQ(Applied(other_file, Mutate(other_file).patch)["spec"]["volumes"][1]["name"], "aws-iam-token-2");
}

TEST(PodMutator, TakesTheFirstNameThatNoOtherVolumeHas) {
  EXPECT_EQ(Mutated("app\nvolume aws-iam-token\nvolume aws-iam-token-2\nvolume aws-iam-token-4"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token-3@/t:ro\n"
            "volume aws-iam-token\nvolume aws-iam-token-2\nvolume aws-iam-token-4\n"
            "volume aws-iam-token-3 AUD 86400\n");
  EXPECT_EQ(Mutated("app\nvolume aws-iam-token\nvolume aws-iam-token-2 AUD 700"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token-2@/t:ro\n"
            "volume aws-iam-token\nvolume aws-iam-token-2 AUD 700\n");
}

TEST(PodMutator, ChangesNothingWhereAllNamesAreTaken) {
  std::string text = "app\n";
  for (size_t number = 1; number <= kMaxTokenVolumes; ++number) {
    text.append("volume ").append(TokenVolumeName(kTokenVolume, number)).append("\n");
  }
  const Mutation mutation = Mutate(ParsePod(text));
  EXPECT_EQ(mutation.patch, "");
  EXPECT_EQ(mutation.warnings,
            (std::vector<Warning>{{WarningReason::kForeignVolume,
                                   "all volume names from aws-iam-token to aws-iam-token-10 are taken; the pod gets no "
                                   "identity"}}));
  text.resize(text.rfind(TokenVolumeName(kTokenVolume, kMaxTokenVolumes)));
  EXPECT_NE(Mutate(ParsePod(text + "aws-iam-token-10 AUD 600")).patch, "");
}

TEST(PodMutator, AddsNoMountWhereThePathIsTaken) {
  EXPECT_EQ(Mutated("app data@/t\nvolume data"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token data@/t\nvolume data\n");
  EXPECT_EQ(Mutated("app data@/t aws-iam-token@/u\nvolume data\nvolume aws-iam-token AUD 700"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token data@/t aws-iam-token@/u\n"
            "volume data\nvolume aws-iam-token AUD 700\n");
}

TEST(PodMutator, ComparesPathsAsTheRuntimeCleansThem) {
  for (const std::string path : {"/t/", "t", "//t", "/t/.", "/./t", "/x/../t", "/t//"}) {
    EXPECT_EQ(Mutated("app data@" + path + "\nvolume data"),
              "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token data@" + path + "\nvolume data\n");
  }
  EXPECT_EQ(Mutated("windows\napp data@C:\\t\nvolume data"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=C:\\t\\token data@C:\\t\nvolume data\n");
  EXPECT_EQ(Mutated("app data@/t/sub data@/ data@/t2 data@\\t\nvolume data"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token data@/t/sub data@/ data@/t2 data@\\t "
            "aws-iam-token@/t:ro\nvolume data\nvolume aws-iam-token AUD 86400\n");
}

TEST(PodMutator, AddsVolumeWhenPodHasNone) {
  EXPECT_EQ(Mutated("app AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE aws-iam-token@/t"),
            "app AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE aws-iam-token@/t\nvolume aws-iam-token AUD 86400\n");
}

TEST(PodMutator, KeepsAVolumeThatHasTheToken) {
  EXPECT_EQ(Mutated("app\nvolume aws-iam-token AUD 3600"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro\n"
            "volume aws-iam-token AUD 3600\n");
}

TEST(PodMutator, AddsNoVolumeThatNobodyMounts) {
  EXPECT_EQ(Mutated("app AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE data@/t\nvolume data"),
            "app AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE data@/t\nvolume data\n");
}

TEST(PodMutator, LeavesSkippedContainersAlone) {
  EXPECT_EQ(Mutated("annotation p/skip-containers web,setup\ninit setup\ninit other\napp\nweb AWS_PROFILE"),
            "init setup\n"
            "init other AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro\n"
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro\n"
            "web AWS_PROFILE\n"
            "volume aws-iam-token AUD 86400\n");
}

TEST(PodMutator, ChangesNothingWhenEveryContainerIsSkipped) {
  EXPECT_EQ(Mutate(ParsePod("annotation p/skip-containers setup,app\ninit setup\napp AWS_PROFILE AWS_ROLE_ARN x@/t")),
            Mutation{});
}

TEST(PodMutator, AddsTheVolumeThatASkippedContainerMounts) {
  EXPECT_EQ(Mutated("annotation p/skip-containers app\napp aws-iam-token@/mine"),
            "app aws-iam-token@/mine\nvolume aws-iam-token AUD 86400\n");
}

TEST(PodMutator, TakesThePodsExpirationOverTheAccounts) {
  const auto expiration = [](const std::string& value) {
    const std::string pod = Mutated("annotation p/token-expiration " + value + "\napp");
    return pod.substr(pod.rfind(' ') + 1);
  };
  EXPECT_EQ(expiration("3600"), "3600\n");
  EXPECT_EQ(expiration("+3600"), "3600\n");
  EXPECT_EQ(expiration("-5"), "600\n");
  EXPECT_EQ(expiration("4294967295"), "4294967295\n");
  EXPECT_EQ(expiration("4294967296"), "86400\n");
  EXPECT_EQ(expiration("1h"), "86400\n");
  EXPECT_EQ(expiration(""), "86400\n");
}

TEST(PodMutator, ServesOnlyTheContainersThatAccountOrPodInclude) {
  const std::string added = "AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token aws-iam-token@/t:ro\n";
  Options options;
  EXPECT_EQ(Mutated("annotation p/include-containers app,setup\ninit setup\napp\nproxy", options),
            "init setup " + added + "app " + added + "proxy\nvolume aws-iam-token AUD 86400\n");
  options.identity.containers.included = std::vector<std::string>{"proxy"};
  EXPECT_EQ(Mutated("app\nproxy", options), "app\nproxy " + added + "volume aws-iam-token AUD 86400\n");
  EXPECT_EQ(Mutated("annotation p/include-containers app\napp\nproxy", options),
            "app " + added + "proxy\nvolume aws-iam-token AUD 86400\n");
  EXPECT_EQ(Mutated("annotation p/skip-containers proxy\napp\nproxy", options), "app\nproxy\n");
}

TEST(PodMutator, AddsWhatTheAccountSaysOfSdksUnlessItIsPresent) {
  Options options;
  options.settings.default_region = "R";
  options.identity.region = "OWN";
  options.identity.use_fips = true;
  options.identity.session_name = {"n.{pod}", "n.a"};
  const std::string region = "AWS_DEFAULT_REGION=OWN AWS_REGION=OWN ";
  const std::string role = "AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=/t/token ";
  const std::string session = "IRSA_POD_NAME AWS_ROLE_SESSION_NAME=n.$(IRSA_POD_NAME) ";
  const std::pair<std::string, std::string> cases[] = {
      {"", region + "AWS_USE_FIPS_ENDPOINT=true " + role + session},
      {"AWS_REGION=x ", "AWS_USE_FIPS_ENDPOINT=true " + role + session},
      {"AWS_USE_FIPS_ENDPOINT=false ", region + role + session},
      {"AWS_ROLE_SESSION_NAME=x ", region + "AWS_USE_FIPS_ENDPOINT=true " + role},
      {"IRSA_POD_NAME=x ", region + "AWS_USE_FIPS_ENDPOINT=true " + role + "AWS_ROLE_SESSION_NAME=n.$(IRSA_POD_NAME) "},
  };
  for (const auto& [present, added] : cases) {
    EXPECT_EQ(Mutated("app " + present, options),
              "app " + present + added + "aws-iam-token@/t:ro\nvolume aws-iam-token AUD 86400\n");
  }
}

TEST(PodMutator, ReadsOnlyAnnotationsUnderThePrefix) {
  const Json pod = ParsePod("annotation q/skip-containers app\nannotation q/token-expiration 700\napp");
  Options options;
  PodView view = ViewOf(pod, "q");  // a reader that filters by another prefix
  EXPECT_EQ(MutatePod(view, options.identity, options.settings), Mutate(ParsePod("app")));
}

TEST(PodMutator, WritesTheTokenFileTheWindowsWay) {
  EXPECT_EQ(Mutated("windows\napp"),
            "app AWS_ROLE_ARN=ROLE AWS_WEB_IDENTITY_TOKEN_FILE=C:\\t\\token aws-iam-token@/t:ro\n"
            "volume aws-iam-token AUD 86400\n");
}

TEST(PodMutator, LeavesMirrorPodsAlone) {
  EXPECT_EQ(Mutate(ParsePod("mirror\nannotation p/role-arn x\nannotation p/token-expiration x\napp AWS_PROFILE")),
            Mutation{});
}

TEST(PodMutator, CountsContainersInThePatchsPaths) {
  std::string text;
  for (int i = 0; i < 12; ++i) text.append("c").append(std::to_string(i)).append("\n");
  const Json patch = Json::parse(Mutate(ParsePod(text)).patch);
  ASSERT_EQ(patch.size(), 25U);
  EXPECT_EQ(patch[22]["path"], "/spec/containers/11/env");
  EXPECT_EQ(patch[23]["path"], "/spec/containers/11/volumeMounts");
}

}  // namespace
}  // namespace irsa::identity
