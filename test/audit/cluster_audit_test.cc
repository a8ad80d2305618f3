#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/admission/review_reader.h"

#include "test/audit/cluster_audit_fixture.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(ClusterAuditTest, FindsNothingWhereAllIsWell) {
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.unread, std::vector<Unread>());
  EXPECT_TRUE(report.IsClean());
  EXPECT_EQ(report.cluster, (ClusterFacts{{"v1.36.3", true, true, true, ""}, Mode::kWebhook, Process::kServe}));
  EXPECT_EQ(report.counts, (Counts{.pods = 1, .pods_with_role = 1, .service_accounts = 2, .accounts_with_role = 1}));
}

TEST_F(ClusterAuditTest, FindsFaultsOfEveryArea) {
  cluster_.Put(kPod, BarePod());
  cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/typo",
               {{"metadata", {{"annotations", {{"eks.amazonaws.com/role-arm", kRole}}}}}});
  cluster_.Remove(kGuardBinding);
  cluster_.Remove("/api/v1/namespaces/irsa-system/secrets/irsa-tls");
  cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
  cluster_.Put("/apis/apps/v1/namespaces/team-a/replicasets/web-5d9c",
               {{"status",
                 {{"conditions",
                   {{{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "policy 'irsa-guard' denied"}}}}}}});
  EXPECT_EQ(Found(), (Names{"webhook-service-missing", "certificate-missing", "guard-binding-missing",
                            "annotation-unknown", "pod-failed-open", "replicaset-blocked"}));
}

TEST_F(ClusterAuditTest, SaysThatThereIsNoWebhook) {
  cluster_.Remove(kWebhook);
  cluster_.Put(kPod, BarePod());
  EXPECT_EQ(Found(), (Names{"webhook-missing", "pod-before-webhook"}));
  cluster_.Remove(kAccountsWebhook);
  options_.installation.process = Process::kNone;
  const Report report = Audit();
  EXPECT_EQ(Found(), (Names{"webhook-missing", "pod-before-webhook"})) << "no webhook, no policy";
  EXPECT_THAT(report.findings[0].why, HasSubstr("nothing gives pods their identity"));
  EXPECT_EQ(report.cluster->mode, Mode::kNone);
}

TEST_F(ClusterAuditTest, KnowsThatSomethingServesAWebhook) {
  options_.installation.process = Process::kNone;
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kWebhook);
  EXPECT_EQ(report.cluster->process, Process::kUnknown) << "it may run elsewhere than in a Deployment";
}

TEST_F(ClusterAuditTest, FindsThatAccountsWaitForIrsa) {
  Json validating = PodWebhook("");
  validating["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
  cluster_.Put(kAccountsWebhook, validating);
  options_.areas = {Area::kWebhook};
  EXPECT_EQ(Found(), Names{"accounts-webhook-fails-closed"});
}

TEST_F(ClusterAuditTest, HasPodsStartedAnewOnlyOnceIrsaIsReady) {
  const auto fix = [this] { return Audit().findings.back().fix; };
  cluster_.Put(kPod, BarePod());
  options_.areas = {Area::kPods};
  const std::string anew = fix();
  EXPECT_THAT(anew, HasSubstr("kubectl get pod web-1"));
  EXPECT_THAT(anew, ::testing::Not(HasSubstr("first")));
  const std::string slice = "/apis/discovery.k8s.io/v1/namespaces/irsa-system/endpointslices/irsa-x";
  cluster_.Put(slice, {{"endpoints", {{{"conditions", {{"ready", false}}}}}}});
  const std::string away =
      "first get a replica of irsa ready (kubectl get pods -n irsa-system): until then new pods get no identity, or "
      "are refused; then: ";
  EXPECT_EQ(fix(), away + anew);
  PutPolicy(true);
  EXPECT_EQ(fix(), anew) << "the identity policy gives it to them";
  Json left = BarePod();
  left["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "\"proxy\""}};
  cluster_.Put(kPod, left);
  EXPECT_THAT(fix(), HasSubstr("first get a replica of irsa ready")) << "but not to such ones";
  cluster_.Put("/api/v1/namespaces/irsa-system/services/irsa", {{"spec", {{"type", "ExternalName"}}}});
  EXPECT_THAT(fix(), ::testing::Not(HasSubstr("first"))) << "nobody knows what is behind it";
  cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
  EXPECT_THAT(fix(), HasSubstr("first get a replica of irsa ready"));
}

