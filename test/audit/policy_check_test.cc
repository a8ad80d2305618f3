#include "irsa/audit/policy_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

class PolicyCheckTest : public ::testing::Test {
 protected:
  std::vector<Finding> Find() {
    PolicyFacts facts{.policy = {}, .bindings = {}, .unseen = unseen_, .older_version = older_version_};
    if (!policy_.is_null()) facts.policy = ReadIdentityPolicy(policy_);
    if (!binding_.is_null()) facts.bindings.push_back(ReadPolicyBinding(binding_));
    std::optional<WebhookConfiguration> webhook;
    if (!webhook_.is_null()) webhook = ReadWebhookConfiguration(webhook_, "MutatingWebhookConfiguration");
    mode_ = ModeName(ModeOf(facts, webhook ? &*webhook : nullptr, installation_));
    const GuardPolicy guard = ReadGuardPolicy(guard_);
    return CheckPolicy(facts, {.installation = installation_,
                               .settings = settings_,
                               .capabilities = &capabilities_,
                               .webhook = webhook ? &*webhook : nullptr,
                               .guard = &guard,
                               .namespaces = &namespaces_});
  }
  Names Check() {
    Names names;
    for (const Finding& finding : Find()) names.emplace_back(FindingName(finding.kind));
    return names;
  }
  // The mode "only".
  void TakeTheWebhookAway() {
    installation_.has_webhook = false;
    webhook_ = Json();
  }

  Installation installation_;
  mutation::Settings settings_;
  kube::ApiCapabilities capabilities_{
      .version = "v1.36.3", .has_webhook = true, .has_guard = true, .has_policy = true, .older_policy = ""};
  Json policy_ = PolicyOfIdentities();
  Json binding_ = BindingOfIdentities();
  Json webhook_ = PodWebhook("");
  Json guard_ = PolicyOfGuard();
  std::vector<ObjectName> unseen_;
  std::string older_version_;
  std::string_view mode_;
  Namespaces namespaces_ = {{"irsa-system", {{"kubernetes.io/metadata.name", "irsa-system"}}},
                            {"kube-system", {{"kubernetes.io/metadata.name", "kube-system"}}},
                            {"team-a", {{"kubernetes.io/metadata.name", "team-a"}}}};
};

TEST_F(PolicyCheckTest, FindsNothingWhenItIsAsInstalled) {
  EXPECT_EQ(Check(), Names());
  EXPECT_EQ(mode_, "fallback");
  TakeTheWebhookAway();
  EXPECT_EQ(Check(), Names());
  EXPECT_EQ(mode_, "only");
}

TEST_F(PolicyCheckTest, MissesOneOnlyWhereSomethingWantsIt) {
  policy_ = Json();
  EXPECT_EQ(Check(), Names{"policy-missing"}) << "its binding is there";
  binding_ = Json();
  EXPECT_EQ(Check(), Names());
  EXPECT_EQ(mode_, "webhook");
  TakeTheWebhookAway();
  const auto found = Find();
  ASSERT_EQ(Check(), Names{"policy-missing"});
  EXPECT_THAT(found[0].why, HasSubstr("no pod gets its identity"));
  EXPECT_EQ(mode_, "none");
}

TEST_F(PolicyCheckTest, FindsThatNothingBindsIt) {
  binding_ = Json();
  EXPECT_EQ(Check(), Names{"policy-binding-missing"});
  EXPECT_EQ(mode_, "webhook");
}

TEST_F(PolicyCheckTest, FindsWhatSomebodyChanged) {
  const auto changed = [this](const char* pointer, const Json& value) {
    const Json before = policy_;
    policy_["spec"][Json::json_pointer(pointer)] = value;
    const auto found = Find();
    policy_ = before;
    return found.size() == 1 && found[0].kind == FindingKind::kPolicyAltered ? found[0].what : "";
  };
  EXPECT_EQ(changed("/mutations", Json::array()), "it has no mutations");
  EXPECT_EQ(changed("/paramKind/kind", "ConfigMap"), "its paramKind is irsa.dev/v1alpha1/ConfigMap");
  EXPECT_EQ(changed("/failurePolicy", "Fail"), "its failurePolicy is Fail");
  EXPECT_EQ(changed("/reinvocationPolicy", "Never"), "its reinvocationPolicy is Never");
  EXPECT_EQ(changed("/variables/0/expression", "'/else'"),
            "its variable mountPath is '/else', but irsa's flag --token-mount-path makes it "
            "'/var/run/secrets/eks.amazonaws.com/serviceaccount'");
  EXPECT_THAT(changed("/variables/1/name", "x"), HasSubstr("its variable skipContainersAnnotation does not exist"));
  binding_["spec"]["paramRef"]["parameterNotFoundAction"] = "Deny";
  const auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].object, (ObjectName{"MutatingAdmissionPolicyBinding", "", "irsa-identity"}));
  EXPECT_EQ(found[0].what, "it binds irsa-identity to parameter identities (Deny without it)");
}

TEST_F(PolicyCheckTest, ComparesItWithTheFlags) {
  settings_.annotation_prefix = "example.com";
  EXPECT_EQ(Check(), (Names{"policy-altered", "policy-altered"}));
}

TEST_F(PolicyCheckTest, ComparesTheScopeWithTheWebhooks) {
  binding_["spec"].erase("matchResources");
  auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(FindingName(found[0].kind), "policy-scope-differs");
  EXPECT_EQ(found[0].what, "it looks at pods of namespace irsa-system, and the webhook does not");
  binding_ = BindingOfIdentities();
  policy_["spec"]["matchConstraints"]["namespaceSelector"] = {{"matchLabels", {{"team", "b"}}}};
  EXPECT_EQ(Check(), (Names{"policy-scope-differs", "policy-scope-differs"})) << "kube-system and team-a";
  policy_ = PolicyOfIdentities();
  policy_["spec"]["matchConstraints"]["objectSelector"] = Json::object();
  found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].what,
      "its objectSelector, by binding irsa-identity, is not the one of the webhook's entry pod-identity.irsa.dev");
}

