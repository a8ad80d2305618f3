// What an audit says of the guard and the identity policy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/cluster_audit_fixture.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

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

TEST_F(ClusterAuditTest, SaysWhichPodsThePolicyLeavesWhereItIsAlone) {
  TakeIrsaAway();
  Json pod = BarePod();
  pod["spec"]["containers"].push_back({{"name", "proxy"}});
  pod["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "\"proxy\""}};
  cluster_.Put(kPod, pod);
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"pod-left-by-policy"});
  EXPECT_THAT(report.findings[0].why, HasSubstr("so they never get their identity"));
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

// Of which nothing is known but the labels.
TEST_F(ClusterAuditTest, KnowsThatSelectorsMissAccountsWithoutAnnotations) {
  PutPolicy(false);
  PutPolicyBinding(AccountLabelSelector());
  options_.settings.uses_default_roles = true;
  options_.areas = {Area::kPods};
  cluster_.Put("/api/v1/namespaces/team-a", {{"metadata",
                                              {{"labels", {{"kubernetes.io/metadata.name", "team-a"}}},
                                               {"annotations", {{"eks.amazonaws.com/default-role-arn", kRole}}}}}});
  cluster_.Put(kAccount, {{"metadata", Json::object()}});
  cluster_.Put(kPod, BarePod());
  Report report = Audit();
  ASSERT_EQ(Found(), Names{"pod-missed-by-policy"});
  EXPECT_THAT(report.findings[0].why,
              HasSubstr("binding irsa-identity takes only accounts with irsa.dev/role In (true)"));
  EXPECT_THAT(report.findings[0].fix, HasSubstr("first fix what irsa audit --only policy reports"));
  cluster_.Put(kAccount, {{"metadata", {{"labels", {{"irsa.dev/role", "true"}}}}}});
  report = Audit();
  ASSERT_EQ(Found(), Names{"pod-missed-by-policy"});
  EXPECT_THAT(report.findings[0].why, HasSubstr("did not know the role yet")) << "it knows it now";
}

TEST_F(ClusterAuditTest, RemarksOnLargeNamespaces) {
  for (int i = 0; i < 199; ++i) {
    cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/many-" + std::to_string(i), {{"metadata", Json::object()}});
  }
  const Report report = Audit();
  ASSERT_EQ(Found(), Names{"policies-slow"}) << "201 with app and default";
  EXPECT_TRUE(report.IsClean());
  EXPECT_EQ(report.findings[0].what,
            "each new pod takes kube-apiserver about 40 ms longer: the guard evaluates 201 service accounts");
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

}  // namespace
}  // namespace irsa::audit