TEST_F(ClusterAuditTest, HasPodsStartedAnewOnlyOnceIrsaIsCalled) {
  cluster_.Put(kPod, BarePod());
  cluster_.Put("/api/v1/namespaces/irsa-system/secrets/irsa-tls", {{"data", {{"tls.crt", "bm90IFBFTQ=="}}}});
  EXPECT_THAT(Audit().findings.back().fix, HasSubstr("first fix irsa's certificate, as irsa audit --only certificate"));
  cluster_.Remove(kWebhook);
  EXPECT_THAT(Audit().findings.back().fix, HasSubstr("first install irsa again, as irsa audit --only webhook advises"));
}

TEST_F(ClusterAuditTest, FindsARolloutThatIsStuck) {
  options_.installation.rollout =
      RolloutFacts{{"Deployment", "irsa-system", "irsa"}, "app=irsa", 2, 1, 1, true, false, true, std::nullopt};
  EXPECT_EQ(Found(), Names{"rollout-stuck"});
  options_.areas = {Area::kPods};
  EXPECT_EQ(Found(), Names()) << "it belongs to the webhook";
}

TEST_F(ClusterAuditTest, FindsRightsThatIrsaLacks) {
  options_.installation.duties = {.account = {"irsa-system", "irsa"}, .role_name = "irsa", .manages_certificate = true};
  EXPECT_EQ(Found(), Names());
  EXPECT_EQ(cluster_.reviews.size(), 8U) << "one for each verb";
  cluster_.Deny("list serviceaccounts");
  cluster_.Deny("watch serviceaccounts");
  cluster_.Deny("create secrets");
  options_.areas = {Area::kRights};
  cluster_.requests.clear();
  const Report report = Audit();
  ASSERT_EQ(Found(), (Names{"right-missing", "right-missing"}));
  EXPECT_FALSE(report.IsClean());
  EXPECT_EQ(report.findings[0].what, "it may not create secrets in the namespace irsa-system");
  EXPECT_EQ(report.findings[1].what, "it may not list, watch serviceaccounts");
  for (const std::string& request : cluster_.requests) {
    EXPECT_EQ(request, "POST /apis/authorization.k8s.io/v1/subjectaccessreviews") << "nothing else is read for it";
  }
}

TEST_F(ClusterAuditTest, SaysThatItMayNotAskAboutRights) {
  options_.installation.duties = {.account = {"irsa-system", "irsa"}, .role_name = "irsa"};
  cluster_.Refuse("/apis/authorization.k8s.io/");
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  ASSERT_EQ(report.unread.size(), 1U) << "once, not for each right";
  EXPECT_EQ(report.unread[0].what, "the rights of service account irsa-system/irsa");
  EXPECT_THAT(report.unread[0].why, HasSubstr("User \"someone\" cannot do that"));
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
  EXPECT_EQ(Found(), Names{"role-arn-malformed"});
}

TEST_F(ClusterAuditTest, KnowsIdentitiesOfTheConfigMap) {
  options_.installation.watches_config_map = true;
  cluster_.Put("/api/v1/namespaces/irsa-system/configmaps/pod-identity-webhook",
               {{"data", {{"config", R"({"team-a/default": {"RoleARN": ")" + std::string(kRole) + R"("}})"}}}});
  Json pod = BarePod();
  pod["spec"]["serviceAccountName"] = "default";
  cluster_.Put(kPod, pod);
  EXPECT_EQ(Found(), (Names{"role-only-in-config-map", "pod-failed-open"}));
  options_.areas = {Area::kServiceAccounts};
  EXPECT_EQ(Found(), Names());
  options_.areas = {Area::kGuard};
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"role-only-in-config-map"});
  EXPECT_TRUE(report.IsClean()) << "a remark";
  EXPECT_THAT(report.findings[0].what, HasSubstr("1 service account (team-a/default)"));
  cluster_.Remove(kGuardBinding);
  EXPECT_EQ(Found(), Names{"guard-binding-missing"}) << "nothing would read it";
}

