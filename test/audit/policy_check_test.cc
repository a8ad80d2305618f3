#include "src/audit/checks/policy_check.h"

#include <tuple>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

class PolicyCheckTest : public ::testing::Test {
 protected:
  std::vector<Finding> Find() {
    PolicyFacts facts{.policy = {}, .bindings = {}, .older_version = older_version_};
    if (!policy_.is_null()) facts.policy = ReadAdmissionPolicy(policy_);
    if (!binding_.is_null()) facts.bindings.push_back(ReadPolicyBinding(binding_, kPolicyBindingKind));
    std::optional<WebhookConfiguration> webhook;
    if (!webhook_.is_null()) webhook = ReadWebhookConfiguration(webhook_, "MutatingWebhookConfiguration");
    mode_ = ModeName(ModeOf(facts, webhook ? &*webhook : nullptr, process_));
    const AdmissionPolicy guard = ReadAdmissionPolicy(guard_);
    installation_.process = process_;
    return CheckPolicy(facts, {.installation = installation_,
                               .settings = settings_,
                               .mode = MeantMode(facts, webhook.has_value(), process_),
                               .webhook = webhook ? &*webhook : nullptr,
                               .namespaces = &namespaces_,
                               .capabilities = &capabilities_,
                               .guard = &guard});
  }
  Names Check() { return Kinds(Find()); }
  // The mode "only".
  void TakeTheWebhookAway() {
    process_ = Process::kController;
    webhook_ = Json();
  }

  Process process_ = Process::kServe;
  Installation installation_;
  identity::Settings settings_;
  kube::ApiCapabilities capabilities_{
      .version = "v1.36.3", .has_webhook = true, .has_guard = true, .has_policy = true, .older_policy = ""};
  Json policy_ = PolicyOfIdentities();
  Json binding_ = BindingOfIdentities();
  Json webhook_ = PodWebhook("");
  Json guard_ = PolicyOfGuard();
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
  process_ = Process::kNone;
  EXPECT_EQ(Check(), Names());
  EXPECT_EQ(mode_, "only") << "nothing runs at all";
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
  EXPECT_THAT(found[0].why, HasSubstr("so no pod gets one"));
  EXPECT_EQ(mode_, "none");
  process_ = Process::kNone;
  EXPECT_EQ(Check(), Names()) << "that there is neither webhook nor policy is the webhook's finding";
  binding_ = BindingOfIdentities();
  EXPECT_EQ(Check(), Names{"policy-missing"});
}

TEST_F(PolicyCheckTest, FindsThatNothingBindsIt) {
  binding_ = Json();
  EXPECT_EQ(Check(), Names{"policy-binding-missing"});
  EXPECT_EQ(mode_, "webhook");
}

TEST_F(PolicyCheckTest, FindsWhatSomebodyChanged) {
  const auto changed = [this](Json& object, const char* pointer, const Json& value) {
    const Json before = object;
    object["spec"][Json::json_pointer(pointer)] = value;
    const auto found = Find();
    object = before;
    return found.size() == 1 && found[0].kind == FindingKind::kPolicyAltered ? found[0].what : "";
  };
  EXPECT_EQ(changed(policy_, "/mutations", Json::array()), "it has no mutations");
  EXPECT_EQ(changed(policy_, "/paramKind/kind", "ConfigMap"), "its paramKind is v1/ConfigMap");
  EXPECT_EQ(changed(policy_, "/paramKind", nullptr), "it has no paramKind");
  EXPECT_EQ(changed(policy_, "/failurePolicy", "Fail"), "its failurePolicy is Fail");
  EXPECT_EQ(changed(policy_, "/reinvocationPolicy", "Never"), "its reinvocationPolicy is Never");
  EXPECT_EQ(changed(binding_, "/policyName", "other"), "it binds the policy other");
  EXPECT_EQ(changed(binding_, "/paramRef", nullptr), "it has no paramRef");
  EXPECT_EQ(changed(binding_, "/paramRef/name", "app"), "its paramRef takes only the object app");
  EXPECT_EQ(changed(binding_, "/paramRef/namespace", "x"), "its paramRef takes service accounts of namespace x");
  EXPECT_EQ(changed(binding_, "/paramRef/parameterNotFoundAction", "Deny"), "its parameterNotFoundAction is Deny");
  EXPECT_EQ(changed(binding_, "/paramRef/selector", AccountLabelSelector()), "")
      << "that is for whoever labels accounts";
}

TEST_F(PolicyCheckTest, FindsAPolicyOfAnOlderVersionOfIrsa) {
  policy_["spec"]["paramKind"] = {{"apiVersion", "irsa.dev/v1alpha1"}, {"kind", "IdentityMap"}};
  policy_["spec"]["variables"] = Json::array({{{"name", "mountPath"}, {"expression", "'/x'"}}});
  binding_["spec"]["paramRef"] = {{"name", "identities"}, {"parameterNotFoundAction", "Allow"}};
  const auto found = Find();
  ASSERT_EQ(Check(), Names{"policy-altered"});
  EXPECT_EQ(found[0].what, "its paramKind is irsa.dev/v1alpha1/IdentityMap, left over from an older version of irsa");
  EXPECT_THAT(found[0].fix, HasSubstr("again"));
  EXPECT_EQ(mode_, "webhook") << "it does not learn of new roles";
}

TEST_F(PolicyCheckTest, ComparesItWithTheFlags) {
  settings_ = {.annotation_prefix = "example.com",
               .token_audience = "vault",
               .token_mount_path = "/token",
               .token_expiration = std::chrono::seconds(3600),
               .default_region = "eu-central-1",
               .regional_sts = true};
  EXPECT_EQ(Check(), Names(6, "policy-altered"));
  settings_ = identity::Settings();
  settings_.token_expiration = std::chrono::seconds(3600);
  const auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, "its variable tokenExpiration is '86400', but --token-expiration makes it '3600'");
}

