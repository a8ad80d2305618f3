#include "irsa/audit/cluster_audit.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"
#include "irsa/crypto/certificate_authority.h"

#include "test/audit/objects.h"
#include "test/testing/fake_clock.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

constexpr const char* kRegistration = "/apis/admissionregistration.k8s.io/v1";
constexpr const char* kPod = "/api/v1/namespaces/team-a/pods/web-1";
constexpr const char* kAccount = "/api/v1/namespaces/team-a/serviceaccounts/app";
constexpr const char* kGuardBinding =
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/irsa-guard";
constexpr const char* kWebhook = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa";
constexpr const char* kAccountsWebhook = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/irsa";

// A cluster in which all is well: one account with a role, one pod of it.
class ClusterAuditTest : public ::testing::Test {
 protected:
  ClusterAuditTest() {
    const auto ca = crypto::CertificateAuthority::Create("a CA", clock_.Now(), std::chrono::hours(900)).value();
    const std::string bundle = base::EncodeBase64(ca.pem().certificate);
    const std::vector<std::string> names = {"irsa.irsa-system.svc"};
    const auto pair = ca.Issue(names, clock_.Now(), std::chrono::hours(900)).value();
    Json validating = PodWebhook(bundle);
    validating["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
    validating["webhooks"][0]["failurePolicy"] = "Ignore";
    cluster_.Put(kWebhook, PodWebhook(bundle));
    cluster_.Put(kAccountsWebhook, validating);
    PutGuard("webhook");
    cluster_.Put(kGuardBinding, BindingOfGuard());
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
    cluster_.Put(kPod, IdentifiedPod());
  }

  Report Audit() { return AuditCluster(cluster_, clock_, options_).value(); }
  void PutGuard(const std::string& mode) {
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard", PolicyOfGuard(mode));
  }
  // The identity policy beside all that; without the webhook, the mode "only" with irsa controller.
  void PutPolicy(bool has_webhook) {
    PutGuard(has_webhook ? "fallback" : "only");
    cluster_.Put(std::string(kRegistration) + "/mutatingadmissionpolicies/irsa-identity", PolicyOfIdentities());
    PutPolicyBinding(Json::object());
    if (has_webhook) return;
    options_.installation.process = Process::kController;
    cluster_.Remove(kWebhook);
  }
  void PutPolicyBinding(const Json& selector) {
    Json binding = BindingOfIdentities();
    binding["spec"]["paramRef"]["selector"] = selector;
    cluster_.Put(std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-identity", binding);
  }
  // Policies and nothing else: the mode "only" without irsa.
  void TakeIrsaAway() {
    PutPolicy(false);
    options_.installation.process = Process::kNone;
    cluster_.Remove(kAccountsWebhook);
    cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
    cluster_.Remove("/api/v1/namespaces/irsa-system/secrets/irsa-tls");
    cluster_.Remove("/api/v1/namespaces/irsa-system");
  }
  Names Found() {
    Names names;
    for (const Finding& finding : Audit().findings) names.emplace_back(FindingName(finding.kind));
    return names;
  }

  testing::FakeClock clock_;
  FakeCluster cluster_;
  AuditOptions options_;
};

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

TEST_F(ClusterAuditTest, FindsNothingWhereThePolicyHelpsTheWebhook) {
  PutPolicy(true);
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kFallback);
}

TEST_F(ClusterAuditTest, MissesNoWebhookWhereThePolicyIsAlone) {
  PutPolicy(false);
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kOnly);
  cluster_.Remove(kAccountsWebhook);
  cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
  EXPECT_EQ(Found(), Names()) << "words are optional";
  cluster_.Put(kPod, BarePod());
  EXPECT_EQ(Found(), Names{"pod-missed-by-policy"});
  options_.areas = {Area::kPods};
  EXPECT_EQ(Audit().cluster, std::nullopt);
}

TEST_F(ClusterAuditTest, FindsNothingWhereOnlyThePoliciesAre) {
  TakeIrsaAway();
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.unread, std::vector<Unread>());
  EXPECT_EQ(report.cluster, (ClusterFacts{{"v1.36.3", true, true, true, ""}, Mode::kOnly, Process::kNone}));
  for (const std::string& request : cluster_.requests) {
    EXPECT_FALSE(request.find("/secrets/") != std::string::npos || request.find("/services/") != std::string::npos)
        << request;
  }
  options_.installation.process = Process::kUnknown;
  EXPECT_EQ(Found(), Names()) << "whose Deployment could not be looked for";
  cluster_.Remove(std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-identity");
  EXPECT_EQ(Found(), Names{"policy-binding-missing"});
}

TEST_F(ClusterAuditTest, KnowsThatSomethingServesAWebhook) {
  options_.installation.process = Process::kNone;
  const Report report = Audit();
  EXPECT_EQ(report.findings, std::vector<Finding>());
  EXPECT_EQ(report.cluster->mode, Mode::kWebhook);
  EXPECT_EQ(report.cluster->process, Process::kUnknown) << "it may run elsewhere than in a Deployment";
}

