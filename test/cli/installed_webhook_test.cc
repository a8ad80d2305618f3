#include "src/cli/audit/installed_webhook.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/audit/fake_cluster.h"
#include "test/testing/fake_clock.h"

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
  const auto installed = ReadInstalledWebhook(
      Deployment({{"args",
                   {"serve", "--tls-self-managed", "--tls-secret=my-tls", "--webhook-configuration=hook",
                    "--validating-webhook-configuration=checks", "--service-name=svc", "--namespace=own",
                    "--watch-config-map", "--annotation-prefix=example.com", "--aws-default-region=eu-central-1"}}}));
  ASSERT_TRUE(installed.ok());
  const audit::Installation& found = installed->installation;
  EXPECT_EQ(found.namespace_name, "own");
  EXPECT_EQ(found.service_name, "svc");
  EXPECT_EQ(found.mutating_configuration, "hook");
  EXPECT_EQ(found.validating_configuration, "checks");
  EXPECT_EQ(found.guard_name, "hook-guard");
  EXPECT_EQ(found.policy_name, "hook-identity");
  EXPECT_EQ(found.account_label_name, "hook-account-label");
  EXPECT_EQ(found.certificate_secret, "my-tls");
  EXPECT_EQ(found.process, audit::Process::kServe);
  EXPECT_TRUE(found.watches_config_map);
  EXPECT_EQ(found.pod_labels, (audit::Labels{{"app", "irsa"}}));
  EXPECT_EQ(installed->settings.annotation_prefix, "example.com");
  EXPECT_EQ(installed->settings.default_region, "eu-central-1");
  EXPECT_EQ(installed->settings.token_audience, "sts.amazonaws.com");
}

TEST(ReadInstalledWebhook, ReadsEmptyValuesAsServeDoes) {
  const auto installed =
      ReadInstalledWebhook(Deployment({{"args", {"serve", "--aws-default-region=", "--sts-regional-endpoint=true"}}}));
  ASSERT_TRUE(installed.ok()) << installed.error().message;
  EXPECT_EQ(installed->settings.default_region, "");
  EXPECT_TRUE(installed->settings.regional_sts);
}

TEST(ReadInstalledWebhook, MissesNoWebhookOfAController) {
  const auto installed = ReadInstalledWebhook(Deployment({{"args", {"controller"}}}));
  EXPECT_EQ(installed->installation.process, audit::Process::kController);
}

TEST(ReadInstalledWebhook, TakesTheDeploymentsNameForThatOfTheOthers) {
  Json deployment = Deployment({{"args", {"serve", "--tls-cert=/certs/tls.crt", "--service-name=x-irsa"}}});
  deployment["metadata"]["name"] = "x-irsa";
  const audit::Installation found = ReadInstalledWebhook(deployment)->installation;
  EXPECT_EQ(found.mutating_configuration, "x-irsa");
  EXPECT_EQ(found.validating_configuration, "x-irsa");
  EXPECT_EQ(found.guard_name, "x-irsa-guard");
  EXPECT_EQ(found.policy_name, "x-irsa-identity");
}

TEST(ReadInstalledWebhook, KnowsHowTheRolloutGoes) {
  Json deployment = Deployment({{"args", {"serve"}}});
  deployment["spec"]["paused"] = true;
  const auto installed = ReadInstalledWebhook(deployment);
  ASSERT_TRUE(installed->installation.rollout);
  EXPECT_TRUE(installed->installation.rollout->is_paused);
  EXPECT_EQ(installed->installation.rollout->deployment.name, "irsa");
}

