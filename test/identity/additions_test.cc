#include "irsa/identity/rules/additions.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

using std::chrono::seconds;

const Identity kIdentity{"arn:aws:iam::111122223333:role/r", "sts.amazonaws.com", seconds(3600), true};

TEST(MakeContainerAdditions, WritesEachItemAsJson) {
  Settings settings;
  settings.default_region = "eu-west-1";
  const ContainerAdditions additions = MakeContainerAdditions(kIdentity, settings, kTokenVolume, false);
  EXPECT_EQ(additions.sts_regional_endpoints, R"({"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"regional"})");
  EXPECT_EQ(additions.default_region, R"({"name":"AWS_DEFAULT_REGION","value":"eu-west-1"})");
  EXPECT_EQ(additions.region, R"({"name":"AWS_REGION","value":"eu-west-1"})");
  EXPECT_EQ(additions.source, R"({"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/r"})");
  EXPECT_EQ(additions.token_file, R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE",)"
                                  R"("value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"})");
  EXPECT_EQ(additions.mount, R"({"name":"aws-iam-token","readOnly":true,)"
                             R"("mountPath":"/var/run/secrets/eks.amazonaws.com/serviceaccount"})");
}

TEST(MakeContainerAdditions, LeavesEmptyWhatIsOff) {
  Identity identity = kIdentity;
  identity.regional_sts = false;
  Settings settings;
  settings.regional_sts = true;  // the identity has the last word
  const ContainerAdditions additions = MakeContainerAdditions(identity, settings, kTokenVolume, false);
  EXPECT_EQ(additions.sts_regional_endpoints, "");
  EXPECT_EQ(additions.default_region, "");
  EXPECT_EQ(additions.region, "");
}

TEST(MakeContainerAdditions, GivesWindowsADriveAndBackslashesInTheFileOnly) {
  Settings settings;
  settings.token_mount_path = "/var/run/token";
  const ContainerAdditions additions = MakeContainerAdditions(kIdentity, settings, kTokenVolume, true);
  EXPECT_EQ(additions.token_file, R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"C:\\var\\run\\token\\token"})");
  EXPECT_EQ(additions.mount, R"({"name":"aws-iam-token","readOnly":true,"mountPath":"/var/run/token"})");
}

TEST(MakeContainerAdditions, EscapesEveryValue) {
  const Identity identity{"r\"\\\n", "", seconds(0), false};
  Settings settings;
  settings.default_region = "d\"";
  settings.token_mount_path = "/m\"";
  const ContainerAdditions additions = MakeContainerAdditions(identity, settings, kTokenVolume, false);
  const auto value = [](const std::string& json) { return nlohmann::json::parse(json)["value"].get<std::string>(); };
  EXPECT_EQ(value(additions.source), "r\"\\\n");
  EXPECT_EQ(value(additions.default_region), "d\"");
  EXPECT_EQ(value(additions.region), "d\"");
  EXPECT_EQ(value(additions.token_file), "/m\"/token");
  EXPECT_EQ(nlohmann::json::parse(additions.mount)["mountPath"], "/m\"");
}

TEST(TokenVolumeJson, IsAProjectedVolume) {
  EXPECT_EQ(TokenVolumeJson("aws-iam-token-2", {"a\"b", "to\"ken"}, seconds(4294967295)),
            R"({"name":"aws-iam-token-2","projected":{"sources":[{"serviceAccountToken":)"
            R"({"audience":"a\"b","expirationSeconds":4294967295,"path":"to\"ken"}}]}})");
}

}  // namespace
}  // namespace irsa::identity
