#include "irsa/audit/cluster_audit.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"
#include "irsa/kube/identity_record.h"
#include "irsa/tls/certificate_authority.h"

#include "test/audit/objects.h"
#include "test/testing/fake_clock.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

constexpr const char* kRegistration = "/apis/admissionregistration.k8s.io/v1";
constexpr const char* kPod = "/api/v1/namespaces/team-a/pods/web-1";
constexpr const char* kAccount = "/api/v1/namespaces/team-a/serviceaccounts/app";
constexpr const char* kMap = "/apis/irsa.dev/v1alpha1/namespaces/team-a/identitymaps/identities";

// A cluster in which all is well: one account with a role, one pod of it.
class ClusterAuditTest : public ::testing::Test {
 protected:
  ClusterAuditTest() {
    const auto ca = tls::CertificateAuthority::Create("a CA", clock_.Now(), std::chrono::hours(900)).value();
    const std::string bundle = base::EncodeBase64(ca.pem().certificate);
    const std::vector<std::string> names = {"irsa.irsa-system.svc"};
    const auto pair = ca.Issue(names, clock_.Now(), std::chrono::hours(900)).value();
    Json validating = PodWebhook(bundle);
    validating["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
    cluster_.Put(std::string(kRegistration) + "/mutatingwebhookconfigurations/irsa", PodWebhook(bundle));
    cluster_.Put(std::string(kRegistration) + "/validatingwebhookconfigurations/irsa", validating);
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard", PolicyOfGuard());
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicybindings/irsa-guard", BindingOfGuard());
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-record-seen", Json::object());
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicybindings/irsa-record-seen", Json::object());
    cluster_.Put("/version", {{"gitVersion", "v1.36.3"}});
    cluster_.Put(kRegistration, {{"resources",
                                  {{{"name", "mutatingwebhookconfigurations"}},
                                   {{"name", "validatingadmissionpolicies"}},
                                   {{"name", "mutatingadmissionpolicies"}}}}});
    for (const char* name : {"irsa-system", "team-a"}) {
      cluster_.Put(std::string("/api/v1/namespaces/") + name,
                   {{"metadata", {{"labels", {{"kubernetes.io/metadata.name", name}}}}}});
    }
    cluster_.Put("/api/v1/namespaces/irsa-system/services/irsa", {{"spec", {{"type", "ClusterIP"}}}});
    cluster_.Put("/apis/discovery.k8s.io/v1/namespaces/irsa-system/endpointslices/irsa-x",
                 {{"endpoints", {{{"conditions", {{"ready", true}}}}}}});
    cluster_.Put("/api/v1/namespaces/irsa-system/secrets/irsa-tls",
                 {{"data", {{"tls.crt", base::EncodeBase64(pair.certificate)}}}});
    cluster_.Put(kAccount, AnnotatedAccount());
    cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/default", {{"metadata", Json::object()}});
    cluster_.Put(kMap, Json::parse(kube::NewIdentityMap({{"app", recorded_}})));
    cluster_.Put(kPod, IdentifiedPod());
    options_.installation.keeps_record = true;
  }

  Report Audit() { return AuditCluster(cluster_, clock_, options_).value(); }
  // The identity policy beside all that; without the webhook, the mode "only".
  void PutPolicy(bool has_webhook) {
    const std::string policies = std::string(kRegistration) + "/mutatingadmissionpolicies/irsa-identity";
    const std::string bindings = std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-identity";
    cluster_.Put(policies, PolicyOfIdentities());
    cluster_.Put(bindings, BindingOfIdentities());
    cluster_.Put(policies + "-seen", Json::object());
    for (const char* suffix : {"-seen", "-seen-unless"}) cluster_.Put(bindings + suffix, Json::object());
    options_.installation.has_webhook = has_webhook;
    if (!has_webhook) cluster_.Remove(std::string(kRegistration) + "/mutatingwebhookconfigurations/irsa");
  }
  Names Found() {
    Names names;
    for (const Finding& finding : Audit().findings) names.emplace_back(FindingName(finding.kind));
    return names;
  }

  const kube::RecordedIdentity recorded_{kRole, "sts.amazonaws.com", std::chrono::seconds(86400), "", false};
  testing::FakeClock clock_;
  FakeCluster cluster_;
  AuditOptions options_;
};

TEST_F(ClusterAuditTest, FindsNothingWhereAllIsWell) {
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.unread, std::vector<Unread>());
  EXPECT_TRUE(report.IsClean());
  EXPECT_EQ(report.cluster, (ClusterFacts{{"v1.36.3", true, true, true, ""}, Mode::kWebhook}));
  EXPECT_EQ(report.counts, (Counts{.pods = 1, .pods_with_role = 1, .service_accounts = 2, .accounts_with_role = 1}));
}

