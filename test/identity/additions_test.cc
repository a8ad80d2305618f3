#include "irsa/identity/rules/additions.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

using std::chrono::seconds;

const Identity kIdentity{"arn:aws:iam::111122223333:role/r", "sts.amazonaws.com", seconds(3600), true};

// A pod with nothing but what matters here.
PodView Pod(bool is_windows = false, size_t longest_name = 0) {
  PodView pod;
  pod.is_windows = is_windows;
  pod.longest_name = longest_name;
  return pod;
}

std::vector<std::string> Items(const ContainerAdditions& additions) {
  std::vector<std::string> items;
  for (const VariableAddition& variable : additions.variables) items.push_back(variable.json);
  return items;
}

TEST(MakeContainerAdditions, WritesEachItemAsJson) {
  Settings settings;
  settings.default_region = "eu-west-1";
  Identity identity = kIdentity;
  identity.use_fips = true;
  identity.session_name = {"team-a.{pod}", "team-a.app"};
  const ContainerAdditions additions = MakeContainerAdditions(identity, settings, kTokenVolume, Pod());
  EXPECT_EQ(Items(additions),
            (std::vector<std::string>{
                R"({"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"regional"})",
                R"({"name":"AWS_DEFAULT_REGION","value":"eu-west-1"})", R"({"name":"AWS_REGION","value":"eu-west-1"})",
                R"({"name":"AWS_USE_FIPS_ENDPOINT","value":"true"})",
                R"({"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/r"})",
                R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE",)"
                R"("value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"})",
                R"({"name":"IRSA_POD_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}})",
                R"x({"name":"AWS_ROLE_SESSION_NAME","value":"team-a.$(IRSA_POD_NAME)"})x"}));
  EXPECT_EQ(additions.provider, 4U);
  EXPECT_EQ(additions.mount, R"({"name":"aws-iam-token","readOnly":true,)"
                             R"("mountPath":"/var/run/secrets/eks.amazonaws.com/serviceaccount"})");
}

TEST(MakeContainerAdditions, LeavesOutWhatIsOff) {
  Identity identity = kIdentity;
  identity.regional_sts = false;
  Settings settings;
  settings.regional_sts = true;  // the identity has the last word
  const ContainerAdditions additions = MakeContainerAdditions(identity, settings, kTokenVolume, Pod());
  EXPECT_EQ(additions.variables.size(), 2U);
  EXPECT_EQ(additions.provider, 0U);
}

TEST(MakeContainerAdditions, TakesTheIdentitysRegionOverTheSettings) {
  Identity identity = kIdentity;
  identity.regional_sts = false;
  identity.region = "us-east-2";
  for (const char* region : {"", "eu-west-1"}) {
    Settings settings;
    settings.default_region = region;
    EXPECT_EQ(Items(MakeContainerAdditions(identity, settings, kTokenVolume, Pod()))[1],
              R"({"name":"AWS_REGION","value":"us-east-2"})");
  }
}

TEST(MakeContainerAdditions, TakesTheLiteralWhereThePodsNameMayBeTooLong) {
  Identity identity = kIdentity;
  identity.session_name = {"1234.{pod}", "team-a.app"};
  const ContainerAdditions fits = MakeContainerAdditions(identity, {}, kTokenVolume, Pod(false, 59));
  EXPECT_FALSE(fits.session_name_does_not_fit);
  const ContainerAdditions literal = MakeContainerAdditions(identity, {}, kTokenVolume, Pod(false, 60));
  EXPECT_TRUE(literal.session_name_does_not_fit);
  EXPECT_EQ(literal.variables.size() + 1, fits.variables.size());
  EXPECT_EQ(Items(literal).back(), R"({"name":"AWS_ROLE_SESSION_NAME","value":"team-a.app"})");
}

TEST(MakeContainerAdditions, GivesWindowsADriveAndBackslashesInTheFileOnly) {
  Settings settings;
  settings.token_mount_path = "/var/run/token";
  const ContainerAdditions additions = MakeContainerAdditions(kIdentity, settings, kTokenVolume, Pod(true));
  EXPECT_EQ(Items(additions).back(), R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"C:\\var\\run\\token\\token"})");
  EXPECT_EQ(additions.mount, R"({"name":"aws-iam-token","readOnly":true,"mountPath":"/var/run/token"})");
}

TEST(MakeContainerAdditions, EscapesEveryValue) {
  const Identity identity{"r\"\\\n", "", seconds(0), false};
  Settings settings;
  settings.default_region = "d\"";
  settings.token_mount_path = "/m\"";
  const ContainerAdditions additions = MakeContainerAdditions(identity, settings, kTokenVolume, Pod());
  std::vector<std::string> values;
  for (const std::string& item : Items(additions)) values.push_back(nlohmann::json::parse(item)["value"]);
  EXPECT_EQ(values, (std::vector<std::string>{"d\"", "d\"", "r\"\\\n", "/m\"/token"}));
  EXPECT_EQ(nlohmann::json::parse(additions.mount)["mountPath"], "/m\"");
}

TEST(TokenVolumeJson, IsAProjectedVolume) {
  EXPECT_EQ(TokenVolumeJson("aws-iam-token-2", {"a\"b", "to\"ken"}, seconds(4294967295), ""),
            R"({"name":"aws-iam-token-2","projected":{"sources":[{"serviceAccountToken":)"
            R"({"audience":"a\"b","expirationSeconds":4294967295,"path":"to\"ken"}}]}})");
}

// A pod may name anything where the apiserver has not looked at it yet.
TEST(ConfigMapVariableJson, EscapesWhatItRefersTo) {
  EXPECT_EQ(ConfigMapVariableJson("AWS_ROLE_ARN", "a\"", "b\""),
            R"({"name":"AWS_ROLE_ARN","valueFrom":{"configMapKeyRef":{"name":"a\"","key":"b\"","optional":true}}})");
}

}  // namespace
}  // namespace irsa::identity
