#include "irsa/audit/facts/policy_variables.h"

#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using Texts = std::vector<std::string>;

PolicyVariables Variables() { return ReadAdmissionPolicy(PolicyOfIdentities()).variables; }

TEST(ConstantOf, ReadsStrings) {
  for (const auto& [expression, constant] :
       std::map<std::string, std::string>{{"'sts.amazonaws.com'", "sts.amazonaws.com"},
                                          {"''", ""},
                                          {R"('it\'s a \\')", R"(it's a \)"},
                                          {"'say \"x\"'", "say \"x\""},
                                          {"'86400'", "86400"}}) {
    EXPECT_EQ(ConstantOf(expression), constant) << expression;
  }
  for (const char* expression : {"", "'", "'x", "x'", "'x\"", "'a' + 'b'", R"('\')", R"('\n')", "\"x\"", "3600",
                                 "int('1')", "true", "params.metadata.name", "1 + 1"}) {
    EXPECT_EQ(ConstantOf(expression), std::nullopt) << expression;
  }
}

TEST(SettingsOf, IsWhatTheVariablesSay) {
  PolicyVariables variables = Variables();
  identity::Settings settings = SettingsOf(variables);
  EXPECT_EQ(CompareVariables(variables, IdentityVariables(), {}), Texts());
  variables = {{"annotationPrefix", "'example.com'"},
               {"tokenAudience", "'vault'"},
               {"tokenMountPath", "'/token'"},
               {"tokenExpiration", "'3600'"},
               {"awsDefaultRegion", "'eu-central-1'"},
               {"stsRegionalEndpoint", "'true'"},
               {"composeRoleArn", "'true'"},
               {"awsPartition", "'aws-cn'"},
               {"awsAccountId", "'111122223333'"},
               {"defaultRole", "'true'"},
               {"respectEnvFrom", "'true'"}};
  settings = SettingsOf(variables);
  EXPECT_EQ(settings.annotation_prefix, "example.com");
  EXPECT_EQ(settings.token_audience, "vault");
  EXPECT_EQ(settings.token_mount_path, "/token");
  EXPECT_EQ(settings.token_expiration, std::chrono::seconds(3600));
  EXPECT_EQ(settings.default_region, "eu-central-1");
  EXPECT_TRUE(settings.regional_sts);
  EXPECT_TRUE(settings.composition.is_on);
  EXPECT_EQ(settings.composition.partition, "aws-cn");
  EXPECT_EQ(settings.composition.account_id, "111122223333");
  EXPECT_TRUE(settings.uses_default_roles);
  EXPECT_TRUE(settings.respects_env_from);
  EXPECT_EQ(CompareVariables(variables, IdentityVariables(), settings), Texts());
}

TEST(SettingsOf, TakesTheDefaultForWhatIsNoConstant) {
  const identity::Settings settings = SettingsOf({{"annotationPrefix", "request.namespace"},
                                                  {"tokenExpiration", "'9999999999'"},
                                                  {"stsRegionalEndpoint", "'perhaps'"}});
  EXPECT_EQ(settings.annotation_prefix, "eks.amazonaws.com");
  EXPECT_EQ(settings.token_expiration, std::chrono::seconds(86400));
  EXPECT_FALSE(settings.regional_sts);
}

TEST(CompareVariables, NamesTheFlag) {
  PolicyVariables variables = Variables();
  variables.erase("tokenAudience");
  variables["tokenMountPath"] = "'/else'";
  variables["tokenExpiration"] = "'soon'";
  variables["stsRegionalEndpoint"] = "'true'";
  EXPECT_EQ(CompareVariables(variables, IdentityVariables(), {}),
            (Texts{"its variable tokenAudience does not exist, but --token-audience makes it 'sts.amazonaws.com'",
                   "its variable tokenMountPath is '/else', but --token-mount-path makes it "
                   "'/var/run/secrets/eks.amazonaws.com/serviceaccount'",
                   "its variable tokenExpiration is 'soon', but --token-expiration makes it '86400'",
                   "its variable stsRegionalEndpoint is 'true', but --sts-regional-endpoint makes it 'false'"}));
  EXPECT_EQ(CompareVariables(variables, AccountLabelVariables(), {}), Texts());
}

TEST(CompareVariables, ComparesWhatTheyMean) {
  PolicyVariables variables = Variables();
  identity::Settings settings;
  settings.token_expiration = std::chrono::seconds(600);
  variables["tokenExpiration"] = "'60'";
  settings.regional_sts = true;
  variables["stsRegionalEndpoint"] = "'1'";
  settings.token_audience = "it's";
  variables["tokenAudience"] = R"('it\'s')";
  EXPECT_EQ(CompareVariables(variables, IdentityVariables(), settings), Texts());
  EXPECT_EQ(IdentityVariables()[1].expression(settings), R"('it\'s')");
}

}  // namespace
}  // namespace irsa::audit
