#include "irsa/cli/installed_webhook.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::cli {
namespace {

using Json = nlohmann::json;

Json Deployment(const Json& container, const Json& volumes = Json::array()) {
  return {{"metadata", {{"namespace", "irsa-system"}, {"name", "irsa"}}},
          {"spec",
           {{"template",
             {{"metadata", {{"labels", {{"app", "irsa"}}}}},
              {"spec", {{"containers", {{{"name", "sidecar"}}, container}}, {"volumes", volumes}}}}}}}};
}

TEST(ReadInstalledWebhook, ReadsFlagsAsServeDoes) {
  const auto installed = ReadInstalledWebhook(Deployment(
      {{"args",
        {"serve", "--tls-self-managed", "--tls-secret=my-tls", "--webhook-configuration=hook",
         "--validating-webhook-configuration=checks", "--service-name=svc", "--namespace=own", "--identity-record",
         "--watch-config-map", "--annotation-prefix=example.com", "--aws-default-region=eu-central-1"}}}));
  ASSERT_TRUE(installed.ok());
  const audit::Installation& found = installed->installation;
  EXPECT_EQ(found.namespace_name, "own");
  EXPECT_EQ(found.service_name, "svc");
  EXPECT_EQ(found.mutating_configuration, "hook");
  EXPECT_EQ(found.validating_configuration, "checks");
  EXPECT_EQ(found.guard_name, "hook-guard");
  EXPECT_EQ(found.seen_name, "hook-record-seen");
  EXPECT_EQ(found.policy_name, "hook-identity");
  EXPECT_EQ(found.certificate_secret, "my-tls");
  EXPECT_TRUE(found.has_webhook);
  EXPECT_TRUE(found.keeps_record);
  EXPECT_TRUE(found.watches_config_map);
  EXPECT_EQ(found.pod_labels, (audit::Labels{{"app", "irsa"}}));
  EXPECT_EQ(installed->settings.annotation_prefix, "example.com");
  EXPECT_EQ(installed->settings.default_region, "eu-central-1");
  EXPECT_EQ(installed->settings.token_audience, "sts.amazonaws.com");
}

TEST(ReadInstalledWebhook, MissesNoWebhookOfAController) {
  const auto installed = ReadInstalledWebhook(Deployment({{"args", {"controller"}}}));
  EXPECT_FALSE(installed->installation.has_webhook);
  EXPECT_TRUE(installed->installation.keeps_record);
}

TEST(ReadInstalledWebhook, FindsTheSecretOfAMountedCertificate) {
  const Json container = {{"command", {"/usr/bin/irsa", "serve"}},
                          {"args", {"--tls-cert=/certs/tls.crt"}},
                          {"volumeMounts", {{{"name", "certs"}, {"mountPath", "/certs"}}}}};
  EXPECT_EQ(ReadInstalledWebhook(
                Deployment(container, {{{"name", "certs"}, {"secret", {{"secretName", "made-by-cert-manager"}}}}}))
                ->installation.certificate_secret,
            "made-by-cert-manager");
  const auto without = ReadInstalledWebhook(Deployment(container));
  EXPECT_EQ(without->installation.certificate_secret, "") << "it is on the node's disk, say";
  EXPECT_EQ(without->installation.namespace_name, "irsa-system") << "the Deployment's own";
}

TEST(ReadInstalledWebhook, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(ReadInstalledWebhook(Deployment({{"args", {"explain"}}})).error().message,
            "none of its containers runs irsa serve");
  EXPECT_EQ(ReadInstalledWebhook(Json::object()).error().message, "none of its containers runs irsa serve");
  EXPECT_EQ(ReadInstalledWebhook(Deployment({{"args", {"serve", "--port=many"}}})).error().message.substr(0, 33),
            "its flags cannot be understood: -");
}

}  // namespace
}  // namespace irsa::cli