TEST(ReadInstalledWebhook, KnowsWhatTheProcessAsksOfTheApiserver) {
  Json deployment =
      Deployment({{"args", {"serve", "--tls-self-managed", "--validating-webhook-configuration=checks"}}});
  const auto duties = [&deployment] { return ReadInstalledWebhook(deployment)->installation.duties; };
  ASSERT_TRUE(duties());
  EXPECT_EQ(duties()->account.namespace_name, "irsa-system");
  EXPECT_EQ(duties()->account.name, "default");
  EXPECT_EQ(duties()->role_name, "irsa");
  EXPECT_TRUE(duties()->watches_accounts);
  EXPECT_TRUE(duties()->manages_certificate);
  EXPECT_TRUE(duties()->manages_validating);
  EXPECT_FALSE(duties()->reports_pods);
  deployment = Deployment({{"args", {"controller", "--validating-webhook-configuration=checks"}}});
  deployment["spec"]["template"]["spec"]["serviceAccountName"] = "irsa";
  EXPECT_EQ(duties()->account.name, "irsa");
  EXPECT_FALSE(duties()->manages_validating) << "its certificate is somebody else's";
  EXPECT_TRUE(duties()->reports_pods) << "it always does";
  deployment = Deployment({{"args", {"serve", "--service-accounts=/accounts.yaml", "--report-pods"}}});
  EXPECT_FALSE(duties()->watches_accounts);
  EXPECT_TRUE(duties()->reports_pods);
  deployment = Deployment({{"args", {"serve", "--kubeconfig=/config"}}});
  EXPECT_FALSE(duties()) << "nobody knows whose credentials are in it";
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

TEST(ReadInstalledWebhook, FindsTheSecretHoweverItsPathIsWritten) {
  const auto secret = [](const char* flag, const char* mount_path) {
    const Json container = {{"args", {"serve", flag}},
                            {"volumeMounts", {{{"name", "certs"}, {"mountPath", mount_path}}}}};
    return ReadInstalledWebhook(Deployment(container, {{{"name", "certs"}, {"secret", {{"secretName", "s"}}}}}))
        ->installation.certificate_secret;
  };
  EXPECT_EQ(secret("--tls-cert=/certs/tls.crt", "/certs/"), "s");
  EXPECT_EQ(secret("--tls-cert=/certs//tls.crt", "/certs"), "s");
  EXPECT_EQ(secret("--tls-cert=/certs/tls.crt", "/other/../certs"), "s");
  EXPECT_EQ(secret("--tls-cert=/certs/tls.crt", "/certs/more"), "");
}

TEST(ReadInstalledWebhook, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(ReadInstalledWebhook(Deployment({{"args", {"explain"}}})).error().message,
            "none of its containers runs irsa serve");
  EXPECT_EQ(ReadInstalledWebhook(Json::object()).error().message, "none of its containers runs irsa serve");
  EXPECT_EQ(ReadInstalledWebhook(Deployment({{"args", {"serve", "--port=many"}}})).error().message.substr(0, 33),
            "its flags cannot be parsed: --por");
}

class FindInstalledWebhookTest : public ::testing::Test {
 protected:
  static constexpr const char* kDeployments = "/apis/apps/v1/namespaces/irsa-system/deployments/";

  InstalledWebhook Find() { return FindInstalledWebhook(cluster_, clock_, deployment_).value(); }
  void PutPolicy(const std::string& name) {
    cluster_.Put("/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/" + name,
                 {{"spec",
                   {{"variables",
                     {{{"name", "annotationPrefix"}, {"expression", "'example.com'"}},
                      {{"name", "tokenExpiration"}, {"expression", "'3600'"}}}}}}});
  }

  testing::FakeClock clock_;
  audit::FakeCluster cluster_;
  DeploymentName deployment_{"irsa-system", "irsa"};
};

TEST_F(FindInstalledWebhookTest, IsAsTheDeploymentSays) {
  PutPolicy("irsa-identity");
  cluster_.Put(std::string(kDeployments) + "irsa", Deployment({{"args", {"serve", "--token-audience=vault"}}}));
  const InstalledWebhook found = Find();
  EXPECT_EQ(found.installation.process, audit::Process::kServe);
  EXPECT_EQ(found.settings.token_audience, "vault");
  EXPECT_EQ(found.settings.annotation_prefix, "eks.amazonaws.com") << "what the policy says is compared with it";
  EXPECT_EQ(found.note, "");
}

TEST_F(FindInstalledWebhookTest, FindsTheOnlyOneWithIrsasLabel) {
  cluster_.Put("/apis/apps/v1/namespaces/team/deployments/x-irsa", Deployment({{"args", {"controller"}}}));
  EXPECT_EQ(Find().installation.guard_name, "x-irsa-guard");
  EXPECT_EQ(Find().installation.process, audit::Process::kController);
  deployment_.is_given = true;
  EXPECT_EQ(Find().installation.process, audit::Process::kNone);
  deployment_.is_given = false;
  cluster_.Put("/apis/apps/v1/namespaces/other/deployments/y-irsa", Deployment({{"args", {"serve"}}}));
  EXPECT_EQ(Find().installation.process, audit::Process::kUnknown);
  EXPECT_EQ(
      Find().note,
      "irsa's flags are not known: several Deployments have the label app.kubernetes.io/name=irsa; using the defaults");
}

TEST_F(FindInstalledWebhookTest, IsAsThePolicySaysWhereNothingRuns) {
  PutPolicy("x-irsa-identity");
  deployment_ = {"x", "x-irsa", true};
  const InstalledWebhook found = Find();
  EXPECT_EQ(found.installation.process, audit::Process::kNone);
  EXPECT_EQ(found.installation.namespace_name, "x");
  EXPECT_EQ(found.installation.policy_name, "x-irsa-identity");
  EXPECT_EQ(found.settings.annotation_prefix, "example.com");
  EXPECT_EQ(found.settings.token_expiration, std::chrono::seconds(3600));
  EXPECT_EQ(found.note,
            "there is no Deployment of irsa; using the settings of MutatingAdmissionPolicy x-irsa-identity");
}

TEST_F(FindInstalledWebhookTest, TakesTheDefaultsWhereNothingSaysMore) {
  InstalledWebhook found = Find();
  EXPECT_EQ(found.installation.process, audit::Process::kNone);
  EXPECT_EQ(found.settings.annotation_prefix, "eks.amazonaws.com");
  EXPECT_EQ(found.note, "there is no Deployment of irsa; using the defaults");
  cluster_.Refuse("/apis/apps");
  found = Find();
  EXPECT_EQ(found.installation.process, audit::Process::kUnknown);
  EXPECT_NE(found.note.find("User \"someone\" cannot do that"), std::string::npos) << found.note;
}

TEST_F(FindInstalledWebhookTest, DoesNotTakeOneThatItMayNotLookForForMissing) {
  cluster_.Refuse("/apis/apps/v1/deployments");
  const InstalledWebhook found = Find();
  EXPECT_EQ(found.installation.process, audit::Process::kUnknown);
  EXPECT_TRUE(
      found.note.starts_with("irsa's flags are not known: Deployment irsa-system/irsa does not exist, and others "
                             "cannot be found: list /apis/apps/v1/deployments"))
      << found.note;
  EXPECT_NE(found.note.find("User \"someone\" cannot do that"), std::string::npos) << found.note;
  deployment_.is_given = true;
  EXPECT_EQ(Find().note, "there is no Deployment of irsa; using the defaults") << "nobody looks for others";
}

TEST_F(FindInstalledWebhookTest, EndsWhenNobodyAnswers) {
  cluster_.GoAway();
  EXPECT_TRUE(FindInstalledWebhook(cluster_, clock_, deployment_).FailedWith(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace irsa::cli