TEST_F(ClusterAuditTest, KnowsThatThePolicyDoesNotReadTheConfigMap) {
  PutPolicy(false);
  options_.installation.watches_config_map = true;
  cluster_.Put("/api/v1/namespaces/irsa-system/configmaps/pod-identity-webhook",
               {{"data", {{"config", R"({"team-a/default": {"RoleARN": ")" + std::string(kRole) + R"("}})"}}}});
  Json pod = BarePod();
  pod["spec"]["serviceAccountName"] = "default";
  cluster_.Put(kPod, pod);
  const Report report = Audit();
  ASSERT_EQ(Found(), (Names{"role-only-in-config-map", "pod-missed-by-policy"}));
  EXPECT_THAT(report.findings[1].why, HasSubstr("it comes from the ConfigMap alone"));
}

TEST_F(ClusterAuditTest, KnowsTheDefaultRolesOfNamespaces) {
  Json account = AnnotatedAccount();
  account["metadata"]["annotations"] = {{"eks.amazonaws.com/region", "eu-central-1"}};
  cluster_.Put(kAccount, account);
  Json pod = IdentifiedPod();
  pod["spec"]["containers"][0].erase("env");
  cluster_.Put(kPod, pod);
  EXPECT_EQ(Audit().counts.accounts_with_role, 0U);
  options_.settings.uses_default_roles = true;
  options_.areas = {Area::kServiceAccounts, Area::kPods};
  cluster_.Put("/api/v1/namespaces/team-a",
               {{"metadata",
                 {{"labels", {{"kubernetes.io/metadata.name", "team-a"}}},
                  {"annotations", {{"eks.amazonaws.com/default-role-arn", "arn:aws:iam::111122223333:role/team"}}}}}});
  const Report report = Audit();
  EXPECT_EQ(report.counts.accounts_with_role, 2U) << "app and default";
  EXPECT_EQ(report.counts.pods_with_role, 1U);
  const auto lacks = std::find_if(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
    return finding.object.kind == "Deployment" || finding.object.kind == "Pod";
  });
  ASSERT_NE(lacks, report.findings.end());
  EXPECT_THAT(lacks->what, HasSubstr("AWS_ROLE_ARN"));
}

TEST_F(ClusterAuditTest, DoesNotTakePodsForFineThatItCannotRead) {
  Json pod = BarePod();
  Json& containers = pod["spec"]["containers"];
  while (containers.size() <= 1000) containers.push_back({{"name", "more"}});
  cluster_.Put(kPod, pod);
  const std::string why = "spec.containers[1000] exceeds the limit of 1000 containers";
  EXPECT_EQ(Audit().unread, (std::vector<Unread>{{"Pod team-a/web-1", why}}));
  EXPECT_FALSE(Audit().IsClean());
  pod["metadata"]["ownerReferences"] = {{{"kind", "StatefulSet"}, {"name", "web"}, {"controller", true}}};
  cluster_.Put(kPod, pod);
  cluster_.Put("/api/v1/namespaces/team-a/pods/web-2", pod);
  EXPECT_EQ(Audit().unread, (std::vector<Unread>{{"pods of StatefulSet team-a/web", why}}));
  pod["status"]["phase"] = "Succeeded";
  cluster_.Put(kPod, pod);
  cluster_.Put("/api/v1/namespaces/team-a/pods/web-2", pod);
  EXPECT_TRUE(Audit().IsClean()) << "it is over";
}

TEST_F(ClusterAuditTest, NeedNotReadPodsThatGetNothing) {
  Json unreadable = BarePod();
  Json& containers = unreadable["spec"]["containers"];
  while (containers.size() <= 1000) containers.push_back({{"name", "more"}});
  const auto unread = [&](const std::function<void(Json&)>& change) {
    Json pod = unreadable;
    change(pod);
    cluster_.Put(kPod, pod);
    return Audit().unread;
  };
  EXPECT_THAT(unread([](Json&) {}), SizeIs(1));
  EXPECT_THAT(unread([](Json& pod) { pod["spec"]["serviceAccountName"] = "other"; }), IsEmpty()) << "no role";
  EXPECT_THAT(unread([](Json& pod) { pod["metadata"]["labels"][std::string(admission::kOptOutLabel)] = "true"; }),
              IsEmpty());
  EXPECT_THAT(unread([](Json& pod) { pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x"; }),
              IsEmpty());
}

TEST_F(ClusterAuditTest, EndsWhenNobodyAnswers) {
  cluster_.GoAway();
  const auto report = AuditCluster(cluster_, clock_, options_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
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