TEST_F(ClusterAuditTest, SaysWhichPodsThePolicyLeavesWhereItIsAlone) {
  TakeIrsaAway();
  Json pod = BarePod();
  pod["spec"]["containers"].push_back({{"name", "proxy"}});
  pod["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "\"proxy\""}};
  cluster_.Put(kPod, pod);
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"pod-left-by-policy"});
  EXPECT_THAT(report.findings[0].why, HasSubstr("so none of them ever gets its identity"));
}

TEST_F(ClusterAuditTest, FindsAccountsThatSelectorsMiss) {
  PutPolicy(true);
  PutPolicyBinding(AccountLabelSelector());
  Json guard_binding = BindingOfGuard();
  guard_binding["spec"]["paramRef"]["selector"] = AccountLabelSelector();
  cluster_.Put(kGuardBinding, guard_binding);
  EXPECT_EQ(Found(), (Names{"selector-misses-accounts", "selector-misses-accounts"})) << "one for each binding";
  cluster_.Put(kPod, BarePod());
  options_.areas = {Area::kPods};
  EXPECT_THAT(Audit().findings[0].why, HasSubstr("does not know the account's role: binding irsa-identity takes only"));
  options_.areas = {Area::kGuard};
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"selector-misses-accounts"});
  EXPECT_EQ(report.findings[0].object.kind, "ValidatingAdmissionPolicyBinding");
  EXPECT_FALSE(report.IsClean());
  const std::string policies = std::string(kRegistration) + "/mutatingadmissionpolicies/irsa-account-label";
  cluster_.Put(policies, {{"spec", {{"mutations", {{{"patchType", "JSONPatch"}}}}}}});
  EXPECT_EQ(Found(), (Names{"policy-binding-missing", "selector-misses-accounts"}));
  cluster_.Put(std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-account-label", Json::object());
  ASSERT_EQ(Found(), Names{"selector-misses-accounts"});
  EXPECT_THAT(Audit().findings[0].fix, HasSubstr("kubectl replace -f -"));
  Json account = AnnotatedAccount();
  account["metadata"]["labels"] = {{"irsa.dev/role", "true"}};
  cluster_.Put(kAccount, account);
  EXPECT_EQ(Found(), Names());
}

TEST_F(ClusterAuditTest, RemarksOnLargeNamespaces) {
  for (int i = 0; i < 199; ++i) {
    cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/many-" + std::to_string(i), {{"metadata", Json::object()}});
  }
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"policies-slow"}) << "201 with app and default";
  EXPECT_TRUE(report.IsClean());
  EXPECT_EQ(report.findings[0].what,
            "each new pod takes kube-apiserver about 40 ms more: the guard evaluates 201 service accounts");
  options_.areas = {Area::kServiceAccounts};
  EXPECT_EQ(Found(), Names());
}

TEST_F(ClusterAuditTest, WantsTheGuardWhereThePolicyIsAlone) {
  PutPolicy(false);
  cluster_.Remove(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard");
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"guard-missing"});
  EXPECT_THAT(report.findings[0].why, HasSubstr("nothing else reports pods"));
}

TEST_F(ClusterAuditTest, SaysWhatTheWebhookStillDoesWhenOnlyItIsMissing) {
  PutPolicy(true);
  cluster_.Remove(kWebhook);
  cluster_.Put(kPod, BarePod());
  const Report report = Audit();
  ASSERT_EQ(Found(), (Names{"webhook-missing", "pod-missed-by-policy"}));
  EXPECT_THAT(report.findings[0].why, HasSubstr("pods that the identity policy leaves"));
}

TEST_F(ClusterAuditTest, NamesTheVersionOfAClusterThatIsTooOldForTheController) {
  options_.installation.process = Process::kController;
  PutGuard("only");
  cluster_.Put("/version", {{"gitVersion", "v1.30.14"}});
  cluster_.Put(kRegistration, {{"resources", {{{"name", "mutatingwebhookconfigurations"}}}}});
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"cluster-too-old"});
  EXPECT_THAT(report.findings[0].what, HasSubstr("v1.30.14"));
  EXPECT_EQ(report.cluster, (ClusterFacts{{"v1.30.14", true, false, false, ""}, Mode::kNone, Process::kController}));
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

TEST_F(ClusterAuditTest, RemarksThatThereIsNoGuard) {
  cluster_.Remove(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard");
  cluster_.Remove(kGuardBinding);
  EXPECT_EQ(Found(), Names{"guard-not-installed"});
  EXPECT_TRUE(Audit().IsClean());
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
  EXPECT_THAT(Audit().findings.back().fix,
              HasSubstr("first mend irsa's certificate, as irsa audit --only certificate"));
  cluster_.Remove(kWebhook);
  EXPECT_THAT(Audit().findings.back().fix, HasSubstr("first install irsa again, as irsa audit --only webhook says"));
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