TEST_F(ClusterAuditTest, FindsFaultsOfEveryArea) {
  cluster_.Put(kPod, BarePod());
  cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/typo",
               {{"metadata", {{"annotations", {{"eks.amazonaws.com/role-arm", kRole}}}}}});
  cluster_.Put(kMap, Json::parse(kube::NewIdentityMap({{"gone", recorded_}})));
  cluster_.Remove(std::string(kRegistration) + "/validatingadmissionpolicybindings/irsa-guard");
  cluster_.Remove("/api/v1/namespaces/irsa-system/secrets/irsa-tls");
  cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
  cluster_.Put("/apis/apps/v1/namespaces/team-a/replicasets/web-5d9c",
               {{"status",
                 {{"conditions",
                   {{{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "policy 'irsa-guard' denied"}}}}}}});
  EXPECT_EQ(Found(),
            (Names{"webhook-service-missing", "certificate-missing", "record-entry-missing", "record-entry-stale",
                   "guard-binding-missing", "annotation-unknown", "pod-failed-open", "replicaset-blocked"}));
}

TEST_F(ClusterAuditTest, SaysThatThereIsNoWebhook) {
  cluster_.Remove(std::string(kRegistration) + "/mutatingwebhookconfigurations/irsa");
  cluster_.Put(kPod, BarePod());
  EXPECT_EQ(Found(), (Names{"webhook-missing", "pod-before-webhook"}));
}

TEST_F(ClusterAuditTest, FindsNothingWhereThePolicyHelpsTheWebhook) {
  PutPolicy(true);
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kFallback);
  cluster_.Remove(std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-identity-seen");
  cluster_.Remove(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-record-seen");
  EXPECT_EQ(Found(), (Names{"seen-policy-missing", "seen-policy-missing"}));
}

TEST_F(ClusterAuditTest, MissesNoWebhookWhereThePolicyIsAlone) {
  PutPolicy(false);
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kOnly);
  cluster_.Put(kPod, BarePod());
  EXPECT_EQ(Found(), Names{"pod-missed-by-policy"});
  cluster_.Put(kMap, Json::parse(kube::NewIdentityMap({})));
  EXPECT_EQ(Found(), (Names{"record-entry-missing", "pod-missed-by-policy"}));
  options_.areas = {Area::kPods};
  EXPECT_THAT(Audit().findings[0].why, HasSubstr("the account is not on record"));
  EXPECT_EQ(Audit().cluster, std::nullopt);
}

TEST_F(ClusterAuditTest, WantsTheGuardWhereThePolicyIsAlone) {
  PutPolicy(false);
  cluster_.Remove(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard");
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"guard-missing"});
  EXPECT_THAT(report.findings[0].why, HasSubstr("nothing else is left to tell of pods"));
}

TEST_F(ClusterAuditTest, SaysWhatTheWebhookStillDoesWhenOnlyItIsMissing) {
  PutPolicy(true);
  cluster_.Remove(std::string(kRegistration) + "/mutatingwebhookconfigurations/irsa");
  cluster_.Put(kPod, BarePod());
  const Report report = Audit();
  ASSERT_EQ(Found(), (Names{"webhook-missing", "pod-missed-by-policy"}));
  EXPECT_THAT(report.findings[0].why, HasSubstr("pods that the identity policy leaves"));
}

TEST_F(ClusterAuditTest, NamesTheVersionOfAClusterThatIsTooOldForTheController) {
  options_.installation.has_webhook = false;
  cluster_.Put("/version", {{"gitVersion", "v1.30.14"}});
  cluster_.Put(kRegistration, {{"resources", {{{"name", "mutatingwebhookconfigurations"}}}}});
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"cluster-too-old"});
  EXPECT_THAT(report.findings[0].what, HasSubstr("v1.30.14"));
  EXPECT_EQ(report.cluster, (ClusterFacts{{"v1.30.14", true, false, false, ""}, Mode::kNone}));
}

TEST_F(ClusterAuditTest, FindsAPolicyOfAnOlderVersionOfTheApi) {
  cluster_.Put("/version", {{"gitVersion", "v1.35.0"}});
  cluster_.Put(kRegistration, {{"resources", Json::array()}});
  const std::string older = "/apis/admissionregistration.k8s.io/v1beta1";
  cluster_.Put(older, {{"resources", {{{"name", "mutatingadmissionpolicies"}}}}});
  EXPECT_EQ(Found(), Names());
  cluster_.Put(older + "/mutatingadmissionpolicies/irsa-identity", PolicyOfIdentities());
  EXPECT_EQ(Found(), Names{"cluster-too-old"});
}