TEST_F(PolicyCheckTest, ComparesTheScopeWithTheWebhooks) {
  binding_["spec"].erase("matchResources");
  auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(FindingName(found[0].kind), "policy-scope-differs");
  EXPECT_EQ(found[0].what, "it applies to pods of namespace irsa-system, and the webhook does not");
  binding_ = BindingOfIdentities();
  policy_["spec"]["matchConstraints"]["namespaceSelector"] = {{"matchLabels", {{"team", "b"}}}};
  EXPECT_EQ(Check(), (Names{"policy-scope-differs", "policy-scope-differs"})) << "kube-system and team-a";
  policy_ = PolicyOfIdentities();
  policy_["spec"]["matchConstraints"]["objectSelector"] = Json::object();
  found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what,
            "its objectSelector, through binding irsa-identity, differs from that of the webhook's entry "
            "pod-identity.irsa.dev");
}

TEST_F(PolicyCheckTest, ComparesTheScopeWithTheGuardsWhereThereIsNoWebhook) {
  TakeTheWebhookAway();
  binding_["spec"]["matchResources"]["namespaceSelector"] = {{"matchLabels", {{"team", "b"}}}};
  const auto found = Find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, "it does not apply to pods of namespace team-a, and the guard does");
  binding_ = BindingOfIdentities();
  policy_["spec"]["matchConstraints"].erase("objectSelector");
  EXPECT_EQ(Check(), Names{"policy-scope-differs"});
}

TEST_F(PolicyCheckTest, FindsAWebhookThatNobodyServes) {
  process_ = Process::kController;
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
  process_ = Process::kController;
  auto found = Find();
  ASSERT_EQ(Check(), Names{"cluster-too-old"}) << "the webhook that is left over is what helps now";
  EXPECT_EQ(found[0].object, (ObjectName{"Deployment", "irsa-system", "irsa"}));
  EXPECT_EQ(found[0].what, "it runs irsa controller, but kube-apiserver is v1.35.4");
  EXPECT_THAT(found[0].fix, HasSubstr("run irsa serve"));
  process_ = Process::kServe;
  older_version_ = "v1beta1";
  policy_ = PolicyOfIdentities();
  found = Find();
  ASSERT_EQ(Check(), Names{"cluster-too-old"});
  EXPECT_EQ(found[0].object, (ObjectName{"MutatingAdmissionPolicy", "", "irsa-identity"}));
  EXPECT_EQ(found[0].what, "it is of the API's version v1beta1, and kube-apiserver is v1.35.4");
  EXPECT_THAT(found[0].fix, HasSubstr("mutatingadmissionpolicies.v1beta1.admissionregistration.k8s.io irsa-identity"));
}

TEST(CheckAccountLabel, IsAboutItsPolicyAndBinding) {
  const auto check = [](const Json& policy, bool is_bound) {
    PolicyFacts facts;
    if (is_bound) facts.bindings.emplace_back();
    if (!policy.is_null()) facts.policy = ReadAdmissionPolicy(policy);
    std::vector<std::pair<std::string, std::string>> found;
    for (const Finding& finding : CheckAccountLabel(facts, {}, {})) {
      found.emplace_back(FindingName(finding.kind), finding.object.kind + " " + finding.object.name);
    }
    return found;
  };
  using Found = std::vector<std::pair<std::string, std::string>>;
  Json policy = {{"spec", {{"variables", {{{"name", "annotationPrefix"}, {"expression", "'eks.amazonaws.com'"}}}}}}};
  EXPECT_EQ(check(Json(), false), Found());
  EXPECT_EQ(check(policy, true), Found());
  EXPECT_EQ(check(policy, false),
            (Found{{"policy-binding-missing", "MutatingAdmissionPolicyBinding irsa-account-label"}}));
  EXPECT_EQ(check(Json(), true), (Found{{"policy-missing", "MutatingAdmissionPolicy irsa-account-label"}}));
  policy["spec"]["variables"][0]["expression"] = "'example.com'";
  EXPECT_EQ(check(policy, true), (Found{{"policy-altered", "MutatingAdmissionPolicy irsa-account-label"}}));
  policy["spec"].erase("variables");
  EXPECT_EQ(check(policy, true), Found()) << "the prefix stands elsewhere in it";
}

TEST(MeantMode, IsDecidedByWhatRunsAndThenByWhatThereIs) {
  PolicyFacts with_policy;
  with_policy.policy = ReadAdmissionPolicy(PolicyOfIdentities());
  for (const auto& [process, has_webhook, has_policy, mode] :
       std::vector<std::tuple<Process, bool, bool, Mode>>{{Process::kServe, false, false, Mode::kWebhook},
                                                          {Process::kServe, true, false, Mode::kWebhook},
                                                          {Process::kServe, false, true, Mode::kFallback},
                                                          {Process::kController, true, false, Mode::kOnly},
                                                          {Process::kNone, false, true, Mode::kOnly},
                                                          {Process::kNone, false, false, Mode::kNone},
                                                          {Process::kUnknown, false, true, Mode::kOnly},
                                                          {Process::kUnknown, true, true, Mode::kFallback},
                                                          {Process::kUnknown, true, false, Mode::kWebhook}}) {
    EXPECT_EQ(MeantMode(has_policy ? with_policy : PolicyFacts(), has_webhook, process), mode)
        << ProcessName(process) << has_webhook << has_policy;
  }
}

}  // namespace
}  // namespace irsa::audit