TEST_F(PolicyCheckTest, ComparesTheScopeWithTheGuardsWhereThereIsNoWebhook) {
  TakeTheWebhookAway();
  binding_["spec"]["matchResources"]["namespaceSelector"] = {{"matchLabels", {{"team", "b"}}}};
  const auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, "it does not look at pods of namespace team-a, and the guard does");
  binding_ = BindingOfIdentities();
  policy_["spec"]["matchConstraints"].erase("objectSelector");
  EXPECT_EQ(Check(), Names{"policy-scope-differs"});
}

TEST_F(PolicyCheckTest, FindsThatIrsaCannotTellWhatThePolicyHasSeen) {
  unseen_ = {{"MutatingAdmissionPolicyBinding", "", "irsa-identity-seen-unless"}};
  const auto found = Find();
  ASSERT_EQ(Check(), Names{"seen-policy-missing"});
  EXPECT_EQ(found[0].object, unseen_[0]);
}

TEST_F(PolicyCheckTest, FindsAWebhookThatNobodyServes) {
  installation_.has_webhook = false;
  const auto found = Find();
  ASSERT_EQ(Check(), Names{"webhook-left-over"});
  EXPECT_THAT(found[0].why, HasSubstr("refuses the pods"));
  EXPECT_EQ(found[0].fix, "kubectl delete mutatingwebhookconfiguration irsa");
  EXPECT_EQ(mode_, "only");
}

TEST_F(PolicyCheckTest, NamesTheVersionOfAClusterThatIsTooOld) {
  capabilities_.version = "v1.35.4";
  capabilities_.has_policy = false;
  policy_ = binding_ = Json();
  EXPECT_EQ(Check(), Names()) << "nothing wants a policy";
  installation_.has_webhook = false;
  auto found = Find();
  ASSERT_EQ(Check(), Names{"cluster-too-old"}) << "the webhook that is left over is what helps now";
  EXPECT_EQ(found[0].object, (ObjectName{"Deployment", "irsa-system", "irsa"}));
  EXPECT_EQ(found[0].what, "it runs irsa controller, but kube-apiserver is v1.35.4");
  EXPECT_THAT(found[0].fix, HasSubstr("run irsa serve"));
  installation_.has_webhook = true;
  older_version_ = "v1beta1";
  policy_ = PolicyOfIdentities();
  found = Find();
  ASSERT_EQ(Check(), Names{"cluster-too-old"});
  EXPECT_EQ(found[0].object, (ObjectName{"MutatingAdmissionPolicy", "", "irsa-identity"}));
  EXPECT_EQ(found[0].what, "it is of the API's version v1beta1, and kube-apiserver is v1.35.4");
  EXPECT_THAT(found[0].fix, HasSubstr("mutatingadmissionpolicies.v1beta1.admissionregistration.k8s.io irsa-identity"));
}

class LeftByPolicyTest : public ::testing::Test {
 protected:
  std::string Left() const { return LeftByPolicy(ReadPodFacts(ViewOf(pod_), "eks.amazonaws.com"), {}); }
  void Annotate(const char* name, const std::string& value) {
    pod_["metadata"]["annotations"] = {{std::string("eks.amazonaws.com/") + name, value}};
  }

  Json pod_ = BarePod();
};

TEST_F(LeftByPolicyTest, LeavesNoOrdinaryPod) {
  EXPECT_EQ(Left(), "");
  Annotate("skip-containers", "app,other");
  EXPECT_EQ(Left(), "");
  Annotate("token-expiration", "86400");
  EXPECT_EQ(Left(), "");
}

TEST_F(LeftByPolicyTest, KnowsThePolicysRules) {
  for (const char* value : {"\"app\"", "app\n", "app\rx"}) {
    Annotate("skip-containers", value);
    EXPECT_EQ(Left(), "its annotation skip-containers has a quote or a line break");
  }
  Annotate("skip-containers", std::string(1999, 'x'));
  EXPECT_EQ(Left(), "");
  Annotate("skip-containers", std::string(2000, 'x'));
  EXPECT_EQ(Left(), "its annotation skip-containers has 2000 bytes, of at most 1999");
  Annotate("token-expiration", std::string(18, '0'));
  EXPECT_EQ(Left(), "");
  Annotate("token-expiration", std::string(19, '0'));
  EXPECT_EQ(Left(), "its annotation token-expiration has 19 characters, of at most 18");
}

TEST_F(LeftByPolicyTest, KnowsThePolicysLimits) {
  pod_["spec"]["containers"] = Json::array();
  for (int i = 0; i < 200; ++i) pod_["spec"]["containers"].push_back({{"name", "c" + std::to_string(i)}});
  EXPECT_EQ(Left(), "");
  pod_["spec"]["initContainers"] = {{{"name", "init"}}};
  EXPECT_EQ(Left(), "it has 201 containers, of at most 200");
  pod_ = BarePod();
  Json& variables = pod_["spec"]["containers"][0]["env"];
  for (int i = 0; i < 20000; ++i) variables.push_back({{"name", "V"}, {"value", "x"}});
  EXPECT_EQ(Left(), "");
  variables.push_back({{"name", "V"}, {"value", "x"}});
  EXPECT_EQ(Left(), "its containers have 20001 variables, of at most 20000");
}

}  // namespace
}  // namespace irsa::audit