TEST_F(ClusterAuditTest, MissesARecordOnlyWhereThereShouldBeOne) {
  for (const char* object : {"/validatingadmissionpolicies/irsa-guard", "/validatingadmissionpolicybindings/irsa-guard",
                             "/validatingwebhookconfigurations/irsa"}) {
    cluster_.Remove(std::string(kRegistration) + object);
  }
  cluster_.Forget("identitymaps");
  EXPECT_EQ(Found(), (Names{"guard-missing", "guard-missing"}));
  options_.installation.keeps_record = false;
  EXPECT_EQ(Found(), Names{"guard-not-installed"});
}

TEST_F(ClusterAuditTest, SaysWhatItMayNotRead) {
  for (const char* path : {"/api/v1/pods", "/api/v1/namespaces/irsa-system/secrets", "/apis/apps"}) {
    cluster_.Refuse(path);
  }
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_FALSE(report.IsClean());
  ASSERT_EQ(report.unread.size(), 3U);
  EXPECT_EQ(report.unread[0].what, "the certificate in Secret irsa-system/irsa-tls");
  EXPECT_EQ(report.unread[1].what, "pods");
  EXPECT_THAT(report.unread[1].why, HasSubstr("User \"someone\" cannot do that"));
  EXPECT_EQ(report.unread[2].what, "ReplicaSets");
}

TEST_F(ClusterAuditTest, MakesNoFindingsOfWhatItMayNotRead) {
  cluster_.Refuse("/");
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_GE(report.unread.size(), 6U);
}

TEST_F(ClusterAuditTest, LooksOnlyAtWhatItIsTo) {
  cluster_.Refuse("/apis/");
  cluster_.Refuse("/api/v1/namespaces/irsa-system/");
  options_.areas = {Area::kServiceAccounts};
  EXPECT_TRUE(Audit().IsClean());
}

TEST_F(ClusterAuditTest, LooksAtOneNamespace) {
  cluster_.Put("/api/v1/namespaces/team-b", {{"metadata", Json::object()}});
  cluster_.Put("/api/v1/namespaces/team-b/serviceaccounts/bad",
               {{"metadata", {{"annotations", {{"eks.amazonaws.com/role-arn", "x"}}}}}});
  options_.namespace_name = "team-a";
  EXPECT_EQ(Found(), Names());
  options_.namespace_name = "team-b";
  EXPECT_EQ(Found(), (Names{"record-entry-missing", "role-arn-malformed"}));
}

TEST_F(ClusterAuditTest, KnowsIdentitiesOfTheConfigMap) {
  options_.installation.watches_config_map = true;
  cluster_.Put("/api/v1/namespaces/irsa-system/configmaps/pod-identity-webhook",
               {{"data", {{"config", R"({"team-a/default": {"RoleARN": ")" + std::string(kRole) + R"("}})"}}}});
  Json pod = BarePod();
  pod["spec"]["serviceAccountName"] = "default";
  cluster_.Put(kPod, pod);
  EXPECT_EQ(Found(), Names{"pod-failed-open"});
}

TEST_F(ClusterAuditTest, EndsWhenNobodyAnswers) {
  cluster_.GoAway();
  const auto report = AuditCluster(cluster_, clock_, options_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, base::ErrorCode::kUnavailable);
}

TEST_F(ClusterAuditTest, HoldsNoMoreThanAPageOfPods) {
  for (int i = 0; i < 1000; ++i) {
    cluster_.Put("/api/v1/namespaces/team-a/pods/many-" + std::to_string(i), i % 2 == 0 ? IdentifiedPod() : BarePod());
  }
  options_.areas = {Area::kPods};
  cluster_.largest_page = 0;
  const Report report = Audit();
  EXPECT_EQ(report.counts.pods, 1001U);
  EXPECT_LE(cluster_.largest_page, 100U);
  EXPECT_EQ(report.findings.size(), 500U) << "pods without a controller are each their own";
  EXPECT_EQ(std::count_if(cluster_.requests.begin(), cluster_.requests.end(),
                          [](const std::string& request) { return request.starts_with("GET /api/v1/pods?limit=100"); }),
            11);
}

}  // namespace
}  // namespace irsa::audit
